"""`Authorizer` on Slack: users and user groups of the bot's own workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog

from bot.domain.errors import NotAllowed, NotifierError, RightsUnknown
from bot.slack.membership import Standing
from bot.slack.views.mentions import mentions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.services.ports.slack import Actor
    from bot.slack.membership import WorkspaceMembership
    from bot.slack.user_groups import UserGroups

_log = structlog.get_logger(__name__)

EVERYONE: Final = "*"

_REFUSED: Final = {
    Standing.GUEST: "Guests can't change contacts.",
    Standing.FOREIGN: "People from other Slack workspaces can't change contacts.",
    Standing.BOT: "Bots and apps can't change contacts.",
    Standing.DEACTIVATED: "A deactivated Slack account can't change contacts.",
}


class SlackFixers:
    """Who may change contacts: members of the workspace alone, whatever the setting names.

    Args:
        allowed: user ids (`U…`, `W…`), user group ids (`S…`), or `*` for every member;
            empty for nobody.
        membership: tells members from guests, bots and people of other workspaces.
        groups: the members of user groups.
    """

    def __init__(
        self, allowed: Sequence[str], membership: WorkspaceMembership, groups: UserGroups
    ) -> None:
        self._everyone = EVERYONE in allowed
        self._users = tuple(name for name in allowed if name.startswith(("U", "W")))
        self._groups = tuple(name for name in allowed if name.startswith("S"))
        self._membership = membership
        self._user_groups = groups

    @property
    def read_only(self) -> bool:
        """Whether nobody may change contacts, so that there is no use in offering it."""
        return not (self._everyone or self._users or self._groups)

    @property
    def who(self) -> str:
        """Who may, as mrkdwn."""
        return "everyone" if self._everyone else mentions(self._users, self._groups)

    def require_fixer(self, actor: Actor, *, fresh: bool = False) -> None:
        """Let a fixer pass. See `Authorizer.require_fixer`."""
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
        if not (self._everyone or actor.user_id in self._users):
            self._require_in_group(actor.user_id, fresh=fresh)

    def _require_in_group(self, user_id: str, *, fresh: bool) -> None:
        """Let somebody pass who is in any of the groups; one that cannot be read bars no other."""
        dead: list[str] = []
        unread: NotifierError | None = None
        for group in self._groups:
            try:
                members = self._user_groups.members(group, fresh=fresh)
            except NotifierError as problem:
                unread = problem
                continue
            if members is None:
                dead.append(group)
            elif user_id in members:
                return
        if unread is not None:
            raise RightsUnknown(
                f"Slack could not say whether you can change contacts. {unread}", unread.remedy
            ) from unread
        if dead:
            raise self._dead(dead)
        raise self._refused("You don't have permission to change contacts.")

    def _refused(self, message: str) -> NotAllowed:
        if self._everyone:
            return NotAllowed(message, "Ask a member of this workspace to make the change.")
        return NotAllowed(message, "Ask", self._users, self._groups)

    def _dead(self, dead: Sequence[str]) -> NotAllowed:
        """The refusal of somebody who may have been in a group that is no longer there."""
        alive = tuple(group for group in self._groups if group not in dead)
        named, are = ", ".join(dead), "do" if len(dead) > 1 else "does"
        message = (
            "You don't have permission to change contacts. "
            f"ALTCONTACT_FIXERS names {named}, which {are} not exist or "
            f"{'are' if len(dead) > 1 else 'is'} disabled in Slack."
        )
        remedy = "Ask an administrator of this bot to correct ALTCONTACT_FIXERS."
        if self._users or alive:
            remedy += " Until then you can ask"
        return NotAllowed(message, remedy, self._users, alive)
