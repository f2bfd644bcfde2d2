"""The message of a run, within Slack's limits and without any contact's details."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.actors import Actor
from bot.domain.failures import FailureCode, failure
from bot.domain.run_progress import (
    ResultFile,
    RunProblem,
    RunProgress,
    RunResult,
    group_problems,
)
from bot.domain.runs import ItemState, LeftAlone, Run, RunCounts, RunKind, RunState
from bot.slack.views.run_message import (
    AGAIN,
    CONTINUE,
    RESULTS,
    RETRY,
    STOP,
    UNDO,
    duration,
    person,
    run_message,
)
from tests.unit.slack.views.assertions import assert_as_typed, assert_sound, texts
from tests.unit.slack.views.sample_data import HOSTILE, NOW, account_id


def run(
    state: RunState = RunState.RUNNING,
    kind: RunKind = RunKind.FIX,
    **counts: int,
) -> Run:
    """A run that alice started."""
    return Run(
        12,
        "key",
        kind,
        state,
        Actor("U0ALICE001"),
        NOW,
        RunCounts(**counts),
        started_at=NOW,
    )


def buttons(progress: RunProgress) -> dict[str, dict[str, Any]]:
    """The buttons of its message, which Slack takes; one stands out at most."""
    message = run_message(progress)
    assert_sound(message)
    rows = [block["elements"] for block in message.blocks if block["type"] == "actions"]
    found = {each["action_id"]: each for row in rows for each in row}
    assert all(each["value"] == "12" and each["accessibility_label"] for each in found.values())
    assert sum(each.get("style") == "primary" for each in found.values()) <= 1
    return found


def shown(progress: RunProgress) -> str:
    """All that is to be read."""
    return "\n".join(texts(run_message(progress).blocks, "plain_text", "mrkdwn"))


def problems(*named: str, why: FailureCode = FailureCode.DENIED_BY_SCP, held: int = 0) -> Any:  # noqa: ANN401
    """Failures in accounts of these names, and contacts held back."""
    failed = [
        RunResult(ItemState.FAILED, account_id(number), name, "", failure(why))
        for number, name in enumerate(named)
    ]
    kept = [
        RunResult(
            ItemState.HELD_BACK, account_id(100 + number), "Audit", "AWS has another contact."
        )
        for number in range(held)
    ]
    return group_problems([*failed, *kept])


def test_while_it_runs() -> None:
    """A bar, the share, the time left, who started it, and a button that asks before it stops."""
    counts = {"planned": 63, "verified": 60, "saved": 3, "failed": 2, "held_back": 1}
    running = run(RunState.RUNNING, RunKind.FIX, **counts)
    going = RunProgress(running, seconds_left=14.2, approved_by=("U0BOB00002",))
    said = shown(going)
    assert said.startswith("Fixing 129 contacts\n██████████░░░░░░░░░░  51% · 66 of 129")
    assert "about 14 s left" in said
    assert "*60* verified in AWS" in said
    assert "*3* saved, being verified" in said
    assert "*2* failed" in said
    assert "*63* left" in said
    assert "Started by <@U0ALICE001>" in said
    assert "approved by <@U0BOB00002>" in said
    found = buttons(going)
    assert list(found) == [STOP, RESULTS]
    assert found[STOP]["style"] == "danger"
    assert found[STOP]["confirm"]["confirm"]["text"] == "Stop"


def test_when_everything_is_verified() -> None:
    """A check mark, since nothing is left to do."""
    done = RunProgress(run(RunState.ENDED, verified=129), file=ResultFile.SHARED)
    assert shown(done).startswith("129 contacts fixed\n:white_check_mark: *129* verified in AWS")
    assert "results in the thread" in shown(done)
    assert list(buttons(done)) == [UNDO, RESULTS]
    assert run_message(done).text == "129 contacts fixed. 129 verified in AWS. Run 12."


def test_when_some_failed() -> None:
    """No check mark; each cause once, with its next step and the first accounts."""
    named = [f"Account {number}" for number in range(7)]
    ended = RunProgress(
        run(RunState.ENDED, verified=120, failed=7, held_back=2), problems(*named, held=2)
    )
    said = shown(ended)
    assert said.startswith("120 of 129 contacts fixed\n")
    assert ":white_check_mark:" not in said
    assert "*7 failed:*" in said
    assert "To fix this:" in said
    assert "and 2 more" in said
    assert "*2 held back:* AWS has another contact." in said
    found = buttons(ended)
    assert list(found) == [RETRY, AGAIN, UNDO, RESULTS]
    assert found[RETRY]["text"]["text"] == "Retry 7 failed"
    assert found[RETRY]["style"] == "primary"


def test_what_runs_leave_alone_is_not_offered_again() -> None:
    """Another preview would leave it out; what changed in AWS is offered."""
    named = [("Training", "888888888888")]
    exempt = RunProblem(ItemState.HELD_BACK, LeftAlone.EXEMPT.sentence, "", 2, named, 2)
    changed = RunProblem(ItemState.HELD_BACK, "AWS has another contact.", "", 1, named, 1)
    some = RunProgress(run(RunState.ENDED, verified=5, held_back=3), [exempt, changed])
    assert buttons(some)[AGAIN]["text"]["text"] == "Preview 1 held back…"
    assert LeftAlone.EXEMPT.sentence in shown(some)
    none = RunProgress(run(RunState.ENDED, verified=5, held_back=2), [exempt])
    assert list(buttons(none)) == [UNDO, RESULTS]


def test_when_it_was_stopped() -> None:
    """By whom, or why; what is left can be continued."""
    stopped = run(RunState.STOPPED, verified=40, planned=89)
    by_alice = RunProgress(replace(stopped, stop_reason="Stopped by U0ALICE001."))
    assert shown(by_alice).startswith("Stopped: 40 of 129 contacts fixed\n")
    assert ":warning: Stopped by <@U0ALICE001>." in shown(by_alice)
    assert list(buttons(by_alice)) == [CONTINUE, UNDO, RESULTS]
    same = "The same failure in ten accounts: access denied."
    assert f":warning: {same}" in shown(RunProgress(replace(stopped, stop_reason=same)))


def test_an_interruption_is_said() -> None:
    """Also that nothing was written twice."""
    going = RunProgress(replace(run(planned=1, verified=1), interrupted=1))
    assert "Interrupted by a restart; continued." in shown(going)
    again = RunProgress(replace(run(planned=1, verified=1), interrupted=2))
    assert "Interrupted by a restart 2 times; continued." in shown(again)


def test_a_run_that_was_undone_offers_no_undo() -> None:
    """It names the run that did."""
    undone = RunProgress(run(RunState.ENDED, verified=3), undone_by=14)
    assert "Undone by run 14." in shown(undone)
    assert list(buttons(undone)) == [RESULTS]


def test_without_an_approval_it_is_said_loudly() -> None:
    """With the reason, in which nothing is markup."""
    going = RunProgress(run(planned=3), bypassed_by=("U0ALICE001", "<!channel> on fire"))
    assert "*<@U0ALICE001> went on without an approval*: &lt;!channel&gt; on fire" in shown(going)


def test_results_that_could_not_be_attached() -> None:
    """Why, and where they are instead."""
    ended = RunProgress(
        run(RunState.ENDED, verified=3),
        file=ResultFile.FAILED,
        file_problem="The app lacks files:write.",
    )
    assert "couldn't be attached" in shown(ended)
    assert "*Show results* lists them." in shown(ended)


@pytest.mark.parametrize(
    ("kind", "state", "heading"),
    [
        (RunKind.REMOVE, RunState.RUNNING, "Removing 4 contacts"),
        (RunKind.REMOVE, RunState.ENDED, "3 of 4 contacts removed"),
        (RunKind.UNDO, RunState.ENDED, "3 of 4 contacts restored"),
        (RunKind.AUTO_FIX, RunState.RUNNING, "Automatically fixing 4 contacts"),
        (RunKind.FIX, RunState.CANCELED, "Canceled: 4 contacts not fixed"),
    ],
)
def test_the_heading_of_each_kind(kind: RunKind, state: RunState, heading: str) -> None:
    """What is done to how many contacts."""
    message = run_message(RunProgress(run(state, kind, verified=3, planned=1)))
    assert_sound(message)
    assert texts(message.blocks[0], "plain_text") == [heading]
    assert message.text.startswith(heading)


@pytest.mark.parametrize(
    ("user_id", "shown_as"),
    [
        ("U0ALICE001", "<@U0ALICE001>"),
        ("cli:ana", "`ana` on the command line"),
        ("bot", "the bot"),
        ("<!channel>", "`&lt;!channel&gt;`"),
    ],
)
def test_who_started_it(user_id: str, shown_as: str) -> None:
    """A person in Slack is mentioned, and nothing else is a mention."""
    assert person(user_id) == shown_as


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "about 1 s"), (59, "about 59 s"), (90, "about 2 min"), (7_200, "about 2.0 h")],
)
def test_time_spans(seconds: float, words: str) -> None:
    """Rounded, as nobody needs it exactly."""
    assert duration(seconds) == words


@given(st.lists(st.sampled_from(FailureCode), max_size=60), st.text(max_size=400))
def test_any_failures_fit_into_a_message(codes: list[FailureCode], name: str) -> None:
    """What doesn't fit is counted."""
    results = [
        RunResult(
            ItemState.FAILED,
            account_id(number),
            name,
            "",
            replace(failure(code), remedy=f"{number} " + "x" * 500),
        )
        for number, code in enumerate(codes)
    ]
    progress = RunProgress(run(RunState.ENDED, failed=len(codes)), group_problems(results))
    buttons(progress)
    if len(codes) > 8:
        assert "more cause" in shown(progress)


@pytest.mark.parametrize("name", HOSTILE)
def test_names_show_as_typed(name: str) -> None:
    """Nothing in them formats or mentions."""
    progress = RunProgress(run(RunState.ENDED, failed=1), problems(name))
    message = run_message(progress)
    assert_sound(message)
    assert_as_typed(message.blocks, name)
