"""Lists the members of the workspace once, page by page.

Slack allows about twenty calls of `users.list` a minute: 20,000 people in pages of a thousand are
twenty calls. It waits when Slack says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tenacity import Retrying, retry_if_exception

from bot.domain.errors import NotifierError
from bot.domain.failures import FailureCode, failure
from bot.domain.rules.facts import MemberState
from bot.slack.client import CALL_ERRORS, explain
from bot.slack.scopes import EMAILS, granted
from bot.slack.transport_errors import MalformedAnswer

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator

    from slack_sdk import WebClient
    from slack_sdk.web import SlackResponse

    from bot.domain.failures import Failure
    from bot.services.ports.clock import Clock

PAGE_SIZE: Final = 1000
"""Members per page, the most that Slack allows."""

PAGE_INTERVAL: Final = 3.0
"""Seconds between two pages after Slack said to wait: twenty calls a minute."""

MAX_TRIES: Final = 4
"""How often a page is requested if Slack can't be reached, or fails."""

_TRANSIENT: Final = frozenset(
    {"fatal_error", "internal_error", "request_timeout", "service_unavailable"}
)
"""Slack's codes for transient failures of its own."""


class WalkFailed(Exception):
    """Not all members could be read; says why."""

    def __init__(self, why: Failure) -> None:
        super().__init__(why.message)
        self.why = why


class ScopeMissing(Exception):
    """The app lacks a scope for the walk."""


class MemberWalk:
    """Reads all members once.

    Args:
        client: a client that doesn't retry; retries are made here.
        clock: the time.
        deadline: when the walk must end, on the monotonic clock.
        stopping: set when it must end at once.
        wait: waits this many seconds.
    """

    def __init__(
        self,
        client: WebClient,
        clock: Clock,
        deadline: float,
        stopping: threading.Event,
        wait: Callable[[float], None],
    ) -> None:
        self._client = client
        self._clock = clock
        self._deadline = deadline
        self._stopping = stopping
        self._wait = wait
        self._slowed = False

    def people(self) -> Iterator[tuple[str, MemberState]]:
        """The address and state of everyone with an address, without bots.

        Raises:
            ScopeMissing: the app lacks a scope for it.
            WalkFailed: not all could be read.
        """
        cursor, cursors = "", {""}
        people = addresses = 0
        while True:
            page = self._page(cursor)
            scopes = granted(page.headers)
            if scopes and EMAILS not in scopes:
                # Slack then omits addresses, without an error.
                raise ScopeMissing
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
                raise WalkFailed(_refusal("repeated_cursor"))
            cursors.add(cursor)
            if self._slowed and not self._is_late(PAGE_INTERVAL):
                self._wait(PAGE_INTERVAL)  # otherwise each page would be refused once
        if people and not addresses and not scopes:
            raise ScopeMissing

    def _is_late(self, wait: float) -> bool:
        """Whether the walk would exceed its deadline after this wait."""
        return self._clock.monotonic() + wait > self._deadline

    def _page(self, cursor: str) -> SlackResponse:
        page = self._ask(cursor)
        if not isinstance(page.data, dict):
            raise WalkFailed(_not_slack())
        return page

    def _ask(self, cursor: str) -> SlackResponse:
        """Request a page, and retry if that may help and there is time."""
        problems: list[NotifierError] = []

        def attempt() -> SlackResponse:
            if self._stopping.is_set():
                why = failure(FailureCode.NOT_REACHED, message="The bot was stopped meanwhile.")
                raise WalkFailed(why)
            try:
                return self._client.users_list(limit=PAGE_SIZE, cursor=cursor)
            except MalformedAnswer as error:
                raise WalkFailed(_not_slack()) from error
            except CALL_ERRORS as error:
                problem = explain(error)
                if problem.code == "missing_scope":
                    raise ScopeMissing from error
                self._slowed = self._slowed or problem.retry_after is not None
                problems.append(problem)
                raise problem from error

        def tries() -> int:
            # A request to wait isn't a failure, so the number of waits isn't limited.
            return sum(problem.retry_after is None for problem in problems)

        retrying = Retrying(
            retry=retry_if_exception(_is_transient),
            wait=lambda _: max(1.0, problems[-1].retry_after or 2.0 ** tries()),
            stop=lambda state: tries() == MAX_TRIES or self._is_late(state.upcoming_sleep),
            sleep=self._wait,
            reraise=True,
        )
        try:
            return retrying(attempt)
        except NotifierError as problem:
            raise WalkFailed(_why(problem)) from problem


def _is_transient(error: BaseException) -> bool:
    return isinstance(error, NotifierError) and (
        error.retry_after is not None or error.code in {"", *_TRANSIENT}
    )


def _people(page: SlackResponse) -> Iterator[dict[str, Any]]:
    members = page.get("members")
    if not isinstance(members, list):
        raise WalkFailed(_not_slack())
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
        words = "Slack's rate limit made reading the workspace's members too slow."
        return failure(
            FailureCode.SLACK_REFUSED, code=problem.code, message=words, remedy="Check again later."
        )
    if not problem.code or problem.code in _TRANSIENT:
        return failure(FailureCode.SLACK_UNREACHABLE, code=problem.code)
    return _refusal(problem.code)


def _refusal(code: str) -> Failure:
    return failure(FailureCode.SLACK_REFUSED, code=code)


def _not_slack() -> Failure:
    words = "The response isn't from Slack: it has no list of members."
    remedy = "Check for a proxy or a captive portal between the bot and Slack."
    return failure(FailureCode.SLACK_UNREACHABLE, message=words, remedy=remedy)
