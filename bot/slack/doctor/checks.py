"""Looks at Slack for the doctor: tokens, scopes, clock, socket, channel, fixers; posts nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Final

from bot.domain.errors import NotifierError
from bot.services.doctor import Check, Section, State
from bot.slack.client import CALL_ERRORS, code_of
from bot.slack.doctor import reachability
from bot.slack.doctor.lines import REACHED, line, refused
from bot.slack.doctor.people import check_fixers, check_readers
from bot.slack.doctor.proxy import check_proxy
from bot.slack.doctor.scopes import APPS, check_scopes
from bot.slack.proxy import proxy_for
from bot.slack.scopes import BOT_SCOPES, FOR_POLICY, granted, manifest_lines
from bot.slack.transport_errors import transport_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from slack_sdk import WebClient

    from bot.services.doctor import CheckResult
    from bot.services.ports.clock import Clock
    from bot.slack.channels import AlertChannel
    from bot.slack.socket_mode import SocketStatus

SKEW_WARNING, SKEW_FAILURE = 60.0, 240.0
"""Seconds by which the clock may be wrong.

AWS takes a signature for five minutes (Signature Version 4), and Slack advises to refuse a request
that is older than five minutes; 240 leaves one for the way. A minute shows that nothing keeps it.
"""

SILENCE: Final = 30.0
"""Seconds without a sign of life after which a connection is likely dead; it is pinged each 2."""

_SCOPE_OF_APP: Final = "connections:write"
_TOKEN: Final = f"{APPS} → the app → Install App → Bot User OAuth Token"
_APP_TOKEN: Final = f"{APPS} → the app → Basic Information → App-Level Tokens"
_CLOCK: Final = "timedatectl set-ntp true && timedatectl status"


class SlackChecks:
    """The checks of Slack.

    Args:
        client: a client that is quick to give up.
        clock: the time.
        channel: the channel for alerts, and what the settings call it; None where that is unknown.
        fixers: who may change contacts; None where that is unknown.
        readers: who sees contact details; None where that is unknown.
        app_token: the app-level token, to be tried; None where `socket` tells more.
        socket: how a running bot's connection is.
        wants_members: whether the policy has a rule about members of the workspace.
        wants_owners: whether the policy names owners of accounts by a tag.
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
        socket: Callable[[], SocketStatus] | None = None,
        wants_members: bool = False,
        wants_owners: bool = False,
    ) -> None:
        self._client = client
        self._clock = clock
        self._channel = channel
        self._fixers = fixers
        self._readers = readers
        self._app_token = app_token
        self._socket = socket
        self._wants_members = wants_members
        self._wants_owners = wants_owners
        self._in_the_way = "the bot token was not tried"
        self._headers: Mapping[str, Any] = {}
        self._skew: float | None = None
        self._lacking: frozenset[str] = frozenset()

    def checks(self) -> tuple[Check, ...]:
        """What to look at, in order."""
        checks = (
            ("Proxy", self._check_proxy),
            ("Bot token", self._check_token),
            ("Scopes", self._check_scopes),
            ("App-level token", self._check_app_token),
            ("Socket", self._check_socket),
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
            self._in_the_way = "the settings give no bot token that can be used"
            yield line("Bot token", State.NOT_CHECKED, f"{self._in_the_way}.")
            return
        asked_at = self._clock.now()
        try:
            answer = self._client.auth_test()
        except CALL_ERRORS as error:
            self._in_the_way = (
                "Slack did not take the bot token" if code_of(error) else "Slack could not be asked"
            )
            yield refused("Bot token", error, _TOKEN)
            return
        self._headers = {name.lower(): value for name, value in answer.headers.items()}
        # The header tells whole seconds; half of what the call took, and half a second, is lost.
        between = asked_at + (self._clock.now() - asked_at) / 2
        self._skew = _skew(_text(self._headers.get("date")), between)
        if not answer.get("bot_id"):
            self._in_the_way = "the bot token is not a bot's"
            message = "belongs to a person, not to a bot."
            remedy = "Put the bot's own token into SLACK_BOT_TOKEN; it stands here:"
            yield line("Bot token", State.FAILURE, message, remedy, _TOKEN)
            return
        self._in_the_way = ""
        message = f"is that of {answer.get('user', 'the bot')} in “{answer.get('team', '')}”."
        yield line("Bot token", State.OK, message)

    def _check_scopes(self) -> Iterator[CheckResult]:
        if self._in_the_way:
            yield self._pointless("Scopes")
            return
        scopes = granted(self._headers)
        self._lacking = frozenset(BOT_SCOPES) - FOR_POLICY - scopes if scopes else frozenset()
        yield from check_scopes(
            scopes, wants_members=self._wants_members, wants_owners=self._wants_owners
        )

    def _check_app_token(self) -> Iterator[CheckResult]:
        name = "App-level token"
        if self._app_token is None:
            return
        if not self._app_token:
            message = "the settings give none that can be used."
            yield line(name, State.NOT_CHECKED, message)
            return
        try:
            answer = self._client.apps_connections_open(app_token=self._app_token)
        except CALL_ERRORS as error:
            if code_of(error) in {"missing_scope", "not_allowed_token_type"}:
                message = f"lacks the scope {_SCOPE_OF_APP}."
                remedy = f"Generate one with the scope {_SCOPE_OF_APP} for SLACK_APP_TOKEN here:"
                yield line(name, State.FAILURE, message, remedy, _APP_TOKEN)
            else:
                yield refused(name, error, _APP_TOKEN, "SLACK_APP_TOKEN")
            return
        yield line(name, State.OK, "opens Socket Mode; no connection was made with it.")
        url = str(answer.get("url") or "")
        proxy = proxy_for(url)
        through = f" through {proxy.host} ({proxy.variable})" if proxy is not None else ""
        try:
            reachability.connect(url, proxy.url if proxy else None, self._client.timeout)
        except (OSError, HTTPException, ValueError) as error:
            host = reachability.host_of(url)
            problem = transport_problem(error)
            message = f"{host} cannot be reached{through}. {problem.message}"
            remedy = problem.remedy or "Let the bot's machine out to it by TCP and TLS:"
            snippet = f"curl -sS -o /dev/null -w '%{{http_code}}\\n' https://{host}/"
            yield line("Socket", State.FAILURE, message, remedy, snippet)
        else:
            yield line("Socket", State.OK, f"{reachability.host_of(url)} can be reached{through}.")

    def _check_socket(self) -> Iterator[CheckResult]:
        if self._socket is None:
            return
        status = self._socket()
        silence = status.silence
        if silence is None:
            problem = status.problem
            message = f"is not connected. {problem}" if problem else "is not connected."
            remedy = problem.remedy if problem else "It connects by itself; if it does not:"
            yield line("Socket", State.FAILURE, message, remedy, REACHED)
        elif silence > SILENCE:
            message = f"is connected; nothing came for {silence:.0f} seconds."
            remedy = "It connects anew by itself; if it does not, look at the network:"
            yield line("Socket", State.WARNING, message, remedy, REACHED)
        else:
            message = f"is connected; the last sign of life came {silence:.0f} seconds ago."
            yield line("Socket", State.OK, message)

    def _check_channel(self) -> Iterator[CheckResult]:
        if self._channel is None or self._in_the_way:
            why = self._in_the_way or "the settings name none that can be used"
            yield line("Channel", State.NOT_CHECKED, f"{why}.")
            return
        channel, name = self._channel
        try:
            channel_id = channel.id()
        except NotifierError as error:
            if error.code == "missing_scope" and self._lacking:
                yield line("Channel", State.NOT_CHECKED, "the app lacks scopes.")
                return
            snippet = {
                "not_in_channel": "/invite @altcontact",
                "missing_scope": manifest_lines(BOT_SCOPES),
                "": REACHED,
            }.get(error.code, "export ALTCONTACT_CHANNEL='#security-alerts'")
            yield line("Channel", State.FAILURE, str(error), error.remedy, snippet)
            return
        id_suffix = f" ({channel_id})" if channel_id != name else ""
        yield line("Channel", State.OK, f"{name}{id_suffix} is there, and the bot is in it.")

    def _check_fixers(self) -> Iterator[CheckResult]:
        return check_fixers(self._client, self._clock, self._fixers, self._people_in_the_way())

    def _check_readers(self) -> Iterator[CheckResult]:
        return check_readers(self._client, self._clock, self._readers, self._people_in_the_way())

    def _people_in_the_way(self) -> str:
        lacking = "the app lacks usergroups:read" if "usergroups:read" in self._lacking else ""
        return self._in_the_way or lacking

    def _check_clock(self) -> Iterator[CheckResult]:
        if self._skew is None:
            message = "Slack did not tell its time."
            yield line("Clock", State.NOT_CHECKED, message)
            return
        off = abs(self._skew)
        if off <= SKEW_WARNING:
            yield line("Clock", State.OK, "agrees with Slack's.")
            return
        way = "ahead of" if self._skew > 0 else "behind"
        state = State.FAILURE if off > SKEW_FAILURE else State.WARNING
        message = f"is {off:,.0f} seconds {way} Slack's; from 300 on, AWS refuses every call."
        yield line(
            "Clock", state, message, "Set the clock of this machine, and keep it set:", _CLOCK
        )

    def _pointless(self, name: str) -> CheckResult:
        return line(name, State.NOT_CHECKED, f"{self._in_the_way}.")


def _text(header: object) -> str:
    """A header's value, which slack_sdk may give as a list."""
    return str(header[0]) if isinstance(header, list) and header else str(header or "")


def _skew(date: str, now: datetime) -> float | None:
    """Seconds by which `now` is ahead of an HTTP date; None where that is none."""
    try:
        slack_time = parsedate_to_datetime(date)
    except ValueError:
        return None
    if slack_time.tzinfo is None:
        slack_time = slack_time.replace(tzinfo=UTC)
    return (now - slack_time).total_seconds()
