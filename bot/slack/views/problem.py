"""Short messages to one person: what went wrong, why, and what to do."""

from typing import Any

from bot.domain.errors import AltcontactError, NotAllowed
from bot.slack.views.blocks import divider, escape, paragraph, plain
from bot.slack.views.mentions import mentions
from bot.slack.views.message import Message


def note(text: str, remedy: str = "", who: str = "") -> Message:
    """A message of one or two sentences, and the next step.

    Args:
        text: what happened.
        remedy: the next step, if there is one.
        who: mentions as mrkdwn that end the next step, if any.
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
    """A failure of the bot itself; the log has the details."""
    return note(
        "Something went wrong in the bot.",
        f"Ask an administrator of the bot to look up reference {reference} in its log.",
    )


def window_failed_message(problem: AltcontactError, instead: Message) -> Message:
    """What Slack didn't let an open window show, as a message, and why.

    Args:
        problem: why the window wasn't updated.
        instead: what it should have shown, or what to do now.
    """
    why = escape(f"I couldn't update the window that you have open. {problem}")
    return Message(f"{why} {instead.text}", [paragraph(why), divider(), *instead.blocks])


def problem_view(message: Message) -> dict[str, Any]:
    """A message in place of a window that couldn't be shown, or of a form that was rejected."""
    return {
        "type": "modal",
        "title": plain("Not done", 24),
        "close": plain("Close", 24),
        "blocks": message.blocks,
    }
