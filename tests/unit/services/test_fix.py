"""The fix: who may, what is written, and when it counts as done."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain.announcements import AnnouncementKind
from bot.domain.contacts import FIELDS, fingerprint
from bot.domain.errors import ContactRefused, GatewayError, NotAllowed
from bot.domain.evaluation.evaluate import evaluate
from bot.domain.failures import FailureCode, failure
from bot.domain.fixes import FixState, WriteOrigin
from bot.domain.policy.account_policy import Presence
from bot.domain.policy.match import EVERY, Match
from bot.domain.policy.policy import Policy, PolicyTable
from bot.domain.readings import Present, Unsupported
from bot.domain.stale_reads import STALE_READ_AGE
from bot.services.fix_result import Fixed, FixOutcome
from bot.services.ports.aws import Priority
from tests.unit.fakes import (
    ABSENT,
    CONTACT,
    OTHER,
    PATIENCE,
    SECURITY,
    START,
    THIRD,
    Gate,
    account,
    fix_request,
    gateway_error,
    unreadable,
)
from tests.unit.services.fix_world import ANA, BO, EVE, NAME, World, record_of, recorded, refusal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.domain.contacts import AlternateContact
    from bot.domain.findings import AccountResult
    from bot.domain.fixes import Fix
    from bot.domain.readings import ContactReading
    from bot.services.fix import FixService
    from bot.services.fix_result import FixResult
    from bot.store import SqliteStore
    from tests.unit.fakes import FakeClock, FakeGateway
    from tests.unit.services.fix_world import Process


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """What fixes work on."""
    made = World(tmp_path)
    yield made
    made.close()


@pytest.fixture
def process(world: World) -> Process:
    """The bot under test."""
    return world.process()


@pytest.fixture
def fixes(process: Process) -> FixService:
    """The unit under test."""
    return process.fixes


@pytest.fixture
def store(process: Process) -> SqliteStore:
    """Its database."""
    return process.store


@pytest.fixture
def gateway(world: World) -> FakeGateway:
    """AWS."""
    return world.gateway


@pytest.fixture
def clock(world: World) -> FakeClock:
    """The time."""
    return world.clock


def test_a_fix_is_written_read_back_and_recorded(
    fixes: FixService, gateway: FakeGateway, store: SqliteStore, world: World
) -> None:
    """A fix ends confirmed after two equal reads, with who, before and after on record."""
    gateway.hold(1, OTHER)
    fix = record_of(fixes.fix(fix_request(shown=OTHER), NAME, ANA))
    assert fix.state is FixState.CONFIRMED
    assert fix.before == OTHER
    assert fix.request.user_id == "U1"
    assert fix.ended_at is not None
    assert not fix.already_there
    assert gateway.writes == [CONTACT]
    assert len(gateway.reads) == 3
    assert {priority for _, _, priority in gateway.reads} == {Priority.FIX}
    assert recorded(store) == fix
    assert world.told == ["recorded"]


def test_what_was_held_is_on_record_before_aws_is_asked(
    fixes: FixService, gateway: FakeGateway, store: SqliteStore
) -> None:
    """While AWS is asked to write, the store has the fix as planned, with what was held before."""
    gateway.hold(1, OTHER)
    seen: list[Fix] = []
    gateway.on_write = lambda: seen.append(recorded(store))
    fixes.fix(fix_request(shown=OTHER), NAME, ANA)
    assert [(fix.state, fix.before) for fix in seen] == [(FixState.PLANNED, OTHER)]


def test_only_fixers_fix(fixes: FixService, gateway: FakeGateway, store: SqliteStore) -> None:
    """Anyone else is refused at submission: nothing is read, written or recorded."""
    refused = refusal(fixes.fix(fix_request(user_id="U9"), NAME, EVE))
    assert refused.outcome is FixOutcome.NOT_ALLOWED
    assert isinstance(refused.problem, NotAllowed)
    assert gateway.reads == []
    assert store.fixes.get(1) is None


def test_a_right_that_ends_while_aws_is_read_writes_nothing(
    fixes: FixService, gateway: FakeGateway, store: SqliteStore, world: World
) -> None:
    """Whoever is removed after the submission, and before the write, is refused; on record."""

    def remove() -> None:
        world.clock.tick(60)
        world.fixers.user_ids = ()

    gateway.on_read = remove
    refused = refusal(fixes.fix(fix_request(), NAME, ANA))
    assert refused.outcome is FixOutcome.NOT_ALLOWED
    assert gateway.writes == []
    assert world.fixers.fresh == [True, True]
    fix = recorded(store)
    assert fix.state is FixState.FAILED
    assert fix.ended_at is not None


def test_a_pause_past_the_claim_closes_the_window(
    world: World, fixes: FixService, gateway: FakeGateway
) -> None:
    """A process that was paused between its claim and the request may not send it any more."""
    asked: list[bool] = []

    def pause() -> None:
        origin = gateway.origins[-1]
        asked.append(origin.may_send())
        world.clock.tick(30)
        asked.append(origin.may_send())

    gateway.on_write = pause
    fixes.fix(fix_request(), NAME, ANA)
    assert asked == [True, False]


def test_a_form_submitted_twice_writes_once(fixes: FixService, gateway: FakeGateway) -> None:
    """The second submission of a form gets the fix that the first one made."""
    first = fixes.fix(fix_request(), NAME, ANA)
    assert fixes.fix(fix_request(), NAME, ANA) == first
    assert first.outcome is FixOutcome.VERIFIED
    assert gateway.writes == [CONTACT]


def test_two_people_at_once_write_once(fixes: FixService, gateway: FakeGateway) -> None:
    """While one fix is under way another of the same contact is refused, and told why."""
    gateway.write_gate = Gate()
    ended: list[FixResult] = []
    first = threading.Thread(target=lambda: ended.append(fixes.fix(fix_request(), NAME, ANA)))
    first.start()
    with gateway.write_gate.held():
        refused = refusal(fixes.fix(fix_request("form-2", wanted=OTHER, user_id="U2"), NAME, BO))
        assert refused.outcome is FixOutcome.UNDER_WAY
        assert "is in progress" in str(refused.problem)
        twice = record_of(fixes.fix(fix_request(), NAME, ANA))
        assert twice.state is FixState.PLANNED
    first.join(PATIENCE)
    assert record_of(ended[0]).state is FixState.CONFIRMED
    assert gateway.writes == [CONTACT]


def test_what_is_there_already_is_not_written(
    fixes: FixService, gateway: FakeGateway, clock: FakeClock
) -> None:
    """Where AWS holds the wanted contact, the fix is confirmed and says that it was there."""
    gateway.hold(1)
    fix = record_of(fixes.fix(fix_request(shown=OTHER), NAME, ANA))
    assert fix.state is FixState.CONFIRMED
    assert fix.already_there
    assert gateway.writes == []


def test_what_changed_meanwhile_is_not_overwritten(
    fixes: FixService, gateway: FakeGateway, store: SqliteStore
) -> None:
    """A contact that is not the one shown is left, and the person is shown what is held now."""
    gateway.hold(1, OTHER)
    refused = refusal(fixes.fix(fix_request(shown=THIRD), NAME, ANA))
    assert refused.outcome is FixOutcome.CHANGED
    assert refused.held == OTHER
    assert refused.fix == recorded(store)
    assert gateway.writes == []
    assert recorded(store).state is FixState.FAILED
    assert recorded(store).before == OTHER


def test_a_stale_read_does_not_hide_a_recent_fix(
    fixes: FixService, gateway: FakeGateway, clock: FakeClock
) -> None:
    """Where AWS still gives the old value, a fix made since the form was shown counts."""
    fixes.fix(fix_request(), NAME, ANA)
    gateway.say(1, ABSENT)
    refused = refusal(fixes.fix(fix_request("form-2", wanted=OTHER, user_id="U2"), NAME, BO))
    assert refused.outcome is FixOutcome.CHANGED
    assert refused.held == CONTACT
    assert gateway.writes == [CONTACT]


def test_a_stale_read_does_not_pass_for_already_there(
    fixes: FixService, gateway: FakeGateway, clock: FakeClock
) -> None:
    """An old value that AWS gives shortly after it was fixed is written again when wanted back."""
    gateway.hold(1, OTHER)
    fixes.fix(fix_request(shown=OTHER), NAME, ANA)
    gateway.say(1, Present(OTHER))
    back = fix_request("form-2", wanted=OTHER, shown=OTHER, shown_at=clock.now())
    fix = record_of(fixes.fix(back, NAME, ANA))
    assert fix.state is FixState.CONFIRMED
    assert not fix.already_there
    assert gateway.writes == [CONTACT, OTHER]


def test_what_was_shown_after_a_fix_may_be_overwritten(
    fixes: FixService, gateway: FakeGateway, clock: FakeClock
) -> None:
    """A form filled after the recent fix goes by what AWS holds."""
    fixes.fix(fix_request(), NAME, ANA)
    again = fix_request("form-2", wanted=OTHER, shown=CONTACT, shown_at=clock.now())
    assert record_of(fixes.fix(again, NAME, ANA)).state is FixState.CONFIRMED
    assert gateway.writes == [CONTACT, OTHER]


def test_a_fix_of_long_ago_does_not_count_against_what_aws_gives(
    fixes: FixService, gateway: FakeGateway, clock: FakeClock
) -> None:
    """Once AWS must have caught up, what it gives is what it holds."""
    fixes.fix(fix_request(), NAME, ANA)
    gateway.hold(1, OTHER)
    clock.tick(STALE_READ_AGE.total_seconds())
    again = fix_request("form-2", wanted=THIRD, shown=OTHER)
    assert record_of(fixes.fix(again, NAME, ANA)).state is FixState.CONFIRMED


def test_a_fix_that_had_no_effect_is_no_recent_one(fixes: FixService, gateway: FakeGateway) -> None:
    """A fix that found its contact there already wrote nothing that AWS could be behind."""
    gateway.hold(1)
    fixes.fix(fix_request(), NAME, ANA)
    gateway.hold(1, OTHER)
    again = fix_request("form-2", wanted=THIRD, shown=OTHER)
    assert record_of(fixes.fix(again, NAME, ANA)).state is FixState.CONFIRMED


def test_what_the_policy_asks_otherwise_is_not_written(
    fixes: FixService, gateway: FakeGateway, store: SqliteStore, world: World
) -> None:
    """What the next check would alert on is refused by its fields: nothing is read or recorded."""
    world.policy = forbidding()
    store.accounts.remember([account(1)])
    refused = refusal(fixes.fix(fix_request(), NAME, ANA))
    assert refused.outcome is FixOutcome.REFUSED
    assert refused.fields == {"email": "The policy forbids a SECURITY contact for this account."}
    assert refused.fix is None
    assert gateway.reads == []
    assert store.fixes.get(1) is None


def test_the_policy_is_told_to_fixers_alone(
    fixes: FixService, store: SqliteStore, world: World
) -> None:
    """Who may not change contacts hears that, and nothing of what the policy asks for."""
    world.policy = forbidding()
    store.accounts.remember([account(1)])
    refused = refusal(fixes.fix(fix_request(user_id="U9"), NAME, EVE))
    assert refused.outcome is FixOutcome.NOT_ALLOWED
    assert refused.fields == {}


def test_what_was_not_changed_is_noted_rather_than_refused(
    fixes: FixService, store: SqliteStore, world: World, gateway: FakeGateway
) -> None:
    """Fields left as they were, though the policy objects, do not keep others from being fixed."""
    table = PolicyTable("policy", {"security.phone": ("+44 20 7946 0000",)})
    world.policy = Policy.requiring(tables=[table])
    store.accounts.remember([account(1)])
    why = {"phone": "The policy expects +44 20 7946 0000."}
    for unchanged in (frozenset(), frozenset({"email"}), frozenset(FIELDS)):
        assert refusal(fixes.fix(fix_request(), NAME, ANA, unchanged)).fields == why
    assert gateway.writes == []
    result = fixes.fix(fix_request(), NAME, ANA, frozenset({"phone"}))
    assert isinstance(result, Fixed)
    assert (result.outcome, result.notes) == (FixOutcome.VERIFIED, why)


def test_an_unusual_domain_is_confirmed_first(
    fixes: FixService, store: SqliteStore, world: World, gateway: FakeGateway
) -> None:
    """Where most accounts share a domain, another one is written once the person confirmed it."""
    known = [evaluated(number, Present(CONTACT)) for number in (2, 3, 4)]
    for result in known:
        store.findings.observe(result)
    request = fix_request(wanted=replace(CONTACT, email="sec@agency.internal"))
    refused = refusal(fixes.fix(request, NAME, ANA))
    assert refused.outcome is FixOutcome.TO_CONFIRM
    assert refused.fields["email"].startswith("No other account has an address at agency.internal")
    other = refusal(fixes.fix(request, NAME, ANA, confirmed_domain="partner.internal"))
    assert other.outcome is FixOutcome.TO_CONFIRM
    assert (gateway.writes, store.fixes.get(1)) == ([], None)
    # What AWS holds already needs no confirmation, nor what the policy names.
    held = fix_request(wanted=replace(CONTACT, email="sec@held.internal"))
    assert fixes.fix(held, NAME, ANA, frozenset({"email"})).outcome is FixOutcome.VERIFIED
    world.policy = Policy.requiring(
        tables=[PolicyTable("policy", {"security.email": ("@agency.internal",)})]
    )
    store.accounts.remember([account(1)])
    again = replace(request, key="form-2", shown=fingerprint(held.wanted))
    assert fixes.fix(again, NAME, ANA).outcome is FixOutcome.VERIFIED


def managed(tool: str, match: Match = EVERY) -> Policy:
    """A policy that says which tool keeps contacts as code."""
    return Policy.requiring(tables=[PolicyTable("policy", {"managed_by": tool}, match)])


@pytest.mark.parametrize("confirmed", ["", "terraform", "nothing"])
def test_what_a_tool_manages_is_written_only_once_that_is_confirmed(
    fixes: FixService, store: SqliteStore, world: World, gateway: FakeGateway, confirmed: str
) -> None:
    """Neither without a confirmation, nor with that of another tool."""
    world.policy = managed("lza")
    store.accounts.remember([account(1)])
    request = replace(fix_request(), confirmed_tool=confirmed)
    refused = refusal(fixes.fix(request, NAME, ANA))
    assert refused.outcome is FixOutcome.MANAGED
    assert "managed by Landing Zone Accelerator" in str(refused.problem)
    assert (gateway.writes, store.fixes.get(1)) == ([], None)
    assert fixes.fix(replace(request, confirmed_tool="lza"), NAME, ANA).fix is not None
    assert len(gateway.writes) == 1
    assert recorded(store).request.confirmed_tool == "lza"


@pytest.mark.parametrize("wanted", [CONTACT, None])
def test_a_tool_is_asked_about_whatever_is_written(
    fixes: FixService,
    store: SqliteStore,
    world: World,
    gateway: FakeGateway,
    wanted: AlternateContact | None,
) -> None:
    """A run, an undo and a removal need the confirmation, too."""
    world.policy = managed("terraform")
    store.accounts.remember([account(1)])
    for must_comply in (True, False):
        request = fix_request(wanted=wanted)
        result = fixes.make(request, NAME, lambda: None, must_comply=must_comply)
        assert result.outcome is FixOutcome.MANAGED
    assert (gateway.writes, gateway.deletes, store.fixes.get(1)) == ([], [], None)


@pytest.mark.parametrize("excluded", [True, False])
def test_nothing_is_written_while_it_is_unknown_whether_a_tool_manages_it(
    fixes: FixService, store: SqliteStore, world: World, gateway: FakeGateway, excluded: bool
) -> None:
    """Where an account's tags weren't read, or the account itself isn't known."""
    world.policy = managed("terraform", Match(tags=(("iac", "*"),)))
    if excluded:
        tables = [*world.policy.tables, PolicyTable("exclude", {"excluded": "Closed soon."})]
        world.policy = Policy(tuple(tables))
    for _ in range(2):
        refused = refusal(fixes.fix(fix_request(), NAME, ANA))
        assert refused.outcome is FixOutcome.MANAGED
        assert "unknown whether a tool manages" in str(refused.problem)
        store.accounts.remember([account(1)])
    assert gateway.writes == []


def test_a_confirmation_that_was_not_needed_is_not_recorded(
    fixes: FixService, store: SqliteStore, world: World
) -> None:
    """Where no tool manages the account any more."""
    world.policy = managed("")
    store.accounts.remember([account(1)])
    fixes.fix(replace(fix_request(), confirmed_tool="terraform"), NAME, ANA)
    assert recorded(store).request.confirmed_tool == ""


def test_a_domain_is_no_more_usual_after_one_fix(
    fixes: FixService, store: SqliteStore, gateway: FakeGateway
) -> None:
    """The second account to get an address there is warned about too, and informed of the first."""
    for number in (2, 3, 4):
        store.findings.observe(evaluated(number, Present(CONTACT)))
    elsewhere = replace(CONTACT, email="sec@agency.internal")
    store.findings.observe(evaluated(5, Present(elsewhere)))
    refused = refusal(fixes.fix(fix_request(wanted=elsewhere), NAME, ANA))
    assert refused.outcome is FixOutcome.TO_CONFIRM
    words = "Only 1 other account has an address at agency.internal; most share another domain."
    assert refused.fields == {"email": words}
    assert gateway.writes == []


def test_a_confirmed_domain_is_recorded_as_unusual(
    fixes: FixService, store: SqliteStore, world: World
) -> None:
    """A write to it is announced with that, where the policy has the account announced."""
    world.policy = Policy.requiring(tables=[PolicyTable("policy", {"channel": "#team"})])
    store.accounts.remember([account(1)])
    for number in (2, 3, 4):
        store.findings.observe(evaluated(number, Present(CONTACT)))
    request = fix_request(wanted=replace(CONTACT, email="sec@agency.internal"))
    confirmed = fixes.fix(request, NAME, ANA, confirmed_domain="agency.internal")
    assert record_of(confirmed).unusual_domain
    (due,) = store.announcements.due()
    assert (due.kind, due.channel) == (AnnouncementKind.FIXED, "#team")
    usual = fixes.fix(fix_request("form-2", wanted=OTHER, shown=request.wanted), NAME, ANA)
    assert not record_of(usual).unusual_domain


def test_a_forbidden_contact_is_refused_whatever_was_changed(
    fixes: FixService, store: SqliteStore, world: World
) -> None:
    """A contact that should not be there is not made another one."""
    world.policy = forbidding()
    store.accounts.remember([account(1)])
    assert refusal(fixes.fix(fix_request(), NAME, ANA, frozenset({"email"}))).fields


def evaluated(number: int, reading: ContactReading) -> AccountResult:
    """An account with its security contact as read."""
    found = account(number)
    policy = Policy.requiring().resolve(found)
    return evaluate(found, {SECURITY: reading}, policy, START)


def forbidding() -> Policy:
    """A policy by which no account may have a security contact."""
    table = PolicyTable("policy", {"security.presence": Presence.FORBIDDEN})
    return Policy.requiring(tables=[table])


@pytest.mark.parametrize(
    "reading", [unreadable(FailureCode.DENIED), Unsupported(failure(FailureCode.NO_API))]
)
def test_what_cannot_be_read_is_not_written(
    fixes: FixService, gateway: FakeGateway, store: SqliteStore, reading: Unsupported
) -> None:
    """Where AWS can't be read nothing is written; the cause is reported and recorded."""
    gateway.say(1, reading)
    refused = refusal(fixes.fix(fix_request(), NAME, ANA))
    assert refused.outcome is FixOutcome.FAILED
    assert isinstance(refused.problem, GatewayError)
    assert refused.problem.failure == reading.failure
    assert gateway.writes == []
    fix = recorded(store)
    assert fix.state is FixState.FAILED
    assert fix.failure == reading.failure


def test_refused_fields_come_back(
    fixes: FixService, gateway: FakeGateway, store: SqliteStore
) -> None:
    """Fields that AWS itself refuses are handed back, and the fix is recorded as failed."""
    gateway.fail_write(
        ContactRefused(failure(FailureCode.REFUSED), {"phone": "not a phone number"})
    )
    refused = refusal(fixes.fix(fix_request(), NAME, ANA))
    assert refused.outcome is FixOutcome.REFUSED
    assert refused.fields == {"phone": "not a phone number"}
    assert refused.fix == recorded(store)
    assert recorded(store).state is FixState.FAILED


def test_a_denied_write_fails_with_its_cause(fixes: FixService, gateway: FakeGateway) -> None:
    """Where AWS denies the write, the fix failed, for AWS's reason."""
    gateway.fail_write(gateway_error(FailureCode.DENIED_BY_SCP))
    fix = record_of(fixes.fix(fix_request(), NAME, ANA))
    assert fix.state is FixState.FAILED
    assert fix.failure == failure(FailureCode.DENIED_BY_SCP)


def test_a_denied_write_of_what_is_there_succeeds(fixes: FixService, gateway: FakeGateway) -> None:
    """Where AWS denies the write though it holds the wanted contact, the fix says it was there."""
    gateway.fail_write(gateway_error(FailureCode.DENIED))
    gateway.on_write = lambda: gateway.hold(1)
    fix = record_of(fixes.fix(fix_request(), NAME, ANA))
    assert fix.state is FixState.CONFIRMED
    assert fix.already_there


def test_a_throttled_write_is_not_waited_for(fixes: FixService, gateway: FakeGateway) -> None:
    """A write that AWS surely did not take fails at once."""
    gateway.fail_write(gateway_error(FailureCode.THROTTLED))
    assert record_of(fixes.fix(fix_request(), NAME, ANA)).state is FixState.FAILED
    assert len(gateway.reads) == 1


@pytest.mark.parametrize(
    "cause",
    [
        FailureCode.TIMED_OUT,
        FailureCode.MALFORMED,
        FailureCode.AWS_FAULT,
        FailureCode.TLS_FAILED,
        FailureCode.PROXY_FAILED,
        FailureCode.SDK_FAULT,
    ],
)
def test_a_lost_answer_is_no_failure_where_aws_took_it(
    fixes: FixService, gateway: FakeGateway, cause: FailureCode
) -> None:
    """Where the answer was lost but AWS shows what was written, the fix is confirmed."""
    gateway.fail_write(gateway_error(cause), takes=True)
    gateway.say(1, ABSENT, ABSENT)
    fix = record_of(fixes.fix(fix_request(), NAME, ANA))
    assert fix.state is FixState.CONFIRMED
    assert not fix.already_there
    assert gateway.writes == [CONTACT]


def test_a_lost_answer_is_in_doubt_where_aws_never_shows_it(
    fixes: FixService, gateway: FakeGateway, clock: FakeClock
) -> None:
    """Where the answer was lost and AWS does not show it in time, the fix failed, in doubt."""
    gateway.fail_write(gateway_error(FailureCode.TIMED_OUT))
    fix = record_of(fixes.fix(fix_request(), NAME, ANA))
    assert fix.state is FixState.FAILED
    assert fix.in_doubt_since is not None
    assert fix.failure == failure(FailureCode.TIMED_OUT)
    assert clock.now() - fix.planned_at >= timedelta(seconds=60)


def test_a_denial_after_a_lost_answer_is_in_doubt(fixes: FixService, gateway: FakeGateway) -> None:
    """An earlier try whose answer was lost counts, whatever the last one came to."""
    error = gateway_error(FailureCode.THROTTLED)
    error.maybe_done = True
    gateway.fail_write(error, takes=True)
    gateway.say(1, ABSENT, ABSENT)
    assert record_of(fixes.fix(fix_request(), NAME, ANA)).state is FixState.CONFIRMED


def test_a_refused_write_is_in_no_doubt(fixes: FixService, gateway: FakeGateway) -> None:
    """What AWS answered by a refusal it did not take."""
    gateway.fail_write(gateway_error(FailureCode.DENIED_BY_SCP))
    assert record_of(fixes.fix(fix_request(), NAME, ANA)).in_doubt_since is None


def test_a_write_in_doubt_that_cannot_be_read_is_left_open(
    fixes: FixService, gateway: FakeGateway, store: SqliteStore
) -> None:
    """Where AWS cannot be read after its answer was lost, nobody says that the fix failed."""
    gateway.fail_write(gateway_error(FailureCode.UNREACHABLE), takes=True)
    gateway.on_write = lambda: gateway.say(1, *20 * [unreadable(FailureCode.UNREACHABLE)])
    result = fixes.fix(fix_request(), NAME, ANA)
    assert result.outcome is FixOutcome.UNKNOWN
    assert recorded(store).ended_at is None
    gateway.script.clear()
    again = fixes.fix(fix_request("form-2", shown=CONTACT), NAME, ANA)
    assert recorded(store).state is FixState.CONFIRMED
    assert record_of(again).already_there


def test_a_saved_contact_that_cannot_be_read_says_why(
    fixes: FixService, gateway: FakeGateway, store: SqliteStore
) -> None:
    """AWS took the write; that it can't be read isn't that it doesn't show the contact."""
    gateway.on_write = lambda: gateway.say(1, *40 * [unreadable(FailureCode.THROTTLED)])
    result = fixes.fix(fix_request(), NAME, ANA)
    assert isinstance(result, Fixed)
    assert result.outcome is FixOutcome.SAVED
    assert "throttling" in str(result.problem)
    assert (recorded(store).state, recorded(store).ended_at) == (FixState.APPLIED, None)


def test_nothing_is_written_over_what_cannot_be_read(
    fixes: FixService, gateway: FakeGateway, store: SqliteStore
) -> None:
    """As long as an earlier fix is in doubt and AWS cannot be read, another one is refused."""
    gateway.fail_write(gateway_error(FailureCode.UNREACHABLE))
    gateway.on_write = lambda: gateway.say(1, *40 * [unreadable(FailureCode.UNREACHABLE)])
    fixes.fix(fix_request(), NAME, ANA)
    refused = refusal(fixes.fix(fix_request("form-2"), NAME, ANA))
    assert "may have been saved" in str(refused.problem)
    assert len(gateway.writes) == 1
    assert store.fixes.get(2) is None


def test_a_lost_answer_is_left_open_by_a_stop(
    fixes: FixService, gateway: FakeGateway, store: SqliteStore, world: World
) -> None:
    """A stop does not take a write in doubt for failed: whoever comes next finds out."""
    gateway.fail_write(gateway_error(FailureCode.TIMED_OUT), takes=True)
    gateway.on_write = fixes.stop
    gateway.say(1, ABSENT, ABSENT)
    result = fixes.fix(fix_request(), NAME, ANA)
    assert result.outcome is FixOutcome.UNKNOWN
    assert recorded(store).state is FixState.PLANNED
    assert recorded(store).ended_at is None
    assert world.process().fixes.fix(fix_request(), NAME, ANA).outcome is FixOutcome.VERIFIED
    assert gateway.writes == [CONTACT]


def test_two_equal_reads_must_follow_each_other(fixes: FixService, gateway: FakeGateway) -> None:
    """One replica that is ahead confirms nothing: an unequal read starts the count again."""
    gateway.say(1, ABSENT, Present(CONTACT), ABSENT, Present(CONTACT), unreadable())
    assert record_of(fixes.fix(fix_request(), NAME, ANA)).state is FixState.CONFIRMED
    assert len(gateway.reads) == 7


def test_the_normal_form_is_what_is_compared(fixes: FixService, gateway: FakeGateway) -> None:
    """What AWS hands back trimmed is what was written."""
    gateway.on_write = lambda: gateway.say(1, *2 * [Present(CONTACT)])
    loose = type(CONTACT)(" Ana  Lima", "Lead ", "SEC@example.com", "+351 (210) 000-000")
    assert record_of(fixes.fix(fix_request(wanted=loose), NAME, ANA)).state is FixState.CONFIRMED


def test_what_aws_does_not_show_in_time_stays_applied(
    fixes: FixService, gateway: FakeGateway, store: SqliteStore, clock: FakeClock
) -> None:
    """Once the bound has passed, the fix ends as applied, not as confirmed."""
    gateway.on_write = lambda: gateway.say(1, *20 * [ABSENT])
    fix = record_of(fixes.fix(fix_request(), NAME, ANA))
    assert fix.state is FixState.APPLIED
    assert fix.applied_at is not None
    assert clock.now() - fix.applied_at == timedelta(seconds=60)
    assert fix.ended_at is not None


def test_the_bound_may_be_set(gateway: FakeGateway, world: World) -> None:
    """With no time to confirm, one read is all there is."""
    gateway.on_write = lambda: gateway.say(1, ABSENT)
    result = world.process(within=0).fixes.fix(fix_request(), NAME, ANA)
    assert result.outcome is FixOutcome.SAVED


def test_a_stop_ends_the_wait_for_aws(
    gateway: FakeGateway, store: SqliteStore, world: World
) -> None:
    """A fix that is being confirmed when the bot stops is left as applied, for the next start."""
    fixes = world.process(wait=3600.0).fixes
    gate = Gate()
    gateway.say(1, *10 * [ABSENT])
    gateway.on_write = lambda: setattr(gateway, "on_read", gate.stand)
    ended: list[FixResult] = []
    thread = threading.Thread(target=lambda: ended.append(fixes.fix(fix_request(), NAME, ANA)))
    thread.start()
    with gate.held():
        fixes.stop()
    thread.join(PATIENCE)
    assert record_of(ended[0]).state is FixState.APPLIED
    assert recorded(store) == record_of(ended[0])
    gateway.script.clear()
    gateway.on_read = lambda: None
    world.process().recovery.look()
    assert recorded(store).state is FixState.CONFIRMED


def test_what_cannot_be_recorded_is_not_written(
    fixes: FixService, gateway: FakeGateway, store: SqliteStore
) -> None:
    """Without a record of the plan AWS is not asked, and the person hears that."""
    store.close()
    refused = refusal(fixes.fix(fix_request(), NAME, ANA))
    assert refused.outcome is FixOutcome.NOT_RECORDED
    assert "Nothing was changed in AWS" in str(refused.problem)
    assert gateway.writes == []


def test_a_contact_is_removed_and_read_back(
    fixes: FixService, gateway: FakeGateway, store: SqliteStore
) -> None:
    """A fix that wants no contact deletes the one there is, and is verified by its absence."""
    gateway.hold(1, OTHER)
    fix = record_of(fixes.make(fix_request(wanted=None, shown=OTHER), NAME, lambda: None))
    assert (fix.state, fix.before, fix.already_there) == (FixState.CONFIRMED, OTHER, False)
    assert (gateway.writes, gateway.deletes) == ([], [(account(1).id, SECURITY)])
    assert gateway.origins == [WriteOrigin(fix.id, "U1")]
    assert fix.aws_request_id == "request-1"
    assert recorded(store) == fix


def test_a_contact_that_is_gone_already_is_not_removed(
    fixes: FixService, gateway: FakeGateway
) -> None:
    """Somebody else removed it: nothing is sent."""
    fix = record_of(fixes.make(fix_request(wanted=None, shown=OTHER), NAME, lambda: None))
    assert (fix.state, fix.already_there, gateway.deletes) == (FixState.CONFIRMED, True, [])


def test_another_contact_than_the_one_shown_is_not_removed(
    fixes: FixService, gateway: FakeGateway
) -> None:
    """What the person did not see is held back."""
    gateway.hold(1, THIRD)
    result = refusal(fixes.make(fix_request(wanted=None, shown=OTHER), NAME, lambda: None))
    assert (result.outcome, result.held) == (FixOutcome.CHANGED, THIRD)
    assert gateway.deletes == []


def test_a_right_that_ended_since_a_run_began_changes_nothing(
    fixes: FixService, gateway: FakeGateway
) -> None:
    """A run asks for its right again right before each write."""

    def refuse() -> None:
        raise NotAllowed("You don't have permission to change contacts.", "Ask @secops.")

    result = refusal(fixes.make(fix_request(), NAME, refuse))
    assert result.outcome is FixOutcome.NOT_ALLOWED
    assert gateway.writes == []


@pytest.mark.parametrize(("must_comply", "writes"), [(True, []), (False, [CONTACT])])
def test_an_undo_may_restore_what_the_policy_refuses(
    fixes: FixService,
    gateway: FakeGateway,
    store: SqliteStore,
    world: World,
    *,
    must_comply: bool,
    writes: list[AlternateContact],
) -> None:
    """A fix has to comply with the policy; what was there before the fix may be put back."""
    world.policy = Policy.requiring(
        tables=[PolicyTable("line 1", {"security.presence": Presence.FORBIDDEN})]
    )
    store.accounts.remember([account(1)])
    fixes.make(fix_request(), NAME, lambda: None, must_comply=must_comply)
    assert gateway.writes == writes


def test_a_fix_that_was_undone_says_so(
    fixes: FixService, gateway: FakeGateway, store: SqliteStore
) -> None:
    """Once the undo is verified, and not before."""
    fix = record_of(fixes.fix(fix_request(), NAME, ANA))
    undo = replace(fix_request("undo-1", wanted=None, shown=CONTACT), undoes=fix.id)
    gateway.on_write = lambda: seen.append(recorded(store, fix.id).undone_by)
    seen: list[int | None] = []
    undone = record_of(fixes.make(undo, NAME, lambda: None))
    assert seen == [None]
    assert recorded(store, fix.id).undone_by == undone.id
    assert undone.request.undoes == fix.id
