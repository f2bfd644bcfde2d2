"""The tree of organizational units, made by path and known by id as AWS knows it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from altcontact_sandbox.errors import SandboxError

if TYPE_CHECKING:
    from altcontact_sandbox.aws.organizations.identity import Identity

_MAX_DEPTH: Final = 5
"""AWS's limit on levels of OUs below the root."""

_MAX_NAME: Final = 128


@dataclass(frozen=True, slots=True)
class Unit:
    """An OU: its id, its name, and the id of the root or OU that it is right in."""

    id: str
    name: str
    parent_id: str


class Units:
    """The OUs of one organization, in the order of their making."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._units: dict[str, Unit] = {}

    def __contains__(self, parent_id: str) -> bool:
        """Whether this is the id of the root or of an OU."""
        return parent_id == self._identity.root_id or parent_id in self._units

    def get(self, unit_id: str) -> Unit | None:
        """An OU by its id."""
        return self._units.get(unit_id)

    def at(self, path: str) -> str:
        """The id of the OU at `/Production/Payments`, made with those above it; `/` is the root.

        Names in different case are different OUs, as at AWS. Names are percent-decoded: `CI%2FCD`
        is the OU `CI/CD`.

        Raises:
            SandboxError: AWS would not make such an OU.
        """
        inner = path.strip("/")
        names = [unquote(name) for name in inner.split("/")] if inner else []
        if len(names) > _MAX_DEPTH:
            raise SandboxError(f"OUs are at most {_MAX_DEPTH} levels deep.")
        if not all(name.strip() and len(name) <= _MAX_NAME for name in names):
            raise SandboxError(f"An OU's name has 1 to {_MAX_NAME} characters.")
        here = self._identity.root_id
        for name in names:
            unit = Unit(self._identity.unit(here, name), name, here)
            here = self._units.setdefault(unit.id, unit).id
        return here

    def children(self, parent_id: str) -> list[Unit]:
        """The OUs right in a root or an OU."""
        return [each for each in self._units.values() if each.parent_id == parent_id]

    def ids(self, parent_id: str) -> str:
        """The path by ids, as AWS gives it: `o-…/r-…/ou-…/`."""
        ids = [each.id for each in self._down_to(parent_id)]
        return "/".join((self._identity.organization_id, self._identity.root_id, *ids, ""))

    def path(self, parent_id: str) -> str:
        """The path by names, as `at` takes it: `/Production/Payments`, or `/`."""
        return "/" + "/".join(
            re.sub("%(?=[0-9A-Fa-f]{2})", "%25", each.name).replace("/", "%2F")
            for each in self._down_to(parent_id)
        )

    def as_json(self) -> list[dict[str, str]]:
        """For the control interface: [{id, path}]."""
        return [{"id": each, "path": self.path(each)} for each in self._units]

    def _down_to(self, parent_id: str) -> list[Unit]:
        found: list[Unit] = []
        unit = self._units.get(parent_id)
        while unit is not None:
            found.insert(0, unit)
            unit = self._units.get(unit.parent_id)
        return found
