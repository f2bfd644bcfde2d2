"""A second person approves: through the bot's whole Slack side, up to the write."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import pytest
from altcontact_sandbox.slack.workspace import APPROVERS, CAROL, TEAM

from bot.domain.approvals import LIFETIME, REMIND_AFTER, ApprovalState
from bot.domain.failures import FailureCode, failure
from bot.domain.policy.account_policy import ApprovalRule
from bot.domain.policy.policy import Policy, PolicyTable
from bot.domain.readings import Unreadable
from bot.slack.views.approval_forms import BYPASS, REJECT, WITHDRAW
from bot.slack.views.approval_message import REVIEW
from sandbox.tests.slack.fixtures import slack, slack_server
from tests.integration.slack.bench import (
    ALICE,
    BOB,
    FORM,
    GROUP,
    LAKE,
    WEB,
    SlackBench,
    started,
)
from tests.unit.fakes import CONTACT, OTHER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from altcontact_sandbox.slack.sandbox import SlackSandbox

    from bot.domain.policy.account_policy import Value

__all__ = ["slack", "slack_server"]

REASON: Final = "Abuse report, due today."


@pytest.fixture
def bench(slack: SlackSandbox, tmp_path: Path) -> Iterator[SlackBench]:
    """The bot on two accounts, which posts what is to be announced and works on runs by itself."""
    for made in started(SlackBench(slack, tmp_path, WEB, LAKE)):
        made.work_on_runs()
        yield made


def rule(bench: SlackBench, **values: Value) -> None:
    """Have the policy ask for approval by carol's group, and say this besides."""
    given = {"approval": ApprovalRule.ALWAYS, "approvers": (APPROVERS,), **values}
    bench.policy = Policy.requiring(tables=[PolicyTable("[policy]", given)])


def request(bench: SlackBench) -> dict[str, Any]:
    """Have alice save a contact that needs approval; what her window says."""
    bench.open_form(WEB)
    bench.slack.submit(**FORM)
    return bench.slack.wait_view("Waiting for approval")


def posted(bench: SlackBench, *words: str) -> dict[str, Any]:
    """A message in the channel once it says all of this."""
    return bench.slack.wait_message(lambda message: all(word in str(message) for word in words))


def refused(bench: SlackBench, user: str, words: str) -> None:
    """Have somebody submit carol's window as theirs, and hear this."""
    told = str(bench.slack.deliver(_submission(bench, CAROL, user))["answer"])
    bench.slack.wait(lambda seen: words in told or words in str(seen["modals"]))


def review(bench: SlackBench, user: str = CAROL) -> dict[str, Any]:
    """Have somebody open the request from the channel."""
    message = posted(bench, "Approval needed")
    bench.slack.press(REVIEW, message=message, user=user)
    return bench.slack.wait_view("Before", user)


def home_of(bench: SlackBench, user: str) -> dict[str, Any]:
    """Somebody's Home, once it is published."""

    def find(seen: dict[str, Any]) -> Any:  # noqa: ANN401 - what people see
        return seen["homes"].get(user)

    home: dict[str, Any] = bench.slack.wait(find, name="a Home")
    return home


def state_of(bench: SlackBench, number: int = 1) -> ApprovalState:
    """The state of a request."""
    approval = bench.store.approvals.get(number)
    assert approval is not None
    return approval.state


def test_a_contact_kept_as_code_is_written_once_both_have_agreed(bench: SlackBench) -> None:
    """The requester's confirmation for the tool waits with the request."""
    rule(bench, managed_by="terraform")
    bench.open_form(WEB)
    bench.slack.submit(**FORM)
    bench.slack.wait_view("aws_account_alternate_contact")
    bench.slack.submit(**FORM, managed=["terraform"])
    bench.slack.wait_view("Waiting for approval")
    assert bench.gateway.writes == []
    assert "Terraform overwrites this" in str(review(bench))
    bench.slack.submit(CAROL)
    posted(bench, "Terraform overwrites this")
    assert [contact.email for contact in bench.gateway.writes] == [FORM["email"]]


def test_a_second_person_approves(bench: SlackBench) -> None:
    """Requested, announced without details, reviewed with them, approved, written, reported."""
    rule(bench, channel="#general")
    bench.gateway.hold(1, OTHER)
    view = str(request(bench))
    assert f"<!subteam^{APPROVERS}>" in view
    assert "Withdraw" in view
    assert BYPASS not in view
    assert bench.gateway.writes == []

    message = posted(bench, "Approval needed")
    shown = str(message["blocks"])
    assert f"<@{ALICE}> wants to change this contact." in shown
    assert WEB.id in shown
    for personal in (*FORM.values(), OTHER.email, OTHER.name):
        assert personal not in str(message)

    form = review(bench)["view"]
    assert form["submit"]["text"] == "Approve"
    for value in (*FORM.values(), OTHER.email, OTHER.phone):
        assert value in str(form)
    bench.slack.submit(CAROL)
    bench.slack.wait_view("The change is being made", CAROL)
    bench.slack.wait_dm(f"<@{CAROL}> approved the request", ALICE)
    words = f"<@{CAROL}> approved the request of <@{ALICE}>."
    message = posted(bench, words, "Saved and verified in AWS")
    assert "Review" not in str(message["blocks"])
    assert [contact.email for contact in bench.gateway.writes] == [FORM["email"]]
    assert bench.gateway.origins[0].user_id == ALICE


def test_a_request_is_rejected_with_a_reason(bench: SlackBench) -> None:
    """The reason is asked for, and shown to the requester and the channel."""
    rule(bench)
    request(bench)
    review(bench)
    bench.slack.press(REJECT, user=CAROL)
    bench.slack.wait_view("Reject request", CAROL)
    assert bench.slack.submit(CAROL, reason="         \u200b")["errors"]
    bench.slack.submit(CAROL, reason="The address is <!channel> wrong.")
    bench.slack.wait_view("gets your reason", CAROL)
    bench.slack.close(CAROL)
    below = str(bench.slack.wait_view("gets your reason", CAROL))
    assert REJECT not in below
    assert "'submit'" not in below
    told = bench.slack.wait_dm("rejected the request", ALICE)
    assert "&lt;!channel&gt; wrong" in str(told)
    assert "Nothing was changed" in str(posted(bench, "Rejected")["blocks"])
    assert bench.gateway.writes == []


def test_the_requester_withdraws(bench: SlackBench) -> None:
    """From the window where it was requested; it can't be approved any more."""
    rule(bench)
    request(bench)
    review(bench)
    bench.slack.press(WITHDRAW, user=ALICE)
    bench.slack.wait_view("Withdrawn. Nothing was changed.", ALICE)
    bench.slack.submit(CAROL)
    bench.slack.wait_view("This request was withdrawn", CAROL)
    posted(bench, "Request withdrawn")
    assert bench.gateway.writes == []
    assert bench.slack.dms(ALICE) == []


def test_nobody_approves_their_own_request(bench: SlackBench) -> None:
    """The requester sees it, with Withdraw; a forged submission is refused."""
    rule(bench, approvers=("*",))
    request(bench)
    bench.slack.close(ALICE)
    own = review(bench, ALICE)["view"]
    assert "submit" not in own
    assert WITHDRAW in str(own)
    review(bench, CAROL)
    refused(bench, ALICE, "your own request")
    assert state_of(bench) is ApprovalState.WAITING
    assert bench.gateway.writes == []


def test_others_neither_see_nor_decide(bench: SlackBench) -> None:
    """Who is no approver is shown no contact, and approves, rejects and withdraws nothing."""
    rule(bench)
    request(bench)
    message = posted(bench, "Approval needed")
    bench.slack.press(REVIEW, message=message, user=BOB)
    shown = bench.slack.wait_view("have permission to approve this change", BOB)
    assert FORM["email"] not in str(shown)
    review(bench)
    bench.slack.close(BOB)
    refused(bench, BOB, "have permission to approve this change")
    assert state_of(bench) is ApprovalState.WAITING
    assert bench.gateway.writes == []


@pytest.mark.parametrize(
    "origin",
    [{"team_id": "T0FOREIGN1"}, {"home_team_id": "T0FOREIGN1"}, {"enterprise_id": "E0FOREIGN1"}],
    ids=lambda origin: next(iter(origin)),
)
def test_the_requesters_id_from_elsewhere(bench: SlackBench, origin: dict[str, str]) -> None:
    """A payload of another workspace neither shows nor withdraws what somebody requested here."""
    rule(bench)
    request(bench)
    message = posted(bench, "Approval needed")
    bench.slack.set_origin(ALICE, **origin)
    bench.slack.press(WITHDRAW, user=ALICE)
    bench.slack.wait_view("other Slack workspaces")
    assert state_of(bench) is ApprovalState.WAITING
    bench.slack.close(ALICE)
    bench.slack.press(REVIEW, message=message, user=ALICE)
    shown = bench.slack.wait_view("other Slack workspaces")
    assert FORM["email"] not in str(shown)


def test_an_approver_who_was_just_removed(bench: SlackBench) -> None:
    """Slack is asked at the decision, not when the request was opened."""
    rule(bench)
    request(bench)
    review(bench)
    bench.slack.set_group(APPROVERS, members=[BOB])
    bench.slack.submit(CAROL)
    bench.slack.wait_view("have permission to approve this change", CAROL)
    assert state_of(bench) is ApprovalState.WAITING
    assert bench.gateway.writes == []


def test_a_requester_who_was_just_removed(bench: SlackBench) -> None:
    """The request is void: both hear it, and nothing is written."""
    rule(bench)
    request(bench)
    review(bench)
    bench.slack.set_group(GROUP, members=[BOB])
    bench.slack.submit(CAROL)
    bench.slack.wait_view("This request is void", CAROL)
    bench.slack.wait_dm("no longer has permission", ALICE)
    assert state_of(bench) is ApprovalState.VOID
    assert bench.gateway.writes == []


def test_aws_changed_meanwhile(bench: SlackBench) -> None:
    """The request of one contact is void then, and says why."""
    rule(bench)
    request(bench)
    review(bench)
    bench.gateway.hold(1, OTHER)
    bench.slack.submit(CAROL)
    bench.slack.wait_view("AWS has another contact now", CAROL)
    bench.slack.wait_dm("AWS has another contact now", ALICE)
    posted(bench, "Request void")
    assert bench.gateway.writes == []


def test_aws_that_cannot_be_read_leaves_the_request(bench: SlackBench) -> None:
    """The approver can approve again once AWS answers."""
    rule(bench)
    request(bench)
    review(bench)
    bench.gateway.say(1, Unreadable(failure(FailureCode.DENIED)))
    bench.slack.submit(CAROL)
    bench.slack.wait_view("Nothing was approved, because AWS couldn", CAROL)
    assert state_of(bench) is ApprovalState.WAITING
    bench.slack.close(CAROL)
    review(bench)
    bench.slack.submit(CAROL)
    posted(bench, "Saved and verified in AWS")


def test_an_approval_after_the_request_expired(bench: SlackBench) -> None:
    """Nothing is written, whether or not its end was recorded; the requester hears it once."""
    rule(bench)
    request(bench)
    review(bench)
    bench.clock.tick(LIFETIME.total_seconds())
    bench.slack.submit(CAROL)
    bench.slack.wait_view("This request has expired", CAROL)
    bench.settle_approvals()
    bench.slack.wait_dm("Nobody decided on the request", ALICE)
    posted(bench, "Request expired")
    bench.settle_approvals()
    assert len(bench.slack.dms(ALICE)) == 1
    assert bench.gateway.writes == []


def test_a_reminder_is_posted_once(bench: SlackBench) -> None:
    """After a while the approvers are mentioned again, in a message of its own."""
    rule(bench)
    request(bench)
    posted(bench, "Approval needed")
    bench.clock.tick(REMIND_AFTER.total_seconds())
    for _ in range(2):
        bench.settle_approvals()
        reminder = posted(bench, "Still waiting for approval")
    assert f"<!subteam^{APPROVERS}>" in str(reminder["blocks"])
    about = [each for each in bench.slack.messages() if "approval" in each["text"]]
    assert len(about) == 2


def test_a_policy_reloaded_in_between(bench: SlackBench) -> None:
    """If others have to approve now, the request is void; if nobody has to, it counts."""
    rule(bench)
    request(bench)
    review(bench)
    rule(bench, approvers=(BOB,))
    bench.slack.submit(CAROL)
    bench.slack.wait_view("The policy changed", CAROL)
    assert state_of(bench) is ApprovalState.VOID
    assert bench.gateway.writes == []

    bench.slack.close(ALICE)
    rule(bench)
    request(bench)
    bench.slack.close(CAROL)
    review(bench)
    rule(bench, approval=ApprovalRule.NEVER)
    bench.slack.submit(CAROL)
    posted(bench, "Saved and verified in AWS")
    assert len(bench.gateway.writes) == 1


def test_two_approvers_at_once(bench: SlackBench) -> None:
    """One approves; the other sees who did. It is written once."""
    rule(bench, fixers=(ALICE,), approvers=(BOB, CAROL))
    request(bench)
    for user in (BOB, CAROL):
        review(bench, user)
    with ThreadPoolExecutor(2) as people:
        list(people.map(bench.slack.submit, (BOB, CAROL)))
    views = [
        str(bench.slack.wait_view(lambda view: "approved" in str(view).lower(), user))
        for user in (BOB, CAROL)
    ]
    posted(bench, "Saved and verified in AWS")
    slower = [view for view in views if "This request was already approved" in view]
    assert len(slower) == 1
    assert any(f"It was <@{user}>." in slower[0] for user in (BOB, CAROL))
    assert len(bench.gateway.writes) == 1


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ([], "has no members"),
        ([ALICE], "has only you as a member"),
        (None, "exist or is disabled"),
    ],
)
def test_where_nobody_can_approve(bench: SlackBench, members: list[str] | None, words: str) -> None:
    """The form says so at once, with what to do; no request waits."""
    if members is None:
        bench.slack.set_group(APPROVERS, deleted=True)
    else:
        bench.slack.set_group(APPROVERS, members=members)
    rule(bench)
    bench.open_form(WEB)
    bench.slack.submit(**FORM)
    view = str(bench.slack.wait_view("Nobody else can approve it"))
    assert words in view
    assert "name approvers or a second fixer" in view
    assert BYPASS not in view
    assert bench.store.approvals.waiting() == []
    assert bench.gateway.writes == []


def test_break_glass(bench: SlackBench) -> None:
    """Where the policy allows it, a fixer goes on alone with a reason, and the channel sees it."""
    bench.slack.set_group(APPROVERS, members=[])
    rule(bench, break_glass=True)
    bench.open_form(WEB)
    bench.slack.submit(**FORM)
    bench.slack.wait_view("Nobody else can approve it")
    bench.slack.press(BYPASS)
    bench.slack.wait_view("Without approval")
    bench.slack.submit(reason=REASON)
    bench.slack.wait_view("made without approval")
    posted(bench, "Changed without approval", REASON, "Saved and verified in AWS")
    assert len(bench.gateway.writes) == 1


def test_break_glass_after_a_request_is_posted_anew(bench: SlackBench) -> None:
    """A message that is edited notifies nobody: the approvers are mentioned in a new one."""
    rule(bench, break_glass=True)
    request(bench)
    posted(bench, "Approval needed")
    bench.slack.press(BYPASS)
    bench.slack.wait_view("Without approval")
    bench.slack.submit(reason=REASON)
    posted(bench, "Changed without approval", "Saved and verified in AWS")
    about = [each for each in bench.slack.messages() if "Changed without approval" in each["text"]]
    assert len(about) == 2
    assert f"<!subteam^{APPROVERS}>" in str(about[-1]["blocks"])


def test_break_glass_is_refused_where_the_policy_does_not_allow_it(bench: SlackBench) -> None:
    """Also by a payload whose button was never shown, and by somebody else."""
    rule(bench, break_glass=True)
    request(bench)
    bench.slack.press(BYPASS)
    bench.slack.wait_view("Without approval")
    rule(bench)
    bench.slack.submit(reason=REASON)
    bench.slack.wait_view("t allow this change without approval")
    assert state_of(bench) is ApprovalState.WAITING
    assert bench.gateway.writes == []


def test_the_management_account_needs_a_second_person(bench: SlackBench) -> None:
    """Unless the policy says otherwise, whatever is in it."""
    bench.slack.set_group(GROUP, members=[ALICE, CAROL])
    bench.policy = Policy.requiring()
    scope = bench.gateway.scope()
    bench.gateway.scope_found = type(scope)(
        scope.kind, scope.role, scope.account_id, scope.partition, scope.organization_id, WEB.id
    )
    view = str(request(bench))
    assert "in the management account" in view
    review(bench)
    bench.slack.submit(CAROL)
    posted(bench, "Saved and verified in AWS")


def test_a_lone_fixer_of_the_management_account(bench: SlackBench) -> None:
    """With one fixer in all, the form says at once what to do."""
    bench.slack.set_group(GROUP, members=[ALICE])
    scope = bench.gateway.scope()
    bench.gateway.scope_found = type(scope)(
        scope.kind, scope.role, scope.account_id, scope.partition, scope.organization_id, WEB.id
    )
    bench.open_form(WEB)
    bench.slack.submit(**FORM)
    view = str(bench.slack.wait_view("Nobody else can approve it"))
    assert f"User group {GROUP} has only you as a member." in view
    assert "approval = " in view


def test_a_compliant_contact_is_overwritten_with_approval(bench: SlackBench) -> None:
    """By default: not one that is non-compliant, nor where none was set."""
    bench.slack.set_group(GROUP, members=[ALICE, CAROL])
    bench.gateway.hold(1, CONTACT)
    view = str(request(bench))
    assert "compliant, and would be overwritten" in view
    assert bench.gateway.writes == []


def test_home_lists_what_waits(bench: SlackBench) -> None:
    """Approvers see what waits for them, requesters their own, others nothing."""
    rule(bench)
    request(bench)
    homes = {}
    for user in (ALICE, BOB, CAROL):
        bench.slack.open_home(user)
        homes[user] = str(home_of(bench, user))
    assert "Waiting for you (1)" in homes[CAROL]
    assert "Your requests" in homes[ALICE]
    assert "Waiting for you" not in homes[ALICE] + homes[BOB]
    assert FORM["email"] not in str(homes)
    bench.slack.press(REVIEW, user=CAROL, home=True)
    bench.slack.wait_view("Before", CAROL)
    bench.slack.submit(CAROL)
    bench.slack.wait(
        lambda seen: "Waiting for you" not in str(seen["homes"][CAROL]), name="an updated Home"
    )


def test_slack_that_does_not_say_who_can_approve(bench: SlackBench) -> None:
    """Nothing is requested on a guess; the form can be saved again."""
    rule(bench)
    bench.open_form(WEB)
    bench.slack.fault("usergroups.users.list", "error", count=50)
    bench.slack.submit(**FORM)
    bench.slack.wait_view("Slack could")
    assert bench.store.approvals.waiting() == []
    bench.slack.clear_faults()
    assert bench.gateway.writes == []


def _submission(bench: SlackBench, shown_to: str, user: str) -> dict[str, Any]:
    """The submission of somebody's window, by somebody else."""
    view = bench.slack.view(shown_to)
    assert view is not None
    trigger = bench.slack.trigger(user)
    return {
        "type": "view_submission",
        "team": {"id": TEAM, "domain": "sandbox"},
        "user": {"id": user, "username": "somebody", "name": "somebody", "team_id": TEAM},
        "trigger_id": trigger["trigger_id"],
        "view": {**view["view"], "id": view["id"], "hash": view["hash"], "state": {"values": {}}},
        "response_urls": [],
    }
