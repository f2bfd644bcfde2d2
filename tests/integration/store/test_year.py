"""A year with exemptions and verifications, a check a week and a restart a month."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.domain.announcements import AnnouncementKind, SendState
from bot.domain.exemptions import NOTICE, ExemptionKind, ExemptionRequest
from bot.domain.findings import OUTCOMES, Outcome
from bot.domain.rule_catalog import Rule
from tests.integration.store.databases import is_intact, open_at, query
from tests.integration.store.fixtures import (
    SECURITY,
    START,
    SetClock,
    account,
    breaking,
    result,
    scan_once,
    send,
    type_result,
)

if TYPE_CHECKING:
    from pathlib import Path

    from bot.domain.findings import AccountResult
    from bot.store.store import DatabaseStore

DAY = timedelta(days=1)
YEAR = 366
RULES = (Rule.MISSING, Rule.UNSUPPORTED, Rule.PLACEHOLDER)


@dataclass
class Plan:
    """What happens to one account's finding, in days since the start."""

    number: int
    granted: int
    lasts: int
    ended_by_hand: int | None = None

    @property
    def rule(self) -> Rule:
        """The rule that is broken all year."""
        return RULES[self.number % len(RULES)]

    @property
    def ends(self) -> int:
        """The day on which it is open again."""
        return min(self.granted + self.lasts, self.ended_by_hand or YEAR)

    def result(self) -> AccountResult:
        """What every check finds."""
        match self.rule:
            case Rule.PLACEHOLDER:
                return result(self.number, breaking(Rule.PLACEHOLDER))
            case rule:
                return result(self.number, type_result(OUTCOMES.get(rule, Outcome.WEAK)))

    def request(self) -> ExemptionRequest:
        """What is asked on the day."""
        what = ExemptionKind.EXEMPTION
        if self.rule is Rule.UNSUPPORTED:
            what = ExemptionKind.VERIFICATION
        until = START + (self.granted + self.lasts) * DAY
        whose = (account(self.number).id, SECURITY, self.rule)
        return ExemptionRequest(what, *whose, "A reason that suffices.", "U1", until)


def plans() -> list[Plan]:
    """Thirty, of 3 to 332 days; every fifth is ended manually halfway."""
    made = []
    for number in range(1, 31):
        granted, lasts = 1 + number % 9, 3 + (number * 11) % 330
        by_hand = granted + 1 + lasts // 2 if number % 5 == 0 else None
        made.append(Plan(number, granted, lasts, by_hand))
    return made


def deliver(store: DatabaseStore) -> None:
    """Post and update whatever is due."""
    for due in store.announcements.due():
        if due.state is SendState.SENT:
            store.announcements.sent(due.id, due.channel_id, due.ts, due.revision)
        else:
            send(store, due.id)
    assert store.announcements.due() == []


def test_simulated_year(tmp_path: Path) -> None:
    """Each opens again on its day, is noticed once in the week before, and none is lost."""
    path, clock, year = tmp_path / "bot.db", SetClock(), plans()
    ids: dict[int, int] = {}
    store = open_at(path, clock)
    for day in range(YEAR):
        clock.moment = START + day * DAY
        if day % 30 == 29:
            store.close()
            store = open_at(path, clock)
        store.exemptions.settle()
        for plan in year:
            if plan.granted == day:
                (made,) = store.exemptions.grant([plan.request()], account(plan.number).name)
                ids[plan.number] = made.id
            if plan.ended_by_hand == day:
                assert store.exemptions.end(ids[plan.number], "U2") is not None
        if day % 7 == 0:
            changes = scan_once(store, *(plan.result() for plan in year))
            assert len(changes.opened) == (len(year) if day == 0 else 0)
            assert changes.resolved == ()
        for plan in year:
            (finding,) = store.findings.unresolved(account(plan.number).id)
            aside = plan.granted <= day < plan.ends
            assert finding.is_open is not aside, (day, plan)
            assert (finding.exemption.id if finding.exemption else 0) == (
                ids[plan.number] if aside else 0
            )
        deliver(store)
    _check(store, path, year, ids)
    store.close()


def _check(store: DatabaseStore, path: Path, year: list[Plan], ids: dict[int, int]) -> None:
    """What was noticed, announced and kept over the year."""
    rows = query(path, "SELECT id, kind FROM announcements")
    contents = [store.announcements.content(str(each), 100) for each, _ in rows]
    told = Counter(each.id for content in contents for each in content.exemptions)
    again = Counter(
        finding.key.account_id
        for content in contents
        for finding in content.findings
        if content.announcement.created_at > START
    )
    ended = [plan for plan in year if plan.ends < YEAR]
    assert len(ended) > 25
    assert again == Counter(account(plan.number).id for plan in ended)
    noticed = 0
    for plan in year:
        made = store.exemptions.get(ids[plan.number])
        assert made is not None
        assert made.request == plan.request()
        assert (made.ended_at is not None) is (plan in ended)
        if made.ended_at is not None:
            assert made.ended_at == START + plan.ends * DAY
            assert made.ended_by == ("U2" if plan.ended_by_hand is not None else "")
        if made.noticed_at is None:
            by_hand = plan.ended_by_hand is not None
            assert by_hand or plan.lasts <= NOTICE.days or plan not in ended
            assert told[made.id] == 0
        else:
            noticed += 1
            assert made.request.until - NOTICE <= made.noticed_at < made.request.until
            assert told[made.id] == 1
    assert noticed > 20
    kinds = {content.announcement.kind for content in contents}
    assert kinds == {
        AnnouncementKind.NON_COMPLIANT,
        AnnouncementKind.UNCHECKED,
        AnnouncementKind.ENDING,
    }
    assert is_intact(path)
