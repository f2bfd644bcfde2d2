"""The second window of a run: what would change, what is left out, and the button to start it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from bot.domain.contacts import FIELDS
from bot.domain.disclosure import HIDDEN
from bot.domain.runs import RunKind
from bot.slack.payloads import PayloadError, find, find_text, metadata_of, number, reads_payload
from bot.slack.views.blocks import (
    accounts,
    actions,
    as_typed,
    button,
    clip,
    contacts,
    context,
    divider,
    escape,
    header,
    paragraph,
    plain,
    section,
)
from bot.slack.views.fix_modal import FIELD_LABELS
from bot.slack.views.row_actions import account_name
from bot.slack.views.run_message import duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.domain.run_summary import ChangeGroup, LeftOutGroup, RunSummary
    from bot.domain.runs import Run, RunItem
    from bot.slack.views.blocks import Block

CALLBACK: Final = "altcontact_run_preview"
"""The callback id of the window."""

TURN: Final = "altcontact_run_page"
"""Begins the action id of the buttons that show another list or page; the value says which."""

DOWNLOAD: Final = "altcontact_run_csv"
"""The action id of the button that sends the preview as a file; its value is the run's id."""

SENDING: Final = "I'm sending you the file as a direct message."

ROWS: Final = 20
"""Accounts on a page."""

GROUPS: Final = 8
"""Groups of equal changes, or reasons, on a page."""

NAMED: Final = 8
"""Accounts that a group names."""

_VALUE_TEXT: Final = 120
_DOMAINS: Final = 5
_NAME_TEXT: Final = 50
_REASON_TEXT: Final = 600
_VERBS: Final = {
    RunKind.FIX: ("Fix", "will change"),
    RunKind.REMOVE: ("Remove", "will be removed"),
    RunKind.UNDO: ("Restore", "will be put back"),
    RunKind.AUTO_FIX: ("Fix", "will change"),
}


class Tab(StrEnum):
    """The lists of the window."""

    CHANGES = "changes"
    ACCOUNTS = "accounts"
    LEFT_OUT = "left_out"


@dataclass(frozen=True, slots=True)
class PreviewPosition:
    """Which run a window previews, and which list and page it shows.

    `page` begins at 0. The window warns of `unusual_domains`, which are email domains, and of
    `unread` accounts, of which it isn't known whether they were chosen.
    """

    run_id: int
    tab: Tab = Tab.CHANGES
    page: int = 0
    unusual_domains: tuple[str, ...] = ()
    unread: int = 0


def preview_view(
    run: Run,
    summary: RunSummary,
    position: PreviewPosition,
    *,
    with_details: bool,
    note: str = "",
    sent: bool = False,
) -> dict[str, Any]:
    """One page of the preview.

    Args:
        run: the run, not begun.
        summary: its items.
        position: what to show; a page beyond the end is shown as the last one.
        with_details: whether this person sees contacts' details.
        note: why they are hidden, as mrkdwn, if they are.
        sent: whether the file was just requested.
    """
    verb, will = _VERBS[run.kind]
    number_, pages = _page(position, summary)
    position = replace(position, run_id=run.id, page=number_)
    if summary.contacts:
        heading = f"{contacts(summary.contacts)} {will}, in {accounts(summary.accounts)}"
    else:
        heading = "Nothing to change"
    blocks = [header(heading), context(_facts(run, summary))]
    blocks += [context(note)] if note else []
    if position.unusual_domains:
        blocks.append(paragraph(_unusual(position.unusual_domains)))
    if position.unread:
        blocks.append(paragraph(_unread(position.unread)))
    blocks.append(actions(*_tabs(summary, position), *_download(run, with_details=with_details)))
    blocks += [context(SENDING)] if sent else []
    blocks.append(divider())
    blocks += _content(summary, position, with_details=with_details)
    blocks += _turns(position, pages)
    view: dict[str, Any] = {
        "type": "modal",
        "callback_id": CALLBACK,
        "title": plain("Preview", 24),
        "close": plain("Cancel" if summary.contacts else "Close", 24),
        "private_metadata": json.dumps(
            {
                "run": run.id,
                "tab": position.tab.value,
                "page": position.page,
                "unusual": position.unusual_domains[:_DOMAINS],
                "unread": position.unread,
            }
        ),
        "blocks": blocks,
    }
    if summary.contacts:
        view["submit"] = plain(f"{verb} {contacts(summary.contacts)}", 24)
    return view


@reads_payload
def parse_position(view: object) -> PreviewPosition:
    """What a window shows.

    Raises:
        PayloadError: it isn't a window of this kind.
    """
    metadata = metadata_of(view)
    return PreviewPosition(
        number(str(metadata["run"])),
        Tab(metadata["tab"]),
        number(str(metadata["page"])),
        tuple(str(each) for each in metadata["unusual"]),
        number(str(metadata["unread"])),
    )


@reads_payload
def parse_turn(body: Mapping[str, Any]) -> PreviewPosition:
    """What a window should show after a press in it.

    Raises:
        PayloadError: it isn't a window of this kind.
    """
    before = parse_position(find(body, "view"))
    tab, separator, page = find_text(body, "actions", 0, "value").partition(":")
    if not separator:
        raise PayloadError
    return replace(before, tab=Tab(tab), page=number(page))


def _facts(run: Run, summary: RunSummary) -> str:
    said = ["Nothing has been changed yet"]
    if summary.contacts:
        seconds = summary.duration.total_seconds()
        said.append(f"takes {duration(seconds)}")
    if summary.left_out:
        said.append(f"{contacts(left_out(summary))} left out")
    if run.undoes is not None:
        said.append(f"undoes run {run.undoes}")
    return f"{' · '.join(said)} · run {run.id}"


def _unusual(domains: Sequence[str]) -> str:
    named = ", ".join(as_typed(clip(each, _VALUE_TEXT)) for each in domains[:_DOMAINS])
    return f":warning: Few or no other accounts have an address at {named}. Check it for typos."


def _unread(number_: int) -> str:
    has = "has" if number_ == 1 else "have"
    return (
        f":warning: {accounts(number_)} may belong to what you chose, but {has} unknown OUs or "
        "tags, and no part in this preview. To read them, run `/altcontact check`."
    )


def _tabs(summary: RunSummary, shown: PreviewPosition) -> Iterator[Block]:
    offered = {
        Tab.CHANGES: "What changes",
        Tab.ACCOUNTS: f"By account ({summary.contacts:,})",
        Tab.LEFT_OUT: f"Left out ({left_out(summary):,})",
    }
    for tab, words in offered.items():
        has_content = summary.left_out if tab is Tab.LEFT_OUT else summary.changes
        if tab is not shown.tab and has_content:
            yield button(words, f"{TURN}:{tab}", f"{tab}:0", label=f"Show: {words}")


def _download(run: Run, *, with_details: bool) -> list[Block]:
    if not with_details:
        return []
    label = "Send the preview to me as a CSV file, with contact details"
    return [button("Download CSV", DOWNLOAD, str(run.id), label=label)]


def _page(position: PreviewPosition, summary: RunSummary) -> tuple[int, int]:
    """The number of the page to show, and how many there are."""
    match position.tab:
        case Tab.CHANGES:
            pages = -(-len(summary.changes) // GROUPS)
        case Tab.ACCOUNTS:
            pages = -(-summary.contacts // ROWS)
        case Tab.LEFT_OUT:
            pages = -(-len(_left_out_rows(summary)) // ROWS)
    pages = max(pages, 1)
    return min(position.page, pages - 1), pages


def _content(
    summary: RunSummary, position: PreviewPosition, *, with_details: bool
) -> Iterator[Block]:
    page = position.page
    match position.tab:
        case Tab.CHANGES:
            for group in summary.changes[page * GROUPS : (page + 1) * GROUPS]:
                yield paragraph(f"*{group.type.label} contact of {accounts(len(group.items))}*")
                yield section(plain(_change(group, with_details=with_details)))
                yield context(_names(group.items))
            if not summary.changes:
                yield paragraph("Every contact that you chose is left out.")
                yield from _reasons(summary.left_out)
        case Tab.ACCOUNTS:
            rows = [(item, group) for group in summary.changes for item in group.items]
            rows.sort(key=lambda row: row[0].number)
            for item, group in rows[page * ROWS : (page + 1) * ROWS]:
                yield paragraph(_row(item, group, with_details=with_details))
        case Tab.LEFT_OUT:
            reason = None
            for item, why in _left_out_rows(summary)[page * ROWS : (page + 1) * ROWS]:
                if why is not reason:
                    reason = why
                    yield paragraph(
                        f"*{len(why.items):,}:* {escape(clip(why.reason, _REASON_TEXT))}"
                    )
                named = account_name(item.account_name, item.account_id)
                yield context(f"{named} · {item.type.label} contact")


def left_out(summary: RunSummary) -> int:
    """How many contacts are left out."""
    return sum(len(group.items) for group in summary.left_out)


def _left_out_rows(summary: RunSummary) -> list[tuple[RunItem, LeftOutGroup]]:
    return [(item, group) for group in summary.left_out for item in group.items]


def _reasons(groups: Sequence[LeftOutGroup]) -> Iterator[Block]:
    for group in groups[:GROUPS]:
        yield paragraph(_reason(group))


def _reason(group: LeftOutGroup) -> str:
    return f"*{len(group.items):,}:* {escape(clip(group.reason, _REASON_TEXT))}"


def _names(items: Sequence[RunItem]) -> str:
    """The first accounts of a group, by name; *By account* has all of them with their ids."""
    named = [
        as_typed(clip(item.account_name.strip(), _NAME_TEXT)) or item.account_id
        for item in items[:NAMED]
    ]
    more = len(items) - len(named)
    return ", ".join(named) + (f", and {more:,} more" if more > 0 else "")


def _change(group: ChangeGroup, *, with_details: bool) -> str:
    """The fields that change, before and after, unescaped."""
    if group.is_removed:
        return f"{_values(group, with_details=with_details)} → removed"
    if group.is_new:
        return f"none → {_values(group, with_details=with_details)}"
    lines = [
        f"{FIELD_LABELS[change.name]}: {_value(change.before, with_details=with_details)}"
        f" → {_value(change.after, with_details=with_details)}"
        for change in group.changes
    ]
    changed = {change.name for change in group.changes}
    same = [FIELD_LABELS[name].lower() for name in FIELDS if name not in changed]
    if same:
        lines.append(f"Unchanged: {', '.join(same)}")
    return "\n".join(lines)


def _row(item: RunItem, group: ChangeGroup, *, with_details: bool) -> str:
    named = f"{account_name(item.account_name, item.account_id)} · {item.type.label} contact"
    return f"{named}\n{_short(item, group, with_details=with_details)}"


def _short(item: RunItem, group: ChangeGroup, *, with_details: bool) -> str:
    """What changes, on one line, for mrkdwn."""
    before = as_typed(_value(getattr(item.before, "email", ""), with_details=with_details))
    after = as_typed(_value(getattr(item.wanted, "email", ""), with_details=with_details))
    if group.is_removed:
        return f"{before} → removed"
    if group.is_new:
        return f"none → {after}"
    changed = ", ".join(FIELD_LABELS[change.name].lower() for change in group.changes)
    return f"{before} → {after} (changes: {changed or 'nothing'})"


def _values(group: ChangeGroup, *, with_details: bool) -> str:
    values = {
        change.name: change.before if group.is_removed else change.after for change in group.changes
    }
    return " · ".join(_value(values.get(name, ""), with_details=with_details) for name in FIELDS)


def _value(value: str, *, with_details: bool) -> str:
    if not with_details:
        return HIDDEN
    return clip(" ".join(value.split()), _VALUE_TEXT) or "(empty)"


def _turns(position: PreviewPosition, pages: int) -> list[Block]:
    if pages == 1:
        return []
    page, tab = position.page, position.tab
    targets = {"First": 0, "Previous": page - 1, "Next": page + 1, "Last": pages - 1}
    backward, forward = ("First", "Previous"), ("Next", "Last")
    labels = (*(backward if page > 0 else ()), *(forward if page < pages - 1 else ()))
    buttons = [
        button(
            label,
            f"{TURN}:{label.lower()}",
            f"{tab}:{targets[label]}",
            label=f"{label} page, {targets[label] + 1:,} of {pages:,}",
        )
        for label in labels
    ]
    return [context(f"Page {page + 1:,} of {pages:,}"), actions(*buttons)]
