"""The message of a run in the channel: how it goes, what it came to, and what can be done about it.

A channel sees no contact's details: only accounts, counts and causes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bot.domain.run_progress import ResultFile
from bot.domain.runs import ItemState, RunKind, RunState
from bot.slack.views.alerts import message_text
from bot.slack.views.blocks import (
    actions,
    button,
    clip,
    code,
    contacts,
    context,
    date,
    divider,
    escape,
    header,
    paragraph,
    plain,
    text_size,
)
from bot.slack.views.message import Message
from bot.slack.views.row_actions import account_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.domain.run_progress import RunProblem, RunProgress
    from bot.domain.runs import Run
    from bot.slack.views.blocks import Block

STOP: Final = "altcontact_run_stop"
CONTINUE: Final = "altcontact_run_continue"
RETRY: Final = "altcontact_run_retry"
UNDO: Final = "altcontact_run_undo"
AGAIN: Final = "altcontact_run_again"
RESULTS: Final = "altcontact_run_results"
"""The action ids of a run's buttons; their value is the run's id alone."""

_BAR: Final = 20
_ROWS_TEXT: Final = 7_000
_PROBLEMS: Final = 8
_TEXT: Final = 600
_HUNDRED: Final = 100
_MINUTE: Final = 60
_HOUR: Final = 3_600
_PERSON: Final = re.compile(r"[UW][A-Z0-9]{2,}")

_DOING: Final = {
    RunKind.FIX: ("Fixing", "fixed"),
    RunKind.REMOVE: ("Removing", "removed"),
    RunKind.UNDO: ("Undoing the changes of", "restored"),
    RunKind.AUTO_FIX: ("Automatically fixing", "fixed automatically"),
}
"""What a run does, and what it has done to a contact."""


def run_message(progress: RunProgress) -> Message:
    """The message, as things are now."""
    run = progress.run
    headline = run_headline(progress)
    blocks: list[Block] = [header(headline)]
    facts = _counts(progress)
    if progress.is_going_on:
        blocks.append(paragraph(f"{_bar(progress)}\n{facts}".rstrip()))
    elif facts:
        blocks.append(paragraph(facts))
    blocks += [paragraph(each) for each in _notes(progress)]
    blocks.append(context(" · ".join(_origin(progress))))
    said, hidden = _problems(progress.problems, text_size(blocks))
    if said:
        blocks += [divider(), *said]
    if hidden:
        causes = "cause" if hidden == 1 else "causes"
        blocks.append(context(f"…and {hidden} more {causes}. *Show results* lists every contact."))
    buttons = list(_buttons(progress))
    if buttons:
        blocks.append(actions(*buttons))
    share = _share(progress) if progress.is_going_on else ""
    spoken = map(_spoken, progress.problems[:_PROBLEMS])
    return Message(message_text(headline, share, facts, *spoken, f"Run {run.id}"), blocks)


def run_headline(progress: RunProgress) -> str:
    """The heading: what is being done, or what was done, to how many contacts."""
    run = progress.run
    doing, done = _DOING[run.kind]
    total, changed = run.counts.total, progress.changed
    match run.state:
        case RunState.STOPPED:
            return f"Stopped: {changed:,} of {contacts(total)} {done}"
        case RunState.ENDED if changed == total:
            return f"{contacts(total)} {done}".capitalize()
        case RunState.ENDED:
            return f"{changed:,} of {contacts(total)} {done}"
        case RunState.CANCELED:
            return f"Canceled: {contacts(total)} not {done}"
        case RunState.REQUESTED:
            return f"{contacts(total)} to be {done}: waiting for approval".capitalize()
        case _:
            return f"{doing} {contacts(total)}"


def duration(seconds: float) -> str:
    """A time span for people: `about 40 s`, `about 3 min`, `about 2 h`."""
    if seconds < _MINUTE:
        return f"about {max(round(seconds), 1)} s"
    if seconds < _HOUR:
        return f"about {round(seconds / _MINUTE)} min"
    hours = seconds / _HOUR
    return f"about {hours:.1f} h" if hours < 10 else f"about {round(hours)} h"  # noqa: PLR2004


def person(user_id: str) -> str:
    """Who started a run, as mrkdwn: a person in Slack, one on the command line, or the bot."""
    if _PERSON.fullmatch(user_id):
        return f"<@{user_id}>"
    kind, _, name = user_id.partition(":")
    if kind == "cli":
        return f"{code(name) or 'somebody'} on the command line"
    return "the bot" if user_id == "bot" else code(user_id)


def _bar(progress: RunProgress) -> str:
    total = progress.run.counts.total or 1
    full = _BAR * progress.done // total
    return f"{'█' * full}{'░' * (_BAR - full)}  {_share(progress)}"


def _share(progress: RunProgress) -> str:
    total = progress.run.counts.total
    share = _HUNDRED * progress.done // total if total else _HUNDRED
    left = ""
    if progress.seconds_left is not None and progress.done < total:
        left = f" · {duration(progress.seconds_left)} left"
    return f"{share}% · {progress.done:,} of {total:,}{left}"


def _counts(progress: RunProgress) -> str:
    """How many contacts came to what, for mrkdwn."""
    counts = progress.run.counts
    parts = [
        (counts.verified, "verified in AWS"),
        (counts.saved, _being_verified(progress)),
        (counts.failed, "failed"),
        (counts.held_back, "held back"),
        (counts.planned, "left" if progress.is_going_on else "not started"),
    ]
    said = [f"*{number:,}* {words}" for number, words in parts if number]
    # A check mark only where nothing is left to do.
    if progress.run.state is RunState.ENDED and counts.verified == counts.total and counts.total:
        said.insert(0, ":white_check_mark:")
        return " ".join(said)
    return " · ".join(said)


def _being_verified(progress: RunProgress) -> str:
    going = progress.is_going_on
    return "saved, being verified" if going else "saved, but AWS doesn't show it yet"


def _notes(progress: RunProgress) -> Iterator[str]:
    """What has to be known besides, for mrkdwn."""
    run = progress.run
    if run.state in {RunState.STOPPED, RunState.CANCELED} and run.stop_reason:
        yield f":warning: {_shown_reason(run.stop_reason)}"
    if run.interrupted:
        times = "" if run.interrupted == 1 else f" {run.interrupted} times"
        ends = "; continued" if progress.is_going_on or run.state is RunState.ENDED else ""
        yield f"Interrupted by a restart{times}{ends}. No contact was changed twice."
    user, why = progress.bypassed_by
    if user:
        reason = f": {escape(clip(why, _TEXT))}" if why else ""
        yield f":warning: *{person(user)} went on without an approval*{reason}"
    if progress.undone_by is not None:
        yield f"Undone by run {progress.undone_by}."
    if progress.file is ResultFile.FAILED:
        problem = escape(clip(progress.file_problem, _TEXT))
        yield (
            f":warning: The results couldn't be attached to this thread. {problem}\n"
            "*Show results* lists them."
        )


def _shown_reason(reason: str) -> str:
    """A reason, with a mention where it is a person who stopped the run."""
    words = reason.split()
    if words and _PERSON.fullmatch(words[-1].rstrip(".")):
        return f"{escape(' '.join(words[:-1]))} {person(words[-1].rstrip('.'))}."
    return escape(clip(reason, _TEXT))


def _origin(progress: RunProgress) -> Iterator[str]:
    run = progress.run
    by = person(run.requested_by.user_id)
    when = f" {date(run.started_at)}" if run.started_at is not None else ""
    yield f"Started by {by}{when}"
    if progress.approved_by:
        yield f"approved by {', '.join(map(person, progress.approved_by))}"
    if run.counts.left_out:
        yield f"{run.counts.left_out:,} left out by the preview"
    if run.undoes is not None:
        yield f"undoes run {run.undoes}"
    yield f"run {run.id}"
    if progress.file is ResultFile.SHARED:
        yield "results in the thread"


def _problems(problems: Sequence[RunProblem], spent: int) -> tuple[list[Block], int]:
    """A paragraph a cause as far as they fit; how many causes don't."""
    blocks: list[Block] = []
    for problem in problems[:_PROBLEMS]:
        block = paragraph(_problem(problem))
        spent += text_size(block)
        if blocks and spent > _ROWS_TEXT:
            break
        blocks.append(block)
    return blocks, len(problems) - len(blocks)


def _problem(problem: RunProblem) -> str:
    done = "failed" if problem.state is ItemState.FAILED else "held back"
    lines = [f"*{problem.contacts:,} {done}:* {escape(clip(problem.message, _TEXT))}"]
    if problem.remedy:
        lines.append(f"To fix this: {escape(clip(problem.remedy, _TEXT))}")
    named = [account_name(name, id_) for name, id_ in problem.accounts]
    more = problem.total_accounts - len(named)
    lines.append(", ".join(named) + (f", and {more:,} more" if more > 0 else ""))
    return "\n".join(lines)


def _spoken(problem: RunProblem) -> str:
    done = "failed" if problem.state is ItemState.FAILED else "held back"
    return escape(f"{problem.contacts:,} {done}: {clip(problem.message, _TEXT)}")


def _buttons(progress: RunProgress) -> Iterator[Block]:
    run = progress.run
    match run.state:
        case RunState.RUNNING:
            yield _stop_button(run)
        case RunState.STOPPED:
            label = f"Continue run {run.id}: {contacts(run.counts.planned)} left"
            if run.counts.planned:
                yield button("Continue", CONTINUE, str(run.id), primary=True, label=label)
            yield from _retry_button(run, primary=not run.counts.planned)
            yield from _undo_button(progress)
        case RunState.ENDED:
            yield from _retry_button(run, primary=True)
            yield from _again_button(progress, primary=not run.counts.failed)
            yield from _undo_button(progress)
        case _:
            return
    if progress.done:
        label = f"Show the results of run {run.id}"
        yield button("Show results", RESULTS, str(run.id), label=label)


def _stop_button(run: Run) -> Block:
    stays = f"The contacts that are left ({run.counts.planned:,} now) stay as they are"
    return {
        **button("Stop", STOP, str(run.id), label=f"Stop run {run.id}"),
        "style": "danger",
        "confirm": {
            "title": plain("Stop this run?", 100),
            "text": plain(
                f"The contact that is being written is finished. {stays}, and you can continue "
                "later.",
                300,
            ),
            "confirm": plain("Stop", 30),
            "deny": plain("Keep running", 30),
            "style": "danger",
        },
    }


def _retry_button(run: Run, *, primary: bool) -> Iterator[Block]:
    failed = run.counts.failed
    if failed:
        label = f"Retry the {contacts(failed)} of run {run.id} that failed"
        yield button(f"Retry {failed:,} failed", RETRY, str(run.id), primary=primary, label=label)


def _again_button(progress: RunProgress, *, primary: bool) -> Iterator[Block]:
    """The contacts that were held back, with what AWS has now. A removal has to be chosen again."""
    run, held = progress.run, progress.may_be_previewed_again
    if held and run.kind in {RunKind.FIX, RunKind.AUTO_FIX}:
        label = f"Preview the {contacts(held)} that run {run.id} held back again"
        text = f"Preview {held:,} held back…"
        yield button(text, AGAIN, str(run.id), primary=primary, label=label)


def _undo_button(progress: RunProgress) -> Iterator[Block]:
    run, number = progress.run, progress.changed
    if not number or progress.undone_by is not None:
        return
    label = f"Undo run {run.id}: opens a preview of {contacts(number)}"
    yield button("Undo…", UNDO, str(run.id), label=label)
