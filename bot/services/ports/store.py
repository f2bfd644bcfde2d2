"""The ports to the database.

All parameters and results are domain types. Every method is one transaction, and safe to call from
several threads. All raise `StoreError` if the database can't be read or written; then nothing was
stored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from bot.domain.accounts import Account, AccountPlacement
    from bot.domain.announcements import Announcement, AnnouncementContent
    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.exemptions import Exemption, ExemptionRequest
    from bot.domain.rule_catalog import Rule
    from bot.domain.rules.facts import PastContact
    from bot.domain.slack_health import Refusal, WaitingAlerts
    from bot.domain.timetable import Timetable
    from bot.services.ports.approvals import ApprovalRepository
    from bot.services.ports.audit import AuditRepository
    from bot.services.ports.auto_fixes import AutoFixRepository
    from bot.services.ports.deliveries import DeliveryRepository, RequestRepository
    from bot.services.ports.files import RunFileRepository
    from bot.services.ports.findings import FindingRepository
    from bot.services.ports.fixes import FixRepository
    from bot.services.ports.home import OverviewRepository
    from bot.services.ports.runs import RunRepository
    from bot.services.ports.scans import ScanRepository


class AccountRepository(Protocol):
    """Accounts as last listed, with their OUs, tags and earlier contacts."""

    def remember(self, accounts: Sequence[Account]) -> None:
        """Store accounts that were listed outside of a scan."""
        ...

    def get(self, account_id: str) -> Account | None:
        """One account, as last listed."""
        ...

    def find(self, text: str, limit: int) -> list[Account]:
        """Accounts whose id or name contains `text`, or whose id `text` contains; exact first."""
        ...

    def all(self) -> list[Account]:
        """Every account as last listed, with its OUs and tags, in the order of names."""
        ...

    def names(self) -> list[str]:
        """Every account's name, to suggest one after a typo."""
        ...

    def placements(self, organization: str) -> Mapping[str, AccountPlacement]:
        """The stored OUs and tags of an organization's accounts: {account id: …}."""
        ...

    def keep_placements(self, placements: Mapping[str, AccountPlacement]) -> None:
        """Store OUs and tags of known accounts; None leaves them unchanged."""
        ...

    def email_domains(self, max_age: float = 0.0) -> Mapping[str, AbstractSet[str]]:
        """{domain: ids of the accounts with a contact there}, as last read.

        Args:
            max_age: how many seconds old the answer may be.
        """
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
        """The readings of each contact that changed this often since then, oldest first.

        The key is (account id, type). The last reading before that time comes first.
        """
        ...


class ExemptionRepository(Protocol):
    """Exemptions and verifications."""

    def grant(self, requests: Sequence[ExemptionRequest], account_name: str) -> list[Exemption]:
        """Exempt findings, all or none. Earlier exemptions of them end."""
        ...

    def end(self, exemption_id: int, user_id: str) -> Exemption | None:
        """End one early. If its finding isn't resolved, it is open and announced again.

        Returns:
            The exemption as it is now, even if it had ended before; None if it doesn't exist.
        """
        ...

    def due(self) -> bool:
        """Whether any exemption has ended or ends soon, according to the clock."""
        ...

    def settle(self) -> bool:
        """End those that are due, open their findings again, and announce those that end soon.

        Does nothing if the clock can't be trusted, since an end can't be undone.

        Returns:
            Whether there is something to announce.
        """
        ...

    def get(self, exemption_id: int) -> Exemption | None:
        """One exemption or verification."""
        ...

    def page(self, limit: int, offset: int = 0) -> tuple[list[Exemption], int]:
        """The current ones, the first to end first, and how many there are."""
        ...

    def in_force(self) -> Mapping[str, Mapping[tuple[ContactType, Rule], Exemption]]:
        """The current ones by account id; with an untrusted clock, all without a recorded end."""
        ...


class AnnouncementRepository(Protocol):
    """Announcements to send to Slack."""

    def introduce(self, timetable: Timetable) -> bool:
        """Have the bot introduce itself if its database is new: once, before the first scan.

        Returns:
            Whether there is something to announce.
        """
        ...

    def due(self) -> list[Announcement]:
        """Announcements to send (`PENDING`, `SENDING`) or update, oldest first."""
        ...

    def content(self, announcement_id: str, limit: int, offset: int = 0) -> AnnouncementContent:
        """What an announcement shows now."""
        ...

    def message_content(self, announcement_id: str, rows: int) -> AnnouncementContent:
        """What an announcement's message shows of so many accounts, as things are now."""
        ...

    def begin_sending(self, announcement_id: str) -> Announcement | None:
        """Mark that it is being sent; None if there is nothing to send any more."""
        ...

    def not_sent(self, announcement_id: str) -> None:
        """Mark that Slack certainly did not post it: it is `PENDING` again."""
        ...

    def sent(self, announcement_id: str, channel_id: str, ts: str, shown_revision: int) -> None:
        """Mark where an announcement was posted and which revision it shows."""
        ...

    def standing(self, limit: int) -> list[Announcement]:
        """The newest posted alerts that show open findings."""
        ...

    def post_again(self, announcement_id: str) -> bool:
        """Post a deleted alert again if it has open findings; whether it has."""
        ...

    def may_repeat(self, announcement_id: str) -> None:
        """Mark that the channel couldn't be searched for it, so that it says it may be a repeat."""
        ...


class SlackHealthRepository(Protocol):
    """Alerts that wait to be posted, and other bots on the same Slack app."""

    def refused(self, announcement_id: str, refusal: Refusal) -> None:
        """Record why an announcement couldn't be posted."""
        ...

    def waiting(self) -> WaitingAlerts | None:
        """The announcements that couldn't be posted so far; None if there are none."""
        ...

    def count_others(self, connections: int, *, lasting: bool) -> bool:
        """Record how many connections of the Slack app belong to other bots.

        Returns:
            Whether there is something to announce: other bots that last, once, and their end.
        """
        ...


class Store(Protocol):
    """The database, by subject."""

    @property
    def scans(self) -> ScanRepository:
        """Scans: which process runs one, its progress, and its results."""
        ...

    @property
    def findings(self) -> FindingRepository:
        """Findings that are not resolved."""
        ...

    @property
    def fixes(self) -> FixRepository:
        """Fixes, from before the request to AWS until their end."""
        ...

    @property
    def runs(self) -> RunRepository:
        """Runs with their contacts, from the preview to their end."""
        ...

    @property
    def approvals(self) -> ApprovalRepository:
        """Approvals of runs, and how they were decided."""
        ...

    @property
    def run_files(self) -> RunFileRepository:
        """What is remembered of the result files of runs."""
        ...

    @property
    def exemptions(self) -> ExemptionRepository:
        """Exemptions and verifications."""
        ...

    @property
    def announcements(self) -> AnnouncementRepository:
        """Announcements to send to Slack."""
        ...

    @property
    def accounts(self) -> AccountRepository:
        """Accounts as last listed, with their OUs, tags and earlier contacts."""
        ...

    @property
    def audit(self) -> AuditRepository:
        """The audit log."""
        ...

    @property
    def auto_fixes(self) -> AutoFixRepository:
        """What the bot fixed by itself, and where it stopped."""
        ...

    @property
    def overviews(self) -> OverviewRepository:
        """All accounts at one moment."""
        ...

    @property
    def deliveries(self) -> DeliveryRepository:
        """Recent deliveries from Slack, which repeats those that are not acknowledged in time."""
        ...

    @property
    def requests(self) -> RequestRepository:
        """Recent requests that arrived by HTTP."""
        ...

    @property
    def slack_health(self) -> SlackHealthRepository:
        """Alerts that wait to be posted, and other bots on the same Slack app."""
        ...
