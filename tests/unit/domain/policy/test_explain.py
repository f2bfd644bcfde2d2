"""Which table gives each value of an account's policy."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.contacts import FIELDS, ContactType
from bot.domain.policy.explain import ExplainedValue, explain_values
from bot.domain.policy.policy import Policy, PolicyTable, PolicyUnknown
from tests.unit.domain.policy.test_match import ACCOUNT, ACCOUNTS, MATCHES
from tests.unit.domain.policy.test_policy import CLOSER

if TYPE_CHECKING:
    from bot.domain.accounts import Account
    from bot.domain.policy.match import Match


def test_explaining_names_the_table_and_those_it_overrides() -> None:
    """Each value has its source, and the values it overrides, the nearest first."""
    explained = explain_values(Policy.requiring(tables=CLOSER[:3]), ACCOUNT)
    assert not isinstance(explained, PolicyUnknown)
    by_key = {value.key: value for value in explained}
    assert by_key["channel"] == ExplainedValue(
        "channel", "ou", "ou", (("organization", "organization"), ("all", "all"), ("built in", ""))
    )
    assert by_key["security.presence"].source == "the setting “types”"


@given(st.lists(MATCHES, max_size=6), ACCOUNTS)
def test_resolving_equals_the_last_values_explained(matches: list[Match], account: Account) -> None:
    """What an account should have is what explaining it says, for any tables and account."""
    tables = [
        PolicyTable(
            str(index),
            {"channel": f"#{index}", f"security.{FIELDS[index % 4]}": (str(index),)},
            match,
        )
        for index, match in enumerate(matches)
    ]
    policy = Policy.requiring(tables=tables)
    mine, explained = policy.resolve(account), explain_values(policy, account)
    if isinstance(mine, PolicyUnknown) or isinstance(explained, PolicyUnknown):
        assert mine == explained
        assert any(table.match.matches(account) is None for table in policy.tables)
        return
    values = {value.key: value.value for value in explained}
    assert mine.channel == values["channel"]
    for field in FIELDS:
        allowed = mine.expected[ContactType.SECURITY].get(field)
        assert allowed == values.get(f"security.{field}")
    matching = [table for table in tables if table.match.matches(account)]
    closest = max(
        matching,
        key=lambda table: (table.match.specificity(account), int(table.source)),
        default=None,
    )
    assert mine.channel == (closest.values["channel"] if closest else "")
    again = Policy.requiring(tables=tables)
    assert again.resolve(replace(account, name="somebody else")) is not None
    assert again.resolve(account) == mine
