"""The forms that exempt findings and record manual verifications, and their parsers."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any, Final

from bot.domain.contacts import ContactType
from bot.domain.exemptions import ExemptionKind
from bot.services.exempt import FINDINGS, REASON, TYPES, UNTIL
from bot.slack.payloads import find, find_text, metadata_of, number, reads_payload, text_at
from bot.slack.views.blocks import context, day, divider, paragraph, plain, section
from bot.slack.views.exemption_inputs import OPTIONS, choice, finding_reason, finding_words, typed
from bot.slack.views.exemption_list import problem_words
from bot.slack.views.message import Message
from bot.slack.views.row_actions import account_name
from bot.slack.views.wording import rule_names

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from bot.domain.errors import AltcontactError
    from bot.domain.exemptions import Exemption
    from bot.domain.findings import Finding
    from bot.slack.views.blocks import Block

EXEMPT: Final = "altcontact_set_aside_form"
"""The callback id of the form that exempts findings."""

VERIFY: Final = "altcontact_verify_form"
"""The callback id of the form that records a manual verification."""

CONSOLE_STEPS: Final = (
    "Sign in to the account's AWS console, open the *Account* page, and find *Alternate contacts*. "
    "*Edit* shows the four fields; *Update* saves changes."
)

_EXEMPTING: Final = "Exempt findings"
_REMINDER: Final = "A reminder is posted a week before."


@dataclass(frozen=True, slots=True)
class ExemptionInput:
    """A submitted form: the account, the chosen findings or contacts, and what was typed.

    `findings` is {id of a finding: id of its exemption when it was shown, else 0}; `types` is
    {type: id of the finding that it can't be checked, else 0}. `type` is the contact that the form
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
    """The form that exempts findings.

    Args:
        name: the account's name.
        account_id: its id.
        findings: the open findings, at least one.
        chosen: ids of the findings that are preselected.
        until: the preselected day.
        last: the latest day.
        contact_type: the contact that the form was opened from, if any.
        reason: the prefilled reason.
        notice: why an earlier submission was rejected, if it was.
        revision: how often that has happened.
    """
    offered = [
        (f"{finding.id}:{_exemption_id(finding)}", finding_words(finding), finding_reason(finding))
        for finding in findings
    ]
    shown = [finding.id in chosen for finding in findings]
    blocks = _heading(name, account_id, notice)
    blocks.append(choice(FINDINGS, "Findings", offered[:OPTIONS], shown, revision))
    if len(offered) > OPTIONS:
        blocks.append(context(f"…and {len(offered) - OPTIONS:,} more, once these are exempt."))
    hint = "Why this is acceptable for now. The reason is stored and shown in the channel."
    blocks.append(typed("Reason", reason, hint))
    blocks.append(
        {
            "type": "input",
            "block_id": UNTIL,
            "label": plain("Exempt until"),
            "element": {
                "type": "datepicker",
                "action_id": UNTIL,
                "initial_date": until.isoformat(),
            },
        }
    )
    blocks.append(
        context(f"On that day, the findings are open again. {_REMINDER} Latest day: {_day(last)}.")
    )
    return _form(
        EXEMPT,
        _EXEMPTING,
        "Exempt",
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
    valid_until: date,
    seen: str = "",
    notice: AltcontactError | None = None,
    revision: int = 0,
) -> dict[str, Any]:
    """The form that records a manual verification.

    Args:
        name: the account's name.
        account_id: its id.
        offered: {type: id of the finding that it can't be checked, 0 if there is none}.
        chosen: the preselected types.
        valid_until: the day on which the contacts have to be verified again.
        seen: the prefilled observation.
        notice: why an earlier submission was rejected, if it was.
        revision: how often that has happened.
    """
    options = [
        (f"{contact_type.value}:{held}", f"{contact_type.label} contact", "")
        for contact_type, held in offered.items()
    ]
    shown = [contact_type in chosen for contact_type in offered]
    blocks = [
        *_heading(name, account_id, notice),
        paragraph(CONSOLE_STEPS),
        choice(TYPES, "Contacts", options, shown, revision),
        typed("What you saw", seen, "For example, the email address, and that somebody reads it."),
        context(f"Valid until {_day(valid_until)}. {_REMINDER}"),
    ]
    return _form(
        VERIFY, "Verify manually", "Save", blocks, account_id=account_id, revision=revision
    )


@reads_payload
def parse(view: Any) -> ExemptionInput:  # noqa: ANN401 - JSON
    """Read a form of this module as Slack submits it.

    Raises:
        PayloadError: it isn't one.
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
    """What was recorded, for the person who submitted the form."""
    request = exemptions[0].request
    verified = request.kind is ExemptionKind.VERIFICATION
    done = "Verified manually, valid" if verified else "Exempt"
    blocks = [
        paragraph(account_name(exemptions[0].account_name, request.account_id)),
        paragraph(f"*{done} until {day(request.until)}*"),
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
        context("To see or end exemptions, type `/altcontact exemptions`."),
    ]
    return Message(f"{done} until {request.until:%Y-%m-%d}.", blocks)


def note_view(message: Message, heading: str = _EXEMPTING) -> dict[str, Any]:
    """A message in place of a form, or after it."""
    return {
        "type": "modal",
        "callback_id": EXEMPT,
        "title": plain(heading, 24),
        "close": plain("Close", 24),
        "blocks": message.blocks,
    }


def _day(chosen: date) -> str:
    """A day of the calendar, for mrkdwn; noon is on it almost everywhere on earth."""
    return day(datetime.combine(chosen, time(12), tzinfo=UTC))


def _exemption_id(finding: Finding) -> int:
    return finding.exemption.id if finding.exemption is not None else 0


def _heading(name: str, account_id: str, notice: AltcontactError | None) -> list[Block]:
    blocks = [paragraph(account_name(name, account_id))]
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
