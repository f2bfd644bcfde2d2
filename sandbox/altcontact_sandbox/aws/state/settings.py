"""What can be turned in the sandbox's AWS, and the checks before it is."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from altcontact_sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Mapping

_STATE_FIELDS: Final = frozenset({"State", "Status"})
_MAX_SECONDS: Final = 3600.0
_MAX_SKEW_SECONDS: Final = 10 * 366 * 86_400.0
_BOUNDS: Final = {
    "latency_ms": (0.0, _MAX_SECONDS * 1000),
    "delay_seconds": (0.0, _MAX_SECONDS),
    "clock_skew_seconds": (-_MAX_SKEW_SECONDS, _MAX_SKEW_SECONDS),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be turned.

    Args:
        trusted_access: whether Account Management has trusted access to the organization.
        all_features: whether the organization has all features on; else only consolidated billing.
        quotas_enabled: whether calls over the quotas are throttled.
        outage: whether every call is answered as AWS's front does while AWS is down.
        throttling: whether every call of Account Management and Organizations is throttled.
        latency_ms: added to every call, in milliseconds.
        delay_seconds: how long a write does not show: Get answers as before it.
        clock_skew_seconds: how far AWS's clock is ahead of this machine's.
        page_sizes: how many entries the first, second, … page of each listing of Organizations
            holds, over and over; 0 is an empty page that still carries a token.
        state_fields: which of `State` and `Status` an account shows.
        paths: whether an account shows its `Paths`, and an OU its `Path`.
    """

    trusted_access: bool = True
    all_features: bool = True
    quotas_enabled: bool = True
    outage: bool = False
    throttling: bool = False
    latency_ms: float = 0.0
    delay_seconds: float = 0.0
    clock_skew_seconds: float = 0.0
    page_sizes: list[int] = field(default_factory=lambda: [20])
    state_fields: list[str] = field(default_factory=lambda: ["State"])
    paths: bool = True

    def changed(self, members: Mapping[str, Any]) -> Settings:
        """These settings with some of them changed.

        Raises:
            SandboxError: there is no such setting, or it does not take that value.
        """
        for name, value in members.items():
            self._check(name, value)
        return dataclasses.replace(self, **members)

    def _check(self, name: str, value: object) -> None:
        kinds = {each.name: type(getattr(self, each.name)) for each in dataclasses.fields(self)}
        if name not in kinds:
            raise SandboxError(
                f"The sandbox's AWS has no setting {name}.", f"It has {', '.join(kinds)}."
            )
        if kinds[name] is bool and not isinstance(value, bool):
            raise SandboxError(f"{name} is true or false.")
        if name in _BOUNDS:
            low, high = _BOUNDS[name]
            number = value if isinstance(value, int | float) else None
            if number is None or isinstance(value, bool) or not low <= number <= high:
                raise SandboxError(f"{name} is a number from {low:g} to {high:g}.")
        if name == "page_sizes" and not _are_page_sizes(value):
            raise SandboxError("page_sizes needs sizes, and one that is above 0.")
        if name == "state_fields" and not (
            isinstance(value, list) and all(each in _STATE_FIELDS for each in value)
        ):
            raise SandboxError("state_fields may hold State and Status.")


def _are_page_sizes(value: object) -> bool:
    if not isinstance(value, list) or not all(type(each) is int for each in value):
        return False
    return min(value, default=-1) >= 0 and any(value)
