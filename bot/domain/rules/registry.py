"""All rules that evaluate a contact, in the order in which they run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.rule_catalog import Rule
from bot.domain.rules.contested import contested
from bot.domain.rules.different import different
from bot.domain.rules.disposable_mail import disposable_mail
from bot.domain.rules.forbidden import forbidden
from bot.domain.rules.foreign_domain import foreign_domain
from bot.domain.rules.free_mail import free_mail
from bot.domain.rules.impossible_phone import impossible_phone
from bot.domain.rules.member_mailbox import member_mailbox
from bot.domain.rules.missing import missing
from bot.domain.rules.person_left import person_left
from bot.domain.rules.placeholder import placeholder
from bot.domain.rules.primary_contact import primary_contact
from bot.domain.rules.root_email import root_email
from bot.domain.rules.same_for_all import same_for_all

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.domain.findings import Verdict
    from bot.domain.rules.facts import RuleInput

    RuleFunction = Callable[[RuleInput], Verdict | None]

RULES: Final[Mapping[Rule, RuleFunction]] = {
    Rule.CONTESTED: contested,
    Rule.MISSING: missing,
    Rule.FORBIDDEN: forbidden,
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
    Rule.DIFFERENT: different,
}
"""The function of each rule; reasons of the same outcome and severity are listed in this order.

`changed` is not in it: it opens no finding, so `bot.domain.evaluation.reconcile` evaluates it.
Neither are `unreadable` and `unsupported`: `bot.domain.evaluation.evaluate` decides those.
"""


def apply_rules(rule_input: RuleInput) -> list[Verdict]:
    """The verdicts of every rule that the policy turns on.

    For a contact that shouldn't exist, only `forbidden` applies.
    """
    if rule_input.is_forbidden and rule_input.contact is not None:
        verdict = forbidden(rule_input)
        return [verdict] if verdict is not None else []
    severities = rule_input.policy.severities
    verdicts = (evaluate(rule_input) for rule, evaluate in RULES.items() if rule in severities)
    return [verdict for verdict in verdicts if verdict is not None]
