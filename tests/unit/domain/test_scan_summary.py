"""A scan in one sentence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.accounts import Account
from bot.domain.contacts import ContactType
from bot.domain.evaluation.evaluate import not_scanned
from bot.domain.failures import FailureCode, failure
from bot.domain.findings import AccountResult, TypeResult, Verdict
from bot.domain.policy.policy import Policy
from bot.domain.rule_catalog import Rule, Severity
from bot.domain.scan_summary import progress_text, summary_text
from bot.domain.scans import Changes, ScanReport, ScanState, count
from tests.unit.fakes import CONTACT, account
from tests.unit.slack.views import sample_data as data

SECURITY = ContactType.SECURITY
MISSING = Verdict.violated(Rule.MISSING, "No SECURITY contact is set.", Severity.VERY_HIGH)
UNREADABLE = Verdict.unknown(Rule.UNREADABLE, failure(FailureCode.DENIED))
KEYS = tuple(data.finding(number).key for number in range(3))


def result(number: int, *verdicts: Verdict) -> AccountResult:
    """An account with these verdicts on its security contact."""
    return AccountResult(account(number), (TypeResult.from_verdicts(SECURITY, verdicts, CONTACT),))


def report(
    *results: AccountResult, changes: Changes | None = None, state: ScanState = ScanState.COMPLETE
) -> ScanReport:
    """A scan of these accounts."""
    scan = replace(data.scan(), state=state, counts=count(results))
    return ScanReport(scan, results, changes or Changes())


@pytest.mark.parametrize(
    ("done", "total", "text"),
    [
        (0, None, "Listing accounts…"),
        (68, None, "68 checked, still listing accounts…"),
        (68, 150, "68 of 150 checked"),
        (1_000, 10_000, "1,000 of 10,000 checked"),
        (0, 0, "0 of 0 checked"),
    ],
)
def test_progress_says_what_is_known(done: int, total: int | None, text: str) -> None:
    """No total is shown before AWS has listed all accounts."""
    assert progress_text(done, total) == text


def test_nothing_new_comes_with_counts() -> None:
    """A check without news still says what it checked."""
    results = [*map(result, range(9)), *(result(number, MISSING) for number in range(9, 15))]
    assert summary_text(report(*results, changes=Changes(unchanged=6))) == (
        "Checked 15 accounts: nothing new. 9 compliant, 6 non-compliant."
    )


@pytest.mark.parametrize(
    ("changes", "news"),
    [
        (Changes(KEYS[:1]), "1 new finding"),
        (Changes(KEYS[:2], KEYS[2:]), "2 new findings, 1 resolved"),
        (Changes((), KEYS), "nothing new, 3 resolved"),
    ],
)
def test_news_is_counted(changes: Changes, news: str) -> None:
    """What opened and what was resolved are counted as findings."""
    assert f"Checked 1 account: {news}." in summary_text(report(result(1), changes=changes))


def test_every_outcome_is_counted() -> None:
    """Only outcomes that occurred are named, and they add up to the accounts."""
    exempt = replace(MISSING, exemption=data.exemption())
    closed = AccountResult(Account(data.account_id(9), "Old", "SUSPENDED"))
    told = summary_text(report(result(1), result(2, UNREADABLE), result(3, exempt), closed))
    assert told == (
        "Checked 4 accounts: nothing new. "
        "1 compliant, 0 non-compliant, 1 couldn't be checked, 1 exempt, 1 skipped."
    )


def test_an_incomplete_check_says_how_far_it_got() -> None:
    """Accounts that weren't reached don't count as checked."""
    why = failure(FailureCode.CREDENTIALS_EXPIRED)
    missed = not_scanned(account(2), Policy.requiring().resolve(account(2)), why)
    told = summary_text(report(result(1), missed, state=ScanState.INCOMPLETE))
    assert told.startswith("Checked 1 of 2 accounts: nothing new.")


@pytest.mark.parametrize("state", [ScanState.FAILED, ScanState.COMPLETE])
def test_a_check_of_nothing_has_no_summary(state: ScanState) -> None:
    """A failed check, or one of no accounts, has nothing to sum up."""
    assert summary_text(report(state=state)) == ""
