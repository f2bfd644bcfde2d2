"""What came of reading the policy file anew: what applies now, or all that is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.slack.views.blocks import clip, context, escape, paragraph, plain, section
from bot.slack.views.message import Message

if TYPE_CHECKING:
    from bot.config.policy_reload import PolicyReload
    from bot.domain.errors import SettingsError

_PROBLEMS: Final = 15
_PROBLEM_TEXT: Final = 500
"""Problems that are shown, and the characters of each: a message takes some 10,000."""


def reloaded_message(reloaded: PolicyReload) -> Message:
    """The file was applied."""
    words = reloaded.message
    blocks = [paragraph(f":white_check_mark: {escape(words)}")]
    if reloaded.restart_for:
        blocks.append(paragraph(f":information_source: {escape(reloaded.restart_message)}"))
    if reloaded.changed:
        blocks.append(context("Alerts follow with the next check: `/altcontact check` makes one."))
    return Message(escape(words), blocks)


def refused_message(error: SettingsError) -> Message:
    """The file was not applied: each thing that is wrong, with its line."""
    problems = [str(problem) for problem in error.problems] or [str(error)]
    number = len(problems)
    intro = (
        f"Not applied: {number} thing{' is' if number == 1 else 's are'} wrong. "
        "The policy that was loaded before stands."
    )
    blocks = [paragraph(f":warning: *{escape(intro)}*")]
    blocks += [section(plain(clip(problem, _PROBLEM_TEXT))) for problem in problems[:_PROBLEMS]]
    if number > _PROBLEMS:
        blocks.append(context(f"…and {number - _PROBLEMS:,} more."))
    check = "`altcontact policy check` tells all of it, without a bot."
    blocks.append(context(f":point_right: Mend the file, then reload it again. {check}"))
    return Message(escape(f"{intro} {clip(problems[0], _PROBLEM_TEXT)}"), blocks)
