"""The port to the record of fixes; `bot.services.ports.store` says what all ports promise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.failures import Failure
    from bot.domain.findings import TypeResult
    from bot.domain.fixes import Fix, FixRequest, FixState


class FixRepository(Protocol):
    """Fixes, from before the request to AWS until their end.

    A fix that hasn't ended belongs to a process, which renews its claim. If the claim isn't renewed
    in time, another process takes the fix over, and asks AWS before it ends the fix.
    """

    def plan(
        self,
        request: FixRequest,
        account_name: str,
        channel: str = "",
        *,
        unusual_domain: bool = False,
    ) -> tuple[Fix, bool]:
        """Record a fix before it is made, and reserve the contact.

        Args:
            request: the change, and who requests it.
            account_name: for the record.
            channel: the policy's channel, where the fix is announced once AWS applied it.
            unusual_domain: whether few or no other accounts use its email domain.

        Returns:
            The fix, and true if it is new; false if this form was submitted before.

        Raises:
            FixUnderWay: another fix of this contact hasn't ended.
        """
        ...

    def renew(self, fix_id: int) -> bool:
        """Renew the claim on a fix; false if another process took it over."""
        ...

    def release(self, fix_id: int) -> None:
        """Release a fix that hasn't ended, so that another process can take it over."""
        ...

    def take_over(self, contact: tuple[str, ContactType] | None = None) -> list[Fix]:
        """Take over the fixes without an owner, to find out whether AWS applied them.

        Args:
            contact: the account's id and the type; None means all.
        """
        ...

    def begin_writing(self, fix_id: int, before: AlternateContact | None) -> Fix:
        """Record that the write is about to be sent, and the contact before it.

        Raises:
            FixUnderWay: another process took this fix over, so nothing may be sent.
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
        by_reading: bool = False,
        aws_request_id: str = "",
        result: TypeResult | None = None,
    ) -> Fix:
        """Record a fix's new state; `CONFIRMED` resolves its findings in the same transaction.

        A state that is more certain than `state` is kept. A fix that ended as `FAILED` continues if
        AWS applied it after all. `result` is the evaluated contact: findings of rules that it still
        violates stay open; None resolves all findings of the contact. `in_doubt` says whether AWS
        may have applied a `FAILED` fix. `by_reading` says that AWS shows the contact, but did not
        answer this fix: one that ended as `FAILED` stays so if a later fix may have written it.
        `aws_request_id` is AWS's id of the request that it answered.
        """
        ...

    def get(self, fix_id: int) -> Fix | None:
        """One fix."""
        ...

    def of_key(self, key: str) -> Fix | None:
        """The fix of this form, or of this contact of a run."""
        ...

    def newest(self, account_id: str, contact_type: ContactType) -> Fix | None:
        """The newest fix of a contact, whatever became of it."""
        ...

    def last_made(self, limit: int) -> list[Fix]:
        """The newest fixes that changed a contact in AWS and weren't undone, newest first."""
        ...

    def latest(self, account_id: str, contact_type: ContactType) -> Fix | None:
        """The newest fix of a contact that reached AWS (`APPLIED` or `CONFIRMED`)."""
        ...

    def recent(self) -> Mapping[tuple[str, ContactType], str]:
        """Fingerprints of what the newest fixes wrote, if AWS may still return older contacts.

        By (account id, type). Only fixes that were verified in AWS.
        """
        ...

    def in_doubt(self) -> list[Fix]:
        """The newest failed fix of each contact that AWS may have applied, if it is the last one.

        A later fix that didn't fail makes it impossible to tell whether the earlier one was
        applied.
        """
        ...
