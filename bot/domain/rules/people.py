"""Tells whether an address is one person's mailbox, and whether that person has left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.findings import Verdict
from bot.domain.rule_catalog import Rule
from bot.domain.rules.facts import Members, MemberState
from bot.domain.rules.verdicts import against, mailbox

if TYPE_CHECKING:
    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.failures import Failure
    from bot.domain.rules.facts import RuleInput


def member_mailbox(case: RuleInput, kind: ContactType, contact: AlternateContact) -> Verdict | None:
    """Judge whether an address belongs to a member of the Slack workspace."""
    state = _state(case, contact)
    if state is None or state is MemberState.DEACTIVATED:
        return None
    if not isinstance(state, MemberState):
        return Verdict.unknown(Rule.MEMBER_MAILBOX, state)
    words = f"The {kind} contact's email address is one person's mailbox rather than a list."
    return against(Rule.MEMBER_MAILBOX, case, contact, words, ("email",))


def person_left(case: RuleInput, kind: ContactType, contact: AlternateContact) -> Verdict | None:
    """Judge whether an address belongs to a member whom the workspace has deactivated."""
    state = _state(case, contact)
    if state is None or state is MemberState.ACTIVE:
        return None
    if not isinstance(state, MemberState):
        return Verdict.unknown(Rule.PERSON_LEFT, state)
    words = f"The {kind} contact's email address belongs to a person who has left Slack."
    return against(Rule.PERSON_LEFT, case, contact, words, ("email",))


def _state(case: RuleInput, contact: AlternateContact) -> MemberState | Failure | None:
    """What the person with this address is in the workspace, a tag in it left out."""
    members = case.evidence.members
    if not isinstance(members, Members):
        return members
    state = members.state_of(contact.email)
    if state is None and "+" in contact.email:
        return members.state_of(mailbox(contact.email))
    return state
