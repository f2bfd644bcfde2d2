"""The `MemberDirectory` for Slack: lists all members once an hour, and keeps them if that fails."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog
from tenacity import sleep_using_event

from bot.domain.failures import FailureCode, failure
from bot.domain.rules.facts import Members
from bot.slack.member_walk import MemberWalk, ScopeMissing, WalkFailed
from bot.slack.scopes import EMAILS

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_sdk import WebClient

    from bot.domain.failures import Failure
    from bot.services.ports.clock import Clock

_log = structlog.get_logger(__name__)

MAX_AGE: Final = 3600.0
"""Seconds after which members are listed again."""

MAX_STALE_AGE: Final = 86_400.0
"""Seconds that a list is used if there is no newer one."""

RETRY_INTERVAL: Final = 60.0
"""Seconds to wait after a failed walk."""

WALK_TIMEOUT: Final = 600.0
"""Seconds that a walk may take; enough for 200,000 members at twenty calls a minute."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """The cached answer; its times are of the monotonic clock."""

    members: Members | Failure | None
    until: float
    read_at: float = 0.0


class SlackMembers:
    """The members of the workspace. Safe to call from several threads.

    Args:
        client: a client that doesn't retry; retries are made here.
        clock: the time.
        wait: waits this many seconds; by default until then, or until stopped.
    """

    def __init__(
        self, client: WebClient, clock: Clock, wait: Callable[[float], None] | None = None
    ) -> None:
        self._client = client
        self._clock = clock
        self._stopping = threading.Event()
        self._wait = wait or sleep_using_event(self._stopping)
        self._walking = threading.Lock()
        self._answer: _Answer | None = None
        self._slowed = False

    def members(self) -> Members | Failure | None:
        """All members. See `MemberDirectory.members`; may take some minutes."""
        with self._walking:
            answer = self._answer
            if answer is None or self._clock.monotonic() >= answer.until:
                answer = self._answer = self._renew(answer)
            return answer.members

    def known(self) -> Members | Failure | None:
        """The cached members; see `MemberDirectory.known`."""
        answer = self._answer
        now = self._clock.monotonic()
        if answer is None or (
            isinstance(answer.members, Members) and now - answer.read_at >= MAX_STALE_AGE
        ):
            words = "The members of the Slack workspace haven't been read recently."
            return failure(FailureCode.NOT_ASKED, message=words)
        return answer.members

    def stop(self) -> None:
        """End a running walk."""
        self._stopping.set()

    def _renew(self, before: _Answer | None) -> _Answer:
        began = self._clock.monotonic()
        walk = MemberWalk(
            self._client, self._clock, began + WALK_TIMEOUT, self._stopping, self._wait
        )
        try:
            members = Members.of(walk.people())
        except ScopeMissing:
            if before is None or before.members is not None:
                _log.info("rules about members are off: the Slack app lacks a scope", scope=EMAILS)
            return _Answer(None, began + RETRY_INTERVAL)
        except WalkFailed as error:
            now = self._clock.monotonic()
            if before is None or not isinstance(before.members, Members):
                _log.warning("members not read", problem=error.why.message, remedy=error.why.remedy)
                return _Answer(error.why, now + RETRY_INTERVAL)
            minutes = round((now - before.read_at) / 60)
            why, remedy = error.why.message, error.why.remedy
            if now - before.read_at >= MAX_STALE_AGE:
                _log.warning("members not read for too long", minutes=minutes, problem=why)
                return _Answer(error.why, now + RETRY_INTERVAL)
            _log.warning("members not refreshed", minutes=minutes, problem=why, remedy=remedy)
            return _Answer(before.members, now + RETRY_INTERVAL, before.read_at)
        took = round(self._clock.monotonic() - began, 1)
        _log.info("members of the workspace read", with_an_address=len(members), seconds=took)
        return _Answer(members, began + MAX_AGE, began)


class NoMemberDirectory:
    """The directory without Slack: rules about members can't be evaluated."""

    def members(self) -> Members | Failure | None:
        """See `MemberDirectory.members`."""
        words = "This command doesn't know the members of the Slack workspace."
        return failure(
            FailureCode.NOT_ASKED, message=words, remedy="Set SLACK_BOT_TOKEN, as for the bot."
        )

    known = members

    def stop(self) -> None:
        """Does nothing."""
