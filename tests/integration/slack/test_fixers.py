"""Who may change contacts, against the sandbox's workspace: members, groups, and everybody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from unittest.mock import create_autospec

import pytest
from altcontact_sandbox.slack.workspace import (
    ALICE,
    APPROVERS,
    BOB,
    BOT_USER,
    CAROL,
    ENTERPRISE,
    GROUP,
    TEAM,
)

from bot.domain.accounts import Account
from bot.domain.actors import Actor
from bot.domain.errors import NotAllowed, RightsUnknown
from bot.domain.policy.match import Match
from bot.domain.policy.policy import Policy, PolicyTable
from bot.services.account_policy import AccountPolicies
from bot.services.doctor import State
from bot.services.ports.slack import ApproverSearch
from bot.services.ports.store import AccountRepository
from bot.slack.client import doctor_client, retrying_client, short_timeout_client
from bot.slack.doctor.people import check_fixers, check_policy_people
from bot.slack.fixers import SlackFixers
from bot.slack.membership import MAX_AGE, WorkspaceMembership
from bot.slack.user_groups import UserGroups
from sandbox.tests.slack.fixtures import slack, slack_server
from tests.integration.slack.bench import FIX, FORM, LAKE, SHOWN, SlackBench, bench
from tests.unit.fakes import FakeClock

if TYPE_CHECKING:
    from collections.abc import Iterable

    from altcontact_sandbox.slack.sandbox import SlackSandbox

    from bot.services.doctor import CheckResult

__all__ = ["bench", "slack", "slack_server"]

FOREIGN: Final = "T0FOREIGN1"
ELSEWHERE: Final = "E0FOREIGN1"
NO_GROUP: Final = "S0NOSUCH01"
DANA: Final = "U0DANA0001"
PROD: Final = "111111111111"
PLAIN: Final = "222222222222"
UNREAD: Final = "333333333333"


def fixers(slack: SlackSandbox, *allowed: str, clock: FakeClock | None = None) -> SlackFixers:
    """The fixers of a setting, as the bot makes them."""
    given = slack.environment()
    token, url = given["SLACK_BOT_TOKEN"], given["SLACK_API_URL"]
    quick, patient = short_timeout_client(token, url), retrying_client(token, url)
    clock = clock or FakeClock()
    return SlackFixers(
        allowed, WorkspaceMembership(quick, patient, clock), UserGroups(quick, patient, clock)
    )


def actor(user: str = ALICE, *teams: str, enterprises: tuple[str, ...] = ()) -> Actor:
    """Somebody of the workspace, unless other workspaces are named."""
    return Actor(user, frozenset(teams or (TEAM,)), frozenset(enterprises))


def refusal(
    asked: SlackFixers, who: Actor, account_id: str = "", *, fresh: bool = False
) -> NotAllowed:
    """How somebody is refused, which is known for sure."""
    with pytest.raises(NotAllowed) as caught:
        asked.require_fixer(who, account_id, fresh=fresh)
    assert not isinstance(caught.value, RightsUnknown)
    return caught.value


def test_users_groups_and_everyone(slack: SlackSandbox) -> None:
    """Users pass by their id, members of a group by that, every member by `*`; nobody else."""
    fixers(slack, ALICE).require_fixer(actor())
    fixers(slack, GROUP).require_fixer(actor())
    fixers(slack, "*").require_fixer(actor(BOB))
    refused = refusal(fixers(slack, CAROL, GROUP), actor(BOB))
    assert str(refused) == "You don't have permission to change contacts."
    assert (refused.user_ids, refused.group_ids) == ((CAROL,), (GROUP,))
    assert fixers(slack, "*").who == "everyone"
    assert fixers(slack, ALICE, GROUP).who == f"<@{ALICE}>, <!subteam^{GROUP}>"


def by_policy(slack: SlackSandbox, *allowed: str, tables: Iterable[PolicyTable]) -> SlackFixers:
    """The fixers of a setting and a policy; the account `PROD` has the tag `env`, `PLAIN` none."""
    given = slack.environment()
    token, url = given["SLACK_BOT_TOKEN"], given["SLACK_API_URL"]
    quick, patient = short_timeout_client(token, url), retrying_client(token, url)
    clock = FakeClock()
    known = {
        PROD: Account(PROD, "Production", tags={"env": "prod"}),
        PLAIN: Account(PLAIN, "Plain", tags={}),
        UNREAD: Account(UNREAD, "Unread"),
    }
    accounts = create_autospec(AccountRepository, instance=True, spec_set=True)
    accounts.get.side_effect = known.get
    policy = Policy.requiring(tables=tables)
    return SlackFixers(
        allowed,
        WorkspaceMembership(quick, patient, clock),
        UserGroups(quick, patient, clock),
        AccountPolicies(accounts, lambda: policy),
    )


IN_PROD: Final = Match(tags=(("env", "prod"),))


def test_the_policy_names_other_fixers_for_an_account(slack: SlackSandbox) -> None:
    """Its section counts for its accounts, the setting for all others; a refusal names them."""
    asked = by_policy(slack, ALICE, tables=[PolicyTable("1", {"fixers": (BOB,)}, IN_PROD)])
    asked.require_fixer(actor(BOB), PROD)
    asked.require_fixer(actor(ALICE), PLAIN)
    asked.require_fixer(actor(ALICE))
    assert refusal(asked, actor(ALICE), PROD).user_ids == (BOB,)
    assert refusal(asked, actor(BOB), PLAIN).user_ids == (ALICE,)
    refusal(asked, actor(BOB))
    asked.require_any_fixer(actor(BOB))
    asked.require_any_fixer(actor(ALICE))
    with pytest.raises(NotAllowed):
        asked.require_any_fixer(actor(CAROL))
    assert asked.who == f"<@{ALICE}>; for some accounts <@{BOB}>"


def test_an_account_with_an_unknown_policy_has_no_fixers(slack: SlackSandbox) -> None:
    """Nobody may change what a section may give to others; it says what couldn't be read."""
    asked = by_policy(slack, ALICE, tables=[PolicyTable("1", {"fixers": (BOB,)}, IN_PROD)])
    for who in (ALICE, BOB):
        with pytest.raises(RightsUnknown, match="tags couldn't be read") as caught:
            asked.require_fixer(actor(who), UNREAD)
        assert f"/altcontact check {UNREAD}" in caught.value.remedy
    named = PolicyTable("1", {"fixers": (BOB,)}, Match(names=("prod-*",)))
    with pytest.raises(RightsUnknown, match="name couldn't be read"):
        by_policy(slack, ALICE, tables=[named]).require_fixer(actor(), "999999999998")
    by_policy(slack, ALICE, tables=[]).require_fixer(actor(), "999999999998")


def test_the_policy_for_every_account_takes_the_place_of_the_setting(slack: SlackSandbox) -> None:
    """`[policy]` names the fixers of all accounts, and turns fixing off where it names nobody."""
    asked = by_policy(slack, ALICE, tables=[PolicyTable("1", {"fixers": (GROUP, BOB)})])
    asked.require_fixer(actor(BOB), PLAIN)
    asked.require_fixer(actor(BOB))
    assert not asked.read_only
    off = by_policy(slack, ALICE, tables=[PolicyTable("1", {"fixers": ()})])
    assert off.read_only
    assert "policy names no fixers" in str(refusal(off, actor(), PLAIN))
    some = PolicyTable("2", {"fixers": ("*",)}, IN_PROD)
    partly = by_policy(slack, tables=[some])
    assert (partly.read_only, partly.who) == (False, "for some accounts everyone")
    partly.require_fixer(actor(CAROL), PROD)
    assert "read-only" in str(refusal(partly, actor(CAROL), PLAIN))


def test_a_dead_group_of_the_policy_is_named_as_such(slack: SlackSandbox) -> None:
    """The next step is to correct the policy, not the setting."""
    asked = by_policy(slack, ALICE, tables=[PolicyTable("1", {"fixers": (NO_GROUP,)}, IN_PROD)])
    refused = refusal(asked, actor(), PROD)
    assert f"fixers in the policy names {NO_GROUP}, which does not exist" in str(refused)
    assert refused.remedy.endswith("to correct fixers in the policy.")


@pytest.mark.parametrize(
    ("members", "found", "words"),
    [
        ([ALICE, BOB], True, ""),
        ([ALICE], False, f"User group {APPROVERS} has only you as a member."),
        ([], False, f"User group {APPROVERS} has no members."),
        ([ALICE, DANA], False, f"User group {APPROVERS} has no other active members."),
        (None, False, f"User group {APPROVERS} doesn't exist or is disabled in Slack."),
    ],
)
def test_whether_anybody_can_approve(
    slack: SlackSandbox, members: list[str] | None, found: bool, words: str
) -> None:
    """An approver is an active member of the workspace who isn't the requester."""
    slack.people([{"id": DANA, "name": "Dana Roe", "deleted": True}])
    if members is None:
        slack.set_group(APPROVERS, deleted=True)
    else:
        slack.set_group(APPROVERS, members=members)
    asked = fixers(slack, ALICE)
    assert asked.find_approver([APPROVERS], ALICE) == ApproverSearch(found, words)
    assert asked.find_approver(["*"], ALICE).found
    assert asked.find_approver([APPROVERS, BOB], ALICE).found
    assert not asked.find_approver([ALICE], ALICE).found
    gone = asked.find_approver([ALICE, DANA], ALICE)
    assert not gone.found
    assert gone.problem == f"{DANA}: not an active member of the workspace."


def test_approvers_are_members_whom_the_list_names(slack: SlackSandbox) -> None:
    """A guest doesn't approve, nor does anybody else; a refusal names those who can."""
    asked = fixers(slack, ALICE)
    asked.require_approver(actor(BOB), [BOB], fresh=True)
    asked.require_approver(actor(BOB), ["*"], fresh=True)
    with pytest.raises(NotAllowed, match="permission to approve this change") as caught:
        asked.require_approver(actor(ALICE), [BOB, APPROVERS])
    assert (caught.value.user_ids, caught.value.group_ids) == ((BOB,), (APPROVERS,))
    slack.people([{"id": DANA, "name": "Dana Roe", "is_guest": True}])
    with pytest.raises(NotAllowed, match="Guests can't approve this change"):
        asked.require_approver(actor(DANA), ["*"])


@pytest.mark.parametrize("method", ["users.info", "usergroups.users.list"])
def test_whether_anybody_can_approve_is_unknown(slack: SlackSandbox, method: str) -> None:
    """Slack that doesn't answer is no proof that nobody can."""
    slack.set_group(APPROVERS, members=[BOB])
    for _ in range(4):
        slack.fault(method, "error")
    search = fixers(slack, ALICE).find_approver([APPROVERS], ALICE)
    assert search.found is None
    assert search.problem.startswith("Slack couldn't say who can approve.")


def test_nobody_may_without_fixers(slack: SlackSandbox) -> None:
    """An empty setting makes the bot read-only, and says how to change that."""
    assert fixers(slack).read_only
    assert "ALTCONTACT_FIXERS" in refusal(fixers(slack), actor()).remedy


@pytest.mark.parametrize("allowed", [(ALICE,), (GROUP,), ("*",)])
@pytest.mark.parametrize(
    "who",
    [
        actor(ALICE, FOREIGN),
        actor(ALICE, TEAM, FOREIGN),
        actor(ALICE, TEAM, enterprises=(ELSEWHERE,)),
        Actor(ALICE),
        Actor(ALICE, enterprise_ids=frozenset({ELSEWHERE})),
    ],
    ids=["team", "home team", "enterprise", "no team", "another organization's"],
)
def test_a_fixers_id_from_elsewhere(
    slack: SlackSandbox, allowed: tuple[str, ...], who: Actor
) -> None:
    """The id of a fixer counts only with this workspace's id; a payload without one is refused."""
    assert "other Slack workspaces" in str(refusal(fixers(slack, *allowed), who))


@pytest.mark.parametrize(
    ("described", "words"),
    [
        ({"is_guest": True}, "Guests"),
        ({"is_single_channel_guest": True}, "Guests"),
        ({"is_bot": True}, "Bots"),
        ({"deleted": True}, "deactivated"),
        ({"team_id": FOREIGN}, "other Slack workspaces"),
        ({"team_id": FOREIGN, "is_stranger": True}, "other Slack workspaces"),
        ({"enterprise_id": ELSEWHERE}, "other Slack workspaces"),
    ],
)
def test_who_is_no_member(slack: SlackSandbox, described: dict[str, Any], words: str) -> None:
    """Guests, bots and people of other workspaces are refused, though the setting names them."""
    slack.people([{"id": DANA, "name": "Dana Roe", **described}])
    slack.set_group(GROUP, members=[ALICE, DANA])
    for allowed in (DANA, GROUP, "*"):
        assert words in str(refusal(fixers(slack, allowed), actor(DANA)))


@pytest.mark.parametrize("user", ["USLACKBOT", BOT_USER, "U0NOBODY01", ""])
def test_slackbot_the_bot_and_nobody(slack: SlackSandbox, user: str) -> None:
    """Slackbot, which says that it is no bot, the bot itself, and an id that is nobody's."""
    asked = fixers(slack, "*")
    refusal(asked, actor(user))
    refusal(asked, actor(user))
    refused = [each for each in slack.refusals() if each["method"] == "users.info"]
    assert len(refused) + len(slack.calls("users.info")) == 1


def test_a_member_is_found_out_once_a_minute(slack: SlackSandbox) -> None:
    """Forms and buttons do with what was found out within the minute; it is asked again then."""
    clock = FakeClock()
    asked = fixers(slack, GROUP, clock=clock)
    for _ in range(3):
        asked.require_fixer(actor())
    assert len(slack.calls("users.info")) == len(slack.calls("usergroups.users.list")) == 1
    slack.set_group(GROUP, members=[BOB])
    asked.require_fixer(actor())
    clock.tick(MAX_AGE + 1)
    refusal(asked, actor())
    assert len(slack.calls("auth.test")) == 1


@pytest.mark.parametrize("removed", ["from the group", "from the workspace"])
def test_before_a_write_it_is_asked_anew(slack: SlackSandbox, removed: str) -> None:
    """Who was just removed does not write, though it is known that they could a moment ago."""
    asked = fixers(slack, GROUP)
    asked.require_fixer(actor(), fresh=True)
    if removed == "from the group":
        slack.set_group(GROUP, members=[BOB])
    else:
        slack.people([{"id": ALICE, "deleted": True}])
    asked.require_fixer(actor())
    refusal(asked, actor(), fresh=True)
    refusal(asked, actor())


def test_a_dead_group_bars_nobody_behind_it(slack: SlackSandbox) -> None:
    """Members of the groups behind one that does not exist, or is disabled, pass."""
    slack.set_group(APPROVERS, deleted=True)
    for dead in (NO_GROUP, APPROVERS):
        fixers(slack, dead, GROUP).require_fixer(actor())
    fixers(slack, NO_GROUP, ALICE).require_fixer(actor())


def test_a_dead_group_is_told_as_such(slack: SlackSandbox) -> None:
    """It is not to be tried again: the setting is wrong, an administrator corrects it."""
    slack.set_group(APPROVERS, deleted=True)
    refused = refusal(fixers(slack, APPROVERS, NO_GROUP, GROUP, CAROL), actor(BOB))
    assert f"names {APPROVERS}, {NO_GROUP}, which do not exist or are disabled" in str(refused)
    assert "administrator" in refused.remedy
    assert "try again" not in f"{refused} {refused.remedy}"
    assert (refused.user_ids, refused.group_ids) == ((CAROL,), (GROUP,))
    alone = refusal(fixers(slack, NO_GROUP), actor(BOB))
    assert alone.remedy == "Ask an administrator of this bot to correct ALTCONTACT_FIXERS."


@pytest.mark.parametrize("method", ["auth.test", "users.info", "usergroups.users.list"])
@pytest.mark.parametrize("kind", ["ratelimited", "error", "close"])
def test_slack_that_does_not_say_lets_nobody_in(
    slack: SlackSandbox, method: str, kind: str
) -> None:
    """Throttled, broken or cut off: refused, with the reason, and passed when Slack answers."""
    asked = fixers(slack, GROUP)
    slack.fault(method, kind, seconds=7)
    with pytest.raises(RightsUnknown, match="Slack could not say") as caught:
        asked.require_fixer(actor())
    wait = "in 7 seconds" if kind == "ratelimited" else "in a moment"
    assert wait in caught.value.remedy
    asked.require_fixer(actor())


@pytest.mark.parametrize("scope", ["users:read", "usergroups:read"])
def test_a_missing_scope_is_named(slack: SlackSandbox, scope: str) -> None:
    """An app without a scope lets nobody in, and says which scope it lacks."""
    slack.scopes([each for each in ("users:read", "usergroups:read") if each != scope])
    with pytest.raises(RightsUnknown, match=f"lacks the scope {scope}") as caught:
        fixers(slack, GROUP).require_fixer(actor())
    assert scope in caught.value.remedy


def test_a_group_that_cannot_be_read_bars_nobody_of_another(slack: SlackSandbox) -> None:
    """One group that Slack does not tell leaves the members of the others in."""
    slack.fault("usergroups.users.list", "error")
    fixers(slack, APPROVERS, GROUP).require_fixer(actor())


def test_before_a_write_a_throttle_is_waited_out(slack: SlackSandbox) -> None:
    """Nobody loses what they typed because Slack asks to wait for a moment."""
    asked = fixers(slack, GROUP)
    for method in ("users.info", "usergroups.users.list"):
        slack.fault(method, "ratelimited", seconds=0)
    asked.require_fixer(actor(), fresh=True)


# Enterprise Grid


def test_a_workspace_of_enterprise_grid(slack: SlackSandbox) -> None:
    """Ids beginning with W pass; another workspace of the organization only with its members."""
    slack.settings(enterprise_id=ENTERPRISE)
    slack.people(
        [
            {"id": "W0GRID0001", "name": "Gil Roe"},
            {"id": "W0GRID0002", "name": "Hal Roe", "team_id": "T0OTHER001", "teams": [TEAM]},
            {"id": "W0GRID0003", "name": "Ida Roe", "team_id": "T0OTHER001"},
        ]
    )
    asked = fixers(slack, "W0GRID0001", "W0GRID0002", "W0GRID0003")
    asked.require_fixer(actor("W0GRID0001", TEAM, enterprises=(ENTERPRISE,)))
    asked.require_fixer(actor("W0GRID0002", TEAM, "T0OTHER001", enterprises=(ENTERPRISE,)))
    outsider = actor("W0GRID0003", TEAM, "T0OTHER001", enterprises=(ENTERPRISE,))
    assert "other Slack workspaces" in str(refusal(asked, outsider))
    refusal(asked, actor("W0GRID0001", TEAM, enterprises=(ELSEWHERE,)))


def test_an_app_installed_for_a_whole_organization(slack: SlackSandbox) -> None:
    """Every workspace of the organization is this one's; other organizations are not."""
    slack.settings(enterprise_id=ENTERPRISE, is_org_wide=True)
    slack.people(
        [
            {"id": "W0GRID0001", "name": "Gil Roe", "team_id": "T0OTHER001"},
            {"id": "W0GRID0002", "name": "Hal Roe", "enterprise_id": ELSEWHERE},
        ]
    )
    asked = fixers(slack, "*")
    asked.require_fixer(actor("W0GRID0001", "T0OTHER001", enterprises=(ENTERPRISE,)))
    asked.require_fixer(Actor("W0GRID0001", enterprise_ids=frozenset({ENTERPRISE})))
    refusal(asked, actor("W0GRID0002", "T0OTHER001", enterprises=(ENTERPRISE,)))
    refusal(asked, actor("W0GRID0001", "T0OTHER001", enterprises=(ELSEWHERE,)))
    refusal(asked, Actor("W0GRID0001"))


# What the doctor says of the setting


def doctor(slack: SlackSandbox, *allowed: str) -> list[CheckResult]:
    """The doctor's lines about these fixers."""
    given = slack.environment()
    client = doctor_client(given["SLACK_BOT_TOKEN"], given["SLACK_API_URL"])
    return list(check_fixers(client, FakeClock(), allowed, ""))


def test_the_doctor_warns_of_everyone(slack: SlackSandbox) -> None:
    """`*` is a warning, with what to set in its place."""
    (line,) = doctor(slack, "*")
    assert (line.state, line.snippet) == (
        State.WARNING,
        "export ALTCONTACT_FIXERS=U012ABCDEF,S045GHIJKL",
    )


def test_the_doctor_names_users_who_are_refused(slack: SlackSandbox) -> None:
    """Who is named by id, and is no member of the workspace, hears what they are."""
    slack.people(
        [
            {"id": "U0DANA0001", "name": "Dana Roe", "is_guest": True},
            {"id": "U0EVAN0001", "name": "Evan Roe", "team_id": FOREIGN},
            {"id": BOB, "deleted": True},
        ]
    )
    first, *warnings = doctor(slack, ALICE, BOB, "U0DANA0001", "U0EVAN0001", BOT_USER)
    assert first.state is State.OK
    assert [(line.state, line.message.split(",")[0]) for line in warnings] == [
        (State.WARNING, f"{BOB} is deactivated"),
        (State.WARNING, "U0DANA0001 is a guest"),
        (State.WARNING, "U0EVAN0001 is not in this workspace"),
        (State.WARNING, f"{BOT_USER} is a bot"),
    ]
    slack.scopes(["usergroups:read"])
    assert "lacks the scope users:read" in doctor(slack, ALICE)[-1].message


def test_the_doctor_tells_a_dead_group_from_one_that_cannot_be_read(slack: SlackSandbox) -> None:
    """A group that is gone or disabled is a setting to correct; a throttled call is not."""
    slack.set_group(APPROVERS, deleted=True)
    for dead in (NO_GROUP, APPROVERS):
        (line,) = doctor(slack, dead)
        assert f"user group {dead} doesn't exist or is disabled" in line.message
        assert "ALTCONTACT_FIXERS" in line.snippet
    for seconds, words in ((7, "7 seconds"), (1, "1 second")):
        slack.fault("usergroups.users.list", "ratelimited", seconds=seconds)
        (line,) = doctor(slack, GROUP)
        assert "throttling" in line.message
        assert line.remedy == f"Please try again in {words}."


def test_the_doctor_checks_whom_the_policy_names(slack: SlackSandbox) -> None:
    """Groups and users of policy sections are checked like those of the setting."""
    given = slack.environment()
    client = doctor_client(given["SLACK_BOT_TOKEN"], given["SLACK_API_URL"])
    slack.set_group(APPROVERS, members=[])
    people = {"fixers": (GROUP, "*"), "approvers": (APPROVERS, NO_GROUP, ALICE)}
    lines = list(check_policy_people(client, FakeClock(), people, ""))
    assert [(line.name, line.state) for line in lines] == [
        ("Policy fixers", State.OK),
        ("Policy approvers", State.OK),
        ("Policy approvers", State.WARNING),
        ("Policy approvers", State.FAILURE),
    ]
    assert "nobody in it can approve changes" in lines[-1].message
    assert lines[-1].snippet == 'approvers = ["S045GHIJKL"]'
    (only,) = check_fixers(client, FakeClock(), (), "", in_policy=True)
    assert (only.state, "only the policy names" in only.message) == (State.OK, True)
    assert list(check_policy_people(client, FakeClock(), {"fixers": ("*",)}, "")) == []


# Through the bot


@pytest.mark.parametrize(
    "origin",
    [{"team_id": FOREIGN}, {"home_team_id": FOREIGN}, {"enterprise_id": ELSEWHERE}],
    ids=lambda origin: next(iter(origin)),
)
def test_payloads_from_elsewhere_do_nothing(bench: SlackBench, origin: dict[str, str]) -> None:
    """A fixer's id in a payload of another workspace opens no form, and submits none."""
    slack = bench.slack
    alert = bench.announce()
    bench.open_form(LAKE)
    slack.set_origin(ALICE, **origin)
    slack.submit(ALICE, **FORM)
    slack.wait_view("other Slack workspaces")
    slack.close()
    slack.press(FIX, message=alert)
    slack.wait_private("other Slack workspaces")
    assert slack.view() is None
    assert bench.gateway.writes == []


def test_who_was_removed_since_the_form_opened_does_not_write(bench: SlackBench) -> None:
    """The right is asked for again at the submission, and its loss is reported in the form."""
    bench.open_form(LAKE)
    bench.slack.set_group(GROUP, members=[BOB])
    bench.slack.submit(ALICE, **FORM)
    bench.slack.wait_view("have permission to change contacts")
    assert bench.gateway.writes == []


def test_a_form_is_kept_where_slack_does_not_say(bench: SlackBench) -> None:
    """What was typed stands there still, and is taken when Slack answers again."""
    slack = bench.slack
    bench.open_form(LAKE)
    slack.fault("users.info", "error", count=3)
    slack.submit(ALICE, **FORM)
    shown = slack.wait_view("Slack could not say")
    assert shown["values"]["email"] == FORM["email"]
    assert bench.gateway.writes == []
    slack.submit(ALICE)
    slack.wait_view("Saved and verified")
    assert len(bench.gateway.writes) == 1


def test_another_contact_in_the_form_needs_the_right_anew(bench: SlackBench) -> None:
    """Who is no fixer any more is shown no other contact in a form that is still open."""
    bench.open_form(LAKE)
    bench.slack.set_group(GROUP, members=[BOB])
    bench.clock.tick(MAX_AGE + 1)
    bench.slack.press("altcontact_type", "BILLING")
    bench.slack.wait_dm("have permission to change contacts")
    assert SHOWN in str(bench.slack.wait_view("Security contact"))
