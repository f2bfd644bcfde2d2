"""The login of a database, which is read again once the server refuses it."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

import structlog

from bot.config.database_url import PostgresUrl, same_place
from bot.domain.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

_log = structlog.get_logger(__name__)

READ_INTERVAL: Final = 5.0
"""Seconds between two readings: AWS bills them, and a password that was changed in PostgreSQL is in
Secrets Manager seconds later."""


class RenewableUrl(PostgresUrl):
    """The address of a database whose user and password may change. Safe for several threads.

    Compared by the address that it began with, since a new login is no reason for a restart.

    Args:
        url: the address, as `database_url.parse` accepts it.
        place: where it is from, such as `the file /run/secrets/database`.
        read: reads the address again, or raises SettingsError.
        interval: seconds between two readings.
    """

    __slots__ = ("_changed", "_current", "_interval", "_not_before", "_place", "_read", "_remedy")

    def __init__(
        self,
        url: str,
        place: str,
        read: Callable[[], str],
        interval: float = READ_INTERVAL,
    ) -> None:
        super().__init__(url)
        self._current = url
        self._place = place
        self._read = read
        self._interval = interval
        self._not_before = 0.0
        self._remedy = super().login_remedy
        self._changed = threading.Lock()

    def get_secret_value(self) -> str:
        """The whole address, with the password in use."""
        return self._current

    @property
    def login_remedy(self) -> str:
        """The next step after the server refused the login, as far as the last reading showed."""
        return self._remedy

    def renewed(self, refused: str) -> str | None:
        """The address with another login, after the server refused one; None if there is none."""
        with self._changed:
            if refused != self._current:
                return self._current
            if time.monotonic() < self._not_before:
                return None
            try:
                found, problem = self._read(), ""
            except SettingsError as error:
                first = error.problems[0]
                found, problem = "", f"{first.where}: {first.what}. {first.remedy}".strip()
            self._not_before = time.monotonic() + self._interval
            self._remedy = problem or self._remedy_for(found)
            if self._remedy:
                return None
            self._current = found
            _log.info("database login replaced", place=self._place)
            return found

    def _remedy_for(self, found: str) -> str:
        """The next step if an address that was read can't be used; empty if it can."""
        if found == self._current:
            return (
                f"Put the new password into {self._place}, or correct its user. "
                "The bot reads it again by itself."
            )
        if not same_place(found, self._current):
            return (
                f"Restart the bot: {self._place} names another database now, or other parameters."
            )
        return ""
