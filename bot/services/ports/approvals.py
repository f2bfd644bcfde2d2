"""The port to approvals in the database; `bot.services.ports.store` says what all ports promise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.approvals import Approval, ApprovalRequest, ApprovalState, NewApproval
    from bot.domain.contacts import ContactType


@dataclass(frozen=True, slots=True)
class Decision:
    """What a decision came to.

    `approval` is as it is recorded now. `is_new` says whether this call decided it; if not,
    somebody was faster. `started`: the run began with it.
    """

    approval: Approval
    is_new: bool
    started: bool = False


class ApprovalRepository(Protocol):
    """Approvals of runs: requested, decided once, and announced, each in one transaction."""

    def request(
        self, run_id: int, approvals: Sequence[NewApproval], channel: str = ""
    ) -> list[Approval]:
        """Have a previewed run wait for these approvals, and announce them.

        Args:
            run_id: the run.
            approvals: at least one.
            channel: where they are announced, as the policy names it.

        Returns:
            The approvals; empty if the run is no longer only previewed.
        """
        ...

    def get(self, approval_id: int) -> Approval | None:
        """One approval."""
        ...

    def of_run(self, run_id: int) -> list[Approval]:
        """The approvals of a run, oldest first; empty if it needed none."""
        ...

    def request_of(self, approval_id: int, items: int) -> ApprovalRequest | None:
        """A request with at most so many of its contacts, without their details."""
        ...

    def waiting(self, items: int = 3) -> list[ApprovalRequest]:
        """The requests that wait for a decision, oldest first."""
        ...

    def compliant_contacts(self, run_id: int) -> set[tuple[str, ContactType]]:
        """The contacts of a run that were set before it, and in which the last check found nothing.

        By (account id, type). Nor was anything found by a check that couldn't evaluate a contact,
        or that never happened.
        """
        ...

    def approve(self, approval_id: int, user_id: str) -> Decision | None:
        """Approve a waiting request; if it was the last one of its run, the run begins.

        One that is over by the clock isn't approved: it stays as it is.

        Returns:
            None if there is no such approval.
        """
        ...

    def close(
        self, approval_id: int, state: ApprovalState, user_id: str, reason: str = ""
    ) -> Decision | None:
        """End a waiting request without a change: its run is canceled, with its other approvals.

        Args:
            approval_id: the approval.
            state: `REJECTED`, `WITHDRAWN`, `VOID` or `EXPIRED`.
            user_id: who decided it; empty for the bot.
            reason: why, as a person gave it or in a sentence.

        Returns:
            None if there is no such approval.
        """
        ...

    def bypass(
        self,
        run_id: int,
        approvals: Sequence[NewApproval],
        user_id: str,
        reason: str,
        channel: str = "",
    ) -> bool:
        """Begin a run without approval, and announce it to those who could have approved.

        Args:
            run_id: a run that is previewed, or that waits for approval.
            approvals: those that it needs, for a run that requested none yet.
            user_id: who goes on alone.
            reason: why.
            channel: as for `request`.

        Returns:
            Whether it began.
        """
        ...

    def settle(self) -> bool:
        """Let requests expire whose time is over, and remind of those that wait long, once.

        Also begins runs whose approvals were all given, but which a crash kept from beginning.

        Returns:
            Whether there is something to announce.
        """
        ...

    def to_notify(self) -> list[ApprovalRequest]:
        """The decided requests whose requester wasn't informed yet."""
        ...

    def notified(self, approval_id: int) -> bool:
        """Mark that the requester is being informed; false if somebody else does it."""
        ...
