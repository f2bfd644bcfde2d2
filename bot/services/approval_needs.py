"""Looks up who may change which contacts, and which of the changes a second person approves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bot.domain.approvals import ApprovalNeed, sensitivity
from bot.domain.errors import RightsUnknown
from bot.domain.findings import Outcome
from bot.domain.policy.account_policy import ApprovalRule
from bot.domain.policy.policy import PolicyUnknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.findings import TypeResult
    from bot.domain.policy.account_policy import AccountPolicy
    from bot.domain.runs import RunItem
    from bot.services.account_policy import AccountPolicies
    from bot.services.management_accounts import ManagementAccounts
    from bot.services.ports.slack import Authorizer
    from bot.services.ports.store import Store

    Judge = Callable[[str, ContactType, AlternateContact], TypeResult | None]

_NEEDED: Final = {"units": "OUs", "tags": "tags", "account": "name"}


@dataclass(frozen=True, slots=True)
class RunRights:
    """Who may change the contacts of a run, and which of them need approval.

    `policies` is {account id: its policy}. `unknown` is {account id: why its policy is unknown, as
    a sentence}; nobody may change those. `needs` is {number of an item: what it needs}.
    """

    policies: Mapping[str, AccountPolicy]
    unknown: Mapping[str, str] = field(default_factory=dict)
    needs: Mapping[int, ApprovalNeed] = field(default_factory=dict)

    def may_bypass(self, items: Iterable[RunItem]) -> bool:
        """Whether the policy allows break-glass for every item that needs approval."""
        return all(
            self.policies[item.account_id].break_glass
            for item in items
            if item.number in self.needs
        )


class ApprovalNeeds:
    """Looks up rights and needs by the current policy. Safe to call from several threads.

    Args:
        store: what is remembered.
        policies: look up what accounts should have.
        management: knows the management accounts.
        authorizer: knows the fixers of the setting.
        judge: evaluates a contact that is in AWS now.
    """

    def __init__(
        self,
        store: Store,
        policies: AccountPolicies,
        management: ManagementAccounts,
        authorizer: Authorizer,
        judge: Judge,
    ) -> None:
        self._store = store
        self._policies = policies
        self._management = management
        self._authorizer = authorizer
        self._judge = judge

    def of_contact(
        self,
        account_id: str,
        contact_type: ContactType,
        before: AlternateContact | None,
        *,
        removes: bool = False,
    ) -> ApprovalNeed | None:
        """What a change of one contact needs; None if it needs no approval.

        Args:
            account_id: whose contact.
            contact_type: which contact.
            before: what it is now.
            removes: whether it would be removed.

        Raises:
            RightsUnknown: the account's policy is unknown.
            StoreError: the database can't be read.
        """
        policy = self._policies.rights(account_id, placed=True)
        if isinstance(policy, PolicyUnknown):
            remedy = f"To see why, type /altcontact check {account_id}. Then try again."
            raise RightsUnknown(unknown_words(policy), remedy)
        if policy.approval is ApprovalRule.NEVER:
            return None
        is_managing = account_id in self._management.among([account_id])
        is_compliant = before is not None and self._is_compliant(account_id, contact_type, before)
        return self._need(policy, is_managing, is_compliant, removes)

    def of_run(self, run_id: int, items: Sequence[RunItem]) -> RunRights:
        """The rights and needs of a run's items.

        Raises:
            StoreError: the database can't be read.
        """
        policies: dict[str, AccountPolicy] = {}
        unknown: dict[str, str] = {}
        for account_id in dict.fromkeys(item.account_id for item in items):
            rights = self._policies.rights(account_id)
            if isinstance(rights, PolicyUnknown):
                unknown[account_id] = unknown_words(rights)
            else:
                policies[account_id] = rights
        managing = self._management.among(policies)
        compliant = self._store.approvals.compliant_contacts(run_id)
        needs: dict[int, ApprovalNeed] = {}
        for item in items:
            policy = policies.get(item.account_id)
            if policy is None:
                continue
            is_evaluated = item.type in policy.evaluated_types
            # What this bot wrote itself may be taken back.
            is_compliant = (
                is_evaluated and item.undoes is None and (item.account_id, item.type) in compliant
            )
            is_managing = item.account_id in managing
            need = self._need(policy, is_managing, is_compliant, item.wanted is None)
            if need is not None:
                needs[item.number] = need
        return RunRights(policies, unknown, needs)

    def _need(
        self, policy: AccountPolicy, is_managing: bool, is_compliant: bool, removes: bool
    ) -> ApprovalNeed | None:
        why = sensitivity(
            policy, is_management=is_managing, is_compliant=is_compliant, removes=removes
        )
        if why is None:
            return None
        return ApprovalNeed(why, policy.approvers or self._authorizer.fixers(policy.fixers))

    def _is_compliant(
        self, account_id: str, contact_type: ContactType, contact: AlternateContact
    ) -> bool:
        """Whether nothing is known against a contact; where rules can't tell, it is compliant."""
        for finding in self._store.findings.unresolved(account_id):
            if finding.key.type is contact_type and finding.key.outcome.is_non_compliant:
                return False
        result = self._judge(account_id, contact_type, contact)
        if result is None:
            return False  # the policy has no rules for it
        found = {verdict.outcome for verdict in result.verdicts}
        return not found & {Outcome.MISSING, Outcome.WRONG, Outcome.WEAK}


def unknown_words(policy: PolicyUnknown) -> str:
    """Why nobody may change an account's contacts, as a sentence."""
    what = " and ".join(_NEEDED[need] for need in policy.needs)
    return (
        "Who can change this account's contacts is unknown, because the account's "
        f"{what} couldn't be read."
    )
