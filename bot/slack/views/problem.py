"""Short messages to one person: what went wrong, why, and the next step."""

from typing import Any

from bot.domain.errors import AltcontactError, NotAllowed
from bot.slack.views.blocks import divider, escape, paragraph, plain
from bot.slack.views.mentions import mentions
from bot.slack.views.message import Message


def note(text: str, remedy: str = "", who: str = "") -> Message:
    """A message of one sentence or two, and the next step.

    Args:
        text: what happened.
        remedy: the next step, if there is one.
        who: mentions that we made, to end the next step with.
    """
    blocks = [paragraph(escape(text))]
    next_step = f"{escape(remedy)} {who}." if who else escape(remedy)
    if next_step:
        blocks.append(paragraph(f":point_right: {next_step.strip()}"))
    return Message(f"{escape(text)} {next_step}".strip(), blocks)


def problem_message(error: AltcontactError) -> Message:
    """What happened, and the next step."""
    who = mentions(error.user_ids, error.group_ids) if isinstance(error, NotAllowed) else ""
    return note(str(error), error.remedy, who)


def defect_message(reference: str) -> Message:
    """A failure of the bot itself, to be looked up in its log."""
    return note(
        "Something went wrong inside the bot; nothing more is known here.",
        f"Ask who runs the bot to look for the reference {reference} in its log.",
    )


def window_failed_message(problem: AltcontactError, instead: Message) -> Message:
    """What a window was to show, which Slack did not let it show, and why not.

    Args:
        problem: why not.
        instead: what it was to show, or what to do now.
    """
    why = escape(f"I couldn't update the window that you have open. {problem}")
    return Message(f"{why} {instead.text}", [paragraph(why), divider(), *instead.blocks])


def problem_view(message: Message) -> dict[str, Any]:
    """A message in place of a window that could not be shown, or whose form could not be taken."""
    return {
        "type": "modal",
        "title": plain("Not done", 24),
        "close": plain("Close", 24),
        "blocks": message.blocks,
    }
