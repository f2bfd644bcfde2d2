"""The inputs of the forms for exemptions and verifications: choices, and a text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.exemptions import LONGEST_REASON, SHORTEST_REASON
from bot.domain.findings import severity_of
from bot.domain.rule_catalog import Rule
from bot.services.exempt import FINDINGS, REASON, TYPES
from bot.slack.views.blocks import clip, plain
from bot.slack.views.wording import UNREAD, sentences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.findings import Finding
    from bot.slack.views.blocks import Block

OPTIONS: Final = 100
"""Options of a menu; Slack takes 100."""

_BOXES: Final = 10
"""Options of checkboxes; Slack takes 10, so more go into a menu."""

_OPTION_TEXT: Final = 75


def block_of(field: str, revision: int) -> str:
    """The id of the block that shows the error of a field."""
    return f"{field}:{revision}" if field in {FINDINGS, TYPES} else field


def choice(
    field: str,
    label: str,
    offered: Sequence[tuple[str, str, str]],
    shown: Sequence[bool],
    revision: int,
) -> Block:
    """Checkboxes, or a menu if there are too many options."""
    options = []
    for value, words, more in offered:
        option: Block = {"text": plain(words, _OPTION_TEXT), "value": value}
        if more:
            option["description"] = plain(more, _OPTION_TEXT)
        options.append(option)
    few = len(options) <= _BOXES
    element: Block = {
        "type": "checkboxes" if few else "multi_static_select",
        "action_id": field,
        "options": options,
    }
    first = [option for option, chosen in zip(options, shown, strict=False) if chosen]
    if first:
        element["initial_options"] = first
    return {
        "type": "input",
        "block_id": block_of(field, revision),
        "label": plain(label),
        "element": element,
    }


def typed(label: str, text: str, hint: str) -> Block:
    """A text of several lines: a reason, or an observation."""
    element: Block = {
        "type": "plain_text_input",
        "action_id": REASON,
        "multiline": True,
        "min_length": SHORTEST_REASON,
        "max_length": LONGEST_REASON,
    }
    if text:
        element["initial_value"] = clip(text, LONGEST_REASON)
    return {
        "type": "input",
        "block_id": REASON,
        "label": plain(label),
        "hint": plain(hint),
        "element": element,
    }


def finding_reason(finding: Finding) -> str:
    """Why a finding is open, unless its rule already says it."""
    missing = finding.key.rule is Rule.MISSING
    return "" if missing else sentences(finding.key.type, [finding.reason])


def finding_words(finding: Finding) -> str:
    """A finding in a line: `Security: placeholder · high`."""
    key, severity = finding.key, severity_of(finding)
    words = f"{key.type.label}: {key.rule.value}"
    if key.outcome.unchecked and key.rule not in UNREAD:
        words += " (couldn't be evaluated)"
    elif severity is not None and not key.outcome.unchecked:
        words += f" · {severity.label.lower()}"
    if finding.exemption is not None:
        words += f" · exempt until {finding.exemption.request.until:%Y-%m-%d}"
    return words
