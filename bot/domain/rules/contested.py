"""Rule `contested`: a contact keeps alternating between two values, as if two tools set it."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from bot.domain.contacts import FIELDS
from bot.domain.findings import Difference, Verdict
from bot.domain.rule_catalog import Rule
from bot.domain.rules.facts import FLIPS, HISTORY

if TYPE_CHECKING:
    from typing import TypeAlias

    from bot.domain.contacts import AlternateContact
    from bot.domain.rules.facts import RuleInput

    State: TypeAlias = tuple[AlternateContact | None, str]
    """A contact (None if there was none), and since when, as text."""

EMAIL = "email"


def contested(rule_input: RuleInput) -> Verdict | None:
    """Evaluate whether a contact alternates, whether or not it is set now."""
    states: list[State] = []
    for past in rule_input.facts.history.get(rule_input.contact_type, ()):
        if not states or states[-1][0] != past.contact:
            since = f"{past.since.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
            states.append((past.contact, f"since {since}"))
    if not states:
        return None
    if states[-1][0] != rule_input.contact:
        states.append((rule_input.contact, "now"))
    alternating = _alternating(states)
    if len(alternating) <= FLIPS:
        return None
    reason = (
        f"The {rule_input.contact_type} contact changed back and forth between the same two values "
        f"at least {FLIPS} times in {HISTORY} days. Two people or tools seem to set it."
    )
    severity = rule_input.policy.severities[Rule.CONTESTED]
    differences = _differences(alternating[-FLIPS - 1 :])
    return Verdict.violated(Rule.CONTESTED, reason, severity, differences)


def _alternating(states: list[State]) -> list[State]:
    """The last states that alternate between the same two values."""
    first = len(states) - 1
    while first > 0 and (first == len(states) - 1 or states[first - 1][0] == states[first + 1][0]):
        first -= 1
    return states[first:]


def _differences(states: list[State]) -> tuple[Difference, ...]:
    """The fields in which the two values differ, each with its values and times as text."""
    one, other = states[0][0], states[1][0]
    if one is None or other is None:
        return (Difference(EMAIL, (), _timeline(states, EMAIL)),)
    pairs = zip(FIELDS, one.normal(), other.normal(), strict=True)
    return tuple(Difference(field, (), _timeline(states, field)) for field, a, b in pairs if a != b)


def _timeline(states: list[State], field: str) -> str:
    return "; ".join(
        f"{getattr(contact, field) if contact is not None else 'no contact'} {when}"
        for contact, when in states
    )
