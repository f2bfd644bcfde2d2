"""5,000 payloads over every listener: nothing without the right, no ack lost, no defect.

`ALTCONTACT_FUZZ_PAYLOADS` is how many, `ALTCONTACT_FUZZ_SEED` which. They go over the sandbox's
real WebSocket to the bot as `bot.app.slack_bot` puts it together, with the sandbox's AWS behind it.
"""

from __future__ import annotations

import logging
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from traceback import format_exception
from typing import TYPE_CHECKING, Any, Final

import pytest
import structlog
from altcontact_sandbox.slack.workspace import ALICE, BOB, BOT_USER, CAROL, GROUP
from pydantic import SecretStr

from bot.app.slack_bot import SlackBot
from bot.app.wiring import aws_gateways
from bot.config.policy_reload import PolicyReload
from bot.config.settings import Settings
from bot.domain.audit import AuditAction
from bot.domain.audit_chain import verify
from bot.domain.contacts import NO_CONTACT, ContactType
from bot.domain.exemptions import ExemptionKind, ExemptionRequest
from bot.domain.fixes import FixRequest, FixState
from bot.domain.policy.match import Match
from bot.domain.policy.policy import Policy, PolicyTable
from bot.domain.rule_catalog import Rule
from bot.domain.runs import RunState
from bot.slack.membership import MAX_AGE
from bot.slack.views import exemption_forms, fix_modal, run_message, run_preview
from bot.store import SqliteStore
from sandbox.tests.aws.fixtures import _aws, aws
from sandbox.tests.slack.fixtures import slack, slack_server
from tests.integration.slack.deliveries import Known, valid
from tests.integration.slack.known_runs import KnownRuns
from tests.integration.slack.mutations import IDENTITY, mutated
from tests.unit.fakes import CONTACT, START, FakeClock, FakeMembers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from altcontact_sandbox.aws.sandbox import AwsSandbox
    from altcontact_sandbox.slack.sandbox import SlackSandbox

    from bot.domain.findings import Finding
    from bot.services.doctor import CheckResult

    Payload = dict[str, Any]

__all__ = ["_aws", "aws", "slack", "slack_server"]

pytestmark = [
    pytest.mark.no_cover,  # it would take as long again, for lines that others run through
    pytest.mark.timeout(1200),  # a busy machine takes several times as long
]

PAYLOADS: Final = int(os.environ.get("ALTCONTACT_FUZZ_PAYLOADS", "5000"))
SEED: Final = int(os.environ.get("ALTCONTACT_FUZZ_SEED", "10"))
AT_ONCE: Final = 8
"""People who press at the same time."""

FIXER: Final = "U0FIXER001"
FOREIGN_TEAM, FOREIGN_ENTERPRISE = "T0FOREIGN1", "E0FOREIGN1"


@dataclass(frozen=True)
class Role:
    """Somebody by what Slack knows of them, and what their payloads say of where they belong."""

    name: str
    user: str
    member: dict[str, Any] | None = None
    team: str = ""
    home_team: str = ""
    enterprise: str = ""

    def claimed(self, payload: Payload) -> Payload:
        """A payload of this person's."""
        if "command" in payload:
            payload |= {"team_id": self.team} if self.team else {}
            payload |= {"enterprise_id": self.enterprise} if self.enterprise else {}
            return payload
        if payload["type"] == "event_callback":
            payload["team_id"] = self.team or payload["team_id"]
            payload["event"] |= {"team": self.home_team} if self.home_team else {}
            payload |= {"enterprise_id": self.enterprise} if self.enterprise else {}
            return payload
        if self.team:
            payload["team"] = {"id": self.team, "domain": "elsewhere"}
        if self.home_team:
            payload["user"]["team_id"] = self.home_team
        if self.enterprise:
            payload["enterprise"] = {"id": self.enterprise, "name": "Elsewhere"}
        return payload


HOLDERS: Final = (
    Role("fixer by user id", FIXER, {"name": "fixer"}),
    Role("fixer by group", ALICE),
)
"""Who may change contacts."""

RIGHTS: Final = frozenset(role.user for role in HOLDERS)

OTHERS: Final = (
    Role("member", BOB),
    Role("approver elsewhere who left the group", CAROL),
    Role("single-channel guest", "U0GUEST001", {"name": "g1", "is_single_channel_guest": True}),
    Role("multi-channel guest", "U0GUEST002", {"name": "g2", "is_guest": True}),
    Role("bot", "U0ROBOT001", {"name": "robot", "is_bot": True}),
    Role("the bot itself", BOT_USER),
    Role("Slackbot", "USLACKBOT"),
    Role("deactivated", "U0LEFT0001", {"name": "left", "deleted": True}),
    Role(
        "stranger",
        "U0STRANGE1",
        {"name": "stranger", "is_stranger": True, "team_id": FOREIGN_TEAM},
        home_team=FOREIGN_TEAM,
    ),
    Role(
        "Slack Connect",
        "U0CONNECT1",
        {"name": "connect", "team_id": FOREIGN_TEAM},
        home_team=FOREIGN_TEAM,
    ),
    Role("nobody", "U0NOBODY01"),
    Role("a fixer's id from another team", FIXER, team=FOREIGN_TEAM, home_team=FOREIGN_TEAM),
    Role("a fixer's id from another home team", ALICE, team=FOREIGN_TEAM, home_team=FOREIGN_TEAM),
    Role("a fixer's id from another enterprise", ALICE, enterprise=FOREIGN_ENTERPRISE),
)
"""Who may not, though the setting names all but the first two."""

ROLES: Final = (*HOLDERS, *OTHERS)

NARROW: Final = "U0NARROW01"
ONE: Final = "888888888888"
"""Who may fix this account alone, by the policy."""


DOINGS: Final = frozenset(
    {
        AuditAction.FIX_PLANNED,
        AuditAction.WRITE_SENT,
        AuditAction.RUN_PREVIEWED,
        AuditAction.RUN_STARTED,
        AuditAction.RUN_STOPPED,
        AuditAction.RUN_CANCELED,
        AuditAction.REQUESTED,
        AuditAction.APPROVED,
        AuditAction.BYPASSED,
        AuditAction.EXEMPTION_GRANTED,
        AuditAction.EXEMPTION_ENDED,
        AuditAction.VERIFIED_MANUALLY,
    }
)
"""What may be on record only if somebody with the right to change contacts did it."""


class World:
    """The bot between the sandbox's Slack and AWS; `reloads` and `doctor_runs` count."""

    runs: KnownRuns
    """Once prepared: runs in every state."""

    def __init__(self, slack: SlackSandbox, aws: AwsSandbox, folder: Path) -> None:
        environment = slack.environment()
        self.slack, self.aws, self.clock = slack, aws, FakeClock()
        self.reloads = self.doctor_runs = self._prepared = 0
        settings = Settings(
            slack_bot_token=SecretStr(environment["SLACK_BOT_TOKEN"]),
            slack_app_token=SecretStr(environment["SLACK_APP_TOKEN"]),
            slack_api_url=environment["SLACK_API_URL"],
            channel="#security-alerts",
            fixers=(GROUP, *(role.user for role in ROLES if role.member)),
            read_rate=1000.0,
            write_rate=1000.0,
            confirm_timeout=1.0,
        )
        # Carol approves for an account that isn't there, and somebody fixes the last one alone.
        self.policy = Policy.requiring(
            tables=[
                PolicyTable("elsewhere", {"approvers": (CAROL,)}, Match(accounts=("9" * 12,))),
                PolicyTable("one", {"fixers": (NARROW,)}, Match(accounts=(ONE,))),
            ]
        )
        self.store = SqliteStore(folder / "bot.db", self.clock)
        self.bot = SlackBot(
            settings,
            self.store,
            aws_gateways(settings, lambda _: None),
            FakeMembers(),
            lambda: self.policy,
            clock=self.clock,
            reload_policy=self._reload,
            next_check=lambda: START,
            run_checks=self._run_checks,
            post_interval=0.0,
            answer_within=1.0,
            ack_settles=0.0,
        )

    def _reload(self, _: str) -> PolicyReload:
        self.reloads += 1
        return PolicyReload(self.policy, changed=False, sections=0, sections_before=0)

    def _run_checks(self) -> Iterator[CheckResult]:
        self.doctor_runs += 1
        return iter(())

    def prepare(self) -> Known:
        """Bring about what payloads speak of: findings, an alert, an exemption. Carol leaves."""
        slack = self.slack
        slack.settings(post_rate=1e6, post_burst=1e6, tier2=0, tier3=0, tier4=0)
        slack.people([{"id": role.user, **role.member} for role in ROLES if role.member])
        slack.people([{"id": NARROW, "name": "narrow"}])
        slack.set_group(GROUP, members=[ALICE, CAROL])
        self.bot.connection.start()
        slack.wait_connected()
        slack.command("/altcontact check", user=CAROL)
        slack.wait_private("attention", CAROL)
        self.bot.announcer.deliver()
        alert = slack.wait_message("no security contact")
        account, *others = (
            found
            for account in self.aws.accounts()
            for found in self.store.findings.unresolved(account["id"])
            if found.key.rule is Rule.MISSING
        )
        (exemption,) = self.store.exemptions.grant([exempting(others[0])], "Another")
        slack.set_group(GROUP, members=[ALICE])
        self.clock.tick(MAX_AGE + 1)
        known = Known(
            account=account.key.account_id,
            announcement=alert["metadata"]["event_payload"]["id"],
            finding=account.id,
            exemption=exemption.id,
            fix=self._fixed(others[1].key.account_id),
        )
        accounts = [each.key.account_id for each in others[2:]]
        previewers = sorted({NARROW, *(role.user for role in ROLES)})
        self.runs = KnownRuns(self.store, accounts, FIXER, previewers)
        self._prepared = self.store.audit.head().number
        self.bot.run_worker.start()
        return known

    def _fixed(self, account_id: str) -> int:
        """A fix that could be undone, without a request to AWS."""
        request = FixRequest(
            "before", account_id, ContactType.SECURITY, CONTACT, FIXER, NO_CONTACT, START
        )
        fix, _ = self.store.fixes.plan(request, "Another")
        self.store.fixes.begin_writing(fix.id, None)
        self.store.fixes.advance(fix.id, FixState.CONFIRMED, ended=True)
        self.aws.set_contact(account_id, "SECURITY", CONTACT)
        return fix.id

    def writes(self) -> int:
        """How often AWS was asked to put or delete a contact."""
        return len(self.aws.writes())

    def recorded(self) -> set[str]:
        """The actions on record; the audit log's chain must be whole."""
        records = list(self.store.audit.entries())
        assert verify(records).problems == ()
        return {each.action for each in records if each.number > self._prepared}

    def stop(self) -> None:
        """Let everything end that was begun."""
        self.bot.stop()


def exempting(finding: Finding) -> ExemptionRequest:
    """A request of the fixer's to exempt a finding for a month."""
    return ExemptionRequest(
        kind=ExemptionKind.EXEMPTION,
        account_id=finding.key.account_id,
        type=finding.key.type,
        rule=finding.key.rule,
        user_id=FIXER,
        reason="Closed at the end of the month.",
        until=START + timedelta(days=30),
    )


@dataclass(frozen=True, slots=True)
class Sent:
    """A payload, and how many deliveries it took until its ack."""

    number: int
    name: str
    acked: bool
    deliveries: int


class Sender:
    """Delivers payloads of roles, each wrong in some way.

    Args:
        world: where to.
        known: what they speak of.
        roles: whose they are.
    """

    def __init__(self, world: World, known: Known, roles: tuple[Role, ...]) -> None:
        self._world = world
        self._known = known
        self._roles = roles
        self._used: list[Payload] = []

    def send_valid(self, role: Role, name: str, run: int = 1) -> None:
        """Deliver one in which nothing is wrong."""
        known = replace(self._known, run=run)
        kind, payload = valid(known, role.user, self._world.slack.trigger(role.user))[name]
        assert self._world.slack.deliver(role.claimed(payload), kind)["acked"]

    def send(self, number: int) -> Sent:
        """Deliver one."""
        chance = Random(f"{SEED}/{number}")  # noqa: S311 - a test's choices, to be repeated
        role = chance.choice(self._roles)
        runs = self._world.runs
        run = chance.choice([*runs.all, *[runs.previews[role.user]] * len(runs.all)])
        known = replace(self._known, run=run)
        payloads = valid(known, role.user, self._trigger(role, chance))
        name = chance.choice(sorted(payloads))
        kind, payload = payloads[name]
        # A payload that says no more where a fixer's id comes from would be that fixer's.
        kept = IDENTITY if role.user in RIGHTS else frozenset[str]()
        told = self._world.slack.deliver(mutated(role.claimed(payload), chance, kept=kept), kind)
        return Sent(number, f"{name} by {role.name}", told["acked"], told["deliveries"])

    def _trigger(self, role: Role, chance: Random) -> Payload:
        """A fresh trigger; now and then one that was used before."""
        if self._used and chance.random() < 0.1:
            return chance.choice(self._used)
        known = role.name != "nobody"
        trigger = self._world.slack.trigger(role.user if known else BOB)
        self._used.append(trigger)
        return trigger


@pytest.fixture
def world(
    slack: SlackSandbox, aws: AwsSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    """The bot, stopped after the test."""
    for name, value in aws.environment("management").items():
        monkeypatch.setenv(name, value)
    aws.seed_demo()
    aws.quotas(False)  # noqa: FBT003 - its one parameter
    aws.reset_stats()
    made = World(slack, aws, tmp_path)
    try:
        yield made
    finally:
        made.stop()
        made.store.close()


def attack(world: World, sender: Sender, numbers: range) -> None:
    """Deliver a payload for each number, wait until all is over, and hold what must always hold."""
    before = len(world.slack.acks())
    handler = Tracebacks()
    logging.getLogger().addHandler(handler)
    try:
        with structlog.testing.capture_logs() as logged:
            with ThreadPoolExecutor(AT_ONCE) as people:
                sent = list(people.map(sender.send, numbers))
            # A machine may stall for the three seconds that Slack and Bolt wait. That is over by
            # now; a payload whose first delivery gets no ack gets none again.
            again = [sender.send(each.number) for each in sent if each.deliveries > 1]
            world.stop()
    finally:
        logging.getLogger().removeHandler(handler)
    assert [each for each in sent if not each.acked] == [], f"seed {SEED}"
    assert [each for each in again if each.deliveries > 1] == [], f"seed {SEED}"
    acks = [ack for ack in world.slack.acks()[before:] if ack["seconds"] is not None]
    assert len(acks) == len(numbers) + len(again)
    assert "acked_twice" not in [refused["error"] for refused in world.slack.refusals()]
    defects = ["".join(format_exception(line["exc_info"])) for line in logged if "exc_info" in line]
    assert defects + handler.found == [], f"seed {SEED}"


class Tracebacks(logging.Handler):
    """Keeps what libraries log of exceptions."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line that has a traceback."""
        if record.exc_info:
            self.found.append(record.getMessage())


def test_nobody_does_anything_without_the_right(world: World) -> None:
    """No contact written, nothing exempted or ended, no reload and no doctor."""
    known = world.prepare()
    runs = world.runs.states()
    attack(world, Sender(world, known, OTHERS), range(PAYLOADS * 9 // 10))
    assert world.writes() == 0
    exemptions, total = world.store.exemptions.page(100)
    assert [each.id for each in exemptions] == [known.exemption]
    assert total == 1
    assert (world.reloads, world.doctor_runs) == (0, 0)
    assert world.runs.states() == runs
    recorded = world.recorded()
    assert {AuditAction.REFUSED, AuditAction.PAYLOAD_REFUSED} <= recorded
    assert not recorded & DOINGS, sorted(recorded & DOINGS)


def test_fixers_do_what_they_may_and_no_more(world: World) -> None:
    """Mistakes in their payloads are reported to them; what is right is done in their name."""
    known = world.prepare()
    sender = Sender(world, known, HOLDERS)
    for holder in HOLDERS:
        for name in (exemption_forms.EXEMPT, fix_modal.CALLBACK, "/reload", "/doctor"):
            sender.send_valid(holder, name)
        sender.send_valid(holder, run_preview.CALLBACK, world.runs.previews[holder.user])
    sender.send_valid(HOLDERS[0], run_message.CONTINUE, world.runs.stopped)
    sender.send_valid(HOLDERS[1], run_message.RETRY, world.runs.ended)
    exempted = world.store.exemptions.page(100)[1]
    attack(world, sender, range(PAYLOADS * 9 // 10, PAYLOADS))
    fix = world.store.fixes.latest(known.account, ContactType.SECURITY)
    assert fix is not None
    assert fix.request.user_id in RIGHTS
    exemptions, _ = world.store.exemptions.page(100)
    assert {each.request.user_id for each in exemptions} <= RIGHTS
    assert world.writes()
    assert exempted > 1
    assert min(world.reloads, world.doctor_runs) >= len(HOLDERS)
    assert {AuditAction.COMMAND, AuditAction.RUN_STARTED} <= world.recorded()
    states = world.runs.states()
    begun = [world.runs.previews[holder.user] for holder in HOLDERS]
    assert RunState.PREVIEWED not in {states[run] for run in begun}
    assert {states[run] for user, run in world.runs.previews.items() if user not in RIGHTS} == {
        RunState.PREVIEWED
    }


def test_who_may_fix_one_account_fixes_no_other(world: World) -> None:
    """A right that the policy gives for some accounts is good for no others."""
    known = world.prepare()
    role = Role("fixer of one account", NARROW)
    sender = Sender(world, known, (role,))
    sender.send_valid(role, run_preview.CALLBACK, world.runs.previews[NARROW])
    attack(world, sender, range(PAYLOADS // 20))
    assert {each["account_id"] for each in world.aws.writes()} <= {ONE}
    exemptions, _ = world.store.exemptions.page(100)
    assert {each.request.account_id for each in exemptions if each.id != known.exemption} <= {ONE}
    others = {run for user, run in world.runs.previews.items() if user != NARROW}
    states = world.runs.states()
    assert {states[run] for run in others} == {RunState.PREVIEWED}
    assert states[world.runs.previews[NARROW]] is not RunState.PREVIEWED
