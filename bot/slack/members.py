"""`MemberDirectory` on Slack: all members are read page by page once an hour.

Slack allows about twenty calls of `users.list` a minute: 20,000 people in pages of a thousand are
twenty calls. Where Slack says to wait, the walk waits.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import structlog
from tenacity import Retrying, retry_if_exception, sleep_using_event

from bot.domain.errors import NotifierError
from bot.domain.failures import FailureCode, failure
from bot.domain.rules.facts import Members, MemberState
from bot.slack.client import CALL_ERRORS, explain
from bot.slack.scopes import EMAILS, granted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from slack_sdk import WebClient
    from slack_sdk.web import SlackResponse

    from bot.domain.failures import Failure
    from bot.services.ports.clock import Clock

_log = structlog.get_logger(__name__)

PAGE_SIZE: Final = 1000
"""Members asked for at a time, the most that Slack gives."""

MAX_AGE: Final = 3600.0
"""Seconds that a walk is used before another one is made."""

MAX_STALE_AGE: Final = 86_400.0
"""Seconds that it is used where no newer one can be made."""

RETRY_INTERVAL: Final = 60.0
"""Seconds before Slack is asked again after a walk failed."""

WALK_TIMEOUT: Final = 600.0
"""Seconds that a walk may take; enough for 200,000 members at twenty calls a minute."""

PAGE_INTERVAL: Final = 3.0
"""Seconds between two pages once Slack said to wait: twenty calls a minute."""

MAX_TRIES: Final = 4
"""How often a page is asked for where Slack cannot be reached, or fails."""

_TRANSIENT: Final = frozenset(
    {"fatal_error", "internal_error", "request_timeout", "service_unavailable"}
)
"""Slack's codes for a fault of its own that may pass."""


class _NotWalkedError(Exception):
    """The walk failed, and why."""

    def __init__(self, why: Failure) -> None:
        super().__init__(why.message)
        self.why = why


class _ScopeError(Exception):
    """The app lacks a scope for the walk."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What is answered until a moment; it and `read_at` are of the monotonic clock."""

    members: Members | Failure | None
    until: float
    read_at: float = 0.0


class SlackMembers:
    """The members of the workspace. Safe to call from several threads.

    Args:
        client: a client that makes each call once: trying again is done here.
        clock: the time.
        wait: waits so many seconds; by default until then or until stopped.
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
        """What is known without asking Slack. See `MemberDirectory.known`."""
        answer = self._answer
        now = self._clock.monotonic()
        if answer is None or (
            isinstance(answer.members, Members) and now - answer.read_at >= MAX_STALE_AGE
        ):
            words = "The members of the Slack workspace were not read lately."
            return failure(FailureCode.NOT_ASKED, message=words)
        return answer.members

    def stop(self) -> None:
        """End a walk that is under way."""
        self._stopping.set()

    def _renew(self, before: _Answer | None) -> _Answer:
        began = self._clock.monotonic()
        try:
            members = Members.of(self._walk(began + WALK_TIMEOUT))
        except _ScopeError:
            if before is None or before.members is not None:
                _log.info("rules about members are off: the Slack app lacks a scope", scope=EMAILS)
            return _Answer(None, began + RETRY_INTERVAL)
        except _NotWalkedError as error:
            now = self._clock.monotonic()
            if before is None or not isinstance(before.members, Members):
                _log.warning("members not read", problem=error.why.message, mend=error.why.remedy)
                return _Answer(error.why, now + RETRY_INTERVAL)
            minutes = round((now - before.read_at) / 60)
            why, remedy = error.why.message, error.why.remedy
            if now - before.read_at >= MAX_STALE_AGE:
                _log.warning("members not read for too long", minutes=minutes, problem=why)
                return _Answer(error.why, now + RETRY_INTERVAL)
            _log.warning("members not read anew", minutes=minutes, problem=why, mend=remedy)
            return _Answer(before.members, now + RETRY_INTERVAL, before.read_at)
        took = round(self._clock.monotonic() - began, 1)
        _log.info("members of the workspace read", with_an_address=len(members), seconds=took)
        return _Answer(members, began + MAX_AGE, began)

    def _walk(self, deadline: float) -> Iterator[tuple[str, MemberState]]:
        """The address and the state of everybody who has an address, bots left out."""
        cursor, cursors = "", {""}
        people = addresses = 0
        self._slowed = False
        while True:
            page = self._page(cursor, deadline)
            scopes = granted(page.headers)
            if scopes and EMAILS not in scopes:
                # Slack gives no addresses then, and calls that no error.
                raise _ScopeError
            for member in _people(page):
                people += 1
                if email := _email(member):
                    addresses += 1
                    gone = bool(member.get("deleted"))
                    yield email, MemberState.DEACTIVATED if gone else MemberState.ACTIVE
            cursor = _next(page)
            if not cursor:
                break
            if cursor in cursors:
                raise _NotWalkedError(_refusal("repeated_cursor"))
            cursors.add(cursor)
            if self._slowed and self._clock.monotonic() + PAGE_INTERVAL <= deadline:
                self._wait(PAGE_INTERVAL)  # else each page would be refused once
        if people and not addresses and not scopes:
            raise _ScopeError

    def _page(self, cursor: str, deadline: float) -> SlackResponse:
        try:
            page = self._ask(cursor, deadline)
        except (AttributeError, ValueError) as error:
            # slack_sdk itself trips over an answer that is no JSON object.
            raise _NotWalkedError(_not_slack()) from error
        if not isinstance(page.data, dict):
            raise _NotWalkedError(_not_slack())
        return page

    def _ask(self, cursor: str, deadline: float) -> SlackResponse:
        """Ask for a page, and again where that may help and there is time."""
        problems: list[NotifierError] = []

        def attempt() -> SlackResponse:
            if self._stopping.is_set():
                why = failure(FailureCode.NOT_REACHED, message="The bot was stopped meanwhile.")
                raise _NotWalkedError(why)
            try:
                return self._client.users_list(limit=PAGE_SIZE, cursor=cursor)
            except CALL_ERRORS as error:
                problem = explain(error)
                if problem.code == "missing_scope":
                    raise _ScopeError from error
                self._slowed = self._slowed or problem.retry_after is not None
                problems.append(problem)
                raise problem from error

        def tries() -> int:
            # Where Slack says to wait, that is no failure: it is waited out as often as need be.
            return sum(problem.retry_after is None for problem in problems)

        retrying = Retrying(
            retry=retry_if_exception(_is_transient),
            wait=lambda _: max(1.0, problems[-1].retry_after or 2.0 ** tries()),
            stop=lambda state: (
                tries() == MAX_TRIES or self._clock.monotonic() + state.upcoming_sleep > deadline
            ),
            sleep=self._wait,
            reraise=True,
        )
        try:
            return retrying(attempt)
        except NotifierError as problem:
            raise _NotWalkedError(_why(problem)) from problem


class NoMemberDirectory:
    """The members where there is no Slack to ask: rules about them stay undecided."""

    def members(self) -> Members | Failure | None:
        """See `MemberDirectory.members`."""
        words = "The members of the Slack workspace are not known to this command."
        return failure(
            FailureCode.NOT_ASKED, message=words, remedy="Set SLACK_BOT_TOKEN, as for the bot."
        )

    known = members

    def stop(self) -> None:
        """Nothing is under way."""


def _is_transient(error: BaseException) -> bool:
    return isinstance(error, NotifierError) and (
        error.retry_after is not None or error.code in {"", *_TRANSIENT}
    )


def _people(page: SlackResponse) -> Iterator[dict[str, Any]]:
    members = page.get("members")
    if not isinstance(members, list):
        raise _NotWalkedError(_not_slack())
    for member in members:
        if isinstance(member, dict) and not member.get("is_bot"):
            yield member


def _email(member: dict[str, Any]) -> str:
    profile = member.get("profile")
    email = profile.get("email") if isinstance(profile, dict) else None
    return email.strip() if isinstance(email, str) else ""


def _next(page: SlackResponse) -> str:
    more = page.get("response_metadata")
    return str(more.get("next_cursor") or "") if isinstance(more, dict) else ""


def _why(problem: NotifierError) -> Failure:
    if problem.permanent:
        words, code = str(problem), problem.code
        return failure(FailureCode.SLACK_REFUSED, code=code, message=words, remedy=problem.remedy)
    if problem.retry_after is not None:
        words = "Slack let the members of the workspace be read too slowly."
        return failure(
            FailureCode.SLACK_REFUSED, code=problem.code, message=words, remedy="Check again later."
        )
    if not problem.code or problem.code in _TRANSIENT:
        return failure(FailureCode.SLACK_UNREACHABLE, code=problem.code)
    return _refusal(problem.code)


def _refusal(code: str) -> Failure:
    return failure(FailureCode.SLACK_REFUSED, code=code)


def _not_slack() -> Failure:
    words = "What answered is not Slack: the list of members could not be understood."
    remedy = "Look for a proxy or a captive portal between the bot and Slack."
    return failure(FailureCode.SLACK_UNREACHABLE, message=words, remedy=remedy)
