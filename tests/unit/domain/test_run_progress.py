"""Why contacts of a run weren't changed, grouped by cause."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.failures import Failure, FailureCode, failure
from bot.domain.run_progress import ACCOUNTS_SHOWN, RunResult, group_problems
from bot.domain.runs import ItemState
from tests.unit.fakes import account


def result(
    number: int,
    why: Failure | None = None,
    state: ItemState = ItemState.FAILED,
    reason: str = "",
) -> RunResult:
    """A contact that wasn't changed."""
    found = account(number)
    return RunResult(state, found.id, found.name, reason, why)


def test_one_root_cause_is_said_once() -> None:
    """With the first accounts, and how many there are."""
    denied = failure(FailureCode.DENIED_BY_SCP)
    [problem] = group_problems(result(number, denied) for number in range(12))
    assert (problem.contacts, problem.total_accounts) == (12, 12)
    assert len(problem.accounts) == ACCOUNTS_SHOWN
    assert problem.message == denied.message
    assert problem.remedy == denied.remedy


def test_messages_about_single_accounts_are_one_cause() -> None:
    """What one change fixes isn't split by texts that name an account."""
    denied = failure(FailureCode.DENIED_BY_SCP)
    named = [replace(denied, message=f"Denied in {number}.") for number in range(3)]
    [problem] = group_problems(result(number, why) for number, why in enumerate(named))
    assert problem.contacts == 3
    assert problem.message == denied.message


def test_failures_come_first_and_the_most_frequent_cause_of_them() -> None:
    """What was held back follows, however much it is."""
    held = [
        result(number, state=ItemState.HELD_BACK, reason="AWS has another contact now.")
        for number in range(5)
    ]
    found = group_problems(
        [
            *held,
            result(10, failure(FailureCode.THROTTLED)),
            result(11, failure(FailureCode.DENIED)),
            result(12, failure(FailureCode.DENIED)),
        ]
    )
    assert [(each.state, each.contacts) for each in found] == [
        (ItemState.FAILED, 2),
        (ItemState.FAILED, 1),
        (ItemState.HELD_BACK, 5),
    ]


def test_several_contacts_of_an_account_name_it_once() -> None:
    """They count as contacts, and the account as one."""
    why = failure(FailureCode.DENIED)
    [problem] = group_problems([result(1, why), result(1, why)])
    assert (problem.contacts, problem.total_accounts) == (2, 1)
