"""Which contacts the bot fixes by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.domain.contacts import ContactType
from bot.domain.evaluation.auto_fix import choose, permits_auto_fix
from bot.domain.policy.account_policy import AccountPolicy
from bot.domain.policy.policy import Policy, PolicyTable
from bot.domain.runs import RunItem
from tests.unit.fakes import account

if TYPE_CHECKING:
    from bot.domain.policy.account_policy import Value


def policy(**values: Value) -> AccountPolicy:
    """What an account should have."""
    given: dict[str, Value] = {"auto_fix": True, **values}
    resolved = Policy.requiring(tables=[PolicyTable("policy", given)]).resolve(account())
    assert isinstance(resolved, AccountPolicy)
    return resolved


@pytest.mark.parametrize(
    ("values", "permitted"),
    [
        ({}, True),
        ({"approval": "sensitive"}, True),
        ({"approval": "never"}, True),
        ({"approval": "always"}, False),
        ({"auto_fix": False}, False),
        ({"managed_by": "lza"}, False),
        ({"excluded": "Closed every Friday."}, False),
    ],
)
def test_what_the_policy_permits(values: dict[str, Value], permitted: bool) -> None:
    """Only where it is turned on, and nobody and nothing else decides."""
    assert permits_auto_fix(policy(**values), is_management=False) is permitted
    assert not permits_auto_fix(policy(**values), is_management=True)


@pytest.mark.parametrize(("used", "chosen"), [(0, 3), (1, 2), (3, 0), (9, 0)])
def test_the_limit_counts_what_was_fixed_before(used: int, chosen: int) -> None:
    """What is beyond it is left in the same order."""
    items = [
        RunItem(number, 1, f"{number:012}", "", ContactType.SECURITY) for number in range(1, 6)
    ]
    mine = policy(auto_fix_limit=3)
    choice = choose([(item, mine) for item in items], used)
    assert [item for item, _ in choice.chosen] == items[:chosen]
    assert [item for item, _ in choice.left] == items[chosen:]
