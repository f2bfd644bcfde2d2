"""The qualities of a contact that is there: whether it is one to rely on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.rule_catalog import Rule
from bot.domain.rules.comparisons import primary_contact, root_email, same_for_all
from bot.domain.rules.contested import contested
from bot.domain.rules.domains import disposable_mail, foreign_domain, free_mail
from bot.domain.rules.people import member_mailbox, person_left
from bot.domain.rules.placeholder import impossible_phone, placeholder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.findings import Verdict
    from bot.domain.rules.facts import RuleInput

    Judge = Callable[[RuleInput, ContactType, AlternateContact], Verdict | None]

__all__ = ["contested", "qualities"]

_JUDGES: Final[Mapping[Rule, Judge]] = {
    Rule.PLACEHOLDER: placeholder,
    Rule.IMPOSSIBLE_PHONE: impossible_phone,
    Rule.FREE_MAIL: free_mail,
    Rule.DISPOSABLE_MAIL: disposable_mail,
    Rule.FOREIGN_DOMAIN: foreign_domain,
    Rule.MEMBER_MAILBOX: member_mailbox,
    Rule.PERSON_LEFT: person_left,
    Rule.ROOT_EMAIL: root_email,
    Rule.PRIMARY_CONTACT: primary_contact,
    Rule.SAME_FOR_ALL: same_for_all,
}


def qualities(case: RuleInput, kind: ContactType) -> list[Verdict]:
    """Judge a contact that is there by every quality that the policy switches on."""
    contact = case.contacts[kind]
    verdicts = contested(case, kind)
    for rule in case.policy.severities:
        judge = _JUDGES.get(rule)
        verdict = judge(case, kind, contact) if judge is not None else None
        if verdict is not None:
            verdicts.append(verdict)
    return verdicts
