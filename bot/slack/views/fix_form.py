"""The form by which a contact is set, and the parser of what is submitted."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from bot.domain.contacts import FIELDS, AlternateContact, ContactType, fingerprint
from bot.domain.validation import digests
from bot.slack.payloads import PayloadError, find, find_text, metadata_of, reads_payload, text_at
from bot.slack.views.account_card_contact import contact_lines
from bot.slack.views.blocks import (
    context,
    escape,
    paragraph,
    plain,
    section,
)
from bot.slack.views.finding_rows import exemption_line
from bot.slack.views.fix_form_fields import field_input
from bot.slack.views.fix_form_hints import hints
from bot.slack.views.fix_form_managed import (
    confirm_blocks,
    managed_blocks,
    parse_confirmed,
    submit_label,
)
from bot.slack.views.fix_form_suggestion import suggestion_blocks
from bot.slack.views.fix_modal import (
    CHOOSE_TYPE,
    TYPE,
    account_section,
    modal,
    type_input,
)
from bot.slack.views.row_actions import NAME_TEXT, account_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.domain.as_code.snippets import Snippet
    from bot.domain.errors import AltcontactError
    from bot.domain.exemptions import Exemption
    from bot.domain.fixes import Fix
    from bot.domain.policy.account_policy import AccountPolicy
    from bot.services.fix_form import FormContent
    from bot.services.fix_suggestions import CommonContact

_MOST_EXEMPTIONS: Final = 3


@dataclass(frozen=True, slots=True)
class FormInput:
    """A submitted form: what it is for, what was shown, and what was typed.

    `chosen` is the type in the form's menu, which is another than `type` if the form wasn't filled
    in again after a choice. `held` has `digests` of the fields in AWS when the form was shown.
    `confirmed_domain` is the unusual email domain that the form warned about; submitting the form
    confirms it. `confirmed_tool` is the tool that keeps the contact as code, if the person
    confirmed to change AWS anyway.
    """

    account_id: str
    account_name: str
    type: ContactType
    shown: str
    shown_at: datetime
    values: Mapping[str, str | None] = dataclasses.field(repr=False)
    held: Mapping[str, str] = dataclasses.field(default_factory=dict)
    confirmed_domain: str = ""
    chosen: str = ""
    confirmed_tool: str = ""

    @property
    def typed(self) -> AlternateContact:
        """The fields as they were typed, which may not be valid."""
        return AlternateContact(*(self.values.get(field) or "" for field in FIELDS))


@reads_payload
def parse_form(view: Any) -> FormInput:  # noqa: ANN401 - JSON
    """Read a form made by `form_view`, as Slack delivers it.

    Raises:
        PayloadError: it isn't one.
    """
    metadata, state = metadata_of(view), view["state"]["values"]
    shown_at = datetime.fromisoformat(text_at(metadata, "shown_at"))
    if shown_at.tzinfo is None:
        raise PayloadError
    return FormInput(
        account_id=text_at(metadata, "account"),
        account_name=find_text(metadata, "name") or text_at(metadata, "account"),
        type=ContactType(metadata["type"]),
        shown=find_text(metadata, "shown"),
        shown_at=shown_at,
        values={field: find_text(state[field][field], "value") or None for field in FIELDS},
        # Forms of earlier versions lack these.
        held={field: find_text(metadata, "held", field) for field in FIELDS},
        confirmed_domain=find_text(metadata, "domain"),
        chosen=_chosen(view, state),
        confirmed_tool=parse_confirmed(state),
    )


def _chosen(view: Any, state: Any) -> str:  # noqa: ANN401 - JSON
    """The type in the form's menu; empty in a form of an earlier version.

    There the menu isn't an input, so that Slack can't show an error at it.
    """
    is_input = any(
        find(block, "block_id") == TYPE and find(block, "type") == "input"
        for block in find(view, "blocks") or ()
    )
    return find_text(state, TYPE, CHOOSE_TYPE, "selected_option", "value") if is_input else ""


def form_view(
    *,
    account_name: str,
    account_id: str,
    contact_type: ContactType,
    shown: str,
    shown_at: datetime,
    values: AlternateContact | None,
    region: str | None,
    field_digests: Mapping[str, str] | None = None,
    policy: AccountPolicy | None = None,
    from_policy: frozenset[str] = frozenset(),
    replaced: AlternateContact | None = None,
    suggestion: CommonContact | None = None,
    hidden_note: str = "",
    exemptions: Sequence[Exemption] = (),
    note: str = "",
    notice: AltcontactError | None = None,
    held: AlternateContact | None = None,
    errors: Mapping[str, str] | None = None,
    unusual_domain: str = "",
    snippets: Sequence[Snippet] = (),
    confirmed_tool: str = "",
) -> dict[str, Any]:
    """The form.

    Args:
        account_name: the account's name.
        account_id: its id.
        contact_type: which contact.
        shown: the fingerprint of the contact that the person knows to be in AWS; see
            `FixRequest.shown`.
        shown_at: since when they know.
        values: what the fields are filled in with, if anything.
        region: the country in whose national format phone numbers may be typed, if any.
        field_digests: `validation.digests` of the contact that the person knows to be in AWS: a
            field that isn't changed isn't refused.
        policy: what the account should have, None if it isn't known.
        from_policy: the fields that are filled in from the policy.
        replaced: the contact in AWS, for the hints of those fields.
        suggestion: the contact that other accounts share, to be offered.
        hidden_note: why this person can't see the suggestion, as mrkdwn; empty if they can.
        exemptions: those of this contact that are in force.
        note: where the values come from, as mrkdwn.
        notice: why an earlier submission wasn't saved.
        held: the contact in AWS, shown with the notice or the note.
        errors: {field: why AWS refused it}, shown under their fields.
        unusual_domain: the email domain that submitting this form confirms; the notice warns of it.
        snippets: what to paste where a tool keeps the contact as code, once the fields are valid.
        confirmed_tool: that tool, if the person confirmed to change AWS anyway.
    """
    blocks = [account_section(account_name, account_id)]
    if notice is not None:
        blocks.append(
            paragraph(f":warning: *{escape(str(notice))}*\n:point_right: {escape(notice.remedy)}")
        )
    blocks += [context(exemption_line(each)) for each in exemptions[:_MOST_EXEMPTIONS]]
    more = len(exemptions) - _MOST_EXEMPTIONS
    if more > 0:
        blocks.append(context(f"And {more} more exemption{'' if more == 1 else 's'}."))
    if note:
        blocks.append(paragraph(note))
    blocks += managed_blocks(policy, snippets)
    if held is not None:
        blocks.append(section(plain(f"In AWS now:\n{contact_lines(held)}")))
    blocks.append(type_input(contact_type))
    if suggestion is not None:
        blocks += suggestion_blocks(suggestion, contact_type, hidden_note)
    below = hints(contact_type, region, policy, from_policy, replaced)
    for field in FIELDS:
        hint = below.get(field)
        blocks.append(field_input(field, contact_type, values, hint, may_focus=not snippets))
        if errors and field in errors:
            blocks.append(context(f":warning: {escape(errors[field])}"))
    blocks += confirm_blocks(policy, snippets, confirmed_tool)
    metadata = {
        "account": account_id,
        "name": account_name[:NAME_TEXT],
        "type": contact_type.value,
        "shown": shown,
        "shown_at": shown_at.isoformat(),
        "held": dict(field_digests or {}),
        "domain": unusual_domain,
    }
    return {
        **modal(contact_type, blocks, close="Cancel"),
        "submit": plain(
            submit_label(policy, snippets) or ("Save anyway" if unusual_domain else "Save"), 24
        ),
        "private_metadata": json.dumps(metadata),
    }


def loaded_view(
    content: FormContent, *, region: str | None, hidden_note: str = "", note: str = ""
) -> dict[str, Any]:
    """The form for a contact that was just read from AWS.

    Args:
        content: what the form starts from.
        region: see `form_view`.
        hidden_note: see `form_view`.
        note: where the values come from, as mrkdwn, if not from AWS; AWS's are shown then, too.
    """
    account, held = content.account, content.held
    if not account.is_active:
        state = f":warning: This account was {escape(account.state_words)} at the last check."
        note = f"{state}\n{note}".rstrip()
    return form_view(
        account_name=account.name,
        account_id=account.id,
        contact_type=content.type,
        shown=fingerprint(held),
        shown_at=content.shown_at,
        field_digests=digests(held),
        values=content.values,
        region=region,
        policy=content.policy,
        from_policy=content.from_policy,
        replaced=held,
        suggestion=content.suggestion,
        hidden_note=hidden_note,
        exemptions=content.exemptions,
        note=note,
        held=held if note and held != content.values else None,
    )


def reloaded_view(
    form: FormInput,
    content: FormContent,
    *,
    region: str | None,
    hidden_note: str = "",
    note: str = "",
    notice: AltcontactError | None = None,
    held: AlternateContact | None = None,
    errors: Mapping[str, str] | None = None,
    snippets: Sequence[Snippet] = (),
) -> dict[str, Any]:
    """A form that is on the screen already, with the values of `content`; see `form_view`."""
    return form_view(
        account_name=form.account_name,
        account_id=form.account_id,
        contact_type=form.type,
        shown=form.shown,
        shown_at=form.shown_at,
        field_digests=form.held,
        values=content.values,
        region=region,
        policy=content.policy,
        suggestion=content.suggestion,
        hidden_note=hidden_note,
        exemptions=content.exemptions,
        note=note,
        notice=notice,
        held=held,
        errors=errors,
        unusual_domain=form.confirmed_domain,
        snippets=snippets,
        confirmed_tool=form.confirmed_tool,
    )


def copied_note(fix: Fix) -> str:
    """Says that the contact of another account was filled in, as mrkdwn."""
    account = account_name(fix.account_name, fix.request.account_id)
    return f"Filled in with the contact that you saved for {account}."
