"""Finds out whether a person belongs to the bot's workspace: as a member, guest or bot."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final

from cachetools import TTLCache

from bot.domain.actors import Actor
from bot.domain.errors import NotifierError
from bot.slack.client import CALL_ERRORS, TRY_AGAIN, code_of, explain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from slack_sdk import WebClient

    from bot.services.ports.clock import Clock
    from bot.slack.client import CallError

MAX_AGE: Final = 60.0
"""Seconds that the result for a person is cached."""

MAX_PEOPLE: Final = 2000
"""The most people in the cache."""

SLACKBOT: Final = "USLACKBOT"
"""Slack's own bot, whose `is_bot` is false."""

_NOBODY: Final = {"id": "nobody", "is_stranger": True}
"""Slack's errors for a user that it doesn't know, or doesn't show to the bot."""

_UNKNOWN_USERS: Final = frozenset({"user_not_found", "user_not_visible", "users_not_found"})


class Standing(Enum):
    """What a person is to the workspace."""

    MEMBER = auto()
    GUEST = auto()
    FOREIGN = auto()
    """From another workspace, through Slack Connect, or unknown."""
    BOT = auto()
    DEACTIVATED = auto()


@dataclass(frozen=True, slots=True)
class Installation:
    """Where the bot is installed, according to `auth.test`.

    `enterprise_id` is empty without Enterprise Grid. `is_org_wide` is true if the app is installed
    for a whole organization.
    """

    team_id: str
    enterprise_id: str
    is_org_wide: bool

    def is_foreign(self, actor: Actor) -> bool:
        """Whether the payload itself shows that the person or the channel belongs elsewhere.

        It may name another workspace of the same organization: that needs `users.info`.
        """
        if actor.enterprise_ids - {self.enterprise_id}:
            return True
        if not actor.team_ids:
            return not (self.is_org_wide and actor.enterprise_ids)
        return not self.enterprise_id and actor.team_ids != {self.team_id}

    def standing(self, actor: Actor, user: Mapping[str, Any]) -> Standing:
        """What a person is by `users.info`, where the payload did not say *foreign* already."""
        if user.get("deleted"):
            return Standing.DEACTIVATED
        if user.get("is_bot") or user.get("is_workflow_bot") or actor.user_id == SLACKBOT:
            return Standing.BOT
        if user.get("is_stranger") or not self._has(actor, user):
            return Standing.FOREIGN
        if user.get("is_restricted") or user.get("is_ultra_restricted"):
            return Standing.GUEST
        return Standing.MEMBER

    def _has(self, actor: Actor, user: Mapping[str, Any]) -> bool:
        """Whether Slack counts a user among the people of this installation."""
        grid = user.get("enterprise_user")
        grid = grid if isinstance(grid, dict) else {}
        organization = grid.get("enterprise_id")
        if organization and organization != self.enterprise_id:
            return False
        if self.is_org_wide and organization:
            return True
        listed = grid.get("teams")
        teams = {user.get("team_id"), *(listed if isinstance(listed, list) else ())} - {None, ""}
        if not teams:
            return actor.team_ids == {self.team_id}
        return self.team_id in teams


class WorkspaceMembership:
    """Distinguishes members of the workspace, guests, bots and people from other workspaces.

    Safe to call from several threads.

    Args:
        client: a client with a short timeout, while a person waits.
        patient_client: a client that waits while Slack throttles, before a write.
        clock: the time.
    """

    def __init__(self, client: WebClient, patient_client: WebClient, clock: Clock) -> None:
        self._client = client
        self._patient_client = patient_client
        self._lock = threading.Lock()
        self._installation: Installation | None = None
        self._users: TTLCache[str, Mapping[str, Any], float] = TTLCache(
            MAX_PEOPLE, MAX_AGE, clock.monotonic
        )

    def standing(self, actor: Actor, *, fresh: bool = False) -> Standing:
        """What a person is to the workspace.

        Args:
            actor: the person, as the payload describes them.
            fresh: whether to ask Slack now instead of using the cache.

        Raises:
            NotifierError: Slack did not say.
        """
        client = self._patient_client if fresh else self._client
        installation = self._find_installation(client)
        if installation.is_foreign(actor):
            return Standing.FOREIGN
        return installation.standing(actor, self._user(client, actor.user_id, fresh=fresh))

    def standing_of(self, user_id: str, *, fresh: bool = False) -> Standing:
        """The same for a person whom a setting names."""
        return self.standing(self.actor(user_id), fresh=fresh)

    def actor(self, user_id: str) -> Actor:
        """A person whom a setting or the database names, in the bot's own workspace.

        Raises:
            NotifierError: Slack did not say which workspace that is.
        """
        installation = self._find_installation(self._client)
        team_ids, enterprise_ids = (
            frozenset(filter(None, (id_,)))
            for id_ in (installation.team_id, installation.enterprise_id)
        )
        return Actor(user_id, team_ids, enterprise_ids)

    def _find_installation(self, client: WebClient) -> Installation:
        """The token's workspace, which never changes."""
        if self._installation is None:
            try:
                answer = client.auth_test()
                team_id, enterprise_id = (
                    str(answer.get(name) or "") for name in ("team_id", "enterprise_id")
                )
            except CALL_ERRORS as error:
                raise unanswered(error) from error
            if not team_id:
                raise malformed()
            if team_id == enterprise_id:  # of an installation for a whole organization
                team_id = ""
            self._installation = Installation(
                team_id, enterprise_id, answer.get("is_enterprise_install") is True
            )
        return self._installation

    def _user(self, client: WebClient, user_id: str, *, fresh: bool) -> Mapping[str, Any]:
        with self._lock:
            kept = None if fresh else self._users.get(user_id)
        if kept is not None:
            return kept
        try:
            user = client.users_info(user=user_id)["user"]
        except CALL_ERRORS as error:
            if code_of(error) not in _UNKNOWN_USERS:
                raise unanswered(error, "users:read") from error
            user = _NOBODY
        if not isinstance(user, dict) or not user.get("id"):
            raise malformed()
        # No names or addresses are kept.
        known = {name: user[name] for name in _FIELDS if name in user}
        with self._lock:
            self._users[user_id] = known
        return known


_FIELDS: Final = (
    "deleted",
    "enterprise_user",
    "is_bot",
    "is_restricted",
    "is_stranger",
    "is_ultra_restricted",
    "is_workflow_bot",
    "team_id",
)


def unanswered(error: CallError, scope: str = "") -> NotifierError:
    """Why Slack can't say who a person is, with that person's next step.

    Args:
        error: what the call raised.
        scope: the scope that the call needs, if it needs one.
    """
    problem = explain(error, TRY_AGAIN)
    if problem.retry_after is not None:
        is_one = round(problem.retry_after) == 1
        seconds = f"{problem.retry_after:.0f} second{'' if is_one else 's'}"
        return NotifierError(
            "Slack is throttling the bot's requests.",
            f"Please try again in {seconds}.",
            code=problem.code,
            retry_after=problem.retry_after,
        )
    if scope and problem.code == "missing_scope":
        return NotifierError(
            f"The Slack app lacks the scope {scope}.",
            f"Ask an administrator of the app to add {scope} and install the app again.",
            code=problem.code,
            permanent=True,
        )
    return problem


def malformed() -> NotifierError:
    """Slack's answer doesn't match its documentation."""
    return NotifierError("Slack's answer was malformed.", TRY_AGAIN)
