"""Pages of findings: which list has which, in which order, and what filters leave."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.accounts import Account, AccountPlacement, Unit
from bot.domain.contacts import ContactType
from bot.domain.exemptions import ExemptionKind, ExemptionRequest
from bot.domain.finding_lists import FindingFilter, FindingList, FindingPage, ListKind
from bot.domain.findings import Outcome
from bot.domain.rule_catalog import Rule, Severity
from tests.integration.store.databases import open_at
from tests.integration.store.fixtures import (
    START,
    TickingClock,
    account,
    breaking,
    policy,
    result,
    scan_once,
    type_result,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.domain.findings import AccountResult
    from bot.store.store import DatabaseStore

OPEN = FindingList(ListKind.OPEN)
ALL = FindingFilter()
SECURITY, BILLING = ContactType.SECURITY, ContactType.BILLING
PROD, PAY = Unit("ou-ab12-11111111", "Prod"), Unit("ou-ab12-22222222", "Pay/ments")
MISSING, FINE, UNKNOWN = Outcome.MISSING, Outcome.COMPLIANT, Outcome.UNKNOWN


CLOCK = TickingClock()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DatabaseStore]:
    """An empty store, whose clock moves on."""
    with open_at(tmp_path / "bot.db", CLOCK) as opened:
        yield opened


def check(store: DatabaseStore, *results: AccountResult) -> None:
    """A check of these accounts, which has ended."""
    scan_once(store, *results)
    CLOCK.tick(10)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DatabaseStore]:
    """Sixty accounts of several names, types, severities, owners and OUs."""
    with open_at(tmp_path_factory.mktemp("many") / "bot.db", TickingClock()) as opened:
        accounts = [account(number, NAMES[number % len(NAMES)]) for number in range(60)]
        opened.accounts.remember(accounts)
        opened.accounts.keep_placements(
            {
                each.id: AccountPlacement(
                    UNITS[number % len(UNITS)], START, OWNED[number % 3], START
                )
                for number, each in enumerate(accounts)
            }
        )
        owned = policy(owner_tag="owner")
        placed = [replace(each, tags=OWNED[number % 3]) for number, each in enumerate(accounts)]
        scan_once(
            opened,
            *(
                result(each, *KINDS[number % len(KINDS)], policy=owned)
                for number, each in enumerate(placed)
            ),
        )
        yield opened


NAMES = ("Data lake", "Straße", "R&D <sandbox>", "100%_done", "prod 4444", "ÉCOLE")
UNITS: tuple[tuple[Unit, ...], ...] = ((), (PROD,), (PROD, PAY))
OWNED: tuple[dict[str, str], ...] = ({}, {"owner": "Dana@corp.example"}, {"owner": "ÖZIL"})
KINDS = (
    (MISSING,),
    (breaking(Rule.FREE_MAIL), type_result(MISSING, BILLING)),
    (UNKNOWN,),
    (FINE, breaking(Rule.DIFFERENT, Rule.PLACEHOLDER, kind=BILLING)),
)


def contacts(page: FindingPage) -> list[tuple[str, ContactType]]:
    """The contacts of a page, in its order."""
    return list(dict.fromkeys((each.key.account_id, each.key.type) for each in page.findings))


def names(page: FindingPage) -> list[str]:
    """The accounts of a page, in its order."""
    return [each.account_name for each in page.findings]


def exempt(store: DatabaseStore, number: int, rule: Rule = Rule.MISSING) -> None:
    """Exempt a finding of an account's security contact."""
    request = ExemptionRequest(
        ExemptionKind.EXEMPTION,
        account(number).id,
        SECURITY,
        rule,
        "It closes soon.",
        "U1",
        CLOCK.now() + timedelta(days=30),
    )
    store.exemptions.grant([request], "x")


def test_the_worst_come_first_and_each_once(many: DatabaseStore) -> None:
    """Severity, then the name; a contact's findings stay together over all pages."""
    pages = [many.findings.page(OPEN, ALL, 7, offset) for offset in range(0, 80, 7)]
    seen = [contact for page in pages for contact in contacts(page)]
    assert len(seen) == len(set(seen)) == pages[0].total == pages[0].matching == 75
    ranks = [
        min(each.severity.rank if each.severity else 9 for each in page.findings)
        for page in (many.findings.page(OPEN, ALL, 1, number) for number in range(75))
    ]
    assert ranks == sorted(ranks)
    both = next(page for page in pages for each in page.findings if each.key.type is BILLING)
    assert any(each.key.rule is Rule.MISSING for each in both.findings)


FILTERS = st.builds(
    FindingFilter,
    st.sampled_from(
        ["", "lake", "STRASSE", "école", "<", "%", "_", "dana", "özil", "000004", "zzz"]
    ),
    st.none() | st.sampled_from(ContactType),
    st.none() | st.sampled_from(Severity),
    st.sampled_from(["", PROD.id, PAY.id, "ou-ab12-99999999", '"', "%"]),
)


@given(FILTERS, st.integers(1, 9))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_filters_leave_what_they_say(many: DatabaseStore, wanted: FindingFilter, size: int) -> None:
    """Whatever is combined, pages hold exactly the contacts that a plain loop would find."""
    everything = many.findings.page(OPEN, ALL, 1_000)
    text, units = wanted.text, {number: UNITS[number % 3] for number in range(60)}
    expected = []
    for contact in contacts(everything):
        found = [e for e in everything.findings if (e.key.account_id, e.key.type) == contact]
        worst = min((e.severity for e in found if e.severity), key=lambda s: s.rank, default=None)
        name, owner = found[0].account_name.casefold(), found[0].owner.casefold()
        if (
            (text.casefold() in name or text.casefold() in owner or text in contact[0])
            and wanted.type in {None, contact[1]}
            and wanted.severity in {None, worst}
            and wanted.unit in {"", *(each.id for each in units[int(contact[0])])}
        ):
            expected.append(contact)
    pages = [many.findings.page(OPEN, wanted, size, n) for n in range(0, len(expected) + 1, size)]
    assert [contact for page in pages for contact in contacts(page)] == expected
    assert {(page.matching, page.total) for page in pages} == {(len(expected), everything.total)}


def test_owners_are_searched_only_for_those_who_may_see_them(many: DatabaseStore) -> None:
    """An owner's address can't be guessed letter by letter by who doesn't see it."""
    wanted = FindingFilter("dana@")
    assert many.findings.page(OPEN, wanted, 5).matching > 0
    assert many.findings.page(OPEN, wanted, 5, search_owners=False).matching == 0


def test_a_pasted_id_is_found(many: DatabaseStore) -> None:
    """The console's form, or an ARN, finds its account."""
    for text in ("0000-0000-0004", "arn:aws:iam::000000000004:root"):
        assert set(names(many.findings.page(OPEN, FindingFilter(text), 5))) == {NAMES[4]}


def test_units_are_listed_by_their_paths(many: DatabaseStore) -> None:
    """Those of the accounts in the list, with the ones above them."""
    assert many.findings.units(OPEN) == {PROD.id: "/Prod", PAY.id: "/Prod/Pay%2Fments"}
    assert many.findings.page(OPEN, ALL, 1).has_units
    assert many.findings.units(FindingList(ListKind.ALERT, "none")) == {}


def test_a_checks_list_keeps_what_was_resolved_since(store: DatabaseStore) -> None:
    """What a check found stays in its list, and shows what became of it."""
    check(store, *(result(number, MISSING) for number in (1, 2, 3)))
    first = FindingList(ListKind.CHECK, "1")
    check(store, result(1, FINE), result(2, MISSING), result(3, MISSING), result(4, MISSING))
    exempt(store, 3)
    page = store.findings.page(first, ALL, 10)
    assert names(page) == ["Account 2", "Account 3", "Account 1"]
    assert (page.open, page.exempt, page.resolved) == (1, 1, 1)
    kept = store.findings.page(first, ALL, 10, open_first=False)
    assert names(kept) == ["Account 1", "Account 2", "Account 3"]
    second = store.findings.page(FindingList(ListKind.CHECK, "2"), ALL, 10)
    assert names(second) == ["Account 2", "Account 4", "Account 3"]
    assert names(store.findings.page(OPEN, ALL, 10)) == ["Account 2", "Account 4", "Account 3"]


def test_only_what_was_non_compliant_at_the_check(store: DatabaseStore) -> None:
    """Neither what was exempt before, nor what couldn't be checked; exempt since then, it stays."""
    check(store, *(result(number, MISSING) for number in (1, 2)))
    exempt(store, 1)
    aside = replace(type_result(MISSING).verdicts[0], exemption=store.exemptions.page(1)[0][0])
    again = replace(type_result(MISSING), verdicts=(aside,), outcome=Outcome.EXEMPT)
    check(store, result(1, again), result(2, MISSING), result(3, UNKNOWN))
    listed = FindingList(ListKind.CHECK, "2")
    assert names(store.findings.page(listed, ALL, 10, non_compliant=True)) == ["Account 2"]
    exempt(store, 2)
    assert names(store.findings.page(listed, ALL, 10, non_compliant=True)) == ["Account 2"]


@pytest.mark.parametrize("listed", ["check:7", "alert:none", "open:", "check:999999999999999"])
def test_an_empty_list_has_an_empty_page(store: DatabaseStore, listed: str) -> None:
    """A list that is unknown, or that was never recorded, is empty."""
    assert store.findings.page(FindingList.parse(listed), ALL, 10) == FindingPage()


def test_accounts_are_joined_by_their_present_name(store: DatabaseStore) -> None:
    """A renamed account is found by its new name."""
    check(store, result(Account(account(1).id, "Old"), MISSING))
    store.accounts.remember([Account(account(1).id, "New")])
    assert names(store.findings.page(OPEN, FindingFilter("new"), 5)) == ["New"]
    assert store.findings.page(OPEN, FindingFilter("old"), 5).matching == 0
