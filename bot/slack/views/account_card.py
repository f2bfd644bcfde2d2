"""One account with its three contacts, each with its problem and what can be done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.contacts import ContactType
from bot.domain.findings import Outcome
from bot.slack.views.account_card_contact import evaluated_blocks, outcome_words, unevaluated_blocks
from bot.slack.views.blocks import (
    actions,
    button,
    clip,
    context,
    divider,
    escape,
    header,
    paragraph,
)
from bot.slack.views.finding_rows import NO_LINKS
from bot.slack.views.fix_form_managed import managed_line
from bot.slack.views.history import history_button
from bot.slack.views.message import Message
from bot.slack.views.row_actions import NAME_TEXT, REASON_TEXT, title

if TYPE_CHECKING:
    from bot.domain.accounts import Account
    from bot.domain.policy.account_policy import AccountPolicy
    from bot.services.show_account import AccountView
    from bot.slack.views.finding_rows import RowLinks

CHECK: Final = "altcontact_check_account"
"""The action id of the button that checks an account again; its value is the account id."""

_NAMED_TEXT: Final = 100

TURN_ON: Final = (
    "Changing contacts is turned off. To turn it on, name users or user groups in "
    "ALTCONTACT_FIXERS and restart the bot."
)


def account_message(
    view: AccountView, links: RowLinks = NO_LINKS, *, read_only: bool, note: str = ""
) -> Message:
    """An account with its three contacts, each with its problem and what can be done.

    Args:
        view: the account as it is in AWS.
        links: where the pages of rules are, and who the account's owner is.
        read_only: whether nobody may change contacts.
        note: why contact details are hidden, as mrkdwn, if they are.
    """
    result = view.result
    account, policy = result.account, result.policy
    named = title(account.name, account.id)
    blocks = [
        header(clip(account.name or account.id, 150)),
        context(_where(account, policy, links)),
    ]
    if policy is not None and policy.managed_by is not None:
        blocks.append(context(managed_line(policy)))
    if not account.is_active:
        state = escape(account.state[:REASON_TEXT])
        skipped = f"Skipped: the account is {state}. AWS allows changes in active accounts only."
        return Message(escape(f"{named[:NAME_TEXT]}: ") + skipped, [*blocks, paragraph(skipped)])
    summary = ", ".join(outcome_words(item) for item in result.results)
    if result.excluded:
        summary = "excluded by the policy."
        why = escape(clip(result.excluded, REASON_TEXT))
        blocks.append(paragraph(f"Skipped by checks: the policy excludes this account. {why}"))
    evaluated = {item.type: item for item in result.results}
    missing = [item.type for item in result.results if item.outcome is Outcome.MISSING]
    first_missing = min(missing, key=[*ContactType].index, default=None)
    for contact_type in ContactType:
        reading = view.others.get(contact_type)
        if contact_type in evaluated or reading is not None:
            blocks.append(divider())
        if contact_type in evaluated:
            blocks += evaluated_blocks(
                account,
                evaluated[contact_type],
                policy,
                reading,
                rules_url=links.rules_url,
                read_only=read_only,
                primary=contact_type is first_missing,
                shown_at=None if note else result.read_at,
            )
        elif reading is not None:
            blocks += unevaluated_blocks(account, contact_type, reading, read_only=read_only)
    if note:
        blocks += [divider(), context(note)]
    check = button("Check again", CHECK, account.id)
    blocks += [divider(), actions(check, history_button(account.id, account.name))]
    if read_only:
        blocks.append(context(TURN_ON))
    return Message(escape(f"{named}: {summary}"), blocks)


def _where(account: Account, policy: AccountPolicy | None, links: RowLinks) -> str:
    """The account's id, its organizational unit and its owner, for mrkdwn."""
    parts = [f"Account `{account.id}`"]
    if account.organization:
        parts.append(f"Organization: {escape(clip(account.organization, _NAMED_TEXT))}")
    if account.units is not None:
        parts.append(f"OU: {escape(clip(account.path, REASON_TEXT))}")
    owner = owner_of(account, policy)
    if owner:
        named = links.owners.get(owner) or escape(clip(owner, _NAMED_TEXT))
        parts.append(f"Owner: {named}")
    return " · ".join(parts)


def owner_of(account: Account, policy: AccountPolicy | None) -> str:
    """The owner in the account's tag; empty if there is none."""
    if policy is None or not policy.owner_tag:
        return ""
    return (account.tags or {}).get(policy.owner_tag, "").strip()
