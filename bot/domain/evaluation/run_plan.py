"""Decides which contacts of a run are planned, and why others are left out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final, TypeAlias

from bot.domain.contacts import FIELDS, AlternateContact
from bot.domain.evaluation.precheck import precheck
from bot.domain.policy.account_policy import Presence
from bot.domain.rules.expected_values import (
    expected_contact,
    has_named_domain,
    undetermined_fields,
)
from bot.domain.rules.facts import RuleInput
from bot.domain.rules.mail_addresses import domain_of
from bot.domain.runs import ItemState, LeftAlone, RunItem
from bot.domain.validation import digests, validate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain.accounts import Account
    from bot.domain.contacts import ContactType
    from bot.domain.exemptions import Exemption
    from bot.domain.policy.account_policy import AccountPolicy
    from bot.domain.rule_catalog import Rule
    from bot.domain.runs import LastReading

ALREADY_SET: Final = "AWS already has this contact."
NOTHING_SET: Final = "No contact is set, so there is nothing to remove."
UNKNOWN_POLICY: Final = "The account's OUs or tags are unknown, so its policy is too."
UNREAD: Final = "This contact was never read. Run a check first."


class Source(Enum):
    """Where the contacts come from if they aren't given.

    `EXPECTED`: each account's own contact from the policy. `REMOVE`: none; contacts that the policy
    forbids are removed.
    """

    EXPECTED = "expected"
    REMOVE = "remove"


Wanted: TypeAlias = "AlternateContact | Source | Mapping[tuple[str, ContactType], AlternateContact]"
"""One contact for all accounts, a source, or a contact for each (account id, type)."""


@dataclass(frozen=True, slots=True)
class RunSubject:
    """One contact of the preview, with what is known about it."""

    account: Account
    type: ContactType
    reading: LastReading
    policy: AccountPolicy | None
    exempt: Mapping[tuple[ContactType, Rule], Exemption]

    @property
    def forbids(self) -> bool:
        """Whether the policy forbids this contact."""
        policy = self.policy
        return policy is not None and policy.presence[self.type] is Presence.FORBIDDEN


class RunPlanner:
    """Decides for each contact whether it is planned, or why it is left out.

    Thousands of accounts share a few policies and contacts, so equal questions are answered once.

    Args:
        wanted: what the contacts should be.
        phone_region: the country in whose national form the policy may give phone numbers, if any.
    """

    def __init__(self, wanted: Wanted, phone_region: str | None) -> None:
        self._wanted = wanted
        self._phone_region = phone_region
        self._objections: dict[tuple[object, ...], str] = {}
        self._expected: dict[tuple[object, ...], AlternateContact | str] = {}
        self.unnamed_domains: dict[str, str] = {}
        """Planned email domains that a policy doesn't name, each with one address there."""

    def item(self, subject: RunSubject) -> RunItem:
        """One contact of the preview."""
        account, reading, policy = subject.account, subject.reading, subject.policy
        chosen: AlternateContact | None = None
        reason = _left_out(account, reading, policy)
        if not reason and policy is not None:
            found = self._choose(subject, policy)
            if isinstance(found, str):
                reason = found
            else:
                chosen = found
                reason = self._objection(subject, chosen, policy)
        return RunItem(
            number=0,
            run_id=0,
            account_id=account.id,
            account_name=account.name,
            type=subject.type,
            wanted=chosen,
            before=reading.contact,
            read_at=reading.read_at,
            state=ItemState.LEFT_OUT if reason else ItemState.PLANNED,
            reason=reason,
            failure=reading.failure if reason else None,
        )

    def _choose(self, subject: RunSubject, policy: AccountPolicy) -> AlternateContact | str | None:
        """The contact to write, None to remove it, or why there is none."""
        wanted = self._wanted
        if isinstance(wanted, AlternateContact):
            return wanted
        if wanted is Source.REMOVE:
            if subject.forbids:
                return None
            return f"The policy doesn't forbid a {subject.type.label} contact for this account."
        if wanted is not Source.EXPECTED:
            return wanted[subject.account.id, subject.type]
        before = subject.reading.contact
        key = id(policy), subject.type, *_values(before)
        if key not in self._expected:
            self._expected[key] = self._expected_of(policy.expected[subject.type], before)
        return self._expected[key]

    def _expected_of(
        self, expected: Mapping[str, tuple[str, ...]], before: AlternateContact | None
    ) -> AlternateContact | str:
        """The contact that the policy expects, or why it expects none that can be written."""
        contact = expected_contact(before, expected)
        if contact is None:
            names = _listed(undetermined_fields(before, expected))
            return f"The policy doesn't expect exactly one value for {names}."
        typed = dict(zip(FIELDS, _values(contact), strict=True))
        valid = validate(typed, self._phone_region, digests(before))
        if isinstance(valid, AlternateContact):
            return valid
        return f"AWS wouldn't accept what the policy expects for {_listed(tuple(valid))}."

    def _objection(
        self, subject: RunSubject, chosen: AlternateContact | None, policy: AccountPolicy
    ) -> str:
        """Why this contact isn't written; empty if nothing is against it."""
        before = subject.reading.contact
        if chosen is None:
            return NOTHING_SET if before is None else ""
        if subject.forbids:
            return f"The policy forbids a {subject.type.label} contact for this account."
        if _values(before) == _values(chosen) or before == chosen:
            return ALREADY_SET
        key = id(policy), subject.type, frozenset(subject.exempt), *_values(chosen)
        if key not in self._objections:
            fields = precheck(subject.account, subject.type, chosen, policy, subject.exempt)
            rule_input = RuleInput(subject.account, subject.type, {subject.type: chosen}, policy)
            if not fields and not has_named_domain(rule_input, chosen):
                self.unnamed_domains[domain_of(chosen.email)] = chosen.email
            self._objections[key] = (
                f"It wouldn't comply with the policy: {_listed(tuple(fields))}." if fields else ""
            )
        return self._objections[key]


def left_alone(policy: AccountPolicy | None, *, is_exempt: bool) -> LeftAlone | None:
    """Why runs leave a contact alone, whatever it should be; None if they don't.

    Args:
        policy: the account's; None if it is unknown.
        is_exempt: whether all findings of the contact are exempt.
    """
    if policy is not None and policy.excluded:
        return LeftAlone.EXCLUDED
    return LeftAlone.EXEMPT if is_exempt else None


def _left_out(account: Account, reading: LastReading, policy: AccountPolicy | None) -> str:
    """Why nothing is changed in this account, whatever the contact; empty for no reason."""
    reason = ""
    if not account.is_active:
        reason = f"The account is {account.state_words}."
    elif policy is None:
        reason = UNKNOWN_POLICY
    elif policy.excluded:
        reason = LeftAlone.EXCLUDED.sentence
    elif policy.managed_by is not None:
        reason = f"Managed in {policy.managed_by.label}, which would change it back."
    elif reading.failure is not None:
        reason = f"The contact couldn't be read: {reading.failure.message}"
    elif reading.read_at is None:
        reason = UNREAD
    elif reading.is_exempt:
        reason = LeftAlone.EXEMPT.sentence
    return reason


def _values(contact: AlternateContact | None) -> tuple[str, ...]:
    """A contact's fields as they are; comparing them is quicker than comparing normal forms."""
    if contact is None:
        return ()
    return contact.name, contact.title, contact.email, contact.phone


def _listed(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
