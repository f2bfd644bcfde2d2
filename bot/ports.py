"""The seams: what the use cases need from AWS, the database, Slack and the clock.

Adapters implement these; use cases see nothing else of them. Only domain types cross.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from bot.announcements import Announcement, AnnouncementContent
    from bot.contacts import Account, AlternateContact, ContactType, Unit
    from bot.evidence import Members, PrimaryContact, Seen
    from bot.exemptions import Exemption, ExemptionRequest
    from bot.findings import AccountResult, Failure, Finding, Reading, TypeResult
    from bot.fixes import Fix, FixRequest, FixState
    from bot.rules import Rule
    from bot.scans import Changes, Scan, ScanReport, Trigger
    from bot.scope import Scope


class Clock(Protocol):
    """Time, so that tests may set it."""

    def now(self) -> datetime:
        """The present moment, in UTC, with its offset."""
        ...

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back; only differences mean anything."""
        ...


class Priority(IntEnum):
    """Who goes first where AWS's quota makes calls wait."""

    FIX = 0
    LOOK = 1
    SCAN = 2


class Contacts(Protocol):
    """The contacts of every account in scope. Safe to call from several threads."""

    def read(self, account_id: str, kind: ContactType, priority: Priority) -> Reading:
        """Read one contact. Never raises for what AWS answers or fails to answer."""
        ...

    def write(self, account_id: str, kind: ContactType, contact: AlternateContact) -> None:
        """Write one contact, overwriting what is there.

        Raises:
            ContactRefused: AWS named the fields it does not take.
            GatewayError: AWS did not say that it took it.
        """
        ...

    def primary_contact(self, account_id: str, priority: Priority) -> PrimaryContact | Failure:
        """Read an account's primary contact. Never raises for what AWS answers or does not."""
        ...


class ContactGateway(Contacts, Protocol):
    """AWS as one caller sees it: an organization or an account."""

    @property
    def name(self) -> str:
        """The name of its `[[aws]]` table; empty where there is none. Its accounts carry it."""
        ...

    def scope(self) -> Scope:
        """Find out anew who is calling and what that puts in scope.

        Raises:
            GatewayError: it could not be found out, or the scope asked for is not to be had.
        """
        ...

    def accounts(self) -> Iterator[Account]:
        """List every account in scope, page by page as AWS hands them out.

        An account of which AWS gives the path has its `units`, with empty names.

        Raises:
            GatewayError: a page could not be had; those before it were yielded.
        """
        ...

    def units(self) -> Mapping[str, tuple[Unit, ...]]:
        """Walk the organizational units: {id of each OU: the OUs from the root down to it}.

        Empty where no organization is in scope. The root is no OU.

        Raises:
            GatewayError: a part of the walk could not be made.
        """
        ...

    def placements(self, units: Iterable[str]) -> Mapping[str, str]:
        """Which OU each account is right in, "" for the root: {account id: OU id}.

        Args:
            units: the ids of all OUs; the root is asked besides.

        Raises:
            GatewayError: a page could not be had.
        """
        ...

    def tags(self, account_id: str) -> Mapping[str, str]:
        """An account's tags.

        Raises:
            GatewayError: they could not be read.
        """
        ...

    def close(self) -> None:
        """Make no more calls: whoever waits for a turn or another try is sent away."""
        ...


class MemberDirectory(Protocol):
    """The members of the Slack workspace. Safe to call from several threads."""

    def members(self) -> Members | Failure | None:
        """All members, as of the last walk; walks where that is too long ago.

        Returns:
            None where the rules about members are off, since the Slack app lacks the scope; a
            `Failure` where it cannot be found out just now, or there is no Slack to ask.
        """
        ...

    def known(self) -> Members | Failure | None:
        """The same as of the last walk, without making one: a `Failure` where none was made."""
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is kept of where an account stands: its OUs and its tags, each since when; None: not."""

    units: tuple[Unit, ...] | None = None
    units_at: datetime | None = None
    tags: Mapping[str, str] | None = field(default=None, repr=False)
    tags_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ScanClaim:
    """The answer to a claim: the running scan, and whether it is the caller's own to carry out."""

    scan: Scan
    granted: bool


class Store(Protocol):
    """What the bot remembers. Every method is one transaction, and safe from several threads.

    Raises (all methods):
        StoreError: the database cannot be read or written; nothing of the call was kept.
    """

    # Scans

    def claim_scan(self, trigger: Trigger) -> ScanClaim:
        """Begin a scan unless one runs, here or in another process on this database.

        A scan whose process is dead, or whose claim was not renewed in time, is marked `CUT_OFF`.
        """
        ...

    def renew_scan(self, scan_id: int, done: int, total: int) -> bool:
        """Say that a scan still runs and how far it is; false where its claim was lost."""
        ...

    def scan_progress(self, scan_id: int) -> tuple[int, int]:
        """How far a running scan is: accounts (done, listed so far)."""
        ...

    def record_scan(self, scan: Scan, results: Sequence[AccountResult]) -> Changes:
        """End a scan: accounts, contacts, findings and what is to be announced, all or nothing.

        Results that are not `seen` change nothing. Findings of accounts that were not listed are
        resolved by a complete scan of an organization alone. A reading that began before a fix of
        the same contact was applied, or shortly after it, does not contradict the fix.

        Raises:
            StoreError: also where the claim on this scan was lost.
        """
        ...

    def scan(self, scan_id: int) -> Scan | None:
        """One scan."""
        ...

    def last_scan(self) -> Scan | None:
        """The newest scan that ended by itself (not cut off, not stopped halfway)."""
        ...

    def report(self, scan_id: int) -> ScanReport:
        """A recorded scan with its accounts; its `changes` hold what it opened and resolved."""
        ...

    def cut_off_dead_scans(self) -> int:
        """Mark the scans whose process is dead; how many there were."""
        ...

    # Accounts and findings

    def remember_accounts(self, accounts: Sequence[Account]) -> None:
        """Keep accounts as listed outside of a scan."""
        ...

    def account(self, account_id: str) -> Account | None:
        """One account, as last listed."""
        ...

    def find_accounts(self, text: str, limit: int) -> list[Account]:
        """Accounts whose id is `text`, or whose name contains it whatever its case."""
        ...

    def account_names(self) -> list[str]:
        """Every account's name, to look for the nearest of a typo in."""
        ...

    def observe(self, result: AccountResult) -> None:
        """Keep what a look at one account found: resolves its findings, and opens none.

        A result may hold more types than its policy looks at.
        """
        ...

    def open_findings(self, account_id: str) -> list[Finding]:
        """The findings of an account that are not resolved, those set aside among them."""
        ...

    def history(
        self, since: datetime, changes: int
    ) -> Mapping[tuple[str, ContactType], tuple[Seen, ...]]:
        """What was read of each contact since then, oldest first, where it changed so often.

        The key is (account id, type). What was read last before then comes first.
        """
        ...

    # Where accounts stand

    def surroundings(self, organization: str) -> Mapping[str, Surroundings]:
        """What is kept of the OUs and tags of an organization's accounts: {account id: …}."""
        ...

    def keep_surroundings(self, kept: Mapping[str, Surroundings]) -> None:
        """Keep OUs and tags of known accounts; what is None stays as it was."""
        ...

    # Exemptions and verifications

    def grant(self, requests: Sequence[ExemptionRequest], account_name: str) -> list[Exemption]:
        """Set findings aside, all or none; what set them aside before is ended by this."""
        ...

    def end_exemption(self, exemption_id: int, user_id: str) -> Exemption | None:
        """End one ahead of its day; its finding, if it still stands, is open and announced again.

        Returns:
            It as it is now, also where it had ended before; None where there is no such one.
        """
        ...

    def settle_exemptions(self) -> bool:
        """End those whose day has come, open their findings again, and announce ends to come.

        Returns:
            Whether there is something to announce.
        """
        ...

    def exemption(self, exemption_id: int) -> Exemption | None:
        """One exemption or verification."""
        ...

    def exemptions(self, limit: int, offset: int = 0) -> tuple[list[Exemption], int]:
        """Those that hold now, the first to end first, and how many there are."""
        ...

    def holding(self) -> Mapping[str, Mapping[tuple[ContactType, Rule], Exemption]]:
        """All that hold now, by account id."""
        ...

    # Fixes

    def plan_fix(self, request: FixRequest, account_name: str) -> tuple[Fix, bool]:
        """Record a fix before it is made, and hold its contact for it.

        Returns:
            The fix, and true where it is new; false where this very form was submitted before.

        Raises:
            FixUnderWay: another fix of this contact has not ended.
        """
        ...

    def advance_fix(
        self,
        fix_id: int,
        state: FixState,
        *,
        ended: bool,
        before: AlternateContact | None = None,
        failure: Failure | None = None,
        already_there: bool = False,
        result: TypeResult | None = None,
    ) -> Fix:
        """Record how far a fix got; `CONFIRMED` resolves its findings in the same transaction.

        `result` is the confirmed contact as judged: findings of what it still breaks stand; where
        it is None all findings of the contact are over.
        `PLANNED` again records what AWS held `before`, ahead of writing; it is kept from then on.
        """
        ...

    def fix(self, fix_id: int) -> Fix | None:
        """One fix."""
        ...

    def fix_by_key(self, key: str) -> Fix | None:
        """The fix that a form's submission made, by `FixRequest.key`."""
        ...

    def latest_fix(self, account_id: str, kind: ContactType) -> Fix | None:
        """The newest fix of a contact that reached AWS (`APPLIED` or `CONFIRMED`)."""
        ...

    def unfinished_fixes(self) -> list[Fix]:
        """Fixes that nobody ended: after a start, those that a dead process left."""
        ...

    # Announcements

    def due_announcements(self) -> list[Announcement]:
        """Announcements to be sent (`PENDING`, `SENDING`) or updated, oldest first."""
        ...

    def announcement_content(
        self, announcement_id: str, limit: int, offset: int = 0
    ) -> AnnouncementContent:
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

    def may_repeat(self, announcement_id: str) -> None:
        """Mark that it could not be looked for, so that it says it may be a repeat."""
        ...

    # Deliveries

    def first_delivery(self, key: str) -> bool:
        """Whether Slack delivers this for the first time; remembers it for a day."""
        ...


@dataclass(frozen=True, slots=True)
class Posted:
    """Where a message stands."""

    channel_id: str
    ts: str


class Notifier(Protocol):
    """The channel. One try a call: trying again is the caller's affair."""

    def post(self, content: AnnouncementContent) -> Posted:
        """Post an announcement, its id in the message's metadata.

        Raises:
            PostRefused: it was surely not posted.
            PostInDoubt: it may have been.
        """
        ...

    def find(self, announcement: Announcement) -> Posted | None:
        """Look for an announcement in the channel's history, from its first try on.

        Raises:
            HistoryUnreadable: the history cannot be read, and will not be until it is mended.
            PostRefused: Slack cannot be asked just now; try again.
        """
        ...

    def update(self, content: AnnouncementContent) -> None:
        """Put an announcement that was sent right, in place.

        Raises:
            MessageGone: there is nothing to update any more.
            NotifierError: it was not updated.
        """
        ...


class FixerList(Protocol):
    """Who may change contacts."""

    def require(self, user_id: str) -> None:
        """Let a fixer pass.

        Raises:
            NotAllowed: the user is none, or Slack could not say; the mend says who is.
        """
        ...
