"""Finds accounts by an id, a name, or part of one, as people type it in Slack or a terminal."""

from __future__ import annotations

import difflib
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bot.domain.pasted_ids import parse_account_id, unwrapped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.domain.accounts import Account
    from bot.domain.failures import Failure
    from bot.services.organizations import OrganizationRouter
    from bot.services.ports.clock import Clock
    from bot.services.ports.store import AccountRepository

MAX_MATCHES: Final = 101
"""Most matches to look up: one more than Slack's 100 options, to know if there are more."""

RELIST_INTERVAL: Final = 300.0
"""Seconds before AWS lists accounts again for a text without a match, since typos cost quota."""

_BATCH: Final = 200
_NEAREST: Final = 3


@dataclass(frozen=True, slots=True)
class AccountMatches:
    """The accounts that a text can mean.

    If there are none, `failures` is {organization: why its accounts couldn't be listed}.
    """

    text: str
    accounts: Sequence[Account] = ()
    failures: Mapping[str, Failure] = field(default_factory=dict)

    @property
    def exact(self) -> list[Account]:
        """The accounts whose id is in the text, or whose name is the text in any case."""
        id_ = parse_account_id(self.text)
        names = {self.text.strip().casefold(), unwrapped(self.text).casefold()}
        return [
            match for match in self.accounts if match.id == id_ or match.name.casefold() in names
        ]

    @property
    def only(self) -> Account | None:
        """The account that is meant: the only exact match, or else the only match."""
        meant = self.exact or self.accounts
        return meant[0] if len(meant) == 1 else None


class AccountFinder:
    """Finds accounts among those listed last; if none matches, lists the accounts in AWS again.

    Args:
        accounts: the accounts as last listed.
        gateways: list the accounts in AWS.
        clock: the time.
    """

    def __init__(
        self, accounts: AccountRepository, gateways: OrganizationRouter, clock: Clock
    ) -> None:
        self._accounts = accounts
        self._gateways = gateways
        self._clock = clock
        self._lock = threading.Lock()
        self._listed_at: float | None = None

    def known(self, text: str, limit: int = MAX_MATCHES) -> AccountMatches:
        """The matches among the accounts that were listed last; fast.

        Raises:
            StoreError: the database can't be read.
        """
        found = self._accounts.find(text.strip(), limit)
        # Tried second, because a name can contain such marks itself: R&D <sandbox>.
        found = found or self._accounts.find(unwrapped(text), limit)
        return AccountMatches(text, found)

    def find(self, text: str, limit: int = MAX_MATCHES) -> AccountMatches:
        """The matches; if there are none, AWS is asked for new accounts.

        Raises:
            StoreError: the database can't be read.
        """
        known = self.known(text, limit)
        if known.accounts:
            return known
        failures = self._list()
        listed = self.known(text, limit)
        return listed if listed.accounts else AccountMatches(text, failures=failures)

    def nearest(self, text: str) -> list[str]:
        """The names of accounts that are spelled most like the text."""
        names = {name.casefold(): name for name in self._accounts.names()}
        near = difflib.get_close_matches(text.strip().casefold(), names, n=_NEAREST)
        return [names[name] for name in near]

    def name(self, account_id: str) -> str:
        """An account's name, or its id if the account isn't known."""
        account = self._accounts.get(account_id)
        return account.name if account is not None else account_id

    def _list(self) -> Mapping[str, Failure]:
        """List the accounts unless that was done recently; return why some couldn't be listed."""
        with self._lock:
            now = self._clock.monotonic()
            if self._listed_at is not None and now - self._listed_at < RELIST_INTERVAL:
                return {}
            listing = self._gateways.accounts()
            for start in range(0, len(listing.accounts), _BATCH):
                self._accounts.remember(listing.accounts[start : start + _BATCH])
            if not listing.failures:
                self._listed_at = now
            return listing.failures
