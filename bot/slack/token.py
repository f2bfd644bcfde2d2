"""A token that Slack's clients share, and that is read again once Slack doesn't accept it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from weakref import WeakSet

import structlog

from bot.domain.errors import SettingsError
from bot.slack.refusals import TOKEN_CODES

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_sdk import WebClient

_log = structlog.get_logger(__name__)

READ_INTERVAL: Final = 60.0
"""Seconds between two readings of a token that Slack doesn't accept."""


@dataclass(frozen=True, slots=True)
class TokenStatus:
    """How a token does.

    `code` is Slack's code for refusing it, empty while it is accepted. `problem` says why there is
    no other one, and `remedy` is the next step; both are empty before the first reading.
    """

    code: str = ""
    problem: str = ""
    remedy: str = ""


class SlackToken:
    """The value of one token setting. Safe to use from several threads.

    Args:
        value: the token.
        setting: the name of its setting.
        place: where it is from, such as `the file /run/secrets/token`; empty if it can't change
            while the bot runs.
        read: reads it again, or raises SettingsError; None if it can't change.
        on_replaced: called after it was replaced.
        interval: seconds between two readings.
    """

    def __init__(
        self,
        value: str,
        setting: str = "",
        *,
        place: str = "",
        read: Callable[[], str] | None = None,
        on_replaced: Callable[[], None] = lambda: None,
        interval: float = READ_INTERVAL,
    ) -> None:
        self.setting: Final = setting
        self.place: Final = place
        self.on_replaced = on_replaced
        self._value = value
        self._read = read
        self._interval = interval
        self._status = TokenStatus()
        self._clients: WeakSet[WebClient] = WeakSet()
        self._changed = threading.Condition()
        self._readings = 0
        self._not_before = 0.0
        self._thread: threading.Thread | None = None
        self._stopping = False

    @property
    def value(self) -> str:
        """The current token."""
        return self._value

    @property
    def status(self) -> TokenStatus:
        """How it does."""
        return self._status

    def give(self, client: WebClient) -> None:
        """Let a client use this token, and each that replaces it."""
        with self._changed:
            client.token = self._value
            self._clients.add(client)

    def refused(self, used: str, code: str, timeout: float) -> bool:
        """Take note that Slack refused a call, and read the token again.

        Args:
            used: the token of that call.
            code: Slack's error code.
            timeout: seconds that the caller may wait for another token.

        Returns:
            Whether there is another one, so that the call can be made again.
        """
        if code not in TOKEN_CODES or self._read is None:
            return False
        with self._changed:
            if used != self._value:
                return True
            if self._stopping:
                return False
            if not self._status.code:
                self._status = TokenStatus(code)
                _log.warning("token refused by Slack", setting=self.setting, code=code)
            due = time.monotonic() >= self._not_before
            if self._thread is None:
                self._thread = threading.Thread(target=self._renew, name="token", daemon=True)
                self._thread.start()
            if due:
                before = self._readings
                self._changed.wait_for(
                    lambda: self._readings > before or self._stopping, timeout=timeout
                )
            return used != self._value

    def accepted(self, used: str) -> None:
        """Take note that Slack took a call with this token."""
        if not self._status.code:
            return
        with self._changed:
            if self._status.code and used == self._value:
                self._status = TokenStatus()
                _log.info("token accepted by Slack", setting=self.setting)
                self._changed.notify_all()

    def stop(self) -> None:
        """Stop reading it again."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def _renew(self) -> None:
        """Read the token until there is another one, or Slack accepts this one again."""
        while self._wait_until_due():
            value, problem, remedy = self._read_again()
            replaced = self._take(value, problem, remedy)
            if replaced:
                _log.info("token replaced", setting=self.setting, place=self.place)
                self.on_replaced()

    def _wait_until_due(self) -> bool:
        """Wait until the next reading; whether one is still needed."""
        with self._changed:
            while not self._stopping and self._status.code:
                pause = self._not_before - time.monotonic()
                if pause <= 0:
                    self._not_before = time.monotonic() + self._interval
                    return True
                self._changed.wait(pause)
            self._thread = None
            return False

    def _read_again(self) -> tuple[str, str, str]:
        """The token that is there now, or else the problem and its remedy."""
        assert self._read is not None  # or nothing is ever read  # noqa: S101 - for the type checker
        try:
            value = self._read()
        except SettingsError as error:
            found = error.problems[0]
            return "", f"{found.where}: {found.what}.", found.remedy
        if value != self._value:
            return value, "", ""
        problem = f"Slack doesn't accept {self.setting} any more, and {self.place} still has it."
        remedy = "Put the new token there. The bot reads it again every minute."
        return "", problem, remedy

    def _take(self, value: str, problem: str, remedy: str) -> bool:
        """Use another token, or take note of why there is none; whether it was replaced."""
        with self._changed:
            self._readings += 1
            self._changed.notify_all()
            if not value:
                known = self._status.problem == problem
                self._status = TokenStatus(self._status.code, problem, remedy)
                if not known and self._status.code:
                    _log.error(
                        "token not replaced", setting=self.setting, problem=problem, remedy=remedy
                    )
                return False
            self._value = value
            self._status = TokenStatus()
            for client in self._clients:
                client.token = value
            return True
