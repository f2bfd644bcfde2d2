"""Rule `placeholder`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.domain.findings import Outcome
from bot.domain.rule_catalog import Rule, Severity
from tests.unit.domain.rules.rule_inputs import fields_of, verdict_of
from tests.unit.fakes import CONTACT

if TYPE_CHECKING:
    from bot.domain.policy.account_policy import Value


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "sec@example.com"),
        ("email", "sec@mail.Example.ORG"),
        ("email", "sec@corp.test"),
        ("email", "sec@host.localhost"),
        ("email", "sec@corp.invalid"),
        ("email", "sec@corp.local"),
        ("email", "sec@corp.onion"),
        ("email", "test@corp.internal"),
        ("email", "Test42@corp.internal"),
        ("email", "no-reply@corp.internal"),
        ("email", "no_reply+aws@corp.internal"),
        ("email", "change.me@corp.internal"),
        ("name", "N/A"),
        ("name", " To  Be Determined "),
        ("name", "---"),
        ("name", "\u3164"),
        ("name", "t\u200be\u00adst"),
        ("title", "tbd"),
        ("title", "x"),
        ("title", "ana  LIMA"),
        ("phone", "+0000000000"),
        ("phone", "+1 111 111 1111"),
        ("phone", "1234567890"),
        ("phone", "+44 1234 567890"),
        ("phone", "0000"),
        ("phone", "()"),
    ],
)
def test_what_only_fills_the_form_is_a_placeholder(field: str, value: str) -> None:
    """A reserved domain, a word for nothing and a made-up number are found, each in its field."""
    verdict = verdict_of(replace(CONTACT, **{field: value}), Rule.PLACEHOLDER)
    assert verdict is not None
    assert fields_of(verdict) == {field}
    assert (verdict.outcome, verdict.severity) == (Outcome.WEAK, Severity.HIGH)
    assert verdict.differences[0].actual == value


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "sec@example.company"),
        ("email", "sec@myexample.com"),
        ("email", "sec@test.com"),
        ("email", "tester@corp.internal"),
        ("email", "contest@corp.internal"),
        ("email", "samples@corp.internal"),
        ("name", "Testa"),
        ("name", "山"),
        ("title", "Test Manager"),
        ("title", "24/7"),
        ("title", "Ana Lima, Lead"),
        ("phone", "+44 20 7946 0958"),
        ("phone", "+1 234 567 8900"),
        ("phone", "112"),
        ("phone", "020 7946 0958"),
    ],
)
def test_what_looks_alike_is_no_placeholder(field: str, value: str) -> None:
    """A name that holds such a word, and a number that is merely regular, are let be."""
    assert verdict_of(replace(CONTACT, **{field: value}), Rule.PLACEHOLDER) is None


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("email", "sec@corp.example", {"domains": ("corp.example",)}),
        ("email", "sec@eu.corp.example", {"domains": ("*.corp.example",)}),
        ("email", "sec@corp.example", {"security__email": ("@corp.example",)}),
        ("email", "SEC@corp.example", {"security__email": ("ops@x.example", "sec@corp.example")}),
        ("email", "test@corp.internal", {"security__email": ("test@corp.internal",)}),
        ("name", "Unknown", {"security__name": ("Unknown",)}),
        ("title", "Ana Lima", {"security__title": ("Ana Lima",)}),
        ("phone", "+11111111111", {"security__phone": ("+1 111 111 1111",)}),
    ],
)
def test_what_the_policy_names_is_no_placeholder(
    field: str, value: str, named: dict[str, Value]
) -> None:
    """A value that the policy asks for itself is none, nor an address of a domain of its own."""
    changed = replace(CONTACT, **{field: value})
    assert verdict_of(changed, Rule.PLACEHOLDER) is not None
    assert verdict_of(changed, Rule.PLACEHOLDER, values=named) is None


def test_a_named_domain_does_not_excuse_a_mailbox() -> None:
    """Where any address of a domain will do, one that names nobody still does not."""
    verdict = verdict_of(
        replace(CONTACT, email="test@corp.example"),
        Rule.PLACEHOLDER,
        values={"security__email": ("@corp.example",)},
    )
    assert fields_of(verdict) == {"email"}
