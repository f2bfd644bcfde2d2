"""The port to Slack: its members, its channels, and the permission to change contacts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.actors import Actor
    from bot.domain.announcements import Announcement, AnnouncementContent
    from bot.domain.failures import Failure
    from bot.domain.rules.facts import Members


class MemberDirectory(Protocol):
    """The members of the Slack workspace. Safe to call from several threads."""

    def members(self) -> Members | Failure | None:
        """All members as last listed; lists them again if that was too long ago.

        Returns:
            None if the rules about members are off because the Slack app lacks the scope; a
            `Failure` if they can't be listed now, or if there is no Slack.
        """
        ...

    def known(self) -> Members | Failure | None:
        """The members as last listed, without a new list; a `Failure` if they never were."""
        ...


@dataclass(frozen=True, slots=True)
class Posted:
    """Where a message is."""

    channel_id: str
    ts: str


class Notifier(Protocol):
    """The channels. Each method makes one attempt; retrying is up to the caller."""

    def post(self, content: AnnouncementContent) -> Posted:
        """Post an announcement, with its id in the message's metadata.

        Raises:
            PostRefused: it was certainly not posted.
            PostInDoubt: it may have been posted.
        """
        ...

    def find(self, announcement: Announcement) -> Posted | None:
        """Search the channel's history for an announcement, from its first attempt on.

        Raises:
            HistoryUnreadable: the history can't be read until somebody fixes the cause.
            PostRefused: Slack can't be reached now; try again.
        """
        ...

    def update(self, content: AnnouncementContent) -> None:
        """Update a posted announcement in place.

        Raises:
            MessageGone: it was deleted.
            MessageLocked: it can't be edited any more.
            NotifierError: it wasn't updated.
        """
        ...

    def stands(self, announcement: Announcement) -> bool:
        """Whether a posted announcement is still in its channel.

        Raises:
            NotifierError: this couldn't be determined.
        """
        ...


@dataclass(frozen=True, slots=True)
class ApproverSearch:
    """Whether anybody can approve what a person requests.

    `found` is None if Slack couldn't say. `problem` says in sentences why nobody can, or why that
    is unknown.
    """

    found: bool | None
    problem: str = ""


class Authorizer(Protocol):
    """Decides who may change contacts, and who may approve that."""

    def require_fixer(self, actor: Actor, account_id: str = "", *, fresh: bool = False) -> None:
        """Check that a person is a fixer.

        Args:
            actor: the person.
            account_id: whose contacts; the policy may name other fixers for it. Empty if no account
                is concerned.
            fresh: whether to ask Slack now instead of using cached groups: right before a write.

        Raises:
            NotAllowed: the person isn't a fixer; the remedy says who is.
            RightsUnknown: Slack couldn't say, or the account's policy is unknown.
            StoreError: the account's policy can't be read.
        """
        ...

    def require_fixer_among(
        self, actor: Actor, fixers: Sequence[str] | None, *, fresh: bool = False
    ) -> None:
        """Check that a person is one of these fixers: of an account's policy, or of the setting.

        Raises:
            NotAllowed: the person isn't; the remedy says who is.
            RightsUnknown: Slack couldn't say.
        """
        ...

    def require_approver(
        self, actor: Actor, approvers: Sequence[str], *, fresh: bool = False
    ) -> None:
        """Check that a person is one of these approvers.

        Raises:
            NotAllowed: the person isn't; the remedy says who is.
            RightsUnknown: Slack couldn't say.
        """
        ...

    def fixers(self, fixers: Sequence[str] | None) -> tuple[str, ...]:
        """The fixers of an account's policy, or of the setting if it names none."""
        ...

    def find_approver(self, approvers: Sequence[str], besides: str) -> ApproverSearch:
        """Ask Slack now whether anybody but this user is one of these approvers."""
        ...

    def member(self, user_id: str) -> Actor:
        """A person whom the database names, as a member of the bot's workspace.

        Raises:
            RightsUnknown: Slack couldn't say which workspace that is.
        """
        ...
