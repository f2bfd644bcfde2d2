"""Shows the owners of accounts as mentions: by Slack ids, or looked up by email addresses."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Final

import structlog
from cachetools import TLRUCache

from bot.slack.client import CALL_ERRORS, code_of, explain
from bot.slack.views.blocks import escape
from bot.slack.views.mentions import mentions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from slack_sdk import WebClient

    from bot.services.ports.clock import Clock

_log = structlog.get_logger(__name__)

MAX_AGE: Final = 3600.0
"""Seconds that the member with an address is kept."""

MAX_AGE_NOBODY: Final = 300.0
"""Seconds that it is kept that no member has an address."""

MAX_LOOKUPS: Final = 20
"""Addresses looked up for one message at most; Slack takes fifty a minute."""

LOOKUP_TIMEOUT: Final = 5.0
"""Seconds that the lookups for one message may take; a call under way ends by itself."""

# A word in capitals, which a tag may hold as well, has no digit.
_ID: Final = re.compile(r"(?=[A-Z]*\d)([UWS])[A-Z0-9]{8,20}")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class Owners:
    """Turns values of owner tags into mentions. Safe to call from several threads; never raises.

    Args:
        client: a client that is quick to give up, and makes each call once.
        clock: the time.
        most_kept: how many addresses are kept at most.
    """

    def __init__(self, client: WebClient, clock: Clock, *, most_kept: int = 2000) -> None:
        self._client = client
        self._clock = clock
        self._lock = threading.Lock()
        self._users: TLRUCache[str, str, float] = TLRUCache(most_kept, _expiry, clock.monotonic)
        self._not_before = 0.0

    def mentions(self, owners: Iterable[str], *, ask: bool = True) -> dict[str, str]:
        """Owners for one message, each as mrkdwn.

        Args:
            owners: the values of tags: a Slack user or group id, an email address, or any text.
            ask: whether Slack may be asked; else what is kept must do.

        Returns:
            By value: a mention, or the value itself, escaped, where nobody is found by it.
        """
        deadline = self._clock.monotonic() + LOOKUP_TIMEOUT
        left = MAX_LOOKUPS if ask else 0
        found: dict[str, str] = {}
        for owner in owners:
            if owner in found:
                continue
            wanted = owner.strip()
            user = ""
            if _ID.fullmatch(wanted):
                user = wanted
            elif _EMAIL.fullmatch(wanted):
                kept = self._kept(wanted.casefold())
                if kept is None and left and self._may_ask(deadline):
                    left -= 1
                    kept = self._look_up(wanted.casefold())
                user = kept or ""
            found[owner] = _mention(user) if user else escape(wanted)
        return found

    def _kept(self, email: str) -> str | None:
        """The id of whose address it is, "" for nobody; None where that is not known now."""
        with self._lock:
            return self._users.get(email)

    def _may_ask(self, deadline: float) -> bool:
        now = self._clock.monotonic()
        with self._lock:
            return self._not_before <= now < deadline

    def _look_up(self, email: str) -> str | None:
        try:
            answer = self._client.users_lookupByEmail(email=email)
            user = answer["user"]
        except CALL_ERRORS as error:
            if code_of(error) != "users_not_found":
                problem = explain(error)
                # What keeps one from being found keeps the others too.
                pause = problem.retry_after or (MAX_AGE_NOBODY if problem.code else LOOKUP_TIMEOUT)
                with self._lock:
                    self._not_before = self._clock.monotonic() + pause
                _log.info("owners are not looked up for now", problem=str(problem), seconds=pause)
                return None
            user = None
        except (AttributeError, ValueError):
            # slack_sdk itself trips over an answer that is no JSON object.
            return None
        identity = str(user.get("id", "")) if isinstance(user, dict) else ""
        if not _ID.fullmatch(identity) or (isinstance(user, dict) and user.get("deleted")):
            identity = ""
        with self._lock:
            self._users[email] = identity
        return identity


def _expiry(_: str, user: str, now: float) -> float:
    return now + (MAX_AGE if user else MAX_AGE_NOBODY)


def _mention(identity: str) -> str:
    return mentions((), (identity,)) if identity.startswith("S") else mentions((identity,), ())
