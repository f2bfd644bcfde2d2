"""Lists of findings that people page through: which findings, and how they are filtered."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from bot.domain.contacts import ContactType
    from bot.domain.findings import Finding
    from bot.domain.rule_catalog import Severity


_SCAN_ID: Final = re.compile(r"[0-9]{1,15}")
"""A number that the database can hold."""


class ListKind(StrEnum):
    """Which findings a list has."""

    ALERT = "alert"
    """Those of one announcement."""
    CHECK = "check"
    """Those that were unresolved when one scan ended, and what became of them since."""
    OPEN = "open"
    """Those that are unresolved now."""


@dataclass(frozen=True, slots=True)
class FindingList:
    """A list of findings; `id` is that of the announcement or the scan."""

    kind: ListKind
    id: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The reverse of `str()`; a text without a kind is the id of an announcement.

        Raises:
            ValueError: it is neither.
        """
        kind, separator, id_ = text.partition(":")
        if not separator:
            return cls(ListKind.ALERT, text)
        if kind == ListKind.CHECK and not _SCAN_ID.fullmatch(id_):
            raise ValueError
        return cls(ListKind(kind), id_)


@dataclass(frozen=True, slots=True)
class FindingFilter:
    """What a list is narrowed down to; the default is everything.

    Attributes:
        text: part of an account's name, id or owner, in any case.
        type: the contact type.
        severity: the worst severity of a contact's open findings.
        unit: the id of an organizational unit; those below it are included.
    """

    text: str = ""
    type: ContactType | None = None
    severity: Severity | None = None
    unit: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether it leaves nothing out."""
        return self == FindingFilter()


@dataclass(frozen=True, slots=True)
class FindingPage:
    """One page of a list, counted in contacts.

    Attributes:
        findings: those of the contacts on this page, a contact's together, worst first.
        total: all contacts of the list.
        matching: the contacts that the filter leaves.
        open: the matching contacts with an open finding.
        exempt: the matching contacts whose unresolved findings are all exempt.
        has_units: whether organizational units are known of any account in the list.
    """

    findings: tuple[Finding, ...] = ()
    total: int = 0
    matching: int = 0
    open: int = 0
    exempt: int = 0
    has_units: bool = False

    @property
    def resolved(self) -> int:
        """The matching contacts whose findings are all resolved."""
        return self.matching - self.open - self.exempt
