"""Findings exempted and contacts verified manually: granted, noticed, ended and opened again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain.announcements import AnnouncementKind, SendState
from bot.domain.evaluation.resolution import OPENED_AGAIN
from bot.domain.exemptions import NOTICE, ExemptionKind, ExemptionRequest
from bot.domain.findings import Outcome
from bot.domain.fixes import FixState
from bot.domain.rule_catalog import Rule
from tests.integration.store.databases import open_at, query
from tests.integration.store.fixtures import (
    SECURITY,
    START,
    SetClock,
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
    from datetime import datetime
    from pathlib import Path

    from bot.domain.exemptions import Exemption
    from bot.domain.findings import Finding
    from bot.store.store import DatabaseStore

MISSING, COMPLIANT = Outcome.MISSING, Outcome.COMPLIANT
SHORT, ENDING = AnnouncementKind.NON_COMPLIANT, AnnouncementKind.ENDING
DAY = timedelta(days=1)
MONTH = 30 * DAY


@pytest.fixture
def clock() -> SetClock:
    """The time."""
    return SetClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that is not there yet."""
    return tmp_path / "bot.db"


@pytest.fixture
def store(path: Path, clock: SetClock) -> Iterator[DatabaseStore]:
    """A store in that file."""
    with open_at(path, clock) as opened:
        yield opened


def asked(
    rule: Rule = Rule.MISSING,
    number: int = 1,
    *,
    until: datetime = START + MONTH,
    user_id: str = "U1",
    kind: ExemptionKind = ExemptionKind.EXEMPTION,
) -> ExemptionRequest:
    """What a person asks to be exempted."""
    reason = "The team moves out next month."
    return ExemptionRequest(kind, account(number).id, SECURITY, rule, reason, user_id, until)


def grant(store: DatabaseStore, *requests: ExemptionRequest) -> list[Exemption]:
    """Grant what was asked of an account."""
    return store.exemptions.grant(requests or (asked(),), "Account 1")


def send_all(store: DatabaseStore) -> list[AnnouncementKind]:
    """Post or update whatever is due; its kinds."""
    due = store.announcements.due()
    for each in due:
        if each.state is SendState.SENT:
            store.announcements.sent(each.id, each.channel_id, each.ts, each.revision)
        else:
            send(store, each.id)
    return [each.kind for each in due]


def alone(store: DatabaseStore, number: int = 1) -> Finding:
    """The one finding of an account that is not resolved."""
    (finding,) = store.findings.unresolved(account(number).id)
    return finding


def test_standing_finding_is_set_aside(store: DatabaseStore, clock: SetClock) -> None:
    """What is granted is kept with actor and time, and the alert shows it."""
    scan_once(store, result(1, MISSING), result(2, MISSING))
    send_all(store)
    (granted,) = grant(store)
    assert (granted.id, granted.request, granted.granted_at) == (1, asked(), clock.now())
    assert (granted.account_name, granted.ended_at) == ("Account 1", None)
    finding = alone(store)
    assert (finding.exemption, finding.is_open) == (granted, False)
    (due,) = store.announcements.due()
    content = store.announcements.content(due.id, 9)
    assert (content.total, content.open, content.exempt, content.missing) == (2, 1, 1, 1)
    assert [each.exemption for each in content.findings] == [granted, None]
    assert store.exemptions.get(granted.id) == granted
    assert store.exemptions.get(99) is None
    assert store.exemptions.page(9) == ([granted], 1)
    assert store.exemptions.in_force() == {account(1).id: {(SECURITY, Rule.MISSING): granted}}
    assert "team" not in repr(granted)


def test_what_is_set_aside_stands_still(store: DatabaseStore) -> None:
    """Scans neither open nor count it, keep it current, and resolve it when it is over."""
    scan_once(store, result(1, MISSING), result(2, MISSING))
    send_all(store)
    grant(store)
    changes = scan_once(store, result(1, MISSING), result(2, MISSING))
    assert (changes.opened, changes.resolved, changes.unchanged) == ((), (), 1)
    changes = scan_once(store, result(1, COMPLIANT), result(2, MISSING))
    assert (changes.opened, changes.resolved) == ((), (key(Rule.MISSING),))
    assert store.exemptions.page(9)[1] == 1
    # It survives the finding: back again, that is set aside from the start, and not announced.
    send_all(store)
    changes = scan_once(store, result(1, MISSING), result(2, MISSING))
    assert (changes.opened, changes.unchanged) == ((), 1)
    assert store.scans.report(4).changes.opened == ()
    assert alone(store).exemption is not None
    # The alert that called the account fixed is edited, and there is no new one.
    assert [each.state for each in store.announcements.due()] == [SendState.SENT]


def test_rule_undecided_and_broken_is_set_aside_as_one(store: DatabaseStore) -> None:
    """An exemption is of a rule: whether it is broken or could not be decided."""
    rule = Rule.MEMBER_MAILBOX
    grant(store, asked(rule))
    scan_once(store, result(1, breaking(rule)))
    scan_once(store, result(1, breaking(Rule.FREE_MAIL, unclear=(rule,))))
    states = {each.key: each.is_open for each in store.findings.unresolved(account(1).id)}
    assert states == {
        key(rule): False,
        replace(key(rule), outcome=Outcome.UNKNOWN): False,
        key(Rule.FREE_MAIL): True,
    }


def test_several_are_granted_or_none(path: Path, store: DatabaseStore) -> None:
    """Where one cannot be recorded, none is."""
    scan_once(store, result(1, breaking(Rule.FREE_MAIL, Rule.PLACEHOLDER)))
    bad = replace(asked(Rule.PLACEHOLDER), until=START.replace(tzinfo=None))
    with pytest.raises(TypeError):  # a moment without its offset is none
        grant(store, asked(Rule.FREE_MAIL), bad)
    assert query(path, "SELECT * FROM exemptions") == []
    assert all(each.is_open for each in store.findings.unresolved(account(1).id))
    both = grant(store, asked(Rule.FREE_MAIL), asked(Rule.PLACEHOLDER))
    aside = {each.key.rule: each.exemption for each in store.findings.unresolved(account(1).id)}
    assert aside == dict(zip((Rule.FREE_MAIL, Rule.PLACEHOLDER), both, strict=True))


def test_later_grant_replaces_an_earlier_one(store: DatabaseStore, clock: SetClock) -> None:
    """Of one rule of one contact one exemption holds; the one before was ended by whoever asked."""
    scan_once(store, result(1, MISSING))
    (first,) = grant(store)
    clock.tick(60)
    (second,) = grant(store, asked(until=START + 2 * MONTH, user_id="U2"))
    assert alone(store).exemption == second
    ended = store.exemptions.get(first.id)
    assert ended == replace(first, ended_at=clock.now(), ended_by="U2")
    assert store.exemptions.page(9) == ([second], 1)
    clock.moment = START + MONTH
    assert not store.exemptions.settle()


@pytest.mark.parametrize("by_hand", [True, False])
def test_ended_exemption_opens_its_finding_again(
    store: DatabaseStore, clock: SetClock, by_hand: bool
) -> None:
    """The old finding is resolved in nobody's name, and a new one is announced again."""
    where = policy(channel="#alerts", mention=("U7",))
    scan_once(store, result(1, MISSING, policy=where), result(2, MISSING))
    send_all(store)
    (granted,) = grant(store)
    send_all(store)
    old = alone(store)
    clock.moment = START + MONTH + timedelta(minutes=5)
    if by_hand:
        ended = store.exemptions.end(granted.id, "U2")
        assert ended == replace(granted, ended_at=clock.now(), ended_by="U2")
        clock.tick(60)
        assert store.exemptions.end(granted.id, "U3") == ended
    else:
        assert store.exemptions.settle()
        ended = store.exemptions.get(granted.id)
        assert ended == replace(granted, ended_at=START + MONTH)
        assert not store.exemptions.settle()
    new = alone(store)
    assert (new.key, new.is_open, new.first_seen) == (old.key, True, old.first_seen)
    assert new.id != old.id
    shown, fresh = store.announcements.due()
    assert (fresh.kind, fresh.channel, fresh.mention) == (SHORT, "#alerts", ("U7",))
    assert (fresh.scan_id, fresh.state) == (1, SendState.PENDING)
    assert [each.id for each in store.announcements.content(fresh.id, 9).findings] == [new.id]
    (was,) = store.announcements.content(shown.id, 9).findings
    assert (was.resolution, was.resolved_by, was.exemption) == (OPENED_AGAIN.text, "", ended)
    assert was.resolved_at is not None
    assert ended is not None
    assert ended.ended_at is not None
    assert was.resolved_at >= ended.ended_at
    # What stands again is no news to the next scan, and what the first one opened stays told.
    assert scan_once(store, result(1, MISSING), result(2, MISSING)).unchanged == 2
    assert len(store.scans.report(1).changes.opened) == 2


def test_end_without_a_finding_is_quiet(store: DatabaseStore, clock: SetClock) -> None:
    """Where nothing stands under it, an end is recorded and nobody hears of it, before or after."""
    scan_once(store, result(1, COMPLIANT))
    grant(store)
    clock.moment = START + MONTH - DAY
    assert not store.exemptions.settle()
    clock.moment = START + MONTH
    assert not store.exemptions.settle()
    assert store.announcements.due() == []
    assert store.exemptions.page(9) == ([], 0)
    assert store.exemptions.in_force() == {}
    assert store.exemptions.end(99, "U1") is None


def test_what_could_not_be_checked_opens_as_such(store: DatabaseStore, clock: SetClock) -> None:
    """A verification that ended makes an announcement of what cannot be checked."""
    scan_once(store, result(1, Outcome.UNSUPPORTED), result(2, MISSING))
    send_all(store)
    verified = asked(Rule.UNSUPPORTED, kind=ExemptionKind.VERIFICATION)
    grant(store, verified)
    clock.moment = START + MONTH
    assert store.exemptions.settle()
    kinds = [each.kind for each in store.announcements.due()]
    assert kinds == [AnnouncementKind.UNCHECKED, AnnouncementKind.UNCHECKED]


def test_alert_of_which_all_is_set_aside_is_not_sent(store: DatabaseStore, clock: SetClock) -> None:
    """What is exempt before its alert was ever sent is announced when that ends."""
    scan_once(store, result(1, MISSING))
    grant(store)
    assert store.announcements.due() == []
    clock.moment = START + MONTH
    assert store.exemptions.settle()
    assert [each.kind for each in store.announcements.due()] == [SHORT]


def test_notice_is_given_once_within_the_week_before(store: DatabaseStore, clock: SetClock) -> None:
    """People hear of an end to come, a channel each, and the notice tells when it came."""
    where = policy(channel="#alerts")
    scan_once(store, result(1, MISSING, policy=where), *(result(n, MISSING) for n in (2, 3)))
    send_all(store)
    mine = [grant(store, asked(number=number))[0] for number in (1, 2, 3)]
    send_all(store)
    clock.moment = START + MONTH - NOTICE - timedelta(seconds=1)
    assert not store.exemptions.settle()
    clock.tick(1)
    assert store.exemptions.settle()
    assert not store.exemptions.settle()
    usual, named = sorted(store.announcements.due(), key=lambda each: each.channel)
    assert (usual.kind, usual.channel, named.kind, named.channel) == (ENDING, "", ENDING, "#alerts")
    content = store.announcements.content(usual.id, 1, 1)
    assert (content.total, [each.id for each in content.exemptions]) == (2, [mine[2].id])
    assert content.exemptions[0].noticed_at == clock.now()
    assert content.findings == ()
    # Ended ahead of its day before anybody was told: nothing is left to say.
    store.exemptions.end(mine[0].id, "U1")
    assert [each.kind for each in store.announcements.due()] == [SHORT, ENDING, SHORT]
    send_all(store)
    store.exemptions.end(mine[1].id, "U1")
    (again,) = [each for each in store.announcements.due() if each.kind is ENDING]
    shown = store.announcements.content(again.id, 9).exemptions
    assert [each.ended_by for each in shown] == ["U1", ""]


def test_short_exemption_needs_no_notice(store: DatabaseStore, clock: SetClock) -> None:
    """One that is granted for a week or less ends without a notice."""
    scan_once(store, result(1, MISSING))
    send_all(store)
    grant(store, asked(until=START + NOTICE))
    send_all(store)
    clock.tick(60)
    assert not store.exemptions.settle()
    clock.moment = START + NOTICE
    assert store.exemptions.settle()
    assert ENDING not in send_all(store)


def test_end_that_nobody_settled_yet(store: DatabaseStore, clock: SetClock) -> None:
    """Past its day an exemption holds no longer; its finding opens where the end is recorded."""
    scan_once(store, result(1, MISSING))
    grant(store)
    clock.moment = START + MONTH
    assert store.exemptions.in_force() == {}
    changes = scan_once(store, result(1, MISSING))
    assert changes.opened == ()
    assert store.exemptions.settle()
    assert alone(store).is_open


def test_fix_of_what_is_set_aside(store: DatabaseStore, clock: SetClock) -> None:
    """A fix ends what is exempt like all else, and the exemption's end changes nothing then."""
    scan_once(store, result(1, MISSING))
    send_all(store)
    grant(store)
    fix, _ = store.fixes.plan(request(), "Account 1")
    store.fixes.advance(fix.id, FixState.CONFIRMED, ended=True, result=type_result(COMPLIANT))
    (finding,) = findings(store)
    assert finding.resolved_by == "U1"
    clock.moment = START + MONTH
    assert not store.exemptions.settle()
    assert findings(store)[0].resolved_by == "U1"


def test_report_knows_what_set_a_verdict_aside(store: DatabaseStore, clock: SetClock) -> None:
    """The results of a scan keep which exemption it was, shown as it is now."""
    (granted,) = grant(store)
    item = type_result(MISSING)
    aside = replace(item.verdicts[0], exemption=granted)
    exempt = replace(item, outcome=Outcome.EXEMPT, verdicts=(aside,))
    other = replace(exempt, verdicts=(replace(aside, reason="Still missing."),))
    scan_once(store, result(1, exempt), result(2, other))
    assert [each.results for each in store.scans.report(1).results] == [(exempt,), (other,)]
    clock.tick(1)
    ended = store.exemptions.end(granted.id, "U1")
    assert store.scans.report(1).results[0].results[0].verdicts[0].exemption == ended


def test_exemptions_are_listed_by_their_ends(store: DatabaseStore) -> None:
    """The first to end comes first, a page at a time."""
    for number, days in ((1, 30), (2, 20), (3, 40)):
        grant(store, asked(number=number, until=START + days * DAY))
    pages = [store.exemptions.page(2, offset) for offset in (0, 2, 4)]
    assert [[each.request.account_id[-1] for each in page] for page, _ in pages] == [
        ["2", "1"],
        ["3"],
        [],
    ]
    assert {total for _, total in pages} == {3}


def test_nothing_ends_on_a_clock_that_is_not_proven(store: DatabaseStore, clock: SetClock) -> None:
    """A clock that is wrong by a year ends no exemption, gives no notice, and forgets nothing."""
    scan_once(store, result(1, MISSING))
    (granted,) = grant(store)
    send_all(store)
    clock.moment, clock.proven = START + 400 * DAY, False
    assert store.exemptions.due()
    assert not store.exemptions.settle()
    assert store.exemptions.in_force()[account(1).id] == {(SECURITY, Rule.MISSING): granted}
    assert store.announcements.due() == []
    assert not alone(store).is_open
    clock.moment, clock.proven = START + DAY, True
    assert not store.exemptions.due()
    assert not store.exemptions.settle()
    clock.moment = START + MONTH
    assert store.exemptions.settle()
    assert alone(store).is_open
