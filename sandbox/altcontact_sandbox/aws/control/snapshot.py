"""Shows all of the sandbox's AWS at once: what its console and a policy page would show."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from bot.domain.contacts import ContactType

if TYPE_CHECKING:
    from altcontact_sandbox.aws.organizations.organization import Member
    from altcontact_sandbox.aws.state.simulated_aws import SimulatedAws


def snapshot(aws: SimulatedAws) -> dict[str, Any]:
    """{"changes", "accounts", "settings"}."""
    now = time.monotonic()
    delayed: dict[str, list[str]] = {}
    for (account_id, kind), (until, _before) in aws.delayed_reads.items():
        if now < until:
            delayed.setdefault(account_id, []).append(kind)
    return {
        "changes": aws.changes.count,
        "accounts": [
            account(aws, member, sorted(delayed.get(member.id, ())))
            for member in aws.organization.members.values()
        ],
        "settings": aws.settings_as_json(),
    }


def account(aws: SimulatedAws, member: Member, delayed: list[str]) -> dict[str, Any]:
    """One account with the contacts that AWS holds; those `delayed` still read as before."""
    return {
        **member.as_json(),
        "management": member.id == aws.identity.management_id,
        "contacts": {kind.value: aws.contacts.get(member.id, kind.value) for kind in ContactType},
        "delayed": delayed,
    }
