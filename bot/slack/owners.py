"""Shows the owners of accounts as mentions: by Slack ids, or looked up by email addresses.

A tag's value may name several owners, in any form.
"""

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
    from collections.abc import Callable, Iterable

    from slack_sdk import WebClient

    from bot.services.ports.clock import Clock

_log = structlog.get_logger(__name__)

MAX_AGE: Final = 3600.0
"""Seconds that the member with an address is cached."""

MAX_AGE_NOBODY: Final = 300.0
"""Seconds that an address without a member is cached."""

MAX_LOOKUPS: Final = 20
"""The most addresses to look up for one message; Slack allows fifty a minute."""

LOOKUP_TIMEOUT: Final = 5.0
"""Seconds that the lookups for one message may take; a running call ends by itself."""

# An ordinary word in capitals has no digit.
_SLACK_ID: Final = r"(?=[A-Z]*\d)[UWS][A-Z0-9]{8,20}"
_LABEL: Final = r"[^\W_](?:-*[^\W_])*"
_ID: Final = re.compile(_SLACK_ID)
_OWNER: Final = re.compile(
    # As Slack shows it, in the URL of a profile, or alone.
    rf"<(?:@|!subteam\^)(?P<shown>{_SLACK_ID})(?:\|[^>]*)?>"
    rf"|https?://[^\s/]+/team/(?P<linked>{_SLACK_ID})\b"
    rf"|(?<![^\W_])@?(?P<id>{_SLACK_ID})(?![^\W_])"
    # AWS allows + - = . _ : / @ and spaces in the values of tags, and any of them may separate two
    # addresses: right after one of them, such a character does not begin the next.
    rf"|(?i:mailto:)?(?<![^\W_]|@)(?P<email>[\w.+!#$%&'*?^{{}}~-]+@(?:{_LABEL}\.)+{_LABEL})"
    r"(?![^\W_]|@)"
)
_SEPARATORS: Final = " \t\r\n,;:/|&+=_\"'"


class Owners:
    """Turns values of owner tags into mentions. Safe to call from several threads; never raises.

    Args:
        client: a client with a short timeout that doesn't retry.
        clock: the time.
        most_kept: the most addresses in the cache.
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
            owners: the values of tags: Slack user or group ids, email addresses, or any text.
            ask: whether to ask Slack; otherwise only the cache is used.

        Returns:
            By value: mentions in the place of whom it names, with other words as they are; the
            value itself, escaped, where nobody is found by it.
        """
        deadline = self._clock.monotonic() + LOOKUP_TIMEOUT
        left = MAX_LOOKUPS if ask else 0

        def user_of(email: str) -> str:
            nonlocal left
            kept = self._kept(email)
            if kept is None and left and self._may_ask(deadline):
                left -= 1
                kept = self._look_up(email)
            return kept or ""

        return {owner: _with_mentions(owner.strip(), user_of) for owner in dict.fromkeys(owners)}

    def _kept(self, email: str) -> str | None:
        """The id of the member with this address, "" if nobody has it; None if unknown now."""
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
                # What prevents one lookup prevents the others too.
                pause = problem.retry_after or (MAX_AGE_NOBODY if problem.code else LOOKUP_TIMEOUT)
                with self._lock:
                    self._not_before = self._clock.monotonic() + pause
                _log.info("owners are not looked up for now", problem=str(problem), seconds=pause)
                return None
            user = None
        identity = str(user.get("id", "")) if isinstance(user, dict) else ""
        if not _ID.fullmatch(identity) or (isinstance(user, dict) and user.get("deleted")):
            identity = ""
        with self._lock:
            self._users[email] = identity
        return identity


def _with_mentions(value: str, user_of: Callable[[str], str]) -> str:
    """A tag's value as mrkdwn, with a mention in place of each owner that it names.

    Args:
        value: the value.
        user_of: returns the Slack id of the member with this lower-case address; "" for nobody.
    """
    shown, end, mentioned, follows_owner = "", 0, set[str](), False
    for match in _OWNER.finditer(value):
        words = _words(value[end : match.start()])
        if words:
            shown += f"{', ' if follows_owner else ' '}{escape(words)}"
            follows_owner = False
        end, email = match.end(), match["email"]
        id_ = (
            user_of(email.casefold()) if email else match["shown"] or match["linked"] or match["id"]
        )
        owner = _mention(id_) if id_ else escape(email)
        if owner not in mentioned:
            shown += f"{', ' if follows_owner else ' '}{owner}"
            mentioned.add(owner)
            follows_owner = True
    if not any(owner.startswith("<") for owner in mentioned):
        return escape(value)
    words = _words(value[end:])
    return f"{shown}, {escape(words)}".strip() if words else shown.strip()


def _words(text: str) -> str:
    """The text between two owners, without separators."""
    words = text.lstrip(f"{_SEPARATORS}>)]").rstrip(f"{_SEPARATORS}<([")
    return words if any(map(str.isalnum, words)) else ""


def _expiry(_: str, user: str, now: float) -> float:
    return now + (MAX_AGE if user else MAX_AGE_NOBODY)


def _mention(identity: str) -> str:
    return mentions((), (identity,)) if identity.startswith("S") else mentions((identity,), ())
