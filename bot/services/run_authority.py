"""Asks again whether a run may write: its requester, its approvers and the policy, as of now."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from bot.domain.approvals import ApprovalState, covers
from bot.domain.errors import HeldBack, NotAllowed, RightsUnknown
from bot.domain.runs import RunKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.domain.approvals import Approval
    from bot.domain.policy.account_policy import AccountPolicy
    from bot.domain.runs import Run, RunItem
    from bot.services.approval_needs import ApprovalNeeds
    from bot.services.ports.clock import Clock
    from bot.services.ports.slack import Authorizer
    from bot.services.ports.store import Store
    from bot.services.run_exclusions import RunExclusions

MAX_AGE: Final = 5.0
"""Seconds for which Slack's answer counts: a run writes five contacts a second, and Slack allows
about twenty requests for user groups a minute."""


class RunAuthority:
    """Decides right before each write of a run whether it is still allowed.

    Safe to call from several threads.

    Args:
        store: approvals.
        authorizer: asks Slack who may do what.
        needs: knows what needs approval.
        exclusions: know which contacts runs leave alone.
        clock: the time.
    """

    def __init__(
        self,
        store: Store,
        authorizer: Authorizer,
        needs: ApprovalNeeds,
        exclusions: RunExclusions,
        clock: Clock,
    ) -> None:
        self._store = store
        self._authorizer = authorizer
        self._needs = needs
        self._exclusions = exclusions
        self._clock = clock
        self._lock = threading.Lock()
        self._answers: dict[tuple[object, ...], tuple[float, NotAllowed | None]] = {}

    def require(self, run: Run, item: RunItem) -> None:
        """Check that an item of a run may be written now.

        The requester has to be a fixer of the account, and whoever approved the run an approver,
        both by Slack's answer of the last five seconds and by the current policy.

        Raises:
            HeldBack: its account was excluded, or its findings exempted, since the preview.
            NotAllowed: it may not.
            RightsUnknown: Slack couldn't say, or the account's policy is unknown.
            StoreError: the database can't be read.
        """
        left_alone = self._exclusions.since(run.kind, item)
        if left_alone is not None:
            raise HeldBack(left_alone.sentence, "")
        rights = self._needs.of_run(run.id, [item])
        if item.account_id in rights.unknown:
            raise RightsUnknown(rights.unknown[item.account_id], "Try again later.")
        policy = rights.policies[item.account_id]
        need = rights.needs.get(item.number)
        approvals = self._store.approvals.of_run(run.id)
        if need is not None and not covers(approvals, [need]):
            raise NotAllowed(
                f"{need.sensitivity.sentence} It needs approval.", "Ask", *_split(need.approvers)
            )
        if run.kind is RunKind.AUTO_FIX and not policy.auto_fix:
            raise NotAllowed(
                "The policy no longer lets the bot fix this contact by itself.", "Fix it in Slack."
            )
        if run.kind is not RunKind.AUTO_FIX and not run.requested_by.user_id.startswith("cli:"):
            self._require_fixer(run, policy)
        if need is not None:
            self._require_approvers(approvals, need.approvers, policy)

    def _require_fixer(self, run: Run, policy: AccountPolicy) -> None:
        user_id, fixers = run.requested_by.user_id, policy.fixers

        def ask() -> None:
            self._authorizer.require_fixer_among(
                self._authorizer.member(user_id), fixers, fresh=True
            )

        self._ask(("fixer", user_id, fixers), ask)

    def _require_approvers(
        self, approvals: Sequence[Approval], approvers: tuple[str, ...], policy: AccountPolicy
    ) -> None:
        for approval in approvals:
            if approval.approvers != approvers:
                continue
            if approval.state is ApprovalState.BYPASSED:
                if not policy.break_glass:
                    raise NotAllowed(
                        "The policy no longer allows this change without approval.",
                        "Request it again.",
                    )
                continue
            user_id = approval.decided_by

            def ask(user_id: str = user_id) -> None:
                self._authorizer.require_approver(
                    self._authorizer.member(user_id), approvers, fresh=True
                )

            self._ask(("approver", user_id, approvers), ask)

    def _ask(self, question: tuple[object, ...], ask: Callable[[], None]) -> None:
        """Ask Slack, unless it answered lately; what it couldn't answer is asked again."""
        with self._lock:
            asked_at, refusal = self._answers.get(question, (float("-inf"), None))
            if self._clock.monotonic() - asked_at > MAX_AGE:
                try:
                    ask()
                    refusal = None
                except RightsUnknown:
                    raise
                except NotAllowed as error:
                    refusal = error
                self._answers[question] = self._clock.monotonic(), refusal
        if refusal is not None:
            raise refusal


def _split(names: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """User ids and user group ids."""
    users = tuple(name for name in names if name.startswith(("U", "W")))
    return users, tuple(name for name in names if name.startswith("S"))
