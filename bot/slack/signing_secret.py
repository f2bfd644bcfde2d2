"""The secret by which Slack signs requests, read again once a signature doesn't match it.

Slack documents no time for which a secret stays valid after it was regenerated, so each request
may be the first one that the new secret signs.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

import structlog
from slack_sdk.signature import SignatureVerifier

from bot.domain.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

_log = structlog.get_logger(__name__)

READ_INTERVAL: Final = 10.0
"""Seconds between two readings: anyone can send a wrong signature."""

READ_WITHIN: Final = 1.5
"""Seconds that a request waits for a reading; Slack waits 3 s for the answer."""

FORMER_FOR: Final = 300.0
"""Seconds for which the former secret is accepted after a rotation.

As long as a signature is valid: Slack may still send what it signed before, or sign with the former
one on some of its machines.
"""

MOST_WAITING: Final = 8
"""Requests that wait for a reading at a time; a crowd of forged ones must not take all threads."""

_COPY: Final = (
    "If these are Slack's requests, copy the signing secret from the app's page at "
    "https://api.slack.com/apps, Basic Information → Signing Secret,"
)


class SigningSecret:
    """The value of the setting. Safe to use from several threads.

    A value that was read counts once a request proves that Slack signs with it. So neither a typo
    nor a forged request puts the one in use out of use.

    Args:
        value: the secret.
        place: where it is from, such as `the file /run/secrets/signing`; empty if it can't change
            while the bot runs.
        read: reads it again, or raises SettingsError; None if it can't change.
        interval: seconds between two readings.
        within: seconds that a request waits for a reading.
        former_for: seconds for which the former secret is accepted after a rotation.

    Raises:
        ValueError: the secret is empty.
    """

    def __init__(
        self,
        value: str,
        *,
        place: str = "",
        read: Callable[[], str] | None = None,
        interval: float = READ_INTERVAL,
        within: float = READ_WITHIN,
        former_for: float = FORMER_FOR,
    ) -> None:
        if not value:
            raise ValueError("An empty secret would accept what anyone signs with it.")
        self._place = place
        self._read = read
        self._interval = interval
        self._within = within
        self._former_for = former_for
        self._current = self._newest = value
        self._former, self._former_until = "", 0.0
        self._changed = threading.Condition()
        self._reading: threading.Thread | None = None
        self._not_before = 0.0
        self.waiting = 0
        self._problem = ""
        self._stopping = False

    @property
    def remedy(self) -> str:
        """The next step if Slack's own requests are refused."""
        if self._read is None:
            return f"{_COPY} to SLACK_SIGNING_SECRET. Then restart the bot."
        return f"{_COPY} into {self._place}. The bot reads it again within seconds."

    def has_signed(self, body: bytes, timestamp: str, signature: str) -> bool:
        """Whether a request is signed with this secret; may wait until it is read again."""

        def matches(secret: str) -> bool:
            try:
                return SignatureVerifier(secret).is_valid(body, timestamp, signature)
            except UnicodeDecodeError:  # the body; Slack's are UTF-8
                return False

        for secret in self._accepted():
            if matches(secret):
                return True
        newest = self._newest_value()
        if not matches(newest):
            return False
        self._replace(newest)
        return True

    def stop(self) -> None:
        """Stop reading it again."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def _accepted(self) -> list[str]:
        with self._changed:
            if self._former and time.monotonic() < self._former_until:
                return [self._current, self._former]
            self._former = ""
            return [self._current]

    def _newest_value(self) -> str:
        """The value that was read last, after another reading if one is due."""
        if self._read is None:
            return self._current
        with self._changed:
            if self._reading is None and time.monotonic() >= self._not_before:
                self._begin_reading()
            if self._reading is not None and self.waiting < MOST_WAITING:
                self.waiting += 1
                try:
                    self._changed.wait_for(
                        lambda: self._reading is None or self._stopping, self._within
                    )
                finally:
                    self.waiting -= 1
            return self._newest

    def _begin_reading(self) -> None:
        if self._stopping:
            return
        thread = threading.Thread(target=self._read_again, name="signing secret", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the machine can't start a thread
            return
        self._reading = thread

    def _read_again(self) -> None:
        assert self._read is not None  # or nothing is ever read  # noqa: S101 - for the type checker
        value, problem, remedy = "", "", ""
        try:
            value = self._read()
        except SettingsError as error:
            found = error.problems[0]
            problem, remedy = f"{found.where}: {found.what}.", found.remedy
        except Exception as error:  # noqa: BLE001 - end of a thread: requests wait for it
            problem = f"Reading it failed ({type(error).__name__})."
        with self._changed:
            is_new_problem = problem not in {"", self._problem}
            self._problem = problem
            self._newest = value or self._newest
            self._not_before = time.monotonic() + self._interval
            self._reading = None
            self._changed.notify_all()
        if is_new_problem:
            _log.error("signing secret not read", problem=problem, remedy=remedy)

    def _replace(self, newest: str) -> None:
        with self._changed:
            if newest == self._current:  # another request has proved it in the meantime
                return
            self._former, self._current = self._current, newest
            self._former_until = time.monotonic() + self._former_for
        _log.info("signing secret replaced", place=self._place)
