"""Findings by rule: what opens, stands and ends of one contact, and what they say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.domain.accounts import Account, Unit
from bot.domain.announcements import AnnouncementKind
from bot.domain.contacts import AlternateContact, ContactType
from bot.domain.evaluation.resolution import DECIDED, FIXED, NOT_ASKED, OFF
from bot.domain.failures import FailureCode, failure
from bot.domain.findings import Difference, Outcome, TypeResult, Verdict
from bot.domain.fixes import FixState
from bot.domain.policy.account_policy import AccountPolicy, Presence
from bot.domain.rule_catalog import Rule, Severity
from tests.integration.store.databases import open_at
from tests.integration.store.fixtures import (
    CONTACT,
    OTHER,
    SECURITY,
    SetClock,
    TickingClock,
    account,
    breaking,
    findings,
    key,
    policy,
    request,
    result,
    scan_once,
    send,
    type_result,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.store.store import DatabaseStore


PLACEHOLDER, FREE, ROOT = Rule.PLACEHOLDER, Rule.FREE_MAIL, Rule.ROOT_EMAIL
MEMBER, LOW = Rule.MEMBER_MAILBOX, Severity.LOW
UNKNOWN, BILLING = Outcome.UNKNOWN, ContactType.BILLING
COMPLIANT = type_result(Outcome.COMPLIANT)


@pytest.fixture
def clock() -> SetClock:
    """The time."""
    return TickingClock()


@pytest.fixture
def store(tmp_path: Path, clock: SetClock) -> Iterator[DatabaseStore]:
    """A store in a new file."""
    with open_at(tmp_path / "bot.db", clock) as opened:
        yield opened


def standing(store: DatabaseStore) -> set[tuple[Rule, Outcome]]:
    """What stands of the first account, by rule and outcome."""
    return {(each.key.rule, each.key.outcome) for each in store.findings.unresolved(account(1).id)}


def ends(store: DatabaseStore) -> dict[Rule, str]:
    """How the findings that are over ended, by rule."""
    return {each.key.rule: each.resolution for each in findings(store) if each.resolved_at}


def test_each_rule_is_a_finding(store: DatabaseStore) -> None:
    """One contact has a finding for every rule that it breaks, announced together."""
    changes = scan_once(store, result(1, breaking(PLACEHOLDER, FREE)))
    assert set(changes.opened) == {key(PLACEHOLDER), key(FREE)}
    changes = scan_once(store, result(1, breaking(FREE, ROOT)))
    assert (changes.opened, changes.resolved) == ((key(ROOT),), (key(PLACEHOLDER),))
    assert changes.unchanged == 1
    assert standing(store) == {(FREE, Outcome.WEAK), (ROOT, Outcome.WEAK)}
    (first, second) = store.announcements.due()
    content = store.announcements.content(first.id, 9)
    assert (content.total, content.open, content.contacts) == (2, 1, 1)
    assert store.announcements.content(second.id, 9).total == 1


@pytest.mark.parametrize(
    ("before", "now", "left"),
    [
        # A rule that could not be decided proves nothing of itself, and nor does no reading.
        (
            breaking(MEMBER),
            breaking(unclear=(MEMBER,)),
            {(MEMBER, Outcome.WEAK), (MEMBER, UNKNOWN)},
        ),
        (breaking(unclear=(MEMBER,)), breaking(MEMBER), {(MEMBER, Outcome.WEAK)}),
        (breaking(unclear=(MEMBER,)), COMPLIANT, set()),
        (
            breaking(unclear=(MEMBER,)),
            type_result(UNKNOWN),
            {(MEMBER, UNKNOWN), (Rule.UNREADABLE, UNKNOWN)},
        ),
        (
            breaking(MEMBER),
            type_result(UNKNOWN),
            {(MEMBER, Outcome.WEAK), (Rule.UNREADABLE, UNKNOWN)},
        ),
        (type_result(UNKNOWN), breaking(MEMBER), {(MEMBER, Outcome.WEAK)}),
        (breaking(MEMBER), type_result(Outcome.MISSING), {(Rule.MISSING, Outcome.MISSING)}),
        (breaking(MEMBER, FREE), breaking(FREE), {(FREE, Outcome.WEAK)}),
    ],
)
def test_what_proves_a_rule_kept(
    store: DatabaseStore,
    before: TypeResult,
    now: TypeResult,
    left: set[tuple[Rule, Outcome]],
) -> None:
    """A finding ends by a reading that decides its rule, and by nothing else."""
    scan_once(store, result(1, before))
    scan_once(store, result(1, now))
    assert standing(store) == left


@pytest.mark.parametrize(
    ("before", "now", "asked", "words"),
    [
        (
            breaking(PLACEHOLDER),
            TypeResult.from_verdicts(SECURITY, [], OTHER),
            policy(),
            "was changed",
        ),
        (breaking(PLACEHOLDER), COMPLIANT, policy(), "although the contact is unchanged"),
        (breaking(PLACEHOLDER), COMPLIANT, policy(rules__placeholder=None), NOT_ASKED.text),
        (breaking(Rule.DIFFERENT), COMPLIANT, policy(), NOT_ASKED.text),
        (
            breaking(Rule.DIFFERENT),
            COMPLIANT,
            policy(security__email=("a@corp.internal",)),
            "although the contact is unchanged",
        ),
        (breaking(Rule.FORBIDDEN), COMPLIANT, policy(), NOT_ASKED.text),
        (
            breaking(Rule.FORBIDDEN),
            TypeResult.from_verdicts(SECURITY, []),
            policy(),
            "contact was deleted",
        ),
        (
            type_result(Outcome.MISSING),
            COMPLIANT,
            policy(),
            "The SECURITY contact was set outside of this bot.",
        ),
        (
            type_result(Outcome.MISSING),
            TypeResult.from_verdicts(SECURITY, []),
            policy(security__presence=Presence.OPTIONAL),
            NOT_ASKED.text,
        ),
        (breaking(unclear=(MEMBER,)), COMPLIANT, policy(rules__member_mailbox=LOW), DECIDED.text),
    ],
)
def test_how_a_finding_ended_is_told(
    store: DatabaseStore,
    before: TypeResult,
    now: TypeResult,
    asked: AccountPolicy,
    words: str,
) -> None:
    """The resolution tells a changed contact from a changed policy, and both from all else."""
    scan_once(store, result(1, before))
    scan_once(store, result(1, now, policy=asked))
    (ended,) = ends(store).values()
    assert words in ended


@pytest.mark.parametrize("contact", [CONTACT, OTHER])
def test_a_rule_that_slack_keeps_off_ends_as_that(
    store: DatabaseStore, contact: AlternateContact
) -> None:
    """Where the app lost the scope, nothing is said to have been fixed, whatever is held."""
    asked = policy(rules__member_mailbox=LOW)
    scan_once(store, result(1, breaking(MEMBER), policy=asked))
    now = result(1, TypeResult.from_verdicts(SECURITY, [], contact), policy=asked)
    scan_once(store, replace(now, disabled_rules=frozenset({MEMBER})))
    assert ends(store) == {MEMBER: OFF.text}


def test_what_was_not_asked_for_is_no_news(store: DatabaseStore) -> None:
    """A check that could not ask opens nothing, ends nothing, and leaves words as they are."""
    not_asked = Verdict.unknown(MEMBER, failure(FailureCode.NOT_ASKED))
    unclear = TypeResult.from_verdicts(SECURITY, [not_asked], CONTACT)
    assert scan_once(store, result(1, unclear)).opened == ()
    scan_once(store, result(1, breaking(MEMBER, unclear=(ROOT,))))
    before = store.findings.unresolved(account(1).id)
    not_asked = Verdict.unknown(ROOT, failure(FailureCode.NOT_ASKED))
    scan_once(
        store,
        result(1, TypeResult.from_verdicts(SECURITY, [*unclear.verdicts, not_asked], CONTACT)),
    )
    assert store.findings.unresolved(account(1).id) == before


def test_what_could_be_read_again_is_told(store: DatabaseStore) -> None:
    """What could not be looked at ends by being looked at, whatever that shows."""
    scan_once(store, result(1, type_result(UNKNOWN)))
    scan_once(store, result(1, breaking(PLACEHOLDER)))
    assert ends(store) == {Rule.UNREADABLE: "The SECURITY contact can be read again."}
    scan_once(store, result(1, breaking(PLACEHOLDER, unclear=(MEMBER,))))
    scan_once(store, result(1, breaking(PLACEHOLDER, MEMBER)))
    assert ends(store)[MEMBER] == "Bad: member_mailbox."


def test_excluded_account(store: DatabaseStore) -> None:
    """An account that the policy excludes has no findings, and the resolution says why."""
    scan_once(store, result(1, breaking(PLACEHOLDER), Outcome.UNKNOWN))
    excluded = replace(result(1), policy=policy(), excluded="Closed every Friday.")
    changes = scan_once(store, excluded)
    assert len(changes.resolved) == 2
    assert set(ends(store).values()) == {"The policy excludes this account: Closed every Friday."}
    assert store.scans.report(2).results[0].excluded == "Closed every Friday."


def test_finding_says_what_is_known_of_it(store: DatabaseStore) -> None:
    """Severity, expected against actual, and the owner are kept, and kept current."""
    who = replace(account(1), tags={"owner": "ana@corp.internal"})
    owned = policy(owner_tag="owner")
    scan_once(store, result(who, breaking(PLACEHOLDER), policy=owned))
    (due,) = store.announcements.due()
    send(store, due.id)
    (finding,) = findings(store)
    assert finding.severity is Severity.HIGH
    assert finding.differences == (Difference("email", ("sec@corp.internal",), CONTACT.email),)
    assert finding.owner == "ana@corp.internal"
    assert "ana" not in repr(finding)
    scan_once(store, result(who, breaking(PLACEHOLDER), policy=owned))
    # Where the place of an account is not known just now, what was known of it stands.
    scan_once(store, result(account(1), breaking(PLACEHOLDER), policy=owned))
    scan_once(store, result(1, breaking(PLACEHOLDER)))
    assert store.announcements.due() == []
    lower = TypeResult.from_verdicts(
        SECURITY, [Verdict.violated(PLACEHOLDER, "Bad: placeholder.", Severity.LOW)], CONTACT
    )
    for changed, told in (
        (result(who, lower, policy=owned), (Severity.LOW, (), "ana@corp.internal")),
        (result(who, lower, policy=policy()), (Severity.LOW, (), "")),
    ):
        scan_once(store, changed)
        (again,) = store.announcements.due()
        store.announcements.sent(again.id, "C1", "1.1", again.revision)
        (finding,) = findings(store)
        assert (finding.severity, finding.differences, finding.owner) == told


def test_results_are_kept_with_their_verdicts(store: DatabaseStore) -> None:
    """A report has each verdict, the account's organization and OUs, and why it was excluded."""
    units = (Unit("ou-ab12-11111111", "Production"),)
    odd = Account("000000000009", "é \ud83e", organization="acme", units=units)
    why = failure(FailureCode.SLACK_UNREACHABLE)
    unclear = TypeResult.from_verdicts(
        SECURITY,
        [
            Verdict.unknown(MEMBER, why),
            Verdict.violated(FREE, "Free.", Severity.MEDIUM, (Difference("email"),)),
        ],
        OTHER,
    )
    found = (result(odd, unclear, Outcome.COMPLIANT), result(2, breaking(PLACEHOLDER, FREE)))
    scan_once(store, *found)
    first, second = store.scans.report(1).results
    assert first.results == found[0].results
    assert first.account == replace(odd, name="é ?")
    assert second == found[1]


def test_report_holds_once_what_many_accounts_share(store: DatabaseStore) -> None:
    """Equal results, OUs and contacts of thousands of accounts are one object each."""
    units = (Unit("ou-ab12-11111111", "Production"),)
    who = [replace(account(n), units=units) for n in (1, 2)]
    scan_once(store, *(result(each, breaking(PLACEHOLDER)) for each in who))
    first, second = store.scans.report(1).results
    assert first.account.units is second.account.units
    assert first.results[0] is second.results[0]


def test_fix_resolves_what_it_is_known_to_mend(store: DatabaseStore) -> None:
    """A confirmed fix ends the rules that its contact keeps; of what it breaks the finding stands.

    What could not be decided just now is left to the next check, and so are other contacts.
    """
    scan_once(
        store,
        result(
            1, breaking(PLACEHOLDER, FREE, MEMBER, unclear=(ROOT,)), breaking(FREE, kind=BILLING)
        ),
    )
    for due in store.announcements.due():
        send(store, due.id)
    before = {each.key.rule: each for each in store.findings.unresolved(account(1).id)}
    fix, _ = store.fixes.plan(request(wanted=OTHER), "Account 1")
    store.fixes.advance(fix.id, FixState.APPLIED, ended=False)
    left = breaking(FREE, contact=OTHER, unclear=(MEMBER, ROOT))
    store.fixes.advance(fix.id, FixState.CONFIRMED, ended=True, result=left)
    assert ends(store) == {PLACEHOLDER: FIXED.text}
    now = {
        (each.key.type, each.key.rule): each for each in store.findings.unresolved(account(1).id)
    }
    assert set(now) == {(SECURITY, each) for each in (FREE, MEMBER, ROOT)} | {(BILLING, FREE)}
    # What it still breaks is shown as it is now.
    assert now[SECURITY, FREE].differences[0].actual == OTHER.email
    assert now[SECURITY, ROOT].failure == before[ROOT].failure
    kinds = [each.kind for each in store.announcements.due()]
    assert kinds == [AnnouncementKind.NON_COMPLIANT, AnnouncementKind.FIXED]


def test_fix_resolves_all_where_nothing_more_is_known(store: DatabaseStore) -> None:
    """Without a judgement of it, a confirmed fix is taken to fix all of its contact."""
    scan_once(store, result(1, breaking(PLACEHOLDER, FREE)))
    fix, _ = store.fixes.plan(request(), "Account 1")
    store.fixes.advance(fix.id, FixState.CONFIRMED, ended=True)
    assert standing(store) == set()
