"""The port to the record of fixes; see `bot.services.ports.store` for what all of them promise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.failures import Failure
    from bot.domain.findings import TypeResult
    from bot.domain.fixes import Fix, FixRequest, FixState


class FixRepository(Protocol):
    """Fixes, from before AWS is asked to their end.

    A fix that has not ended is some process's, as long as that says so in time. One that is
    nobody's any more is ended by whoever takes it over, and never without having asked AWS.
    """

    def plan(
        self,
        request: FixRequest,
        account_name: str,
        channel: str = "",
        *,
        unusual_domain: bool = False,
    ) -> tuple[Fix, bool]:
        """Record a fix before it is made, and hold its contact for it.

        Args:
            request: what is wanted, by whom.
            account_name: for the record.
            channel: where it is announced once AWS took it, as the policy names it.
            unusual_domain: whether its email domain is one that few or no other accounts use.

        Returns:
            The fix, and true where it is new; false where this very form was submitted before.

        Raises:
            FixUnderWay: another fix of this contact has not ended.
        """
        ...

    def renew(self, fix_id: int) -> bool:
        """Say that somebody still works on a fix; false where another process took it over."""
        ...

    def release(self, fix_id: int) -> None:
        """Leave a fix that has not ended to whoever takes it over."""
        ...

    def take_over(self, contact: tuple[str, ContactType] | None = None) -> list[Fix]:
        """Take the fixes that nobody works on any more, to find out what became of them.

        Args:
            contact: the account's id and the type; None: all.
        """
        ...

    def begin_writing(self, fix_id: int, before: AlternateContact | None) -> Fix:
        """Record that AWS is about to be asked to write, and what it holds before that.

        Raises:
            FixUnderWay: another process took this fix over, so AWS must not be asked.
        """
        ...

    def advance(
        self,
        fix_id: int,
        state: FixState,
        *,
        ended: bool,
        before: AlternateContact | None = None,
        failure: Failure | None = None,
        already_there: bool = False,
        in_doubt: bool = False,
        result: TypeResult | None = None,
    ) -> Fix:
        """Record how far a fix got; `CONFIRMED` resolves its findings in the same transaction.

        What AWS is known to have taken stays so: where the record says more than `state` does,
        nothing changes. A fix that was ended as `FAILED` goes on where AWS took it after all.
        `result` is the confirmed contact as judged: findings of what it still breaks stand; where
        it is None all findings of the contact are over. `in_doubt` tells whether AWS may have
        taken a `FAILED` one all the same.
        """
        ...

    def get(self, fix_id: int) -> Fix | None:
        """One fix."""
        ...

    def latest(self, account_id: str, contact_type: ContactType) -> Fix | None:
        """The newest fix of a contact that reached AWS (`APPLIED` or `CONFIRMED`)."""
        ...

    def recent(self) -> Mapping[tuple[str, ContactType], AlternateContact]:
        """What the newest fixes wrote, by (account id, type), if AWS may still return less.

        Only fixes that were verified in AWS.
        """
        ...

    def in_doubt(self) -> list[Fix]:
        """Of each contact the newest fix that failed though AWS may have taken it, if none since.

        One since is one that did not fail: what AWS holds says nothing of those before it.
        """
        ...
