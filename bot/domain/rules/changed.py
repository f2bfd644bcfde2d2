"""Decides whether somebody else changed a contact that is still compliant.

This rule opens no finding: the change is announced.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.contacts import fingerprint
from bot.domain.findings import Outcome
from bot.domain.rule_catalog import Rule

if TYPE_CHECKING:
    from bot.domain.findings import TypeResult
    from bot.domain.policy.account_policy import AccountPolicy


def changed(
    policy: AccountPolicy | None,
    item: TypeResult,
    checked_fingerprint: str | None,
    fixed_to: str | None,
) -> bool:
    """Whether a scan found a change that must be announced.

    Args:
        policy: what the account should have, as far as known.
        item: the scan's result for the contact.
        checked_fingerprint: of the contact as the previous scan, or a fix since, read it; None if
            there was neither.
        fixed_to: the fingerprint of what the newest fix since then wrote, if there was one.
    """
    if policy is None or Rule.CHANGED not in policy.severities:
        return False
    if item.outcome is not Outcome.COMPLIANT or checked_fingerprint is None:
        return False
    if checked_fingerprint == fingerprint(item.contact):
        return False
    return fixed_to != fingerprint(item.contact)
