"""The account to fix next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.domain.contacts import ContactType
from bot.domain.findings import Outcome, TypeResult
from bot.domain.fixes import FixState
from bot.domain.rule_catalog import Rule
from tests.integration.store.databases import open_at
from tests.integration.store.fixtures import (
    SECURITY,
    SetClock,
    account,
    breaking,
    findings,
    request,
    result,
    scan_once,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.store.store import DatabaseStore

BILLING = ContactType.BILLING


@pytest.fixture
def clock() -> SetClock:
    """The time."""
    return SetClock()


@pytest.fixture
def store(tmp_path: Path, clock: SetClock) -> Iterator[DatabaseStore]:
    """An empty store."""
    with open_at(tmp_path / "bot.db", clock) as opened:
        yield opened


def next_id(store: DatabaseStore, besides: str = "") -> str:
    """The id of the account to fix next; empty if there is none."""
    found = store.findings.next_to_fix(SECURITY, besides=besides)
    return found.id if found is not None else ""


def test_the_next_account_is_the_alerts_next_row(store: DatabaseStore) -> None:
    """The worst finding comes first, then the account's name: the order of the alert's rows."""
    scan_once(
        store,
        result(account(1, "alpha"), breaking(Rule.PLACEHOLDER)),
        result(account(2, "Zulu"), Outcome.MISSING),
        result(account(3, "mike"), Outcome.MISSING),
        result(account(4, "other type"), Outcome.COMPLIANT, Outcome.MISSING),
        result(account(5, "fine"), Outcome.COMPLIANT),
    )
    (alert,) = store.announcements.due()
    shown = store.announcements.content(alert.id, 20).findings
    rows = [each.key.account_id for each in shown if each.key.type is SECURITY]
    assert rows == [account(number).id for number in (3, 2, 1)]
    for number in (3, 2, 1):
        assert next_id(store) == account(number).id
        fix, _ = store.fixes.plan(request(f"form-{number}", number), "name")
        store.fixes.advance(fix.id, FixState.CONFIRMED, ended=True)
    assert next_id(store) == ""


@pytest.mark.parametrize(
    "item",
    [
        Outcome.UNKNOWN,
        Outcome.UNSUPPORTED,
        breaking(Rule.FORBIDDEN),
        breaking(Rule.FORBIDDEN, Rule.PLACEHOLDER),
    ],
)
def test_what_the_form_cannot_fix_is_not_next(
    store: DatabaseStore, item: Outcome | TypeResult
) -> None:
    """A contact that can't be read, or that has to be deleted, is left out."""
    scan_once(store, result(account(1), item))
    assert len(findings(store)) >= 1
    assert next_id(store) == ""


def test_inactive_accounts_and_the_same_one_are_not_next(store: DatabaseStore) -> None:
    """AWS doesn't let contacts of inactive accounts be changed."""
    scan_once(store, result(account(1), Outcome.MISSING), result(account(2), Outcome.MISSING))
    assert next_id(store, account(1).id) == account(2).id
    store.accounts.remember([account(2, state="SUSPENDED")])
    assert next_id(store, account(1).id) == ""
    assert next_id(store) == account(1).id


def test_an_account_that_is_being_fixed_is_not_next(store: DatabaseStore, clock: SetClock) -> None:
    """Nor is one that was saved since it was last checked; one whose fix failed is."""
    scan_once(store, result(account(1), Outcome.MISSING))
    only = account(1).id
    assert store.findings.next_to_fix(SECURITY, only=only) == account(1)
    assert store.findings.next_to_fix(BILLING, only=only) is None
    assert store.findings.next_to_fix(SECURITY, only=account(2).id) is None
    clock.tick(60)
    failed, _ = store.fixes.plan(request("form-1"), "Account 1")
    assert store.findings.next_to_fix(SECURITY, only=only) is None
    store.fixes.advance(failed.id, FixState.FAILED, ended=True)
    assert store.findings.next_to_fix(SECURITY, only=only) is not None
    saved, _ = store.fixes.plan(request("form-2"), "Account 1")
    store.fixes.advance(saved.id, FixState.APPLIED, ended=True)
    assert store.findings.next_to_fix(SECURITY, only=only) is None
    clock.tick(3600)
    scan_once(store, result(account(1), Outcome.MISSING, read_at=clock.now()))
    assert store.findings.next_to_fix(SECURITY, only=only) is not None
