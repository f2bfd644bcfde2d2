"""What is hidden of contacts from channels, and from people who may see only outcomes."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from bot.domain import disclosure
from bot.domain.disclosure import HIDDEN
from bot.domain.exemptions import Exemption, ExemptionKind, ExemptionRequest
from bot.domain.findings import AccountResult, Difference, TypeResult, Verdict
from bot.domain.readings import Absent, Present
from bot.domain.rule_catalog import Rule, Severity
from tests.unit.fakes import CONTACT, OTHER, SECURITY, START, account, unreadable
from tests.unit.slack.views import sample_data as data

if TYPE_CHECKING:
    from collections.abc import Iterator

PERSONAL = {
    value
    for contact in (CONTACT, OTHER)
    for value in (contact.name, contact.title, contact.email, contact.phone)
}
EXEMPTION = Exemption(
    1,
    ExemptionRequest(
        ExemptionKind.EXEMPTION,
        account().id,
        SECURITY,
        Rule.DIFFERENT,
        f"Ask {CONTACT.email} or {CONTACT.phone} about it.",
        "U1",
        START,
    ),
    START,
)


def texts(value: object) -> Iterator[str]:
    """Every text in dataclasses and collections, those without a repr included."""
    if isinstance(value, str):
        yield value
    elif is_dataclass(value) and not isinstance(value, type):
        for each in fields(value):
            yield from texts(getattr(value, each.name))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts(each)


def leaked(value: object) -> set[str]:
    """The personal data in it."""
    found = "\n".join(texts(value))
    return {each for each in PERSONAL if each in found}


def verdict(**changed: Any) -> Verdict:  # noqa: ANN401 - any member
    """A contact with differences in every field, and personal data in its exemption."""
    differences = tuple(
        Difference(field, (getattr(OTHER, field),), getattr(CONTACT, field))
        for field in ("name", "title", "email", "phone")
    )
    made = Verdict.violated(Rule.DIFFERENT, "It differs.", Severity.HIGH, differences)
    return replace(made, **{"exemption": EXEMPTION, **changed})


def test_a_result() -> None:
    """Outcomes and rules stay; values do not, also those in an exemption's reason."""
    result = AccountResult(
        account(), (TypeResult.from_verdicts(SECURITY, [verdict(exemption=None)], CONTACT),)
    )
    assert leaked(result) == PERSONAL
    hidden = disclosure.hide_result(result)
    assert leaked(hidden) == set()
    assert (hidden.outcome, hidden.account) == (result.outcome, result.account)
    exempt = TypeResult.from_verdicts(SECURITY, [verdict()])
    shown = disclosure.hide_result(replace(result, results=(exempt,))).results[0]
    assert leaked(shown) == set()
    assert shown.contact is None
    assert shown.verdicts[0].exemption is not None
    assert shown.verdicts[0].exemption.request.reason == "Ask [email] or [phone] about it."


def test_a_reading() -> None:
    """Whether there is a contact stays, and why it couldn't be read."""
    assert leaked(disclosure.hide_reading(Present(CONTACT))) == set()
    assert disclosure.hide_reading(Absent()) == Absent()
    failed = unreadable()
    assert disclosure.hide_reading(failed) is failed


def test_an_announcement() -> None:
    """Findings and exemptions of a message in a channel."""
    content = data.content(1)
    finding = replace(content.findings[0], differences=verdict().differences, exemption=EXEMPTION)
    full = replace(content, findings=(finding,), exemptions=(EXEMPTION,))
    assert leaked(full) == PERSONAL
    hidden = disclosure.hide_content(full)
    assert leaked(hidden) == set()
    assert hidden.findings[0].key == finding.key


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("email", "ana.lima@gmail.com", f"{HIDDEN}@gmail.com"),
        ("email", "@acquired.example", f"{HIDDEN}@acquired.example"),
        ("email", "a@b.example since 09:00; no contact now", HIDDEN),
        ("email", '"ana lima"@corp.example', HIDDEN),
        ("email", "ana", HIDDEN),
        ("name", "@acquired.example", HIDDEN),
        ("phone", "+44 20 7946 0958", HIDDEN),
    ],
)
def test_what_stays_of_a_value(field: str, value: str, shown: str) -> None:
    """The domain of an email address, and nothing else."""
    differing = (Difference(field, (value,), value),)
    item = TypeResult.from_verdicts(SECURITY, [verdict(differences=differing, exemption=None)])
    hidden = disclosure.hide_result(AccountResult(account(), (item,)))
    (difference,) = hidden.results[0].verdicts[0].differences
    assert (difference.expected, difference.actual) == ((shown,), shown)
