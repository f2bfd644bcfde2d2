"""The port to findings in the database; see `bot.services.ports.store`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain.accounts import Account
    from bot.domain.contacts import ContactType
    from bot.domain.finding_lists import FindingFilter, FindingList, FindingPage
    from bot.domain.findings import AccountResult, Finding


class FindingRepository(Protocol):
    """What should be acted on, as it stands."""

    def observe(self, result: AccountResult) -> None:
        """Resolve the findings that a reading of one account disproves; open none.

        A result may hold more types than its policy looks at.
        """
        ...

    def unresolved(self, account_id: str) -> list[Finding]:
        """The findings of an account that are not resolved, exempt ones among them."""
        ...

    def next_to_fix(
        self, contact_type: ContactType, *, only: str = "", besides: str = ""
    ) -> Account | None:
        """The active account whose contact of this type needs a fix most, in the alert's order.

        Contacts that the form can't fix (forbidden or unreadable ones) don't count, nor do those
        that are being fixed, or were saved since the finding was last seen.

        Args:
            contact_type: which contact.
            only: look at this account alone.
            besides: leave this account out.
        """
        ...

    def page(
        self,
        listed: FindingList,
        wanted: FindingFilter,
        limit: int,
        offset: int = 0,
        *,
        search_owners: bool = True,
        non_compliant: bool = False,
        open_first: bool = True,
    ) -> FindingPage:
        """One page of a list of findings; `limit` and `offset` count contacts."""
        ...

    def units(self, listed: FindingList) -> Mapping[str, str]:
        """{id: path} of the organizational units of a list's accounts, in the order of paths."""
        ...
