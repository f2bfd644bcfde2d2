"""The rules that a contact can violate, and their severities.

Each rule has a page of its own under `docs/rules/`, named as the rule.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable


class Severity(StrEnum):
    """How bad a violation is. Order: worst first."""

    VERY_HIGH = "very_high"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def label(self) -> str:
        """The words for people: `Very high`."""
        return self.value.replace("_", " ").capitalize()

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)


def worst_severity(severities: Iterable[Severity | None]) -> Severity | None:
    """The worst of these severities, if there is any."""
    known = (severity for severity in severities if severity is not None)
    return min(known, key=lambda severity: severity.rank, default=None)


class Rule(StrEnum):
    """What can be wrong with one contact; the value is its id in the policy and the docs.

    The first three follow from what the policy asks for, the last two from what could not be read.
    """

    MISSING = "missing"
    DIFFERENT = "different"
    FORBIDDEN = "forbidden"
    PLACEHOLDER = "placeholder"
    IMPOSSIBLE_PHONE = "impossible_phone"
    FREE_MAIL = "free_mail"
    DISPOSABLE_MAIL = "disposable_mail"
    FOREIGN_DOMAIN = "foreign_domain"
    MEMBER_MAILBOX = "member_mailbox"
    PERSON_LEFT = "person_left"
    ROOT_EMAIL = "root_email"
    PRIMARY_CONTACT = "primary_contact"
    SAME_FOR_ALL = "same_for_all"
    CONTESTED = "contested"
    CHANGED = "changed"
    UNREADABLE = "unreadable"
    UNSUPPORTED = "unsupported"

    @property
    def page(self) -> str:
        """Its page, from the top of the repository."""
        return f"docs/rules/{self.value}.md"


SEVERITIES: Final = {
    Rule.MISSING: Severity.VERY_HIGH,
    Rule.DIFFERENT: Severity.HIGH,
    Rule.FORBIDDEN: Severity.MEDIUM,
    Rule.PLACEHOLDER: Severity.HIGH,
    Rule.IMPOSSIBLE_PHONE: Severity.MEDIUM,
    Rule.FREE_MAIL: Severity.MEDIUM,
    Rule.DISPOSABLE_MAIL: Severity.HIGH,
    Rule.FOREIGN_DOMAIN: Severity.MEDIUM,
    Rule.MEMBER_MAILBOX: Severity.MEDIUM,
    Rule.PERSON_LEFT: Severity.HIGH,
    Rule.ROOT_EMAIL: Severity.MEDIUM,
    Rule.PRIMARY_CONTACT: Severity.LOW,
    Rule.SAME_FOR_ALL: Severity.LOW,
    Rule.CONTESTED: Severity.HIGH,
    Rule.CHANGED: Severity.LOW,
}
"""The severity of each rule that is on, unless the policy gives another."""

ON_BY_DEFAULT: Final = frozenset(
    {Rule.MISSING, Rule.DIFFERENT, Rule.FORBIDDEN, Rule.PLACEHOLDER, Rule.IMPOSSIBLE_PHONE}
)
"""The rules that are on where no policy says otherwise."""

ALWAYS_ON: Final = frozenset({Rule.MISSING, Rule.DIFFERENT, Rule.FORBIDDEN})
"""The rules that no policy turns off: they follow from what it asks for."""

OF_MEMBERS: Final = frozenset({Rule.MEMBER_MAILBOX, Rule.PERSON_LEFT})
"""The rules for which the members of the Slack workspace must be known."""
