"""Asks, before a contact is written, what the policy and the other accounts' contacts say of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.domain.contacts import FIELDS
from bot.domain.errors import FixError
from bot.domain.evaluation.precheck import has_unusual_domain, precheck
from bot.domain.policy.account_policy import Presence
from bot.domain.rules.expected_values import EMAIL
from bot.domain.rules.mail_addresses import domain_of
from bot.services.fix_result import FixOutcome, NotFixed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain.fixes import FixRequest
    from bot.services.account_policy import AccountPolicies
    from bot.services.ports.store import Store


@dataclass(frozen=True, slots=True)
class Prechecked:
    """A contact that may be written.

    `notes` is {field: what the policy has against it} of fields left as AWS holds them. `channel`
    is where the write is announced, as the policy names it. `unusual_domain`: the person confirmed
    an email domain that few or no other accounts use.
    """

    notes: Mapping[str, str] = field(default_factory=dict)
    channel: str = ""
    unusual_domain: bool = False


def precheck_fix(
    request: FixRequest,
    unchanged: frozenset[str],
    confirmed_domain: str,
    *,
    policies: AccountPolicies,
    store: Store,
) -> Prechecked | NotFixed:
    """Whether a contact may be written, or why not.

    Args:
        request: what is wanted.
        unchanged: the fields that are left as AWS holds them. What the policy has against these is
            noted rather than refused, unless nothing else changes either.
        confirmed_domain: the unusual email domain that the person was warned about.
        policies: look up what accounts should have.
        store: what is remembered.

    Raises:
        StoreError: it could not be looked up.
    """
    found = policies.find(request.account_id)
    policy = found.known if found is not None else None
    notes: Mapping[str, str] = {}
    if found is not None and policy is not None:
        exempt = store.exemptions.in_force().get(found.account.id, {})
        objections = precheck(found.account, request.type, request.wanted, policy, exempt)
        is_forbidden = policy.presence[request.type] is Presence.FORBIDDEN
        noted = frozenset() if is_forbidden or unchanged.issuperset(FIELDS) else unchanged
        refused = {name: why for name, why in objections.items() if name not in noted}
        if refused:
            problem = FixError(
                "Not written: the policy asks for something else.",
                "Change the fields that say so, or ask for the policy to be changed.",
            )
            return NotFixed(FixOutcome.REFUSED, problem, fields=refused)
        notes = objections
    used = store.accounts.email_domains()
    unusual = EMAIL not in unchanged and has_unusual_domain(
        request.account_id,
        request.type,
        request.wanted,
        (found.account, policy) if found is not None and policy is not None else None,
        used,
    )
    domain = domain_of(request.wanted.email)
    if unusual and domain != confirmed_domain:
        users = _users(len(used.get(domain, frozenset()) - {request.account_id}))
        problem = FixError(
            f"Not saved yet: {users} an address at {domain}.",
            "Check the email address. To use it anyway, save again.",
        )
        words = f"{users[0].upper()}{users[1:]} an address at {domain}; most share another domain."
        return NotFixed(FixOutcome.TO_CONFIRM, problem, fields={EMAIL: words})
    return Prechecked(notes, policy.channel if policy is not None else "", unusual)


def _users(number: int) -> str:
    if not number:
        return "no other account has"
    return f"only {number} other account{' has' if number == 1 else 's have'}"
