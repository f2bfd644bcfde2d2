"""The history of one account: what the audit log says about it, newest first, page by page."""

from __future__ import annotations

import json
import re
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from bot.domain.audit import BOT, AuditAction
from bot.domain.audit_words import change, extras, label
from bot.domain.contacts import FIELDS, ContactType
from bot.slack.payloads import find, metadata_of, number, reads_payload
from bot.slack.views.blocks import (
    actions,
    as_typed,
    button,
    clip,
    code,
    context,
    date,
    divider,
    escape,
    paragraph,
    plain,
)
from bot.slack.views.row_actions import account_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bot.domain.audit import AuditRecord
    from bot.domain.contacts import AlternateContact
    from bot.slack.views.blocks import Block

SHOW: Final = "altcontact_history"
"""The action id of the button that opens an account's history; its value is the account id."""

TURN: Final = "altcontact_history_page"
"""Begins the action ids of the buttons that turn pages, whose value is the page; and the view's."""

ROWS: Final = 20
"""Entries of one page, at most three blocks each; a modal takes 100."""

_USER: Final = re.compile(r"[UW][A-Z0-9]{1,20}")
_DONE: Final = {"changes": " changed", "sets": " set", "removes": " removed", "writes": " written"}
"""What a fix does, as in a heading."""

_FACT_TEXT: Final = 300
_FIELD_TEXT: Final = 250


def page_count(total: int) -> int:
    """How many pages there are; one if there are no entries."""
    return max(1, -(-total // ROWS))


def history_button(account_id: str, name: str) -> Block:
    """A button that opens an account's history."""
    return button("History", SHOW, account_id, label=f"Show the history of {name or account_id}")


def history_view(
    account_id: str,
    name: str,
    records: Sequence[AuditRecord],
    total: int,
    page: int,
    *,
    show_contacts: bool,
    note: str = "",
) -> dict[str, Any]:
    """A page of an account's history.

    Args:
        account_id: the account.
        name: its name, if it is known.
        records: the entries of this page, newest first.
        total: how many there are in all.
        page: the page's number, from 0.
        show_contacts: whether the person sees contact details; else only which fields changed.
        note: why contact details are hidden, as mrkdwn, if they are.
    """
    blocks: list[Block] = [paragraph(account_name(name, account_id))]
    pages = page_count(total)
    if not records:
        blocks.append(paragraph("Nothing is on record about this account yet."))
    else:
        position = f"Page {page + 1:,} of {pages:,} · " if pages > 1 else ""
        entries = f"{total:,} entr{'y' if total == 1 else 'ies'}"
        blocks.append(context(f"{position}{entries}{', newest first' if total > 1 else ''}"))
    for steps in _by_fix(records):
        blocks += _row(steps, show_contacts=show_contacts)
    if note and any(record.has_contacts for record in records):
        blocks += [divider(), context(note)]
    if pages > 1:
        blocks.append(actions(*_turns(page, pages)))
    return {
        "type": "modal",
        "callback_id": TURN,
        "title": plain("History", 24),
        "close": plain("Close", 24),
        "private_metadata": json.dumps({"account": account_id, "page": page}),
        "blocks": blocks,
    }


@reads_payload
def parse_turn(body: Mapping[str, Any]) -> tuple[str, int]:
    """The account whose history is shown, and the page that was asked for.

    Raises:
        PayloadError: the view isn't from this module.
    """
    account_id = metadata_of(find(body, "view"))["account"]
    if not isinstance(account_id, str):
        raise TypeError
    return account_id, number(body["actions"][0]["value"])


def _by_fix(records: Sequence[AuditRecord]) -> Iterator[list[AuditRecord]]:
    """The entries, those that follow each other and belong to one fix together."""
    for fix_id, group in groupby(records, key=lambda record: record.fix_id):
        if fix_id is None:
            yield from ([record] for record in group)
        else:
            yield list(group)


def _row(steps: Sequence[AuditRecord], *, show_contacts: bool) -> list[Block]:
    """The steps of one fix, newest first, or a single entry: what, who, when, and the change."""
    newest, oldest = steps[0], steps[-1]
    lines = [
        f"*{escape(_heading(steps))}*",
        f"{_actor(oldest)} · {_when(newest)}",
        *_change_lines(steps, show_contacts=show_contacts),
    ]
    said = _unique(fact for record in reversed(steps) for fact in extras(record))
    if newest.fix_id is None:
        return [divider(), paragraph("\n".join([*lines, *said]))]
    run = [f"Run #{newest.run_id}"] if newest.run_id is not None else []
    path = " → ".join(escape(label(str(record.action))) for record in reversed(steps))
    details = [f"Fix #{newest.fix_id}", *run, path, *said]
    return [divider(), paragraph("\n".join(lines)), context(" · ".join(details))]


def _heading(steps: Sequence[AuditRecord]) -> str:
    """`Security contact changed: verified`."""
    newest = steps[0]
    what = label(str(newest.action))
    if newest.type not in ContactType.__members__:
        return what
    changes = {change(record).partition(" ")[0]: record for record in steps if change(record)}
    done = next((_DONE[word] for word in changes if word in _DONE), "")
    return f"{ContactType(newest.type).label} contact{done}: {what.lower()}"


def _change_lines(steps: Sequence[AuditRecord], *, show_contacts: bool) -> Iterator[str]:
    """The fields that a fix changes, as mrkdwn: before and after, or only which."""
    for record in steps:
        # Other entries have only the contact that is wanted, whatever was there before.
        if record.action != AuditAction.WRITE_SENT:
            continue
        if show_contacts and not record.is_wiped:
            yield from _differences(*record.contacts())
        elif record.changed_fields:
            yield f"Fields: {', '.join(record.changed_fields)}"


def _unique(said: Iterable[str]) -> list[str]:
    return [as_typed(clip(each, _FACT_TEXT)) for each in dict.fromkeys(said)]


def _differences(before: AlternateContact | None, after: AlternateContact | None) -> Iterator[str]:
    """The fields of a contact that differ, as mrkdwn."""
    for name in FIELDS:
        old, new = (_value(getattr(each, name, "")) for each in (before, after))
        if old != new:
            sides = (old, new) if before is not None and after is not None else (old or new,)
            yield f"{name.capitalize()}: {' → '.join(side or 'none' for side in sides)}"


def _value(text: str) -> str:
    return as_typed(clip(text, _FIELD_TEXT))


def _actor(record: AuditRecord) -> str:
    actor = str(record.actor)
    if actor == BOT:
        return "the bot"
    return f"<@{actor}>" if _USER.fullmatch(actor) else code(clip(actor, _FIELD_TEXT))


def _when(record: AuditRecord) -> str:
    moment = record.moment
    return date(moment) if moment is not None else "at an unknown time"


def _turns(page: int, pages: int) -> list[Block]:
    targets = {"Newer": page - 1, "Older": page + 1}
    return [
        button(text, f"{TURN}:{text.lower()}", str(target))
        for text, target in targets.items()
        if 0 <= target < pages
    ]
