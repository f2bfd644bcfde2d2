"""Reads accounts' tags, and stops requesting them if no account's can be read."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from bot.domain.errors import GatewayError
from bot.domain.failures import FailureCode, failure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain.failures import Failure
    from bot.services.ports.aws import ContactGateway

MAX_CONSECUTIVE_FAILURES: Final = 5
"""How many accounts in a row may fail before no more tags are requested."""


class TagReader:
    """Reads the tags of one organization's accounts, for one scan. Safe for several threads.

    A failure concerns one account. Failures in a row stop the reading only as long as no account's
    tags have been read. For the same result each time, request one account after another until
    `is_settled`; after that the order makes no difference.

    Args:
        gateway: the organization.
    """

    def __init__(self, gateway: ContactGateway) -> None:
        self._gateway = gateway
        self._lock = threading.Lock()
        self._has_succeeded = False
        self._failed = 0
        self._limit = MAX_CONSECUTIVE_FAILURES
        self._last: Failure | None = None

    @property
    def is_settled(self) -> bool:
        """Whether it is decided that further accounts are, or aren't, requested."""
        return self._has_succeeded or self.has_given_up

    @property
    def has_given_up(self) -> bool:
        """Whether several accounts in a row failed, and none has succeeded."""
        return not self._has_succeeded and self._failed >= self._limit

    def resume(self) -> None:
        """Request that many accounts again before giving up."""
        with self._lock:
            self._limit = self._failed + MAX_CONSECUTIVE_FAILURES

    def read(self, account_id: str) -> Mapping[str, str]:
        """An account's tags.

        Raises:
            GatewayError: they couldn't be read; `NOT_ASKED` if they were not requested, because
                other accounts' tags couldn't be read.
        """
        with self._lock:
            if self.has_given_up and self._last is not None:
                raise GatewayError(_not_asked(self._failed, self._last))
        try:
            tags = self._gateway.tags(account_id)
        except GatewayError as error:
            with self._lock:
                self._failed += 1
                self._last = error.failure
            raise
        self._has_succeeded = True
        return tags


def _not_asked(accounts: int, last: Failure) -> Failure:
    message = f"Couldn't read the tags of {accounts} other accounts. {last.message}"
    return failure(FailureCode.NOT_ASKED, message=message, remedy=last.remedy)
