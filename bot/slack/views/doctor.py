"""The doctor's report in Slack: what needs attention, and a modal that lists every check."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from bot.services.doctor import PROBLEMS, State, count, problem_count, summary, worst_first
from bot.slack.views.blocks import (
    actions,
    button,
    clip,
    context,
    date,
    escape,
    header,
    mrkdwn,
    paragraph,
    plain,
    section,
)
from bot.slack.views.message import Message

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from bot.services.doctor import CheckResult
    from bot.slack.views.blocks import Block

SHOW_ALL: Final = "altcontact_doctor_show_all"
"""The action id of the button that opens the list of every check; its value is the report's id."""

MARKS: Final = {
    State.FAILURE: ":x:",
    State.WARNING: ":warning:",
    State.NOT_TESTED: ":white_circle:",
    State.OK: ":white_check_mark:",
}

_WORDS, _PASTE = 600, 1000
"""Characters of a line's words and remedy, and of its snippet, before Slack's own escaping."""

_URL: Final = re.compile(r"https://[\w./-]+\w")

_BLOCK: Final = 2900
"""Characters of a paragraph; Slack takes 3,000."""

_MESSAGE: Final = (40, 8000)
_MODAL: Final = (90, 24_000)
"""Paragraphs, and their characters in all: Slack takes 50 blocks a message and 100 a modal, and was
seen to refuse messages from about 13,000 characters on."""

_NOT_ALL: Final = "`altcontact doctor --all` on the bot's machine shows every check."
_UNCHANGED: Final = "Nothing was changed."
_AGAIN: Final = "The list of that report isn't available any more, so the checks ran again."


def progress_message() -> Message:
    """The checks are running."""
    text = "Checking settings, Slack, AWS, the database and the schedule…"
    return Message(text, [paragraph(f":stethoscope: {text}")])


def result_message(lines: Sequence[CheckResult], report_id: str) -> Message:
    """What needs attention, failures first; one line if nothing does.

    Args:
        lines: the results.
        report_id: identifies them for the button that shows them all.
    """
    headline, show_all = summary(lines), button("Show all checks", SHOW_ALL, report_id)
    problems = [line for line in worst_first(lines) if line.state in PROBLEMS]
    if not problems:
        tested = count(lines)[State.OK]
        text = f"{MARKS[State.OK]} {headline}" if tested else headline
        return Message(headline, [section(mrkdwn(text), accessory=show_all)])
    rows = [_row(line) for line in problems]
    shown = list(_within_limits(rows, *_MESSAGE))
    blocks = [header(problem_count(lines)), *map(paragraph, shown)]
    if len(shown) < len(rows):
        blocks.append(context(f"…and {len(rows) - len(shown):,} more."))
    blocks.append(context(f"{_rest(lines)}{_UNCHANGED}"))
    blocks.append(actions(show_all))
    return Message(headline, blocks)


def all_checks_view(
    lines: Sequence[CheckResult], checked_at: datetime, *, again: bool = False
) -> dict[str, Any]:
    """Every check: failures, warnings, what wasn't tested, and what passed, by section.

    Args:
        lines: the results.
        checked_at: when the checks were run.
        again: whether they were run again, because the report's own list isn't kept.
    """
    when = f"Checked {date(checked_at)}. {_UNCHANGED}"
    blocks: list[Block] = [
        paragraph(f"*{escape(summary(lines))}*"),
        context(f"{_AGAIN} {when}" if again else when),
    ]
    texts = list(_paragraphs(worst_first(lines)))
    shown = list(_within_limits(texts, *_MODAL))
    blocks += map(paragraph, shown)
    if len(shown) < len(texts):
        blocks.append(context(f"There are more. {_NOT_ALL}"))
    return _modal(blocks)


def message_view(message: Message) -> dict[str, Any]:
    """A message in place of the list: the checks are running, or why they didn't."""
    return _modal(message.blocks)


def _modal(blocks: list[Block]) -> dict[str, Any]:
    return {
        "type": "modal",
        "title": plain("All checks", 24),
        "close": plain("Close", 24),
        "blocks": blocks,
    }


def _rest(lines: Sequence[CheckResult]) -> str:
    """`18 checks passed, 3 not tested. `: what the heading doesn't count."""
    rest = [line for line in lines if line.state not in PROBLEMS]
    counted = count(rest)
    parts = {
        f"{counted[State.OK]} check{'' if counted[State.OK] == 1 else 's'} passed": State.OK,
        f"{counted[State.NOT_TESTED]} not tested": State.NOT_TESTED,
    }
    told = ", ".join(part for part, state in parts.items() if counted[state])
    return f"{told}. " if told else ""


def _within_limits(texts: Iterable[str], most: int, size: int) -> Iterator[str]:
    """The first paragraphs, as many as Slack takes."""
    for text in list(texts)[:most]:
        size -= len(text)
        if size < 0:
            return
        yield text


def _row(line: CheckResult) -> str:
    """A line that needs attention: `*AWS · Trusted access*: is off …`, and how to fix it."""
    return _with_remedy(line, f"{line.section.value} · {line.name}")


def _paragraphs(lines: Iterable[CheckResult]) -> Iterator[str]:
    """Texts within the length of a block; each section of each state begins a new one."""
    for (_, section_), group in groupby(lines, key=lambda line: (line.state, line.section)):
        text = f"*{section_.value}*"
        for line in group:
            line_text = _with_remedy(line, line.name)
            if len(text) + 1 + len(line_text) > _BLOCK:
                yield text
                text = line_text
            else:
                text = f"{text}\n{line_text}"
        yield text


def _with_remedy(line: CheckResult, name: str) -> str:
    text = f"{MARKS[line.state]} *{_text(name)}*: {_text(line.text)}"
    if line.remedy:
        text = f"{text}\n{_linked(_text(line.remedy))}"
    if line.snippet:
        text = f"{text}\n```\n{_code(line.snippet)}\n```"
    return text


def _text(text: str) -> str:
    """Text for mrkdwn: escaped, on one line, and short enough to stay so."""
    return _within(" ".join(text.split()), _WORDS)


def _linked(text: str) -> str:
    """A remedy with its pages as links, which Slack doesn't make by itself."""
    return _URL.sub(r"<\g<0>>", text)


def _code(text: str) -> str:
    """Text for a code block, which it can't end."""
    return _within(text.replace("```", "'''"), _PASTE)


def _within(text: str, limit: int) -> str:
    """Escaped, and within the limit after that; no entity is cut in two."""
    kept = clip(text, limit)
    while len(escape(kept)) > limit:
        kept = clip(kept, max(1, len(kept) - 1 - (len(escape(kept)) - limit) // 4))
    return escape(kept)
