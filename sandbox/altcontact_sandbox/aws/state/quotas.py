"""AWS's quotas: a token bucket for each calling account and operation."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from altcontact_sandbox.aws.protocol.messages import ACCOUNT, STS, Call, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from altcontact_sandbox.aws.sts.callers import Caller


@dataclass(frozen=True, slots=True)
class Quota:
    """`rate` calls a second, and `burst` at once after a rest."""

    rate: float
    burst: int


_ORGANIZATIONS: Final = Quota(20, 40)
_EVERYWHERE: Final = {
    "GetAlternateContact": Quota(10, 15),
    "GetContactInformation": Quota(10, 15),
    "GetAccountInformation": Quota(3, 3),
    "PutAlternateContact": Quota(5, 8),
    "DeleteAlternateContact": Quota(1, 6),
    "ListAccounts": _ORGANIZATIONS,
    "ListAccountsForParent": _ORGANIZATIONS,
    "ListOrganizationalUnitsForParent": _ORGANIZATIONS,
    "ListParents": _ORGANIZATIONS,
    "ListRoots": _ORGANIZATIONS,
    "ListTagsForResource": _ORGANIZATIONS,
}
_CHINA: Final = {
    **_EVERYWHERE,
    "GetAlternateContact": Quota(3, 5),
    "GetContactInformation": Quota(3, 5),
    "PutAlternateContact": Quota(1, 6),
}
"""Account Management's figures are AWS's published ones. Organizations' are the sandbox's own:
high enough to list ten thousand accounts, low enough to punish a client that asks in a loop."""


class Quotas:
    """The buckets. Operations without a quota are never throttled."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[tuple[str, str, str], tuple[float, float]] = {}
        self._quotas = {"aws": dict(_EVERYWHERE), "aws-cn": dict(_CHINA)}
        self.enabled = True

    def set(self, operation: str, rate: float, burst: int, partition: str = "aws") -> None:
        """Change one quota; its buckets are full again."""
        self._quotas.setdefault(partition, dict(_EVERYWHERE))[operation] = Quota(rate, burst)
        self._buckets.clear()

    def take(self, caller: Caller, call: Call) -> None:
        """Count one call.

        Raises:
            Refusal: `TooManyRequestsException`; a call that is refused takes no token.
        """
        quotas = self._quotas.get(caller.partition, _EVERYWHERE)
        quota = quotas.get(call.operation) if self.enabled else None
        if quota is None:
            return
        key = (caller.partition, caller.account_id, call.operation)
        now = self._clock()
        tokens, since = self._buckets.get(key, (float(quota.burst), now))
        tokens = min(float(quota.burst), tokens + (now - since) * quota.rate)
        taken = tokens >= 1
        self._buckets[key] = (tokens - 1 if taken else tokens, now)
        if not taken:
            raise throttled(call)

    def as_json(self) -> dict[str, Any]:
        """For the control interface: {partition: {operation: {rate, burst}}}."""
        return {
            partition: {
                operation: {"rate": quota.rate, "burst": quota.burst}
                for operation, quota in quotas.items()
            }
            for partition, quotas in self._quotas.items()
        }


def throttled(call: Call) -> Refusal:
    """What AWS answers over the quota."""
    if call.service == STS:
        return Refusal("Throttling", "Rate exceeded", 400)
    members = {} if call.service == ACCOUNT else {"Type": "RATE_LIMIT"}
    return Refusal("TooManyRequestsException", "Too many requests", 429, members)
