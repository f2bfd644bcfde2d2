"""Approvals: a second person agrees to a run before it begins."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class ApprovalState(StrEnum):
    """How an approval was decided.

    `VOID`: AWS changed meanwhile. `BYPASSED`: the requester went on alone, with a reason, where the
    policy allows that.
    """

    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    VOID = "void"
    BYPASSED = "bypassed"


@dataclass(frozen=True, slots=True)
class Approval:
    """An approval that a run needs: one for each list of approvers that the policy names.

    `approvers` has user and user group ids, as the policy named them when it was requested.
    `why` says in a sentence why a second person is needed. `decided_by` is a user id; `reason` is
    what that person wrote.
    """

    id: int
    run_id: int
    state: ApprovalState
    approvers: tuple[str, ...]
    why: str
    requested_at: datetime
    expires_at: datetime
    reminded_at: datetime | None = None
    decided_at: datetime | None = None
    decided_by: str = ""
    reason: str = ""
