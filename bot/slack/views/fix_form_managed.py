"""The part of the form for a contact that a tool keeps as code: what to paste there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.domain.policy.account_policy import ManagedBy
from bot.slack.payloads import find, reads_payload
from bot.slack.views.blocks import context, escape, paragraph, plain, section

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.as_code.snippets import Snippet
    from bot.domain.policy.account_policy import AccountPolicy
    from bot.slack.views.blocks import Block

MANAGED: Final = "managed"
"""The block id of the checkbox that confirms a change of AWS."""

CONFIRM: Final = "altcontact_managed"
"""The action id of that checkbox."""

_GET_CODE: Final = "Get code"
_CONTINUE: Final = "Continue"
_CODE: Final = 3000
_OPTION_TEXT: Final = 75


def managed_line(policy: AccountPolicy) -> str:
    """Which tool keeps the contact as code, with the link to it, as mrkdwn; empty for none."""
    if policy.managed_by is None:
        return ""
    link = f" · <{escape(policy.repository)}|Open the code>" if policy.repository else ""
    return f":package: *Managed by {policy.managed_by.label}*{link}"


def managed_blocks(policy: AccountPolicy | None, snippets: Sequence[Snippet]) -> list[Block]:
    """Which tool keeps the contact as code, and what to paste there; nothing if no tool does.

    The code has personal data: it is only for the person who typed it.

    Args:
        policy: what the account should have, None if it isn't known.
        snippets: what to paste; empty if the fields aren't filled in yet.
    """
    if policy is None or policy.managed_by is None:
        return []
    line, label = managed_line(policy), policy.managed_by.label
    if not snippets:
        words = (
            "Fill in the contact to get the code for it. If you change only AWS, "
            f"{label} puts back its own values when it is next applied."
        )
        return [paragraph(f"{line}\n{words}")]
    blocks = [paragraph(f"{line}\nNothing was changed in AWS.")]
    for snippet in snippets:
        blocks += [section(plain(snippet.what)), _code(snippet.code)]
    return blocks


def confirm_blocks(
    policy: AccountPolicy | None, snippets: Sequence[Snippet], confirmed: str
) -> list[Block]:
    """The checkbox without which nothing is written to AWS, once there is code.

    Args:
        policy: see `managed_blocks`.
        snippets: see `managed_blocks`.
        confirmed: the tool for which the person ticked it before; empty for none.
    """
    tool = policy.managed_by if policy is not None else None
    if tool is None or not snippets:
        return []
    option = {
        "text": plain("Fix in AWS anyway", _OPTION_TEXT),
        "description": plain(f"{tool.label} overwrites it when it is next applied.", _OPTION_TEXT),
        "value": tool.value,
    }
    element: Block = {"type": "checkboxes", "action_id": CONFIRM, "options": [option]}
    if confirmed == tool.value:
        element["initial_options"] = [option]
    checkbox: Block = {
        "type": "input",
        "block_id": MANAGED,
        "optional": True,
        "label": plain("Change AWS now"),
        "element": element,
    }
    return [checkbox, context(f"*{_CONTINUE}* without it updates the code above from the fields.")]


def submit_label(policy: AccountPolicy | None, snippets: Sequence[Snippet]) -> str:
    """The label of the submit button; empty if no tool keeps the contact as code."""
    if policy is None or policy.managed_by is None:
        return ""
    return _CONTINUE if snippets else _GET_CODE


@reads_payload
def parse_confirmed(state: Any) -> str:  # noqa: ANN401 - JSON
    """The tool despite which the person confirmed to change AWS; empty for none.

    Args:
        state: the values of a submitted form.

    Raises:
        PayloadError: it isn't a tool.
    """
    chosen = find(state, MANAGED, CONFIRM, "selected_options")
    return ManagedBy(chosen[0]["value"]).value if chosen else ""


def _code(code: str) -> Block:
    """Code that shows as it is, and can be selected whole."""
    text = {"type": "text", "text": plain(code, _CODE)["text"]}
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_preformatted", "elements": [text]}],
    }
