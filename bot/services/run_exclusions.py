"""Looks up whether a run leaves a contact alone by now: excluded or exempt since its preview."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.evaluation.run_plan import left_alone
from bot.domain.runs import RunKind

if TYPE_CHECKING:
    from bot.domain.contacts import ContactType
    from bot.domain.runs import LeftAlone, RunItem
    from bot.services.account_policy import AccountPolicies
    from bot.services.ports.findings import FindingRepository


class RunExclusions:
    """Exclusions and exemptions as they are now. Safe to call from several threads.

    Args:
        findings: the findings, with their exemptions.
        policies: look up which accounts the policy excludes.
    """

    def __init__(self, findings: FindingRepository, policies: AccountPolicies) -> None:
        self._findings = findings
        self._policies = policies

    def of(self, account_id: str, contact_type: ContactType) -> LeftAlone | None:
        """Why runs leave a contact alone; None if they don't, or if its policy is unknown.

        Raises:
            StoreError: the database can't be read.
        """
        policy = self._policies.known(account_id)
        exempt = [
            finding.exemption is not None
            for finding in self._findings.unresolved(account_id)
            if finding.key.type is contact_type
        ]
        return left_alone(policy, is_exempt=bool(exempt) and all(exempt))

    def since(self, kind: RunKind, item: RunItem) -> LeftAlone | None:
        """Why a contact of a run isn't written any more, though it was to be.

        An undo is made all the same: it takes back what the bot wrote, and that a contact is no
        longer the bot's business is a reason for that rather than against it. So is a change that
        somebody requested although the contact was excluded or exempt already.

        Raises:
            StoreError: the database can't be read.
        """
        if kind is RunKind.UNDO:
            return None
        found = self.of(item.account_id, item.type)
        return None if found is item.despite else found
