"""Findings exempted, verified manually and opened again, by whom and for how long."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from bot.domain.actors import Actor
from bot.domain.contacts import ContactType
from bot.domain.errors import ExemptionRefused, NotAllowed
from bot.domain.exemptions import Exemption, ExemptionKind
from bot.domain.findings import Finding, FindingKey, Outcome
from bot.domain.policy.account_policy import LONGEST_EXEMPTION
from bot.domain.policy.match import Match
from bot.domain.policy.policy import Policy, PolicyTable
from bot.domain.rule_catalog import Rule
from bot.services.account_policy import AccountPolicies
from bot.services.exempt import ExemptionService
from tests.unit.fakes import SECURITY, START, FakeClock, FakeFixers, account

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.accounts import Account
    from bot.domain.exemptions import ExemptionRequest

ANA, BO, STRANGER = "U0ANA", "U0BO", "U0STRANGER"
REASON = "Closed at the end of the month."
TODAY = START.date()


def finding(
    number: int,
    rule: Rule = Rule.MISSING,
    outcome: Outcome = Outcome.MISSING,
    kind: ContactType = SECURITY,
) -> Finding:
    """An open finding of the first account."""
    key = FindingKey(account().id, kind, outcome, rule)
    return Finding(number, key, account().name, "It is so.", START, START)


class FakeAccounts:
    """One account."""

    def get(self, account_id: str) -> Account | None:
        return account() if account_id == account().id else None


class FakeFindings:
    """The findings of that account."""

    def __init__(self, *findings: Finding) -> None:
        self.standing = {each.id: each for each in findings}

    def unresolved(self, account_id: str) -> list[Finding]:
        return list(self.standing.values())


class FakeExemptions:
    """What exempts these findings."""

    def __init__(self, clock: FakeClock, findings: FakeFindings) -> None:
        self._clock = clock
        self._standing = findings.standing
        self.recorded: dict[int, Exemption] = {}

    def get(self, exemption_id: int) -> Exemption | None:
        return self.recorded.get(exemption_id)

    def in_force(self) -> dict[str, dict[tuple[ContactType, Rule], Exemption]]:
        found: dict[str, dict[tuple[ContactType, Rule], Exemption]] = {}
        for made in self.recorded.values():
            if made.ended_at is None:
                request = made.request
                found.setdefault(request.account_id, {})[request.type, request.rule] = made
        return found

    def grant(self, requests: Sequence[ExemptionRequest], account_name: str) -> list[Exemption]:
        granted = []
        for each in requests:
            made = Exemption(len(self.recorded) + 1, each, self._clock.now(), account_name)
            self.recorded[made.id] = made
            granted.append(made)
            for held in self._standing.values():
                if (held.key.type, held.key.rule) == (each.type, each.rule):
                    self._standing[held.id] = replace(held, exemption=made)
        return granted

    def end(self, exemption_id: int, user_id: str) -> Exemption | None:
        held = self.recorded.get(exemption_id)
        if held is None or held.ended_at is not None:
            return held
        ended = replace(held, ended_at=self._clock.now(), ended_by=user_id)
        self.recorded[exemption_id] = ended
        return ended


class FakeStore:
    """What is remembered of one account's findings, and of what exempts them."""

    def __init__(self, clock: FakeClock, *findings: Finding) -> None:
        self.accounts = FakeAccounts()
        self.findings = FakeFindings(*findings)
        self.exemptions = FakeExemptions(clock, self.findings)


class World:
    """The use case with all that it works on."""

    def __init__(self, *findings: Finding, tables: Sequence[PolicyTable] = ()) -> None:
        self.clock = FakeClock()
        self.store = FakeStore(self.clock, *findings)
        self.woken = 0
        policy = Policy.requiring(tables=tables)
        store: Any = self.store  # as much of a store as is needed
        self.exempting = ExemptionService(
            store,
            FakeFixers(ANA, BO),
            AccountPolicies(store.accounts, lambda: policy),
            self.clock,
            on_recorded=self._wake,
        )

    def _wake(self) -> None:
        self.woken += 1

    def grant(
        self,
        shown: dict[int, int] | None = None,
        *,
        user_id: str = ANA,
        reason: str = REASON,
        days: int = 30,
    ) -> list[Exemption]:
        """Exempt findings; the first one, which isn't exempt yet, unless others are given."""
        chosen = {1: 0} if shown is None else shown
        until = TODAY + timedelta(days=days)
        return self.exempting.grant(Actor(user_id), account().id, chosen, reason, until)


def test_a_finding_is_set_aside() -> None:
    """An exemption has a person, a reason and an end, and the alert is updated."""
    world = World(finding(1), finding(2, Rule.PLACEHOLDER, Outcome.WEAK))
    with structlog.testing.capture_logs() as logged:
        (granted,) = world.grant(reason=f"  {REASON} ")
    request = granted.request
    assert (request.kind, request.rule) == (ExemptionKind.EXEMPTION, Rule.MISSING)
    assert (request.user_id, request.reason) == (ANA, REASON)
    assert request.until.date() == TODAY + timedelta(days=30)
    assert world.woken == 1
    assert REASON not in str(logged)


def test_a_rule_both_unknown_and_violated_is_exempted_once() -> None:
    """Two findings of one rule of a contact make one exemption."""
    unknown = finding(2, Rule.PLACEHOLDER, Outcome.UNKNOWN)
    world = World(finding(1, Rule.PLACEHOLDER, Outcome.WEAK), unknown)
    assert len(world.grant({1: 0, 2: 0})) == 1


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"shown": {}}, "findings"),
        ({"reason": "Too short"}, "reason"),
        ({"reason": " " * 20}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"reason": "\u200b" * 20}, "reason"),
        ({"reason": "Short" + "\u3164" * 20}, "reason"),
        ({"reason": "A reason of \u202ereversed text"}, "reason"),
        ({"days": 0}, "until"),
        ({"days": -1}, "until"),
        ({"days": 366}, "until"),
    ],
)
def test_a_form_that_is_not_right(asked: dict[str, Any], field: str) -> None:
    """A mistake in the form is reported for its field, and nothing is recorded."""
    world = World(finding(1))
    with pytest.raises(ExemptionRefused) as refused:
        world.grant(**asked)
    assert refused.value.field == field
    assert world.store.exemptions.recorded == {}
    assert world.woken == 0


def test_a_reason_is_kept_as_it_is_seen() -> None:
    """Hidden characters go, lines stay, however a program separates them."""
    world = World(finding(1))
    (granted,) = world.grant(reason="\ufeffWe know.\u2028Mu\u0308ller\u200b says so.\n")
    assert granted.request.reason == "We know.\nM\u00fcller says so."


def test_the_policy_lowers_the_limit() -> None:
    """The last day that the policy lets through is taken, the next one is not."""
    world = World(finding(1), tables=[PolicyTable("policy", {"exemption_days": 14})])
    assert world.exempting.days(account()) == 14
    with pytest.raises(ExemptionRefused, match="14 days") as refused:
        world.grant(days=15)
    assert refused.value.field == "until"
    (granted,) = world.grant(days=14)
    assert granted.request.until <= START + timedelta(days=14)


def test_never_longer_than_a_year() -> None:
    """A year is the most, whatever the policy says, to the hour."""
    world = World(finding(1), tables=[PolicyTable("policy", {"exemption_days": 9_999})])
    (granted,) = world.grant(days=365)
    assert granted.request.until == START + timedelta(days=365)


def test_the_lowest_limit_counts_where_the_policy_is_not_known() -> None:
    """If it is unknown which sections apply, the strictest limit does."""
    table = PolicyTable("override", {"exemption_days": 7}, Match(tags=(("env", "prod"),)))
    world = World(finding(1), tables=[table])
    assert world.exempting.days(account()) == 7


def test_who_may_not_change_contacts_may_set_nothing_aside() -> None:
    """Who is no fixer neither grants, nor verifies, nor ends."""
    world = World(finding(1))
    (granted,) = world.grant()
    with pytest.raises(NotAllowed):
        world.grant({1: granted.id}, user_id=STRANGER)
    with pytest.raises(NotAllowed):
        world.exempting.verify(Actor(STRANGER), account().id, {SECURITY: 0}, REASON)
    with pytest.raises(NotAllowed):
        world.exempting.end(Actor(STRANGER), granted.id)
    assert world.store.exemptions.recorded == {granted.id: granted}


def test_an_account_that_is_not_known() -> None:
    """An account that was never listed has nothing to exempt."""
    until = TODAY + timedelta(days=9)
    with pytest.raises(ExemptionRefused, match="no longer known"):
        World().exempting.grant(Actor(ANA), account(9).id, {1: 0}, REASON, until)


def test_two_who_set_aside_at_once() -> None:
    """One of two people at the same moment is granted, the other hears who was quicker."""
    world = World(finding(1))
    refused: list[ExemptionRefused] = []
    start = threading.Barrier(2)

    def ask(user_id: str) -> None:
        start.wait(60)
        try:
            world.grant(user_id=user_id, reason=f"{REASON} {user_id}")
        except ExemptionRefused as error:
            refused.append(error)

    threads = [threading.Thread(target=ask, args=(user_id,)) for user_id in (ANA, BO)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    (granted,) = world.store.exemptions.recorded.values()
    (error,) = refused
    assert error.by == granted.request.user_id
    assert error.field == ""


def test_what_is_set_aside_may_be_set_aside_longer() -> None:
    """Who was shown the exemption replaces it; who was not is refused; so where it ended."""
    world = World(finding(1))
    (first,) = world.grant()
    (second,) = world.grant({1: first.id}, user_id=BO, days=60)
    assert second.request.user_id == BO
    world.store.findings.standing[1] = finding(1)
    with pytest.raises(ExemptionRefused, match="ended in the meantime"):
        world.grant({1: second.id})


@pytest.mark.parametrize("days", [30, LONGEST_EXEMPTION])
def test_a_form_handed_in_twice_is_granted_once(days: int) -> None:
    """Where Slack delivers a form again, the answer is that of the first time."""
    world = World(finding(1))
    first = world.grant(days=days)
    world.clock.tick(3)
    assert world.grant(days=days) == first
    assert len(world.store.exemptions.recorded) == 1
    assert world.woken == 1


def test_a_verification_handed_in_twice_is_recorded_once() -> None:
    """A second delivery does not end what the first recorded; another observation is another."""
    world = World(finding(1, Rule.UNSUPPORTED, Outcome.UNSUPPORTED))
    first = world.exempting.verify(Actor(ANA), account().id, {SECURITY: 1}, REASON)
    world.clock.tick(3)
    assert world.exempting.verify(Actor(ANA), account().id, {SECURITY: 1}, REASON) == first
    assert world.woken == 1
    again = world.exempting.verify(Actor(ANA), account().id, {SECURITY: 1}, f"{REASON} Twice.")
    assert again != first
    assert world.exempting.verify(Actor(BO), account().id, {SECURITY: 1}, REASON) != again


def test_a_finding_resolved_meanwhile() -> None:
    """If a finding was resolved, nothing is exempted, and the person learns why."""
    world = World(finding(1))
    world.store.findings.standing.clear()
    with pytest.raises(ExemptionRefused, match="resolved in the meantime"):
        world.grant()
    with pytest.raises(ExemptionRefused, match="resolved in the meantime"):
        world.exempting.verify(Actor(ANA), account().id, {SECURITY: 1}, REASON)
    assert world.store.exemptions.recorded == {}


def test_a_contact_verified_by_hand() -> None:
    """What was seen is good for as long as the policy says, with a finding or without."""
    world = World(
        finding(1, Rule.UNSUPPORTED, Outcome.UNSUPPORTED),
        tables=[PolicyTable("policy", {"verification_days": 40})],
    )
    shown = {SECURITY: 1, ContactType.BILLING: 0}
    granted = world.exempting.verify(Actor(ANA), account().id, shown, REASON)
    assert [each.request.type for each in granted] == [SECURITY, ContactType.BILLING]
    assert {each.request.rule for each in granted} == {Rule.UNSUPPORTED}
    assert {each.request.until for each in granted} == {START + timedelta(days=40)}
    assert world.woken == 1
    for shown, seen, field in ({}, REASON, "types"), ({SECURITY: 1}, "", "reason"):
        with pytest.raises(ExemptionRefused) as refused:
            world.exempting.verify(Actor(ANA), account().id, shown, seen)
        assert refused.value.field == field


def test_ended_early_once() -> None:
    """Ending opens it again; a second time says who ended it, and what never was is refused."""
    world = World(finding(1))
    (granted,) = world.grant()
    assert world.exempting.end(Actor(BO), granted.id).ended_by == BO
    assert world.woken == 2
    for user_id in (ANA, BO):
        with pytest.raises(ExemptionRefused, match="exemption already ended") as refused:
            world.exempting.end(Actor(user_id), granted.id)
        assert refused.value.by == BO
    with pytest.raises(ExemptionRefused, match="no longer exists"):
        world.exempting.end(Actor(ANA), 99)
    assert world.woken == 2


def test_ended_by_another_process_between(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where somebody was quicker than the look at it, their name is the one that counts."""
    world = World()
    world.store.findings.standing[1] = finding(1, Rule.UNSUPPORTED, Outcome.UNSUPPORTED)
    (granted,) = world.exempting.verify(Actor(ANA), account().id, {SECURITY: 1}, REASON)
    world.exempting.end(Actor(BO), granted.id)
    monkeypatch.setattr(world.store.exemptions, "get", lambda _: granted)
    with pytest.raises(ExemptionRefused, match="verification already ended") as refused:
        world.exempting.end(Actor(ANA), granted.id)
    assert refused.value.by == BO
