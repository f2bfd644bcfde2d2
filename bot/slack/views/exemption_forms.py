"""The modals by which findings are set aside and contacts verified by hand, and their parsers."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from bot.domain.contacts import ContactType
from bot.domain.exemptions import ExemptionKind
from bot.services.exempt import FINDINGS, REASON, TYPES, UNTIL
from bot.slack.payloads import find, find_text, metadata_of, number, reads_payload, text_at
from bot.slack.views.blocks import context, day, divider, paragraph, plain, section
from bot.slack.views.exemption_inputs import OPTIONS, choice, finding_reason, finding_words, typed
from bot.slack.views.exemption_list import problem_words
from bot.slack.views.message import Message
from bot.slack.views.row_actions import title
from bot.slack.views.wording import rule_names

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from bot.domain.errors import AltcontactError
    from bot.domain.exemptions import Exemption
    from bot.domain.findings import Finding
    from bot.slack.views.blocks import Block

EXEMPT: Final = "altcontact_set_aside_form"
"""The callback id of the modal that sets findings aside."""

VERIFY: Final = "altcontact_verify_form"
"""The callback id of the modal that records what was seen by hand."""

CONSOLE_STEPS: Final = (
    "To look by hand, sign in to the account's console, open its *Account* page, and find "
    "*Alternate contacts*. *Edit* shows the four fields; *Update* saves what is changed."
)


@dataclass(frozen=True, slots=True)
class ExemptionInput:
    """A submitted form: whose findings or contacts, which, and what was typed.

    `findings` is {id of a finding: id of what set it aside when it was shown, else 0}; `types` is
    {type: id of the finding that it cannot be checked, else 0}. `type` is the contact that the form
    was opened from, if any.
    """

    account_id: str
    revision: int
    findings: Mapping[int, int]
    types: Mapping[ContactType, int]
    reason: str = field(repr=False)
    until: date | None
    type: ContactType | None


def exemption_view(
    name: str,
    account_id: str,
    findings: Sequence[Finding],
    chosen: Collection[int],
    *,
    until: date,
    last: date,
    contact_type: ContactType | None = None,
    reason: str = "",
    notice: AltcontactError | None = None,
    revision: int = 0,
) -> dict[str, Any]:
    """The form that sets findings aside.

    Args:
        name: the account's name.
        account_id: its id.
        findings: those that stand, at least one.
        chosen: ids of those chosen at first.
        until: the day chosen at first.
        last: the last day that may be chosen.
        contact_type: the contact that it was opened from, if any.
        reason: what stands there at first.
        notice: why an earlier submission was not taken.
        revision: how often that was so.
    """
    offered = [
        (f"{finding.id}:{_exemption_id(finding)}", finding_words(finding), finding_reason(finding))
        for finding in findings
    ]
    shown = [finding.id in chosen for finding in findings]
    blocks = _heading(name, account_id, notice)
    blocks.append(choice(FINDINGS, "What to set aside", offered[:OPTIONS], shown, revision))
    if len(offered) > OPTIONS:
        blocks.append(context(f"…and {len(offered) - OPTIONS:,} more, once these are set aside."))
    hint = "For whoever looks at it later. It is kept, and shown in the channel."
    blocks.append(typed("Why", reason, hint))
    blocks.append(
        {
            "type": "input",
            "block_id": UNTIL,
            "label": plain("Until"),
            "hint": plain(
                f"{last:%Y-%m-%d} at the latest. People are told a week before; on that day it is "
                "open again."
            ),
            "element": {
                "type": "datepicker",
                "action_id": UNTIL,
                "initial_date": until.isoformat(),
            },
        }
    )
    return _form(
        EXEMPT,
        "Set aside",
        "Set aside",
        blocks,
        account_id=account_id,
        revision=revision,
        contact_type=contact_type,
    )


def verify_view(
    name: str,
    account_id: str,
    offered: Mapping[ContactType, int],
    chosen: Collection[ContactType],
    *,
    good_until: date,
    seen: str = "",
    notice: AltcontactError | None = None,
    revision: int = 0,
) -> dict[str, Any]:
    """The form that records what was seen by hand.

    Args:
        name: the account's name.
        account_id: its id.
        offered: {type: id of the finding that it cannot be checked, 0 where there is none}.
        chosen: those chosen at first.
        good_until: the day on which it has to be looked at again.
        seen: what stands there at first.
        notice: why an earlier submission was not taken.
        revision: how often that was so.
    """
    options = [
        (f"{contact_type.value}:{held}", f"{contact_type.label} contact", "")
        for contact_type, held in offered.items()
    ]
    shown = [contact_type in chosen for contact_type in offered]
    blocks = [
        *_heading(name, account_id, notice),
        paragraph(CONSOLE_STEPS),
        choice(TYPES, "Which contacts you looked at", options, shown, revision),
        typed(
            "What you saw", seen, "The address that AWS holds, and that it is read, for example."
        ),
        context(f"Good until {good_until:%Y-%m-%d}; people are told a week before."),
    ]
    return _form(
        VERIFY, "Verified by hand", "Record", blocks, account_id=account_id, revision=revision
    )


@reads_payload
def parse(view: Any) -> ExemptionInput:  # noqa: ANN401 - JSON
    """Read a form made here as Slack hands it in.

    Raises:
        PayloadError: it is none.
    """
    metadata, state = metadata_of(view), view["state"]["values"]
    revision = number(str(metadata["revision"]))
    pairs = {
        field: [
            option["value"].split(":")
            for option in find(state, f"{field}:{revision}", field, "selected_options") or ()
        ]
        for field in (FINDINGS, TYPES)
    }
    picked = find_text(state, UNTIL, UNTIL, "selected_date")
    contact_type = find_text(metadata, "type")
    return ExemptionInput(
        account_id=text_at(metadata, "account"),
        revision=revision,
        findings={number(finding_id): number(held) for finding_id, held in pairs[FINDINGS]},
        types={
            ContactType(contact_type): number(finding_id)
            for contact_type, finding_id in pairs[TYPES]
        },
        reason=find_text(state, REASON, REASON, "value"),
        until=date.fromisoformat(picked) if picked else None,
        type=ContactType(contact_type) if contact_type else None,
    )


def done_message(exemptions: Sequence[Exemption], rules_url: str = "") -> Message:
    """What was recorded, for who asked for it."""
    request = exemptions[0].request
    verified = request.kind is ExemptionKind.VERIFICATION
    done = "Verified by hand, good" if verified else "Set aside"
    blocks = [
        section(plain(title(exemptions[0].account_name, request.account_id))),
        paragraph(f":white_check_mark: {done} until {day(request.until)}:"),
    ]
    for contact_type in dict.fromkeys(exemption.request.type for exemption in exemptions):
        rules = [
            exemption.request.rule
            for exemption in exemptions
            if exemption.request.type is contact_type
        ]
        blocks.append(paragraph(f"{contact_type.label} contact: {rule_names(rules, rules_url)}"))
    blocks += [
        divider(),
        section(plain(request.reason)),
        context("`/altcontact exemptions` lists all, and ends them."),
    ]
    return Message(f"{done} until {request.until:%Y-%m-%d}.", blocks)


def note_view(message: Message, heading: str = "Set aside") -> dict[str, Any]:
    """A message where a form was expected, or after it."""
    return {
        "type": "modal",
        "callback_id": EXEMPT,
        "title": plain(heading, 24),
        "close": plain("Close", 24),
        "blocks": message.blocks,
    }


def _exemption_id(finding: Finding) -> int:
    return finding.exemption.id if finding.exemption is not None else 0


def _heading(name: str, account_id: str, notice: AltcontactError | None) -> list[Block]:
    blocks = [section(plain(title(name, account_id)))]
    if notice is not None:
        blocks.append(paragraph(problem_words(notice)))
    return blocks


def _form(
    callback: str,
    heading: str,
    submit: str,
    blocks: list[Block],
    *,
    account_id: str,
    revision: int,
    contact_type: ContactType | None = None,
) -> dict[str, Any]:
    metadata = {
        "account": account_id,
        "revision": revision,
        "type": contact_type.value if contact_type else "",
    }
    return {
        "type": "modal",
        "callback_id": callback,
        "title": plain(heading, 24),
        "submit": plain(submit, 24),
        "close": plain("Cancel", 24),
        "private_metadata": json.dumps(metadata),
        "blocks": blocks,
    }
