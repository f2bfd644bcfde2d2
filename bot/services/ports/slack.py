"""What the use cases need from Slack: its members, its channel, and who may change contacts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.domain.announcements import Announcement, AnnouncementContent
    from bot.domain.failures import Failure
    from bot.domain.rules.facts import Members


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
            MessageGone: it was deleted.
            MessageLocked: it may not be edited any more.
            NotifierError: it was not updated.
        """
        ...

    def stands(self, announcement: Announcement) -> bool:
        """Whether an announcement that was posted is still in its channel.

        Raises:
            NotifierError: that could not be found out.
        """
        ...


@dataclass(frozen=True, slots=True)
class Actor:
    """The person behind a command, a button or a form, as Slack's payload describes them.

    A user id alone is not enough: Slack delivers what people of other workspaces do as well, from
    a channel that is shared with them.

    Attributes:
        user_id: `U…`, or `W…` on Enterprise Grid.
        team_ids: every workspace that the payload names, of the person and of the place.
        enterprise_ids: the same of Enterprise Grid organizations; empty outside of Grid.
    """

    user_id: str
    team_ids: frozenset[str] = frozenset()
    enterprise_ids: frozenset[str] = frozenset()


class Authorizer(Protocol):
    """Who may change contacts."""

    def require_fixer(self, actor: Actor, *, fresh: bool = False) -> None:
        """Let a fixer pass.

        Args:
            actor: who asks.
            fresh: whether Slack is asked now, whatever was found out before: right before a write.

        Raises:
            NotAllowed: the person is not a fixer; the remedy says who is.
            RightsUnknown: Slack could not say.
        """
        ...
