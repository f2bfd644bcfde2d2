"""Resolves the links in rows of findings: the pages of rules, and the owners of accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.slack.views.finding_rows import RowLinks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.domain.findings import Finding
    from bot.slack.owners import Owners


class RowLinkResolver:
    """Makes the links of a message or view.

    Args:
        rules_url: where the pages of rules are published; empty if they aren't.
        owners: finds the owners of accounts; None if they must not be looked up.
    """

    def __init__(self, rules_url: str = "", owners: Owners | None = None) -> None:
        self._rules_url = rules_url
        self._owners = owners

    @property
    def rules_url(self) -> str:
        """Where the pages of rules are published; empty if they aren't."""
        return self._rules_url

    def for_findings(self, findings: Iterable[Finding], *, ask: bool = True) -> RowLinks:
        """The links of these findings.

        Args:
            findings: the findings to show.
            ask: whether owners may be looked up, which takes seconds.
        """
        return self.for_owners([finding.owner for finding in findings if finding.owner], ask=ask)

    def for_owners(self, owners: Iterable[str], *, ask: bool = True) -> RowLinks:
        """The links with these owners, which are values of tags."""
        if self._owners is None:
            return RowLinks(self._rules_url)
        return RowLinks(self._rules_url, self._owners.mentions(owners, ask=ask))
