"""The members of user groups: cached for a minute, and read again right before a write."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from cachetools import TTLCache

from bot.slack.client import CALL_ERRORS, code_of
from bot.slack.membership import malformed, unanswered

if TYPE_CHECKING:
    from slack_sdk import WebClient

    from bot.services.ports.clock import Clock

MAX_AGE: Final = 60.0
"""Seconds that a user group's members are cached, to show forms and buttons."""

MAX_GROUPS: Final = 200
"""The most user groups in the cache."""

DEAD: Final = "no_such_subteam"
"""Slack's error code for a user group that doesn't exist, or is disabled."""


class UserGroups:
    """The members of user groups. Safe to call from several threads.

    Args:
        client: a client with a short timeout, while a person waits.
        patient_client: a client that waits while Slack throttles, before a write.
        clock: the time.
    """

    def __init__(self, client: WebClient, patient_client: WebClient, clock: Clock) -> None:
        self._client = client
        self._patient_client = patient_client
        self._lock = threading.Lock()
        self._members: TTLCache[str, frozenset[str] | None, float] = TTLCache(
            MAX_GROUPS, MAX_AGE, clock.monotonic
        )

    def members(self, group: str, *, fresh: bool = False) -> frozenset[str] | None:
        """The user ids of a group's members; None if the group doesn't exist or is disabled.

        Raises:
            NotifierError: Slack did not say.
        """
        with self._lock:
            if not fresh and group in self._members:
                return self._members[group]
        client = self._patient_client if fresh else self._client
        members: frozenset[str] | None = None
        try:
            users = client.usergroups_users_list(usergroup=group)["users"]
            if not isinstance(users, list):
                raise malformed()
            members = frozenset(map(str, users))
        except CALL_ERRORS as error:
            if code_of(error) != DEAD:
                raise unanswered(error, "usergroups:read") from error
        with self._lock:
            self._members[group] = members
        return members
