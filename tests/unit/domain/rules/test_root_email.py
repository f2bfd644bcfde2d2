"""Rule `root_email`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.failures import FailureCode
from bot.domain.findings import Outcome
from bot.domain.rule_catalog import Rule
from bot.domain.rules.registry import apply_rules
from tests.unit.domain.rules.rule_inputs import policy_with, rule_input
from tests.unit.fakes import CONTACT, account


@pytest.mark.parametrize(
    ("root", "email", "outcome"),
    [
        ("aws@corp.internal", "AWS@corp.internal", Outcome.WEAK),
        ("aws+prod@corp.internal", "aws@corp.internal", Outcome.WEAK),
        ("aws+prod@corp.internal", "aws+sec@corp.internal", Outcome.WEAK),
        ("aws@corp.internal", "sec@corp.internal", None),
        ("", "sec@corp.internal", Outcome.UNKNOWN),
    ],
)
def test_the_root_mailbox_is_told_whatever_its_tag(
    root: str, email: str, outcome: Outcome | None
) -> None:
    """An address of the root's mailbox is found, and without a root address nothing is said."""
    case = rule_input(replace(CONTACT, email=email), policy_with(Rule.ROOT_EMAIL))
    found = apply_rules(replace(case, account=replace(account(), email=root)))
    assert [verdict.outcome for verdict in found] == ([outcome] if outcome else [])
    if outcome is Outcome.UNKNOWN:
        assert found[0].failure is not None
        assert found[0].failure.cause is FailureCode.NOT_KNOWN
