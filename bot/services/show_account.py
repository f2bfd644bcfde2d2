"""Shows one account: reads its contacts in AWS now, evaluates them, and records what was read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.domain.contacts import ContactType
from bot.domain.disclosure import hide_reading, hide_result
from bot.domain.evaluation.evaluate import evaluate, unknown_policy_failure
from bot.domain.failures import FailureCode, failure
from bot.domain.findings import Outcome, TypeResult, Verdict
from bot.domain.policy.policy import PolicyUnknown
from bot.domain.readings import Absent, Present, Unreadable
from bot.domain.rule_catalog import Rule
from bot.services.evaluation_context import load_context
from bot.services.ports.aws import Priority

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.domain.accounts import Account
    from bot.domain.contacts import AlternateContact
    from bot.domain.failures import Failure
    from bot.domain.findings import AccountResult
    from bot.domain.readings import ContactReading
    from bot.domain.rules.facts import PrimaryContact
    from bot.services.account_policy import AccountPolicies
    from bot.services.ports.aws import Contacts
    from bot.services.ports.clock import Clock
    from bot.services.ports.slack import MemberDirectory
    from bot.services.ports.store import Store


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account as it is in AWS now.

    `result` has the types that the account's policy evaluates, `others` the readings of the rest.
    Both are empty for an account that isn't active.
    """

    result: AccountResult
    others: Mapping[ContactType, ContactReading]


def hide_details(view: AccountView) -> AccountView:
    """The same account without its contact details."""
    others = {contact_type: hide_reading(each) for contact_type, each in view.others.items()}
    return AccountView(hide_result(view.result), others)


class AccountViewService:
    """Shows one account. Safe to call from several threads.

    Args:
        contacts: AWS.
        store: the database.
        policies: look up what accounts should have.
        directory: the members of the Slack workspace.
        clock: the time.
        on_recorded: called when what was read has been recorded.
    """

    def __init__(
        self,
        contacts: Contacts,
        store: Store,
        policies: AccountPolicies,
        directory: MemberDirectory,
        clock: Clock,
        *,
        on_recorded: Callable[[], None] = lambda: None,
    ) -> None:
        self._contacts = contacts
        self._store = store
        self._policies = policies
        self._directory = directory
        self._clock = clock
        self._on_recorded = on_recorded

    def show(self, account: Account) -> AccountView:
        """Read all three contacts now, evaluate them, and record what was read.

        Raises:
            StoreError: the database can't be used.
        """
        found = self._policies.of_placed(account)
        account, policy, account_policy = found.account, found.policy, found.resolved
        read_at = self._clock.now()
        readings: dict[ContactType, ContactReading] = {}
        primary: PrimaryContact | Failure | None = None
        if account.is_active:
            readings = {
                contact_type: self._contacts.read(account.id, contact_type, Priority.INTERACTIVE)
                for contact_type in ContactType
            }
            if (
                not isinstance(account_policy, PolicyUnknown)
                and Rule.PRIMARY_CONTACT in account_policy.severities
            ):
                primary = self._contacts.primary_contact(account.id, Priority.INTERACTIVE)
        context = load_context(policy, self._store, self._clock, self._directory.members)
        facts = context.facts(account.id, tuple(ContactType), primary)
        result = evaluate(
            account, readings, account_policy, read_at, facts, placement_failures=found.failures
        )
        self._store.findings.observe(result)
        self._on_recorded()
        evaluated = (
            set()
            if isinstance(account_policy, PolicyUnknown)
            else set(account_policy.evaluated_types)
        )
        return AccountView(
            result,
            {
                contact_type: reading
                for contact_type, reading in readings.items()
                if contact_type not in evaluated
            },
        )

    def judge(
        self, account_id: str, contact_type: ContactType, wanted: AlternateContact | None
    ) -> TypeResult | None:
        """Evaluate a contact that is in AWS now, None if none is set, without reading anything.

        Returns:
            Its result. Rules that need more aren't evaluated, and none are if the account's policy
            is unknown. None if the policy has no rules for this contact.

        Raises:
            StoreError: the database can't be read.
        """
        found = self._policies.find(account_id)
        if found is None:
            return None
        account, policy, account_policy = found.account, found.policy, found.resolved
        if isinstance(account_policy, PolicyUnknown):
            return _unevaluated(contact_type, wanted, unknown_policy_failure(account_policy))
        if contact_type not in account_policy.evaluated_types:
            return None
        not_asked = Unreadable(failure(FailureCode.NOT_ASKED))
        readings: dict[ContactType, ContactReading] = dict.fromkeys(ContactType, not_asked)
        readings[contact_type] = Present(wanted) if wanted is not None else Absent()
        context = load_context(policy, self._store, self._clock, self._directory.known)
        facts = context.facts(account_id, (contact_type,), not_asked.failure)
        result = evaluate(account, readings, account_policy, facts=facts)
        return next((item for item in result.results if item.type is contact_type), None)


def _unevaluated(
    contact_type: ContactType, contact: AlternateContact | None, why: Failure
) -> TypeResult:
    """The result of a contact that is there, but that no rule could be evaluated for."""
    rules = (rule for rule in Rule if rule not in {Rule.MISSING, Rule.UNSUPPORTED})
    unclear = [Verdict(rule, Outcome.UNKNOWN, why.message, failure=why) for rule in rules]
    return TypeResult.from_verdicts(contact_type, unclear, contact)
