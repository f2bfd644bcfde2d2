"""A run's message: posted, edited, and its buttons; its results in the thread and as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.domain.actors import Actor
from bot.domain.contacts import ContactType
from bot.domain.failures import FailureCode, failure
from bot.domain.run_summary import WritePace
from bot.domain.runs import ItemState, Run, RunItem, RunKind, RunState
from bot.services.ports.runs import NewRun
from bot.slack.views.run_message import AGAIN, CONTINUE, RESULTS, RETRY, STOP
from bot.slack.views.run_results import DOWNLOAD, ROWS, TURN
from sandbox.tests.slack.fixtures import slack, slack_server
from tests.integration.slack.bench import ALICE, BOB, SlackBench, bench
from tests.unit.fakes import CONTACT, OTHER, START, account

if TYPE_CHECKING:
    Seen = dict[str, Any]

__all__ = ["bench", "slack", "slack_server"]

DENIED = failure(FailureCode.DENIED)


def start(bench: SlackBench, number: int = 2) -> Run:
    """A run of alice's that has begun, and its message."""
    items = [
        RunItem(0, 0, each.id, each.name, ContactType.SECURITY, CONTACT, None, START)
        for each in (account(number) for number in range(1, number + 1))
    ]
    bench.store.accounts.remember([account(number) for number in range(1, number + 1)])
    run = bench.store.runs.preview(NewRun("form", RunKind.FIX, Actor(ALICE)), items)
    assert bench.store.runs.start(run.id, ALICE)
    bench.store.runs.claim()
    bench.announcer.deliver()
    return run


def finish(bench: SlackBench, run: Run, state: ItemState = ItemState.FAILED) -> None:
    """Let every contact that is left come to this, and the run end."""
    for item in bench.store.runs.items(run.id, [ItemState.PLANNED]):
        bench.store.runs.finish_item(item, state, DENIED.message, DENIED)
    assert bench.store.runs.end(run.id)
    bench.announcer.deliver()


def state(bench: SlackBench, run: Run) -> RunState:
    """What the run is now."""
    found = bench.store.runs.get(run.id)
    assert found is not None
    return found.state


def test_a_run_is_stopped_and_continued_from_its_message(bench: SlackBench) -> None:
    """The message is edited, and says by whom; the time left is what the bot's rate gives."""
    bench.gateway.written_a_second = WritePace(0.05)
    run = start(bench)
    message = bench.slack.wait_message("Fixing 2 contacts")
    assert "about 40 s left" in str(message["blocks"])
    bench.slack.press(STOP, message=message)
    bench.slack.wait(lambda _: state(bench, run) is RunState.STOPPED)
    bench.announcer.deliver()
    stopped = bench.slack.wait_message("Stopped: 0 of 2 contacts fixed")
    assert stopped["ts"] == message["ts"]
    assert f"Stopped by <@{ALICE}>" in str(stopped["blocks"])
    bench.slack.press(CONTINUE, message=stopped)
    bench.slack.wait(lambda _: state(bench, run) is RunState.RUNNING)


def test_a_person_without_permission_changes_nothing(bench: SlackBench) -> None:
    """They hear whom to ask, next to the message."""
    run = start(bench)
    message = bench.slack.wait_message("Fixing 2 contacts")
    bench.slack.press(STOP, message=message, user=BOB)
    bench.slack.wait_private("You don't have permission to change contacts.", BOB)
    assert state(bench, run) is RunState.RUNNING
    finish(bench, run)
    ended = bench.slack.wait_message("0 of 2 contacts fixed")
    bench.slack.press(RETRY, message=ended, user=BOB)
    bench.slack.wait_private(
        lambda seen: "permission" in seen["text"] and seen["ts"] > ended["ts"], BOB
    )
    assert state(bench, run) is RunState.ENDED


def test_a_press_that_comes_too_late_says_so(bench: SlackBench) -> None:
    """A run that has ended can't be stopped, and one that is stopped isn't stopped twice."""
    run = start(bench)
    message = bench.slack.wait_message("Fixing 2 contacts")
    finish(bench, run)
    for action, value in ((STOP, "1"), (CONTINUE, "1"), (RETRY, "99")):
        payload = pressed(bench, action, value, message)
        assert bench.slack.deliver(payload)["acked"]
    bench.slack.wait_private("Run 1 has ended. Nothing was changed.")
    bench.slack.wait_private("no longer on record")
    assert state(bench, run) is RunState.ENDED


def test_a_preview_does_not_begin_by_the_button_of_a_stopped_run(bench: SlackBench) -> None:
    """A forged press can't get around its approval."""
    run = start(bench)
    message = bench.slack.wait_message("Fixing 2 contacts")
    items = bench.store.runs.items(run.id)
    other = bench.store.runs.preview(NewRun("other", RunKind.FIX, Actor(ALICE)), items)
    bench.slack.deliver(pressed(bench, CONTINUE, str(other.id), message))
    bench.slack.wait_private("Run 2 hasn't begun. Nothing was changed.")
    assert state(bench, other) is RunState.PREVIEWED


def test_what_failed_is_retried(bench: SlackBench) -> None:
    """One root cause is said once; two presses retry once."""
    run = start(bench)
    finish(bench, run)
    ended = bench.slack.wait_message("0 of 2 contacts fixed")
    assert "*2 failed:*" in str(ended["blocks"])
    assert DENIED.remedy in str(ended["blocks"])
    bench.slack.press(RETRY, message=ended)
    bench.slack.wait(lambda _: state(bench, run) is RunState.RUNNING)
    assert {each.attempt for each in bench.store.runs.items(run.id)} == {2}


def test_what_was_held_back_is_previewed_again(bench: SlackBench) -> None:
    """With what AWS has now; a person without permission sees nothing."""
    run = start(bench)
    bench.store.runs.hold_back(run.id, {1: "AWS has another contact."})
    bench.gateway.hold(1, OTHER)
    finish(bench, run)
    ended = bench.slack.wait_message("0 of 2 contacts fixed")
    bench.slack.press(AGAIN, message=ended, user=BOB)
    bench.slack.wait_private("permission", BOB)
    bench.slack.press(AGAIN, message=ended)
    shown = str(bench.slack.wait_view("1 contact will change, in 1 account"))
    assert f"Email: {OTHER.email} → {CONTACT.email}" in shown
    assert bench.gateway.writes == []


def test_the_results_are_shown_in_pages_and_by_outcome(bench: SlackBench) -> None:
    """To anybody in the workspace: they have no contact's details."""
    run = start(bench, ROWS + 1)
    message = bench.slack.wait_message(f"Fixing {ROWS + 1} contacts")
    bench.store.runs.hold_back(run.id, {1: "AWS has another contact."})
    finish(bench, run)
    ended = bench.slack.wait_message(f"0 of {ROWS + 1} contacts fixed")
    assert ended["ts"] == message["ts"]
    bench.slack.press(RESULTS, message=ended, user=BOB)
    first = bench.slack.wait_view("page 1 of 2", BOB)
    assert CONTACT.email not in str(first)
    bench.slack.press(f"{TURN}:next", user=BOB)
    assert str(bench.slack.wait_view("page 2 of 2", BOB)).count("Security contact") == 1
    bench.slack.press(f"{TURN}:held_back", user=BOB)
    assert "AWS has another contact." in str(bench.slack.wait_view("Held back · page 1", BOB))


def test_the_results_get_into_the_thread_once(bench: SlackBench) -> None:
    """The message says that they are there."""
    run = start(bench)
    finish(bench, run)
    message = bench.slack.wait_message("0 of 2 contacts fixed")
    bench.run_files.deliver()
    bench.run_files.deliver()
    bench.announcer.deliver()
    files = [each for each in bench.slack.messages() if each["files"]]
    assert [each["thread_ts"] for each in files] == [message["ts"]]
    content = bench.slack.file(files[0]["files"][0]["id"]).decode("utf-8-sig")
    assert content.count("\r\n") == 3
    assert CONTACT.email not in content
    assert "results in the thread" in str(bench.slack.wait_message("0 of 2")["blocks"])


def test_without_the_scope_the_message_says_where_the_results_are(bench: SlackBench) -> None:
    """And what to add to the app."""
    run = start(bench)
    finish(bench, run)
    bench.slack.scopes(["chat:write", "commands", "users:read", "usergroups:read"])
    bench.run_files.deliver()
    bench.announcer.deliver()
    shown = str(bench.slack.wait_message("couldn't be attached")["blocks"])
    assert "*Show results* lists them." in shown


def test_the_results_are_sent_as_a_file(bench: SlackBench) -> None:
    """To the person who asked, as a direct message."""
    run = start(bench)
    finish(bench, run)
    bench.slack.press(RESULTS, message=bench.slack.wait_message("0 of 2 contacts fixed"))
    bench.slack.wait_view("page 1 of 1")
    bench.slack.press(DOWNLOAD)
    bench.slack.wait_view("I'm sending you the file")
    sent = bench.slack.wait_dm(lambda seen: bool(seen["files"]))
    assert b"failed" in bench.slack.file(sent["files"][0]["id"])


def test_a_file_that_cannot_be_sent_is_told(bench: SlackBench) -> None:
    """With the reason."""
    run = start(bench)
    finish(bench, run)
    bench.slack.press(RESULTS, message=bench.slack.wait_message("0 of 2 contacts fixed"))
    bench.slack.wait_view("page 1 of 1")
    bench.slack.fault("files.getUploadURLExternal", "refused", code="missing_scope")
    bench.slack.press(DOWNLOAD)
    bench.slack.wait_dm("Results of run 1 couldn't be sent as a file.")


def pressed(bench: SlackBench, action_id: str, value: str, message: Seen) -> Seen:
    """A press on a button that a message had, or never had."""
    trigger = bench.slack.trigger(ALICE)
    return {
        "type": "block_actions",
        "team": {"id": "T0SANDBOX1"},
        "user": {"id": ALICE, "team_id": "T0SANDBOX1"},
        "actions": [{"type": "button", "action_id": action_id, "block_id": "b", "value": value}],
        "channel": {"id": message["channel"]},
        "message": {"ts": message["ts"]},
        **trigger,
    }
