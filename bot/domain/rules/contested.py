"""Tells whether a contact flips to and fro: whether two set it, each to something else."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from bot.domain.findings import Difference, Verdict
from bot.domain.policy.policy import FIELDS
from bot.domain.rule_catalog import Rule
from bot.domain.rules.facts import FLIPS, HISTORY

if TYPE_CHECKING:
    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.rules.facts import RuleInput

EMAIL = "email"


def contested(case: RuleInput, kind: ContactType) -> list[Verdict]:
    """Judge whether a contact flips to and fro, whether it is there just now or not."""
    if Rule.CONTESTED not in case.policy.severities:
        return []
    states: list[tuple[AlternateContact | None, str]] = []
    for seen in case.evidence.history.get(kind, ()):
        if not states or states[-1][0] != seen.contact:
            since = f"{seen.since.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
            states.append((seen.contact, f"since {since}"))
    if not states:
        return []
    current = case.contacts.get(kind)
    if states[-1][0] != current:
        states.append((current, "now"))
    flipping = _alternating(states)
    if len(flipping) <= FLIPS:
        return []
    words = (
        f"The {kind} contact was changed to and fro between the same two values at least "
        f"{FLIPS} times in {HISTORY} days: two seem to set it."
    )
    severity = case.policy.severities[Rule.CONTESTED]
    return [Verdict.violated(Rule.CONTESTED, words, severity, _told(flipping[-FLIPS - 1 :]))]


def _alternating(
    states: list[tuple[AlternateContact | None, str]],
) -> list[tuple[AlternateContact | None, str]]:
    """The last states that are all of the same two values in turn."""
    first = len(states) - 1
    while first > 0 and (first == len(states) - 1 or states[first - 1][0] == states[first + 1][0]):
        first -= 1
    return states[first:]


def _told(states: list[tuple[AlternateContact | None, str]]) -> tuple[Difference, ...]:
    """The fields in which the values differ, each with its values and their times in words."""
    one, other = states[0][0], states[1][0]
    if one is None or other is None:
        return (Difference(EMAIL, (), _line(states, EMAIL)),)
    pairs = zip(FIELDS, one.normal(), other.normal(), strict=True)
    return tuple(Difference(each, (), _line(states, each)) for each, a, b in pairs if a != b)


def _line(states: list[tuple[AlternateContact | None, str]], field: str) -> str:
    return "; ".join(
        f"{getattr(contact, field) if contact is not None else 'no contact'} {when}"
        for contact, when in states
    )
