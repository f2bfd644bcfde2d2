"""The doctor's checks of tokens, scopes, clock, connection, channel, fixers; nothing is posted."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Final

from bot.domain.errors import NotifierError
from bot.services.doctor import Check, Section, State
from bot.slack.channels import NoSuchChannel
from bot.slack.client import CALL_ERRORS, code_of
from bot.slack.doctor import reachability
from bot.slack.doctor.connection import check_requests, check_socket
from bot.slack.doctor.lines import REACHED, line, refused
from bot.slack.doctor.people import check_fixers, check_policy_people, check_readers
from bot.slack.doctor.proxy import check_proxy
from bot.slack.doctor.scopes import APPS, check_scopes
from bot.slack.http_mode import HttpStatus
from bot.slack.proxy import proxy_for
from bot.slack.scopes import BOT_SCOPES, FOR_POLICY, granted, manifest_lines
from bot.slack.socket_mode import SocketStatus
from bot.slack.transport_errors import transport_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from slack_sdk import WebClient

    from bot.services.doctor import CheckResult
    from bot.services.ports.clock import Clock
    from bot.slack.channels import AlertChannel

SKEW_WARNING, SKEW_FAILURE = 60.0, 240.0
"""Seconds by which the clock may be wrong.

AWS accepts a signature for five minutes (Signature Version 4), and Slack recommends to refuse
requests that are older than five minutes; 240 leaves a minute for delays. A clock that is wrong by
a minute isn't synchronized.
"""

_SCOPE_OF_APP: Final = "connections:write"
_TOKEN: Final = f"{APPS} → the app → Install App → Bot User OAuth Token"
_APP_TOKEN: Final = f"{APPS} → the app → Basic Information → App-Level Tokens"
_CLOCK: Final = "timedatectl set-ntp true && timedatectl status"


class SlackChecks:
    """The checks of Slack.

    Args:
        client: a client that gives up quickly.
        clock: the time.
        channel: the channel for alerts, and its name in the settings; None if unknown.
        fixers: who may change contacts; None if unknown.
        readers: who may see contact details; None if unknown.
        app_token: the app-level token to try; None if `connection` says more.
        connection: the state of a running bot's connection.
        by_http: whether requests arrive by HTTP rather than by Socket Mode.
        wants_members: whether the policy has a rule about members of the workspace.
        wants_owners: whether the policy names the owners of accounts by a tag.
        people: the users and groups that the policy names, by key, if it names any.
    """

    def __init__(
        self,
        client: WebClient,
        clock: Clock,
        channel: tuple[AlertChannel, str] | None,
        fixers: Sequence[str] | None,
        readers: Sequence[str] | None,
        *,
        app_token: str | None = None,
        connection: Callable[[], SocketStatus | HttpStatus] | None = None,
        by_http: bool = False,
        wants_members: bool = False,
        wants_owners: bool = False,
        people: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self._client = client
        self._clock = clock
        self._channel = channel
        self._fixers = fixers
        self._readers = readers
        self._app_token = app_token
        self._connection = connection
        self._by_http = by_http
        self._wants_members = wants_members
        self._wants_owners = wants_owners
        self._people = people or {}
        self._in_the_way = "the bot token wasn't tried"
        self._headers: Mapping[str, Any] = {}
        self._skew: float | None = None
        self._lacking: frozenset[str] = frozenset()

    def checks(self) -> tuple[Check, ...]:
        """The checks, in order."""
        checks = (
            ("Proxy", self._check_proxy),
            ("Bot token", self._check_token),
            ("Scopes", self._check_scopes),
            ("App-level token", self._check_app_token),
            ("Requests" if self._by_http else "Socket", self._check_connection),
            ("Channel", self._check_channel),
            ("Fixers", self._check_fixers),
            ("Readers", self._check_readers),
            ("Clock", self._check_clock),
        )
        return tuple(Check(Section.SLACK, name, run) for name, run in checks)

    def _check_proxy(self) -> Iterator[CheckResult]:
        return check_proxy(self._client.base_url, self._client.timeout)

    def _check_token(self) -> Iterator[CheckResult]:
        if not self._client.token:
            self._in_the_way = "the settings contain no valid bot token"
            yield line("Bot token", State.NOT_TESTED, f"{self._in_the_way}.")
            return
        asked_at = self._clock.now()
        try:
            answer = self._client.auth_test()
        except CALL_ERRORS as error:
            self._in_the_way = (
                "Slack rejected the bot token" if code_of(error) else "Slack couldn't be reached"
            )
            yield refused("Bot token", error, _TOKEN)
            return
        self._headers = {name.lower(): value for name, value in answer.headers.items()}
        # The header has whole seconds, so this is wrong by up to half a second and half the call.
        between = asked_at + (self._clock.now() - asked_at) / 2
        self._skew = _skew(_text(self._headers.get("date")), between)
        if not answer.get("bot_id"):
            self._in_the_way = "the bot token doesn't belong to a bot"
            message = "belongs to a person, not to a bot."
            remedy = "Set SLACK_BOT_TOKEN to the bot's own token. To find it, open:"
            yield line("Bot token", State.FAILURE, message, remedy, _TOKEN)
            return
        self._in_the_way = ""
        message = f"belongs to {answer.get('user', 'the bot')} in “{answer.get('team', '')}”."
        yield line("Bot token", State.OK, message)

    def _check_scopes(self) -> Iterator[CheckResult]:
        if self._in_the_way:
            yield self._not_tested("Scopes")
            return
        scopes = granted(self._headers)
        self._lacking = frozenset(BOT_SCOPES) - FOR_POLICY - scopes if scopes else frozenset()
        yield from check_scopes(
            scopes, wants_members=self._wants_members, wants_owners=self._wants_owners
        )

    def _check_app_token(self) -> Iterator[CheckResult]:
        name = "App-level token"
        if self._app_token is None or self._by_http:
            return
        if not self._app_token:
            message = "the settings contain no valid one."
            yield line(name, State.NOT_TESTED, message)
            return
        try:
            answer = self._client.apps_connections_open(app_token=self._app_token)
        except CALL_ERRORS as error:
            if code_of(error) in {"missing_scope", "not_allowed_token_type"}:
                message = f"lacks the scope {_SCOPE_OF_APP}."
                remedy = f"Create one with the scope {_SCOPE_OF_APP} for SLACK_APP_TOKEN:"
                yield line(name, State.FAILURE, message, remedy, _APP_TOKEN)
            else:
                yield refused(name, error, _APP_TOKEN, "SLACK_APP_TOKEN")
            return
        yield line(name, State.OK, "can open Socket Mode. No connection was opened.")
        url = str(answer.get("url") or "")
        proxy = proxy_for(url)
        through = f" through {proxy.host} ({proxy.variable})" if proxy is not None else ""
        try:
            reachability.connect(url, proxy.url if proxy else None, self._client.timeout)
        except (OSError, HTTPException, ValueError) as error:
            host = reachability.host_of(url)
            problem = transport_problem(error)
            message = f"couldn't reach {host}{through}. {problem.message}"
            remedy = problem.remedy or "Allow outgoing TLS connections to it. To test:"
            snippet = f"curl -sS -o /dev/null -w '%{{http_code}}\\n' https://{host}/"
            yield line("Socket", State.FAILURE, message, remedy, snippet)
        else:
            yield line("Socket", State.OK, f"reached {reachability.host_of(url)}{through}.")

    def _check_connection(self) -> Iterator[CheckResult]:
        status = self._connection() if self._connection is not None else None
        if self._by_http:
            yield check_requests(status if isinstance(status, HttpStatus) else None)
        elif isinstance(status, SocketStatus):
            yield check_socket(status)

    def _check_channel(self) -> Iterator[CheckResult]:
        if self._channel is None or self._in_the_way:
            why = self._in_the_way or "the settings contain no valid one"
            yield line("Channel", State.NOT_TESTED, f"{why}.")
            return
        channel, name = self._channel
        try:
            channel_id = channel.id()
        except NotifierError as error:
            if error.code == "missing_scope" and self._lacking:
                yield line("Channel", State.NOT_TESTED, "the app lacks scopes, see “Scopes”.")
                return
            closest = error.closest if isinstance(error, NoSuchChannel) else ""
            snippet = {
                "not_in_channel": "/invite @altcontact",
                "missing_scope": manifest_lines(BOT_SCOPES),
                "": REACHED,
            }.get(error.code, f"export ALTCONTACT_CHANNEL='{closest or '#security-alerts'}'")
            message = f"{error}{f' Did you mean {closest}?' if closest else ''}"
            # The snippet may be the last part of the remedy.
            remedy = error.remedy.removesuffix(f" {snippet}")
            yield line("Channel", State.FAILURE, message, remedy, snippet)
            return
        id_suffix = f" ({channel_id})" if channel_id != name else ""
        yield line("Channel", State.OK, f"{name}{id_suffix} exists, and the bot is a member.")

    def _check_fixers(self) -> Iterator[CheckResult]:
        in_the_way, in_policy = self._people_in_the_way(), bool(self._people.get("fixers"))
        yield from check_fixers(
            self._client, self._clock, self._fixers, in_the_way, in_policy=in_policy
        )
        yield from check_policy_people(self._client, self._clock, self._people, in_the_way)

    def _check_readers(self) -> Iterator[CheckResult]:
        return check_readers(self._client, self._clock, self._readers, self._people_in_the_way())

    def _people_in_the_way(self) -> str:
        if self._in_the_way or "usergroups:read" not in self._lacking:
            return self._in_the_way
        return "the app lacks the scope usergroups:read"

    def _check_clock(self) -> Iterator[CheckResult]:
        if self._skew is None:
            message = "Slack's answer had no time."
            yield line("Clock", State.NOT_TESTED, message)
            return
        off = abs(self._skew)
        if off <= SKEW_WARNING:
            yield line("Clock", State.OK, "agrees with Slack's.")
            return
        way = "ahead of" if self._skew > 0 else "behind"
        state = State.FAILURE if off > SKEW_FAILURE else State.WARNING
        message = f"is {off:,.0f} seconds {way} Slack's. At 300 seconds, AWS refuses every call."
        yield line("Clock", state, message, "Synchronize this machine's clock:", _CLOCK)

    def _not_tested(self, name: str) -> CheckResult:
        return line(name, State.NOT_TESTED, f"{self._in_the_way}.")


def _text(header: object) -> str:
    """A header's value, which slack_sdk may return as a list."""
    return str(header[0]) if isinstance(header, list) and header else str(header or "")


def _skew(date: str, now: datetime) -> float | None:
    """Seconds by which `now` is ahead of an HTTP date; None if it isn't a date."""
    try:
        slack_time = parsedate_to_datetime(date)
    except ValueError:
        return None
    if slack_time.tzinfo is None:
        slack_time = slack_time.replace(tzinfo=UTC)
    return (now - slack_time).total_seconds()
