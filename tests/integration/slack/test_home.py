"""The Home tab and direct messages over the real WebSocket and Web API, with a made-up AWS."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from altcontact_sandbox.slack.workspace import BOT_USER, CAROL

from bot.domain.contacts import ContactType
from bot.domain.rule_catalog import Rule
from bot.slack import app
from sandbox.tests.slack.fixtures import slack, slack_server
from tests.integration.slack.bench import (
    ALICE,
    BOB,
    FIX,
    FORM,
    IN_FORM,
    LAKE,
    SHOWN,
    WEB,
    SlackBench,
    bench,
    started,
)
from tests.integration.slack.deliveries import Known, valid
from tests.integration.slack.test_fuzz import exempting
from tests.unit.fakes import account

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from altcontact_sandbox.slack.sandbox import SlackSandbox

    Seen = dict[str, Any]

__all__ = ["bench", "slack", "slack_server"]

FOREIGN = "T0FOREIGN1"
CHECK, ALL = "altcontact_home_check", "altcontact_show_all"


def wait_home(slack: SlackSandbox, contains: str, user: str = ALICE) -> Seen:
    """Wait for a person's Home that says something."""

    def find(seen: Seen) -> Seen | None:
        home: Seen | None = seen["homes"].get(user)
        return home if home is not None and contains in str(home["view"]) else None

    found: Seen = slack.wait(find, name=f"a Home with {contains!r}")
    return found


def open_home(slack: SlackSandbox, contains: str, user: str = ALICE) -> Seen:
    """Open a Home, and wait for what it says."""
    assert slack.open_home(user)["acked"]
    return wait_home(slack, contains, user)


def pressed(slack: SlackSandbox, action: str, user: str = ALICE, **more: Any) -> Seen:  # noqa: ANN401 - of the sandbox's
    """Press something on a Home."""
    told = slack.press(action, user=user, home=True, **more)
    assert told["acked"], told
    return told


def test_from_the_first_look_to_a_fix(bench: SlackBench) -> None:
    """It is empty, checks on a press, offers the form, and shows what was fixed, all by itself."""
    slack = bench.slack
    open_home(slack, "No check yet.")
    pressed(slack, CHECK)
    wait_home(slack, "0% compliant (0 of 2 accounts)")
    assert "2 accounts have no security contact" in str(slack.home())
    pressed(slack, FIX)
    form = slack.wait_view(SHOWN)
    assert form["previous"] is None, "a form that is opened from Home is not on top of a modal"
    assert "Data lake" in str(form)
    slack.submit(**IN_FORM)
    home = wait_home(slack, "50% compliant (1 of 2 accounts)")
    assert FORM["email"] not in str(home)
    assert "Data lake" not in str(home)
    assert [m for m in slack.private(ALICE) if m["channel"].startswith("D")] == []
    assert slack.refusals() == []


def test_it_is_acked_before_anything_is_asked(bench: SlackBench) -> None:
    """The event is acked while Slack still takes its time with the Home, which comes then."""
    slack = bench.slack
    slack.fault("views.publish", "slow", seconds=0.5)
    assert slack.open_home()["acked"]
    assert slack.home() is None
    wait_home(slack, "No check yet.")
    assert len(slack.calls("views.publish")) == 1
    assert bench.gateway.reads == []


def test_what_slack_repeats_is_published_once(bench: SlackBench) -> None:
    """An event that is delivered again changes nothing; the messages tab has no Home."""
    slack = bench.slack
    open_home(slack, "No check yet.")
    for _ in range(3):
        assert slack.deliver_again()["acked"]
    assert slack.open_home(tab="messages")["acked"]
    bench.settle()
    assert len(slack.calls("views.publish")) == 1


def test_others_who_look_see_it_too(bench: SlackBench) -> None:
    """Whoever opened it lately gets what somebody else did; who never did gets none."""
    slack = bench.slack
    open_home(slack, "No check yet.", BOB)
    slack.command("/altcontact check", user=ALICE)
    wait_home(slack, "0% compliant", BOB)
    found = bench.store.findings.unresolved(LAKE.id)
    bench.store.exemptions.grant([exempting(each) for each in found], LAKE.name)
    open_home(slack, "1 exempt", BOB)
    bench.settle()
    assert slack.home(ALICE) is None


def test_a_check_of_one_account_counts(bench: SlackBench) -> None:
    """What it finds to be fixed in AWS is fixed on Home, before the next check of all accounts."""
    slack = bench.slack
    bench.announce()
    open_home(slack, "0% compliant (0 of 2 accounts)")
    bench.gateway.hold(2)
    slack.command("/altcontact check lake")
    wait_home(slack, "50% compliant (1 of 2 accounts)")


def test_the_person_reads_why_a_check_did_not_start(
    monkeypatch: pytest.MonkeyPatch, slack: SlackSandbox, tmp_path: Path
) -> None:
    """The limit is that of the command, and the refusal stays on the Home until it is opened."""
    monkeypatch.setattr(app, "MOST_SCANS", 1)
    for made in started(SlackBench(slack, tmp_path, WEB, LAKE)):
        slack.command("/altcontact check", user=BOB)
        slack.wait_private("need attention", BOB)
        open_home(slack, "0% compliant", BOB)
        while "You started 1 checks" not in str(slack.home(BOB)):
            before = slack.home(BOB)
            pressed(slack, CHECK, BOB)  # the one that is just ending is joined, which is free
            slack.wait(partial(shows_another, before))
        open_home(slack, "0% compliant", BOB)
        slack.wait(lambda _: "You started" not in str(slack.home(BOB)))
        last = made.store.scans.last()
        assert last is not None
        assert last.id == 1


def shows_another(before: Seen | None, seen: Seen) -> bool:
    """Whether bob's Home was published since."""
    return before is None or seen["homes"][BOB]["hash"] != before["hash"]


def test_who_cannot_fix_reads_so_in_a_window(bench: SlackBench) -> None:
    """A press on Home has no message to answer beside: the refusal opens as a modal."""
    slack = bench.slack
    bench.announce()
    open_home(slack, "have no security contact", BOB)
    pressed(slack, FIX, BOB)
    slack.wait_view("You don't have permission to change contacts.", BOB)
    slack.close(BOB)
    assert [m for m in slack.private(BOB) if m["channel"].startswith("D")] == []
    assert bench.gateway.writes == []


def test_all_accounts_and_exemptions(slack: SlackSandbox, tmp_path: Path) -> None:
    """**Show all** opens the list of all findings on its own, and one is fixed on top of it."""
    crowd = [account(number) for number in range(1, 46)]
    for made in started(SlackBench(slack, tmp_path, *crowd)):
        made.announce()
        for found in made.store.findings.unresolved(account(45).id):
            made.store.exemptions.grant([exempting(found)], "Account 45")
        open_home(slack, "Show all 44")
        pressed(slack, ALL)
        slack.wait_view("Account 10")
        rows = slack.views()[-1]["view"]["blocks"]
        menu = next(
            e["accessory"] for e in rows if e.get("accessory", {}).get("type") == "overflow"
        )
        slack.press(menu["action_id"], menu["options"][0]["value"])
        assert slack.wait_view(SHOWN)["previous"] is not None
        slack.close()
        slack.close()
        assert slack.refusals() == []


def test_people_from_elsewhere(bench: SlackBench) -> None:
    """Somebody of another workspace sees why there is nothing, a guest sees outcomes."""
    slack = bench.slack
    bench.announce()
    slack.people(
        [
            {"id": "U0GUEST001", "name": "guest", "is_guest": True},
            {"id": "U0CONNECT1", "name": "connect", "team_id": FOREIGN},
        ]
    )
    open_home(slack, "This bot only answers people from its own Slack workspace.", "U0CONNECT1")
    assert "Data lake" not in str(slack.home("U0CONNECT1"))
    open_home(slack, "have no security contact", "U0GUEST001")


def test_a_lost_answer_replaces_nothing_newer(bench: SlackBench) -> None:
    """What was published without an answer is published again, over what is there by then."""
    slack = bench.slack
    open_home(slack, "No check yet.")
    slack.fault("views.publish", "lost_reply")
    bench.announce()
    wait_home(slack, "0% compliant")
    bench.settle()
    refused = [each["error"] for each in slack.refusals() if each["method"] == "views.publish"]
    assert set(refused) <= {"hash_conflict"}


def turned_off(slack: SlackSandbox) -> None:
    """The app is of before it had a Home."""
    slack.settings(has_home=False)


def revoked(slack: SlackSandbox) -> None:
    """The bot's token is revoked."""
    slack.revoke_token()


@pytest.mark.parametrize(
    ("breaks", "user", "code"),
    [
        (turned_off, ALICE, "not_enabled"),
        (revoked, ALICE, "token_revoked"),
        (turned_off, "U0NOBODY01", "not_enabled"),
    ],
)
def test_what_slack_refuses_is_logged(
    bench: SlackBench, breaks: Callable[[SlackSandbox], None], user: str, code: str
) -> None:
    """Whoever looks runs the bot no further: it says so in its log, and to the doctor."""
    slack = bench.slack
    _, event = valid(Known(), user, slack.trigger(BOB))["app_home_opened"]
    breaks(slack)
    with structlog.testing.capture_logs() as logged:
        assert slack.deliver(event, "events_api")["acked"]
        slack.wait(lambda seen: [each for each in seen["refusals"] if "publish" in each["method"]])
        bench.settle()
    (line,) = (each for each in logged if each["event"] == "home not published")
    assert (line["code"], line["user"]) == (code, user)
    problem = bench.home.status().problem
    assert problem is not None
    assert problem.remedy


def test_slack_asks_to_wait(bench: SlackBench) -> None:
    """A Home that is throttled comes when Slack takes it."""
    slack = bench.slack
    slack.settings(call_burst=1, tier4=60)
    open_home(slack, "No check yet.")
    open_home(slack, "No check yet.", BOB)
    refused = [(each["method"], each["error"]) for each in slack.refusals()]
    assert ("views.publish", "ratelimited") in refused


def test_without_a_database(bench: SlackBench) -> None:
    """The Home says what is wrong, and the event is acked."""
    slack = bench.slack
    open_home(slack, "No check yet.")
    bench.delete_database()
    open_home(slack, str(bench.store.connections.path))


def said(slack: SlackSandbox, text: str, user: str = ALICE, **more: Any) -> Seen:  # noqa: ANN401 - of the sandbox's
    """Write to the bot."""
    return slack.say(text, user, f"D{user[1:]}", **more)


def answers(slack: SlackSandbox, user: str = ALICE) -> list[Seen]:
    """What the bot said to a person directly."""
    return [each for each in slack.dms(user) if each["user"] == BOT_USER]


def test_a_direct_message_is_answered_with_the_help(bench: SlackBench) -> None:
    """Once for each message, also if Slack delivers it again; in the thread if it is in one."""
    slack = bench.slack
    first = said(slack, "hello", BOB)
    help_ = slack.wait_dm("/altcontact fix", BOB)
    assert slack.deliver_again(first["handle"])["acked"]
    said(slack, "and in here?", BOB, answers=help_)
    slack.wait(lambda _: len(answers(slack, BOB)) == 2)
    bench.settle()
    assert [each["thread_ts"] for each in answers(slack, BOB)] == ["", help_["ts"]]


@pytest.mark.parametrize(
    "change",
    [
        {"bot_id": "B0ALTBOT01", "user": BOT_USER},
        {"bot_id": "B0ANOTHER1"},
        {"subtype": "message_changed", "hidden": True, "user": None},
        {"subtype": "message_deleted", "hidden": True, "user": None},
        {"subtype": "bot_message", "user": None},
        {"subtype": "file_share"},
        {"user": "USLACKBOT"},
        {"channel_type": "channel", "channel": "C0ALERTS01"},
        {"channel_type": "mpim", "channel": "G0GROUP001"},
    ],
    ids=str,
)
def test_what_no_person_wrote_gets_no_answer(bench: SlackBench, change: Seen) -> None:
    """Bots, edits, deletions and messages elsewhere; all of it is acked, and nothing is logged."""
    slack = bench.slack
    said(slack, "hello", CAROL)
    slack.wait_dm("/altcontact fix", CAROL)
    _, payload = valid(Known(), CAROL, slack.trigger(CAROL))["message"]
    event = {**payload["event"], **change}
    payload["event"] = {name: value for name, value in event.items() if value}
    with structlog.testing.capture_logs() as logged:
        told = slack.deliver(payload, "events_api")
        # Once a later message is answered, this one has been taken up, too.
        said(slack, "hello", BOB)
        slack.wait_dm("/altcontact fix", BOB)
        bench.settle()
    assert told["acked"]
    assert len(answers(slack, CAROL)) == 1
    assert [line for line in logged if line["log_level"] in {"warning", "error"}] == []


def test_somebody_of_another_workspace_is_refused(bench: SlackBench) -> None:
    """Through Slack Connect people can write to the bot as well; they get no help of ours."""
    slack = bench.slack
    slack.people([{"id": "U0CONNECT1", "name": "connect", "team_id": FOREIGN}])
    said(slack, "hello", "U0CONNECT1")
    slack.wait_dm("This bot only answers people from its own Slack workspace.", "U0CONNECT1")
    assert len(answers(slack, "U0CONNECT1")) == 1


def test_nothing_that_people_write_is_logged(
    bench: SlackBench, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the text nor a name, also where the answer fails."""
    slack = bench.slack
    with structlog.testing.capture_logs() as logged:
        said(slack, "my password is hunter2")
        slack.wait_dm("/altcontact fix")
        bench.delete_database()
        said(slack, "my password is hunter2")
        slack.wait(lambda _: len(answers(slack)) == 2)
        bench.settle()
    assert "hunter2" not in str(logged) + caplog.text


def test_an_app_from_before_works_on(bench: SlackBench) -> None:
    """Without the events and the scope nothing is published, and commands work as before."""
    slack = bench.slack
    slack.settings(events=[], has_home=False)
    slack.scopes(["chat:write", "commands", "channels:read", "users:read", "usergroups:read"])
    said(slack, "hello")
    slack.command("/altcontact fix lake")
    slack.wait_view(SHOWN)
    assert bench.store.fixes.latest(WEB.id, ContactType.SECURITY) is None
    bench.settle()
    assert slack.calls("views.publish") == []
    assert answers(slack) == []
    assert Rule.MISSING in {each.key.rule for each in bench.store.findings.unresolved(LAKE.id)} or (
        bench.store.scans.last() is None
    )
