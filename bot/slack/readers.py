"""Decides who sees names, emails and phones; others only see outcomes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog

from bot.domain.errors import NotAllowed, NotifierError, RightsUnknown
from bot.slack.allow_list import AllowList
from bot.slack.membership import Standing
from bot.slack.views.blocks import escape
from bot.slack.views.mentions import mentions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.actors import Actor
    from bot.slack.fixers import OnRefused, SlackFixers
    from bot.slack.membership import WorkspaceMembership
    from bot.slack.user_groups import UserGroups

_log = structlog.get_logger(__name__)

_OUTSIDERS: Final = {
    Standing.FOREIGN: "This bot only answers people from its own Slack workspace.",
    Standing.BOT: "This bot doesn't answer bots and apps.",
    Standing.DEACTIVATED: "This bot doesn't answer deactivated Slack accounts.",
}


@dataclass(frozen=True, slots=True)
class ContactAccess:
    """Whether a person sees contact details; if not, `note` says why and what to do, as mrkdwn."""

    granted: bool
    note: str = ""


FULL_ACCESS: Final = ContactAccess(granted=True)


class SlackReaders:
    """Decides who sees contact details: fixers, and the people in the setting.

    People from other workspaces, bots and deactivated accounts get no answer, whatever the setting
    says. If the setting names readers, guests only see outcomes.

    Args:
        allowed: user ids (`U…`, `W…`) and user group ids (`S…`); `*` or empty for everyone in the
            workspace.
        membership: distinguishes members, guests, bots and people from other workspaces.
        groups: the members of user groups.
        fixers: who may change contacts, and so sees them.
        on_refused: called with an outsider who asked for something, and why they get no answer.
    """

    def __init__(
        self,
        allowed: Sequence[str],
        membership: WorkspaceMembership,
        groups: UserGroups,
        fixers: SlackFixers,
        on_refused: OnRefused = lambda *_: None,
    ) -> None:
        self._allowed = AllowList("ALTCONTACT_READERS", allowed, groups)
        self._membership = membership
        self._fixers = fixers
        self._on_refused = on_refused

    @property
    def is_restricted(self) -> bool:
        """Whether some people in the workspace only see outcomes."""
        return not (self._allowed.everyone or self._allowed.is_empty)

    def access(self, actor: Actor, *, is_request: bool = True) -> ContactAccess:
        """Whether a person sees contact details.

        Args:
            actor: the person.
            is_request: whether they asked for something, so that a refusal is recorded.

        Raises:
            NotAllowed: the person isn't in this workspace, and sees nothing.
        """
        try:
            standing = self._membership.standing(actor)
        except NotifierError as problem:
            return _unknown(problem)
        if standing in _OUTSIDERS:
            _log.warning("refused", user=actor.user_id, standing=standing.name.lower())
            refusal = NotAllowed(_OUTSIDERS[standing], "Ask a member of that workspace.")
            if is_request:
                self._on_refused(actor, refusal, "")
            raise refusal
        return self._as_member(actor, standing) if self.is_restricted else FULL_ACCESS

    def _as_member(self, actor: Actor, standing: Standing) -> ContactAccess:
        if standing is Standing.GUEST:
            return self._refused("Guests can't see contact details.")
        search = self._allowed.find(actor.user_id)
        try:
            if search.found or self._is_fixer(actor):
                return FULL_ACCESS
        except RightsUnknown as problem:
            return _unknown(problem)
        if search.problem is not None:
            return _unknown(search.problem)
        words = "You don't have permission to see contact details."
        if search.dead:
            words += f" {self._allowed.dead_words(search.dead)} {self._allowed.correct_words}"
            return ContactAccess(granted=False, note=escape(words))
        return self._refused(words)

    def _is_fixer(self, actor: Actor) -> bool:
        """Whether a person may change contacts.

        Raises:
            RightsUnknown: Slack couldn't say.
        """
        try:
            self._fixers.require_any_fixer(actor)
        except RightsUnknown:
            raise
        except NotAllowed:
            return False
        return True

    def _refused(self, words: str) -> ContactAccess:
        who = mentions(self._allowed.users, self._allowed.groups)
        return ContactAccess(granted=False, note=f"{escape(words)} Ask {who}.")


def _unknown(problem: NotifierError | RightsUnknown) -> ContactAccess:
    words = "Contact details are hidden, because Slack couldn't say whether you can see them."
    return ContactAccess(granted=False, note=escape(f"{words} {problem} {problem.remedy}"))
