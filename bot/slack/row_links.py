"""What rows of findings point to: the pages of rules, and whom accounts belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.slack.views.finding_rows import Pointers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.domain.findings import Finding
    from bot.slack.owners import Owners


class Guide:
    """Gathers what a message or view points to.

    Args:
        rules_url: where the pages of rules are published; empty where they are not.
        owners: finds the owners of accounts; None where nobody is to be asked.
    """

    def __init__(self, rules_url: str = "", owners: Owners | None = None) -> None:
        self._rules_url = rules_url
        self._owners = owners

    @property
    def rules_url(self) -> str:
        """Where the pages of rules are published; empty where they are not."""
        return self._rules_url

    def to(self, findings: Iterable[Finding], *, ask: bool = True) -> Pointers:
        """What these findings point to.

        Args:
            findings: those that are shown.
            ask: whether owners may be looked up, which takes seconds.
        """
        return self.to_owners((each.owner for each in findings if each.owner), ask=ask)

    def to_owners(self, owners: Iterable[str], *, ask: bool = True) -> Pointers:
        """What to point to where these are the owners, as their tags say."""
        if self._owners is None:
            return Pointers(self._rules_url)
        return Pointers(self._rules_url, self._owners.mentions(owners, ask=ask))
