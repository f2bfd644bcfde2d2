"""The seams: what the use cases need from AWS, the database, Slack and the clock.

Adapters implement these; use cases see nothing else of them. Only domain types cross.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from bot.announcements import Announcement, AnnouncementContent
    from bot.contacts import Account, AlternateContact, ContactType, Unit
    from bot.evidence import Members, PrimaryContact
    from bot.readings import Failure, Reading
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
