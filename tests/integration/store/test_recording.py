"""What a scan or a look leaves behind: findings opened, standing and resolved."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain.accounts import Account
from bot.domain.contacts import NO_CONTACT, ContactType
from bot.domain.failures import FailureCode, failure
from bot.domain.findings import AccountResult, Outcome
from bot.domain.rule_catalog import Rule
from bot.domain.scans import ScanState
from bot.domain.scope import ScopeKind
from tests.integration.store.databases import open_at, query
from tests.integration.store.fixtures import (
    CONTACT,
    ORGANIZATION,
    START,
    SetClock,
    TickingClock,
    account,
    findings,
    key,
    result,
    scan_once,
    standing,
    type_result,
    unknown,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.store.store import DatabaseStore

MISSING, COMPLIANT, UNKNOWN = Outcome.MISSING, Outcome.COMPLIANT, Outcome.UNKNOWN
ONE = key(Rule.MISSING)


@pytest.fixture
def clock() -> SetClock:
    """The time."""
    return TickingClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that is not there yet."""
    return tmp_path / "bot.db"


@pytest.fixture
def store(path: Path, clock: SetClock) -> Iterator[DatabaseStore]:
    """A store in that file."""
    with open_at(path, clock) as opened:
        yield opened


def test_finding_is_opened_once(store: DatabaseStore) -> None:
    """A finding that stands is not opened again; when it was last seen moves on."""
    first = scan_once(store, result(1, MISSING, read_at=START))
    later = START + timedelta(hours=1)
    second = scan_once(store, result(1, MISSING, read_at=later))
    assert (first.opened, first.resolved, first.unchanged) == ((ONE,), (), 0)
    assert (second.opened, second.resolved, second.unchanged) == ((), (), 1)
    (finding,) = findings(store)
    assert (finding.first_seen, finding.last_seen) == (START, later)
    assert (finding.key, finding.account_name) == (ONE, "Account 1")
    assert finding.reason == "No SECURITY contact is set."
    assert len(store.announcements.due()) == 1


def test_finding_that_comes_back_is_new(store: DatabaseStore) -> None:
    """A finding that was resolved and comes back has another id, and is announced again."""
    scan_once(store, result(1, MISSING))
    gone = scan_once(store, result(1, COMPLIANT))
    back = scan_once(store, result(1, MISSING))
    assert (gone.resolved, back.opened) == ((ONE,), (ONE,))
    old, new = findings(store)
    assert old.id != new.id
    assert old.resolved_at is not None
    assert (old.resolved_by, old.resolution) == (
        "",
        "The SECURITY contact was set outside of this bot.",
    )
    assert new.resolved_at is None


@pytest.mark.parametrize(
    ("before", "now", "left"),
    [
        (MISSING, COMPLIANT, set()),
        (MISSING, UNKNOWN, {MISSING, UNKNOWN}),
        (MISSING, Outcome.UNSUPPORTED, {MISSING, Outcome.UNSUPPORTED}),
        (MISSING, Outcome.WRONG, {Outcome.WRONG}),
        (UNKNOWN, COMPLIANT, set()),
        (UNKNOWN, MISSING, {MISSING}),
        (UNKNOWN, Outcome.UNSUPPORTED, {Outcome.UNSUPPORTED}),
        (Outcome.UNSUPPORTED, COMPLIANT, set()),
    ],
)
def test_what_proves_a_finding_over(
    store: DatabaseStore, before: Outcome, now: Outcome, left: set[Outcome]
) -> None:
    """What could not be checked proves nothing; what could be ends what could not."""
    scan_once(store, result(1, before))
    scan_once(store, result(1, now))
    assert standing(store) == left


def test_unknown_in_between_keeps_the_missing_finding(store: DatabaseStore) -> None:
    """A missing contact that could not be checked for a while is the same finding afterwards."""
    scan_once(store, result(1, MISSING))
    scan_once(store, result(1, UNKNOWN))
    changes = scan_once(store, result(1, MISSING))
    assert changes.opened == ()
    assert changes.resolved == (key(Rule.UNREADABLE),)
    assert standing(store) == {MISSING}


def test_types_are_apart(store: DatabaseStore) -> None:
    """What is found of one type says nothing of another."""
    scan_once(store, result(1, MISSING, MISSING))
    changes = scan_once(store, result(1, MISSING, COMPLIANT))
    assert changes.resolved == (key(Rule.MISSING, kind=ContactType.BILLING),)


def test_type_that_is_not_required_any_more(store: DatabaseStore) -> None:
    """A type that a scan did not judge is not required, so its finding ends."""
    scan_once(store, result(1, MISSING, MISSING))
    scan_once(store, result(1, MISSING))
    (over,) = [item for item in findings(store) if item.resolved_at]
    assert over.key.type is ContactType.BILLING
    assert over.resolution == "This contact is no longer required."


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("SUSPENDED", "The account is suspended."),
        ("PENDING_CLOSURE", "The account is pending closure."),
    ],
)
def test_account_that_is_not_active(store: DatabaseStore, state: str, words: str) -> None:
    """An account that left the active state has no findings, and the resolution says why."""
    scan_once(store, result(1, MISSING, UNKNOWN))
    changes = scan_once(store, result(account(1, state=state)))
    assert len(changes.resolved) == 2
    assert {item.resolution for item in findings(store)} == {words}


def test_account_that_left_the_organization(path: Path, store: DatabaseStore) -> None:
    """A complete listing resolves what it does not have, and forgets those contacts."""
    scan_once(store, result(1, MISSING), result(2, COMPLIANT))
    changes = scan_once(store, result(3, COMPLIANT))
    assert changes.resolved == (ONE,)
    assert "no longer in the organization" in findings(store)[0].resolution
    assert store.accounts.names() == ["Account 3"]
    assert store.accounts.find("Account", 9) == [account(3)]
    assert store.accounts.get(ONE.account_id) == account(1)
    assert query(path, "SELECT account_id FROM contacts") == [(account(3).id,)]
    scan_once(store, result(1, MISSING), result(3, COMPLIANT))
    assert store.accounts.names() == ["Account 1", "Account 3"]


def test_listing_that_proves_nothing(store: DatabaseStore) -> None:
    """An incomplete scan, one of one account, and an empty listing leave unlisted accounts be."""
    scan_once(store, result(1, MISSING))
    alone = replace(ORGANIZATION, kind=ScopeKind.ACCOUNT)
    found = result(2, COMPLIANT)
    for changes in (
        scan_once(store, found, state=ScanState.INCOMPLETE, why=failure(FailureCode.THROTTLED)),
        scan_once(store, found, scope=alone),
        scan_once(store, found, scope=None),
        scan_once(store),
    ):
        assert (changes.resolved, changes.unchanged) == ((), 1)


def test_result_that_was_not_seen_changes_nothing(path: Path, store: DatabaseStore) -> None:
    """An account that a scan did not come to keeps all that was known of it."""
    scan_once(store, result(1, MISSING), result(2, COMPLIANT))
    before = query(path, "SELECT * FROM contacts"), query(path, "SELECT * FROM findings")
    unseen = [replace(result(n, UNKNOWN), was_scanned=False) for n in (1, 2, 3)]
    lost = failure(FailureCode.CREDENTIALS_EXPIRED)
    changes = scan_once(store, *unseen, state=ScanState.INCOMPLETE, why=lost)
    assert (changes.opened, changes.resolved) == ((), ())
    assert before == (query(path, "SELECT * FROM contacts"), query(path, "SELECT * FROM findings"))
    assert store.accounts.get(account(3).id) is None
    assert store.scans.report(2).results == tuple(unseen)
    store.findings.observe(replace(result(1, COMPLIANT), was_scanned=False))
    assert standing(store) == {MISSING}


def test_reason_of_a_standing_finding_is_kept_current(store: DatabaseStore) -> None:
    """A finding that stands for another reason says the new one."""
    scan_once(store, result(1, unknown(failure(FailureCode.DENIED))))
    scan_once(store, result(1, unknown(failure(FailureCode.THROTTLED))))
    (finding,) = findings(store)
    assert finding.failure == failure(FailureCode.THROTTLED)
    assert finding.reason == failure(FailureCode.THROTTLED).message


def test_contacts_are_kept_as_last_read(path: Path, store: DatabaseStore) -> None:
    """What AWS holds is kept with its fingerprint; what could not be read changes nothing."""
    sql = "SELECT fingerprint, contact IS NULL FROM contacts"
    scan_once(store, result(1, MISSING))
    assert query(path, sql) == [(NO_CONTACT, 1)]
    scan_once(store, result(1, COMPLIANT))
    scan_once(store, result(1, UNKNOWN))
    assert query(path, sql) == [(CONTACT.fingerprint, 0)]


def test_look_resolves_and_opens_nothing(store: DatabaseStore) -> None:
    """A look at one account resolves what it disproves, and opens nothing, whatever it shows."""
    scan_once(store, result(1, MISSING))
    store.findings.observe(result(1, COMPLIANT, MISSING, UNKNOWN))
    store.findings.observe(result(2, MISSING))
    (finding,) = findings(store)
    assert finding.resolved_at is not None
    assert finding.resolved_by == ""
    assert store.accounts.get(account(2).id) == account(2)


def test_look_at_fewer_types_says_nothing_of_the_others(store: DatabaseStore) -> None:
    """A look does not tell what is required, so a type that it lacks keeps its finding."""
    scan_once(store, result(1, MISSING, MISSING))
    store.findings.observe(AccountResult(account(1), (type_result(COMPLIANT),)))
    (left,) = [item for item in findings(store) if item.resolved_at is None]
    assert left.key.type is ContactType.BILLING


def test_hostile_text_is_kept(store: DatabaseStore, database: str) -> None:
    """Names with markup, quotes, control characters and broken surrogates are stored as text."""
    name = "<!channel> `*'\"; DROP TABLE accounts; --\x00 é 🦊 \ud83e"
    scan_once(store, result(Account("000000000001", name), MISSING))
    kept = name.replace("\ud83e", "?")
    if database == "postgresql":  # which accepts no NUL
        kept = kept.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    assert findings(store)[0].account_name == kept
