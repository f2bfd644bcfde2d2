"""The ports to the database: what the use cases need to have remembered.

Only domain types cross. Every method is one transaction, and safe from several threads. All raise
`StoreError` where the database cannot be read or written; nothing of the call was kept then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from bot.domain.accounts import Account, AccountPlacement
    from bot.domain.announcements import Announcement, AnnouncementContent
    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.exemptions import Exemption, ExemptionRequest
    from bot.domain.findings import AccountResult, Finding
    from bot.domain.rule_catalog import Rule
    from bot.domain.rules.facts import PastContact
    from bot.domain.scans import Changes, Scan, ScanReport, Trigger
    from bot.domain.slack_health import Refusal, WaitingAlerts
    from bot.domain.timetable import Timetable
    from bot.services.ports.fixes import FixRepository
    from bot.services.ports.home import OverviewRepository


@dataclass(frozen=True, slots=True)
class ScanClaim:
    """The answer to a claim: the running scan, and whether it is the caller's own to carry out."""

    scan: Scan
    granted: bool


class ScanRepository(Protocol):
    """Scans: who may run one, how far it is, and what it found."""

    def claim(self, trigger: Trigger) -> ScanClaim:
        """Begin a scan unless one runs, here or in another process on this database.

        A scan whose process is dead, or whose claim was not renewed in time, is marked `CUT_OFF`.
        """
        ...

    def renew(self, scan_id: int, done: int, total: int | None) -> bool:
        """Say that a scan still runs and how far it is; false where its claim was lost."""
        ...

    def progress(self, scan_id: int) -> tuple[int, int | None]:
        """How far a running scan is: accounts (done, in total if all are listed)."""
        ...

    def record(self, scan: Scan, results: Sequence[AccountResult]) -> Changes:
        """End a scan: accounts, contacts, findings and what is to be announced, all or nothing.

        Results that are not `seen` change nothing. Findings of accounts that were not listed are
        resolved by a complete scan of an organization alone. A reading that began before a fix of
        the same contact was applied, or shortly after it, does not contradict the fix.

        Raises:
            StoreError: also where the claim on this scan was lost.
        """
        ...

    def get(self, scan_id: int) -> Scan | None:
        """One scan."""
        ...

    def last(self) -> Scan | None:
        """The newest scan that ended by itself (not cut off, not stopped halfway)."""
        ...

    def report(self, scan_id: int) -> ScanReport:
        """A recorded scan with its accounts; its `changes` hold what it opened and resolved."""
        ...

    def cut_off_dead(self) -> int:
        """Mark the scans whose process is dead; how many there were."""
        ...


class AccountRepository(Protocol):
    """Accounts as last listed, where they are placed, and what their contacts were."""

    def remember(self, accounts: Sequence[Account]) -> None:
        """Keep accounts as listed outside of a scan."""
        ...

    def get(self, account_id: str) -> Account | None:
        """One account, as last listed."""
        ...

    def find(self, text: str, limit: int) -> list[Account]:
        """Accounts whose id or name contains `text`, or whose id `text` contains; exact first."""
        ...

    def names(self) -> list[str]:
        """Every account's name, to look for the nearest of a typo in."""
        ...

    def placements(self, organization: str) -> Mapping[str, AccountPlacement]:
        """What is kept of the OUs and tags of an organization's accounts: {account id: …}."""
        ...

    def keep_placements(self, placements: Mapping[str, AccountPlacement]) -> None:
        """Keep OUs and tags of known accounts; what is None stays as it was."""
        ...

    def email_domains(self) -> Mapping[str, AbstractSet[str]]:
        """{domain: ids of the accounts with a contact there}, as last read."""
        ...

    def common_contacts(
        self, contact_type: ContactType, account_id: str, limit: int
    ) -> Sequence[tuple[AlternateContact, int]]:
        """The contacts that at least two other active accounts share, as last read.

        Args:
            contact_type: which contact.
            account_id: the account that doesn't count.
            limit: how many contacts at most.

        Returns:
            Each contact with the number of accounts, the most frequent first; the order of equally
            frequent ones never changes.
        """
        ...

    def contact_history(
        self, since: datetime, changes: int
    ) -> Mapping[tuple[str, ContactType], tuple[PastContact, ...]]:
        """What was read of each contact since then, oldest first, where it changed so often.

        The key is (account id, type). What was read last before then comes first.
        """
        ...


class FindingRepository(Protocol):
    """What should be acted on, as it stands."""

    def observe(self, result: AccountResult) -> None:
        """Resolve the findings that a reading of one account disproves; open none.

        A result may hold more types than its policy looks at.
        """
        ...

    def unresolved(self, account_id: str) -> list[Finding]:
        """The findings of an account that are not resolved, exempt ones among them."""
        ...

    def next_to_fix(
        self, contact_type: ContactType, *, only: str = "", besides: str = ""
    ) -> Account | None:
        """The active account whose contact of this type needs a fix most, in the alert's order.

        Contacts that the form can't fix (forbidden or unreadable ones) don't count, nor do those
        that are being fixed, or were saved since the finding was last seen.

        Args:
            contact_type: which contact.
            only: look at this account alone.
            besides: leave this account out.
        """
        ...


class ExemptionRepository(Protocol):
    """Exemptions and verifications."""

    def grant(self, requests: Sequence[ExemptionRequest], account_name: str) -> list[Exemption]:
        """Exempt findings, all or none; what exempted them before is ended by this."""
        ...

    def end(self, exemption_id: int, user_id: str) -> Exemption | None:
        """End one ahead of its day; its finding, if it still stands, is open and announced again.

        Returns:
            It as it is now, also where it had ended before; None where there is no such one.
        """
        ...

    def due(self) -> bool:
        """Whether there is something to settle, by the clock as it is."""
        ...

    def settle(self) -> bool:
        """End those whose day has come, open their findings again, and announce ends to come.

        Does nothing on a clock that is not proven: an end cannot be taken back.

        Returns:
            Whether there is something to announce.
        """
        ...

    def get(self, exemption_id: int) -> Exemption | None:
        """One exemption or verification."""
        ...

    def page(self, limit: int, offset: int = 0) -> tuple[list[Exemption], int]:
        """Those that hold now, the first to end first, and how many there are."""
        ...

    def in_force(self) -> Mapping[str, Mapping[tuple[ContactType, Rule], Exemption]]:
        """All that hold now, by account id; without a proven clock all that have not ended."""
        ...


class AnnouncementRepository(Protocol):
    """Announcements on their way to Slack."""

    def introduce(self, timetable: Timetable) -> bool:
        """Have the bot introduce itself if its database is new: once, before the first scan.

        Returns:
            Whether there is something to announce.
        """
        ...

    def due(self) -> list[Announcement]:
        """Announcements to be sent (`PENDING`, `SENDING`) or updated, oldest first."""
        ...

    def content(self, announcement_id: str, limit: int, offset: int = 0) -> AnnouncementContent:
        """What an announcement shows, as things are now."""
        ...

    def begin_sending(self, announcement_id: str) -> Announcement | None:
        """Mark that sending is tried now; None where there is nothing (any longer) to send."""
        ...

    def not_sent(self, announcement_id: str) -> None:
        """Mark that Slack surely did not post it: it is `PENDING` again."""
        ...

    def sent(self, announcement_id: str, channel_id: str, ts: str, shown_revision: int) -> None:
        """Mark where an announcement stands and what of it is shown."""
        ...

    def standing(self, limit: int) -> list[Announcement]:
        """The newest alerts that were posted, and show findings that are open."""
        ...

    def post_again(self, announcement_id: str) -> bool:
        """Have an alert posted anew that was deleted, if findings of it stand; whether they do."""
        ...

    def may_repeat(self, announcement_id: str) -> None:
        """Mark that it could not be looked for, so that it says it may be a repeat."""
        ...


class DeliveryRepository(Protocol):
    """What Slack delivered lately: what is not acknowledged in time it delivers again."""

    def is_first(self, key: str) -> bool:
        """Whether Slack delivers this for the first time; remembers it for a day."""
        ...


class SlackHealthRepository(Protocol):
    """What keeps the bot from being heard in Slack."""

    def refused(self, announcement_id: str, refusal: Refusal) -> None:
        """Remember why an announcement was not posted just now."""
        ...

    def waiting(self) -> WaitingAlerts | None:
        """The announcements that could not be posted so far; None where there are none."""
        ...

    def count_others(self, connections: int, *, lasting: bool) -> bool:
        """Remember how many connections of the Slack app are not this bot's.

        Returns:
            Whether there is something to announce: what is `lasting`, once, and its end.
        """
        ...


class Store(Protocol):
    """What the bot remembers, by subject."""

    @property
    def scans(self) -> ScanRepository:
        """Scans: who may run one, how far it is, and what it found."""
        ...

    @property
    def findings(self) -> FindingRepository:
        """What should be acted on, as it stands."""
        ...

    @property
    def fixes(self) -> FixRepository:
        """Fixes, from before AWS is asked to their end."""
        ...

    @property
    def exemptions(self) -> ExemptionRepository:
        """Exemptions and verifications."""
        ...

    @property
    def announcements(self) -> AnnouncementRepository:
        """Announcements on their way to Slack."""
        ...

    @property
    def accounts(self) -> AccountRepository:
        """Accounts as last listed, where they are placed, and what their contacts were."""
        ...

    @property
    def overviews(self) -> OverviewRepository:
        """All accounts at one moment."""
        ...

    @property
    def deliveries(self) -> DeliveryRepository:
        """What Slack delivered lately: what is not acknowledged in time it delivers again."""
        ...

    @property
    def slack_health(self) -> SlackHealthRepository:
        """What keeps the bot from being heard in Slack."""
        ...
