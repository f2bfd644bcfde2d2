"""The use case *select accounts for a run*: suggest while somebody types, and find what was chosen.

What is chosen stays as it was typed until the preview: an OU, a tag or a list of findings stands
for the accounts that it has by then.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from bot.domain.account_selection import Selection, select_accounts
from bot.domain.account_suggestions import SuggestionIndex
from bot.domain.contacts import FIELDS, ContactType
from bot.domain.finding_lists import FindingFilter

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from bot.domain.account_suggestions import Suggestions
    from bot.domain.finding_lists import FindingList
    from bot.domain.policy.policy import Policy
    from bot.services.ports.clock import Clock
    from bot.services.ports.findings import FindingRepository
    from bot.services.ports.store import AccountRepository
    from bot.services.select_accounts import AccountSelector

INDEX_AGE: Final = 20.0
"""Seconds for which suggestions come from the same reading of the database: people type fast."""

_BATCH: Final = 1_000


class RunSelection:
    """Suggests and finds accounts. Safe to call from several threads.

    Args:
        accounts: every account as last listed, with its OUs and tags.
        selector: finds what was chosen; reads OUs and tags in AWS if need be.
        findings: the lists of findings whose accounts can be chosen.
        clock: the time.
        policy: returns the current policy.
    """

    def __init__(
        self,
        accounts: AccountRepository,
        selector: AccountSelector,
        findings: FindingRepository,
        clock: Clock,
        policy: Callable[[], Policy],
    ) -> None:
        self._accounts = accounts
        self._selector = selector
        self._findings = findings
        self._clock = clock
        self._policy = policy
        self._lock = threading.Lock()
        self._index: SuggestionIndex | None = None
        self._read_at = 0.0

    def suggest(self, typed: str, most: int) -> Suggestions:
        """What matches what is typed: accounts, OUs and tags.

        Raises:
            StoreError: the database can't be read.
        """
        with self._lock:
            now = self._clock.monotonic()
            if self._index is None or now - self._read_at > INDEX_AGE:
                self._index, self._read_at = SuggestionIndex(self._accounts.all()), now
            index = self._index
        return index.search(typed, most)

    def known(self, term: str) -> Selection:
        """The accounts that a term selects by what is stored, or what is wrong with it; fast.

        Raises:
            StoreError: the database can't be read.
        """
        return select_accounts(term, self._accounts.all())

    def select(self, terms: Sequence[str], lists: Sequence[FindingList] = ()) -> Selection:
        """The accounts that were chosen, or what is wrong with a term; AWS may be read.

        Args:
            terms: ids, names, globs, OUs, tags, or `all`; each may have several words.
            lists: lists of findings; each has the accounts with open findings in it now.

        Raises:
            StoreError: the database can't be read.
        """
        listed = [id_ for each in lists for id_ in self._ids(each)]
        return self._selector.select([*terms, *listed]).selection

    def has_expected(self, types: Collection[ContactType]) -> bool:
        """Whether the policy expects a value for each field of any of these contacts somewhere."""
        given = {key for table in self._policy().tables for key in table.values}
        return any(
            all(f"{contact_type.value.lower()}.{name}" in given for name in FIELDS)
            for contact_type in types
        )

    def open_types(self, listed: FindingList) -> tuple[ContactType, ...]:
        """The contact types with open, non-compliant findings in a list, in AWS's order.

        Raises:
            StoreError: the database can't be read.
        """
        return tuple(
            contact_type
            for contact_type in ContactType
            if self._findings.page(
                listed, FindingFilter(type=contact_type), 0, non_compliant=True
            ).open
        )

    def _ids(self, listed: FindingList) -> list[str]:
        """The accounts with open, non-compliant findings in a list."""
        found: dict[str, None] = {}
        offset = 0
        while True:
            page = self._findings.page(listed, FindingFilter(), _BATCH, offset, non_compliant=True)
            found.update(
                dict.fromkeys(each.key.account_id for each in page.findings if each.is_open)
            )
            offset += _BATCH
            if offset >= page.matching:
                return list(found)
