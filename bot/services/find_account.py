"""Accounts by what people type, in Slack and in a terminal: an id or a part of a name."""

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
"""Matches looked for: one more than can be offered, to know whether there are more."""

RELIST_INTERVAL: Final = 300.0
"""Seconds before AWS is asked again for accounts that were not known: typos cost a listing."""

_BATCH: Final = 200
_NEAREST: Final = 3


@dataclass(frozen=True, slots=True)
class AccountMatches:
    """The accounts that a text may mean.

    `failures` is {organization: why its accounts could not be listed}, where no account matches.
    """

    text: str
    accounts: Sequence[Account] = ()
    failures: Mapping[str, Failure] = field(default_factory=dict)

    @property
    def exact(self) -> list[Account]:
        """Those whose id the text has, or whose whole name it is, whatever its case."""
        id_ = parse_account_id(self.text)
        names = {self.text.strip().casefold(), unwrapped(self.text).casefold()}
        return [
            match for match in self.accounts if match.id == id_ or match.name.casefold() in names
        ]

    @property
    def only(self) -> Account | None:
        """The one account that is meant: the only match, or the only exact one."""
        meant = self.exact or self.accounts
        return meant[0] if len(meant) == 1 else None


class AccountFinder:
    """Looks accounts up in what the last scan listed; asks AWS for those it does not know.

    Args:
        accounts: the accounts as last listed.
        gateways: list them anew.
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
        """The accounts that match, as last listed; quick.

        Raises:
            StoreError: they could not be looked up.
        """
        found = self._accounts.find(text.strip(), limit)
        # Only then, since a name may have such marks of its own: R&D <sandbox>.
        found = found or self._accounts.find(unwrapped(text), limit)
        return AccountMatches(text, found)

    def find(self, text: str, limit: int = MAX_MATCHES) -> AccountMatches:
        """The accounts that match; AWS is asked for new ones where none does.

        Raises:
            StoreError: they could not be looked up.
        """
        known = self.known(text, limit)
        if known.accounts:
            return known
        failures = self._list()
        listed = self.known(text, limit)
        return listed if listed.accounts else AccountMatches(text, failures=failures)

    def nearest(self, text: str) -> list[str]:
        """Names of accounts that are spelled much like `text`."""
        names = {name.casefold(): name for name in self._accounts.names()}
        near = difflib.get_close_matches(text.strip().casefold(), names, n=_NEAREST)
        return [names[name] for name in near]

    def name(self, account_id: str) -> str:
        """An account's name; its id where it is not known."""
        account = self._accounts.get(account_id)
        return account.name if account is not None else account_id

    def _list(self) -> Mapping[str, Failure]:
        """List the accounts unless that was done just now; why some could not be, if so."""
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
