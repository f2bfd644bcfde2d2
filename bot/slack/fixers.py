"""`Authorizer` on Slack: users, and user groups whose members are kept for a minute."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from cachetools import TTLCache

from bot.domain.errors import NotAllowed
from bot.slack.client import CALL_ERRORS, TRY_AGAIN, explain
from bot.slack.views.mentions import mentions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from slack_sdk import WebClient

    from bot.services.ports.clock import Clock

MAX_AGE: Final = 60.0
"""Seconds that the members of a user group are kept: whoever leaves it may fix for that long."""

EVERYONE: Final = "*"


class SlackFixers:
    """Who may change contacts.

    Args:
        client: a client whose calls may be tried again.
        allowed: user ids (`U…`, `W…`), user group ids (`S…`), or `*` for everyone;
            empty for nobody.
        clock: the time.
    """

    def __init__(self, client: WebClient, allowed: Sequence[str], clock: Clock) -> None:
        self._client = client
        self._everyone = EVERYONE in allowed
        self._users = tuple(name for name in allowed if name.startswith(("U", "W")))
        self._groups = tuple(name for name in allowed if name.startswith("S"))
        self._lock = threading.Lock()
        self._members: TTLCache[str, frozenset[str], float] = TTLCache(
            max(1, len(self._groups)), MAX_AGE, clock.monotonic
        )

    @property
    def read_only(self) -> bool:
        """Whether nobody may change contacts, so that there is no use in offering it."""
        return not (self._everyone or self._users or self._groups)

    @property
    def who(self) -> str:
        """Who may, as mrkdwn."""
        return "everyone" if self._everyone else mentions(self._users, self._groups)

    def require_fixer(self, user_id: str) -> None:
        """Let a fixer pass. See `Authorizer.require_fixer`."""
        if self.read_only:
            raise NotAllowed(
                "Changing contacts is turned off: this bot is read-only.",
                "To turn it on, name users or user groups in ALTCONTACT_FIXERS and start it again.",
            )
        if self._everyone or user_id in self._users:
            return
        if not any(user_id in self._members_of(group) for group in self._groups):
            raise NotAllowed(
                "You may not change contacts.", "Ask one who may:", self._users, self._groups
            )

    def _members_of(self, group: str) -> frozenset[str]:
        with self._lock:
            kept = self._members.get(group)
        if kept is not None:
            return kept
        try:
            answer = self._client.usergroups_users_list(usergroup=group)
        except CALL_ERRORS as error:
            problem = explain(error, TRY_AGAIN)
            raise NotAllowed(
                f"Slack could not say who may change contacts. {problem}",
                problem.remedy,
            ) from error
        members = frozenset(answer["users"])
        with self._lock:
            self._members[group] = members
        return members
