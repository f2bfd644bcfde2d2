"""Checks a contact against the policy and the other accounts' contacts before it is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.domain.contacts import FIELDS
from bot.domain.errors import FixError
from bot.domain.evaluation.precheck import has_unusual_domain, precheck
from bot.domain.policy.account_policy import AccountPolicy, Presence
from bot.domain.rule_catalog import Rule
from bot.domain.rules.expected_values import EMAIL
from bot.domain.rules.mail_addresses import domain_of
from bot.services.fix_result import FixOutcome, NotFixed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.exemptions import Exemption
    from bot.domain.fixes import FixRequest
    from bot.services.account_policy import AccountPolicies, ResolvedPolicy
    from bot.services.ports.store import Store


@dataclass(frozen=True, slots=True)
class Prechecked:
    """A contact that may be written.

    `notes` is {field: the policy's objection} of fields that stay as AWS has them. `channel` is
    where the policy wants the change posted. `unusual_domain`: the person confirmed an email domain
    that few or no other accounts use.
    """

    notes: Mapping[str, str] = field(default_factory=dict)
    channel: str = ""
    unusual_domain: bool = False


@dataclass(frozen=True, slots=True)
class FixPrecheck:
    """What is known about an account when one of its contacts is about to be written.

    `found` is its policy, None if the account isn't known. `exempt` has its exemptions in force.
    `used` is {email domain: ids of the accounts with a contact there}. `names_tools`: the policy
    says of some accounts that a tool keeps their contacts as code.
    """

    account_id: str
    found: ResolvedPolicy | None
    exempt: Mapping[tuple[ContactType, Rule], Exemption]
    used: Mapping[str, AbstractSet[str]]
    names_tools: bool = False

    @classmethod
    def load(
        cls, account_id: str, policies: AccountPolicies, store: Store, max_age: float = 0.0
    ) -> FixPrecheck:
        """Look up what is known about an account.

        Args:
            account_id: the account.
            policies: look up what accounts should have.
            store: the database.
            max_age: how many seconds old the count of email domains may be, which takes a while.

        Raises:
            StoreError: it couldn't be looked up.
        """
        found = policies.find(account_id)
        is_known = found is not None and found.known is not None
        exempt = store.exemptions.in_force().get(account_id, {}) if is_known else {}
        used = store.accounts.email_domains(max_age)
        return cls(account_id, found, exempt, used, policies.current.names_tools)

    @property
    def is_policy_known(self) -> bool:
        """Whether it is known what the account should have."""
        return self.found is not None and self.found.known is not None

    def refuse_managed(self, confirmed_tool: str) -> NotFixed | None:
        """Why nothing is written: a tool keeps the contacts as code, or that is unknown.

        Args:
            confirmed_tool: the tool despite which the person confirmed to change AWS; empty for
                none.
        """
        if not self.names_tools:
            return None
        rights = None
        if self.found is not None:
            rights = self.found.policy.resolve_rights(self.found.account)
        if not isinstance(rights, AccountPolicy):
            problem = FixError(
                "Not saved: it's unknown whether a tool manages this account's contacts as code, "
                "because the OUs or tags that the policy needs weren't read.",
                "Run /altcontact check, then try again.",
            )
            return NotFixed(FixOutcome.MANAGED, problem)
        tool = rights.managed_by
        if tool is None or tool.value == confirmed_tool:
            return None
        problem = FixError(
            f"Not saved: this account's contacts are managed by {tool.label}, which puts back its "
            "own values when it is next applied.",
            "Change the contact there, or confirm that you want to change AWS anyway.",
        )
        return NotFixed(FixOutcome.MANAGED, problem)

    def is_managed_by(self, tool: str) -> bool:
        """Whether this tool keeps the account's contacts as code."""
        policy = self.found.known if self.found is not None else None
        return policy is not None and policy.managed_by is not None and policy.managed_by == tool

    def check_request(
        self,
        request: FixRequest,
        unchanged: frozenset[str],
        confirmed_domain: str,
        *,
        must_comply: bool,
    ) -> Prechecked | NotFixed:
        """Check a write or a removal; see `check` and `check_removal`.

        Args:
            request: what is wanted.
            unchanged: the fields that stay as AWS has them.
            confirmed_domain: the unusual email domain that the person was warned about.
            must_comply: whether the policy is asked; a person's removal was checked before.
        """
        if must_comply and request.wanted is not None:
            return self.check(request.type, request.wanted, unchanged, confirmed_domain)
        if must_comply and request.run_id is not None:
            return self.check_removal(request.type)
        return self.unchecked()

    def check_removal(self, contact_type: ContactType) -> Prechecked | NotFixed:
        """Check whether the policy still forbids a contact that a run is to remove."""
        policy = self.found.known if self.found is not None else None
        is_forbidden = policy is None or policy.presence[contact_type] is Presence.FORBIDDEN
        if is_forbidden and (contact_type, Rule.FORBIDDEN) not in self.exempt:
            return self.unchecked()
        problem = FixError(
            "The policy no longer forbids this contact, so it was not removed.",
            "To remove it anyway, ask for the policy to be changed.",
        )
        return NotFixed(FixOutcome.REFUSED, problem)

    def unchecked(self) -> Prechecked:
        """A change that is made whatever the policy says of it: a removal, or an undo."""
        policy = self.found.known if self.found is not None else None
        return Prechecked(channel=policy.channel if policy is not None else "")

    def check(
        self,
        contact_type: ContactType,
        wanted: AlternateContact,
        unchanged: frozenset[str] = frozenset(),
        confirmed_domain: str = "",
    ) -> Prechecked | NotFixed:
        """Check whether a contact may be written.

        Args:
            contact_type: which contact.
            wanted: what is to be written.
            unchanged: the fields that stay as AWS has them. Objections to them are noted rather
                than a reason to refuse, unless nothing else changes either.
            confirmed_domain: the unusual email domain that the person was warned about.
        """
        policy = self.found.known if self.found is not None else None
        notes: Mapping[str, str] = {}
        if self.found is not None and policy is not None:
            objections = precheck(self.found.account, contact_type, wanted, policy, self.exempt)
            is_forbidden = policy.presence[contact_type] is Presence.FORBIDDEN
            noted = frozenset() if is_forbidden or unchanged.issuperset(FIELDS) else unchanged
            refused = {name: why for name, why in objections.items() if name not in noted}
            if refused:
                problem = FixError(
                    "Not saved: this contact doesn't comply with the policy.",
                    "Change the marked fields, or ask for the policy to be changed.",
                )
                return NotFixed(FixOutcome.REFUSED, problem, fields=refused)
            notes = objections
        unusual = EMAIL not in unchanged and has_unusual_domain(
            self.account_id,
            contact_type,
            wanted,
            (self.found.account, policy) if self.found is not None and policy is not None else None,
            self.used,
        )
        domain = domain_of(wanted.email)
        if unusual and domain != confirmed_domain:
            return self._to_confirm(domain)
        return Prechecked(notes, policy.channel if policy is not None else "", unusual)

    def _to_confirm(self, domain: str) -> NotFixed:
        users = _users(len(self.used.get(domain, frozenset()) - {self.account_id}))
        problem = FixError(
            f"Not saved yet: {users} an address at {domain}.",
            "Check the email address. To use it anyway, save again.",
        )
        words = f"{users[0].upper()}{users[1:]} an address at {domain}; most share another domain."
        return NotFixed(FixOutcome.TO_CONFIRM, problem, fields={EMAIL: words})


def _users(number: int) -> str:
    if not number:
        return "no other account has"
    return f"only {number} other account{' has' if number == 1 else 's have'}"
