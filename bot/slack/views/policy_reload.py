"""The answer to `/altcontact reload`: the policy now in use, or every mistake in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.slack.views.blocks import as_typed, clip, code, context, escape, header, paragraph
from bot.slack.views.message import Message

if TYPE_CHECKING:
    from bot.config.policy_reload import PolicyReload
    from bot.domain.errors import SettingProblem, SettingsError

_ROWS: Final = 40
"""Mistakes in one message, which takes 50 blocks."""

_ROWS_TEXT: Final = 8000
"""Characters of all mistakes; Slack refuses messages of about 13,000 characters."""

_PROBLEM_TEXT: Final = 300
_EXAMPLE_TEXT: Final = 120
"""Characters before escaping, which can make them five times as many; a section takes 3,000."""
_KEPT: Final = "Nothing was applied. The previous policy stays in use."


def reloaded_message(reloaded: PolicyReload) -> Message:
    """The file was applied."""
    words = reloaded.message
    blocks = [paragraph(escape(words))]
    if reloaded.restart_for:
        blocks.append(paragraph(f":information_source: {escape(reloaded.restart_message)}"))
    if reloaded.replicas:
        blocks.append(context(escape(reloaded.replicas_message)))
    if reloaded.changed:
        blocks.append(
            context("New findings are posted after the next check. To run one: `/altcontact check`")
        )
    return Message(escape(words), blocks)


def refused_message(error: SettingsError) -> Message:
    """The file was not applied: every mistake with its line, as many as one message takes."""
    number = len(error.problems)
    if not number:
        return Message(
            f"{escape(str(error))} {_KEPT}",
            [paragraph(f":warning: {escape(str(error))}"), context(_KEPT)],
        )
    title = f"{number:,} mistake{'' if number == 1 else 's'} in the policy file"
    rows: list[str] = []
    for problem in error.problems[:_ROWS]:
        row = _row(problem)
        if sum(map(len, rows)) + len(row) > _ROWS_TEXT:
            break
        rows.append(row)
    blocks = [header(title), paragraph(_KEPT), *map(paragraph, rows)]
    if number > len(rows):
        blocks.append(context(f"…and {number - len(rows):,} more."))
    blocks.append(
        context(
            "Correct the file, then run `/altcontact reload` again. To check it first, run "
            "`altcontact policy check` where the file is."
        )
    )
    first = escape(clip(str(error.problems[0]), _PROBLEM_TEXT))
    return Message(f"{title}: {first}. {_KEPT}", blocks)


def _row(problem: SettingProblem) -> str:
    """`*Line 12*  `policy.billing`: unknown key`, and an example below it."""
    line = f"*Line {problem.line}*  " if problem.line else ""
    key = code(clip(problem.key or problem.where, _EXAMPLE_TEXT))
    row = f"{line}{key}: {as_typed(clip(problem.what, _PROBLEM_TEXT))}"
    if problem.example:
        row += f"\nFor example: {code(clip(problem.example, _EXAMPLE_TEXT))}"
    return row
