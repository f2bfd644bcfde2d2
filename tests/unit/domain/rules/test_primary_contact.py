"""Rule `primary_contact`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.domain.failures import FailureCode, failure
from bot.domain.findings import Outcome
from bot.domain.rule_catalog import Rule
from bot.domain.rules.facts import AccountFacts, PrimaryContact
from tests.unit.domain.rules.rule_inputs import verdict_of
from tests.unit.fakes import CONTACT

if TYPE_CHECKING:
    from bot.domain.failures import Failure

THROTTLED = failure(FailureCode.THROTTLED)


@pytest.mark.parametrize(
    ("primary", "outcome"),
    [
        (PrimaryContact("Ana", "00351"), None),
        (PrimaryContact("Ana", ""), None),
        (PrimaryContact("Ana", "+351217923400"), Outcome.WEAK),
        (THROTTLED, Outcome.UNKNOWN),
        (None, Outcome.UNKNOWN),
    ],
)
def test_the_primary_contact_is_told_by_its_phone(
    primary: PrimaryContact | Failure | None, outcome: Outcome | None
) -> None:
    """The same number however written is found; a primary contact not read decides nothing."""
    found = verdict_of(CONTACT, Rule.PRIMARY_CONTACT, AccountFacts(primary=primary))
    assert (found.outcome if found else None) == outcome
    if outcome is Outcome.UNKNOWN:
        assert found is not None
        assert found.failure is not None
        assert found.failure.cause is (FailureCode.THROTTLED if primary else FailureCode.NOT_KNOWN)
