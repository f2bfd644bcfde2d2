"""The `Authorizer` for Slack: users and user groups of the bot's own workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog

from bot.domain.errors import NotAllowed, NotifierError, RightsUnknown
from bot.slack.allow_list import AllowList
from bot.slack.membership import Standing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.actors import Actor
    from bot.slack.membership import WorkspaceMembership
    from bot.slack.user_groups import UserGroups

_log = structlog.get_logger(__name__)

_REFUSED: Final = {
    Standing.GUEST: "Guests can't change contacts.",
    Standing.FOREIGN: "People from other Slack workspaces can't change contacts.",
    Standing.BOT: "Bots and apps can't change contacts.",
    Standing.DEACTIVATED: "A deactivated Slack account can't change contacts.",
}


class SlackFixers:
    """Decides who may change contacts: only members of the workspace, whatever the setting names.

    Args:
        allowed: user ids (`U…`, `W…`), user group ids (`S…`), or `*` for every member; empty for
            nobody.
        membership: distinguishes members, guests, bots and people from other workspaces.
        groups: the members of user groups.
    """

    def __init__(
        self, allowed: Sequence[str], membership: WorkspaceMembership, groups: UserGroups
    ) -> None:
        self._allowed = AllowList("ALTCONTACT_FIXERS", allowed, groups)
        self._membership = membership

    @property
    def read_only(self) -> bool:
        """Whether nobody may change contacts, so that it isn't offered."""
        return self._allowed.is_empty

    @property
    def who(self) -> str:
        """The people who may, as mrkdwn."""
        return self._allowed.who

    def require_fixer(self, actor: Actor, *, fresh: bool = False) -> None:
        """Check that a person is a fixer; see `Authorizer.require_fixer`."""
        if self.read_only:
            raise NotAllowed(
                "Changing contacts is turned off: this bot is read-only.",
                "To turn it on, name users or user groups in ALTCONTACT_FIXERS and start it again.",
            )
        try:
            standing = self._membership.standing(actor, fresh=fresh)
        except NotifierError as problem:
            raise RightsUnknown(
                f"Slack could not say who you are. {problem}", problem.remedy
            ) from problem
        if standing is not Standing.MEMBER:
            _log.warning("refused", user=actor.user_id, standing=standing.name.lower())
            raise self._refused(_REFUSED[standing])
        search = self._allowed.find(actor.user_id, fresh=fresh)
        if search.found:
            return
        if search.problem is not None:
            raise RightsUnknown(
                f"Slack could not say whether you can change contacts. {search.problem}",
                search.problem.remedy,
            ) from search.problem
        if search.dead:
            raise self._dead(search.dead)
        raise self._refused("You don't have permission to change contacts.")

    def _refused(self, message: str) -> NotAllowed:
        if self._allowed.everyone:
            return NotAllowed(message, "Ask a member of this workspace to make the change.")
        return NotAllowed(message, "Ask", self._allowed.users, self._allowed.groups)

    def _dead(self, dead: Sequence[str]) -> NotAllowed:
        """The error for a person who may have been in a group that no longer exists."""
        users, alive = self._allowed.users, self._allowed.alive(dead)
        remedy = self._allowed.correct_words
        if users or alive:
            remedy += " Until then you can ask"
        message = f"You don't have permission to change contacts. {self._allowed.dead_words(dead)}"
        return NotAllowed(message, remedy, users, alive)
