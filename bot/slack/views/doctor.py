"""The doctor's report in Slack: a paragraph a section, and what to paste in code blocks."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Final

from bot.services.doctor import MARKS, State, summary
from bot.slack.views.blocks import clip, context, escape, header, paragraph
from bot.slack.views.message import Message

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.services.doctor import CheckResult

_WORDS, _PASTE = 600, 1000
"""Characters of a line's words and mend, and of what to paste, before Slack's own escaping."""

_URL: Final = re.compile(r"https://[\w./-]+\w")

_BLOCK: Final = 2900
"""Characters of a paragraph; Slack takes 3,000."""

_BLOCKS: Final = 40
_WHOLE: Final = 9000
"""Characters of all paragraphs; Slack was seen to refuse messages from about 13,000 on."""

_MORE: Final = "There is more: `altcontact doctor` on the bot's machine shows all."


def progress_message() -> Message:
    """The doctor is at work."""
    text = "Checking settings in use, Slack, AWS, the database and the schedule…"
    return Message(text, [paragraph(f":stethoscope: {text}")])


def result_message(lines: Sequence[CheckResult]) -> Message:
    """What the doctor found.

    Where that is more than Slack takes, first what is well goes without its small print, then
    without its lines, and at last the end is cut off, which is said.
    """
    headline = summary(lines)
    bad = [line for line in lines if line.state is not State.OK]
    every = list(_paragraphs(lines, notes=True))
    for fewer in (_paragraphs(lines, notes=False), _paragraphs(bad, notes=False)):
        if _fit(every):
            break
        every = list(fewer)
    shown: list[str] = []
    for text in every:
        if not _fit([*shown, text]):
            break
        shown.append(text)
    blocks = [header(headline), *(paragraph(text) for text in shown)]
    if len(shown) < len(every):
        blocks.append(context(_MORE))
    blocks.append(context("Nothing was changed."))
    return Message(escape(headline), blocks)


def _fit(paragraphs: Sequence[str]) -> bool:
    return len(paragraphs) <= _BLOCKS and sum(map(len, paragraphs)) <= _WHOLE


def _paragraphs(lines: Sequence[CheckResult], *, notes: bool) -> Iterator[str]:
    """Texts within the length of a block; each section begins a new one, under its name.

    Args:
        lines: what was found.
        notes: whether lines of what is well keep what is to be pasted.
    """
    for section, section_lines in groupby(lines, key=lambda line: line.section):
        text = f"*{section.value}*"
        for line in section_lines:
            line_text = _line(line, notes=notes)
            if len(text) + 1 + len(line_text) > _BLOCK:
                yield text
                text = line_text
            else:
                text = f"{text}\n{line_text}"
        yield text


def _line(line: CheckResult, *, notes: bool) -> str:
    words = f"not checked: {line.message}" if line.state is State.NOT_CHECKED else line.message
    text = f"{MARKS[line.state]} *{_text(line.name)}*: {_text(words)}"
    if line.remedy:
        text = f"{text}\n{_linked(_text(line.remedy))}"
    if line.snippet and (notes or line.state is not State.OK):
        text = f"{text}\n```\n{_code(line.snippet)}\n```"
    return text


def _text(text: str) -> str:
    """Text for mrkdwn: escaped, on one line, and short enough to stay so."""
    return _within(" ".join(text.split()), _WORDS)


def _linked(text: str) -> str:
    """A remedy, in which pages to go to are links: Slack makes none by itself."""
    return _URL.sub(r"<\g<0>>", text)


def _code(text: str) -> str:
    """Text for a code block, which it cannot end."""
    return _within(text.replace("```", "'''"), _PASTE)


def _within(text: str, limit: int) -> str:
    """Escaped, and within the limit after that; no entity is cut in two."""
    kept = clip(text, limit)
    while len(escape(kept)) > limit:
        kept = clip(kept, max(1, len(kept) - 1 - (len(escape(kept)) - limit) // 4))
    return escape(kept)
