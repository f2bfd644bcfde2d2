"""What `altcontact fix` shows: the preview and the results, as text or JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, TextIO

from rich.table import Table
from rich.text import Text

from bot.cli.scan_output import one_line
from bot.domain.contacts import FIELDS
from bot.domain.run_csv import OUTCOMES
from bot.domain.run_summary import changed_fields
from bot.domain.runs import ItemState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import timedelta

    from rich.console import Console

    from bot.domain.contacts import AlternateContact
    from bot.domain.run_summary import ChangeGroup
    from bot.domain.runs import Run, RunItem
    from bot.services.bulk_preview import Preview

_NAMED: Final = 5
"""The most accounts that a group lists."""

_MINUTES_FROM: Final = 90
"""Seconds from which a duration is given in minutes."""

_STYLES: Final = {
    ItemState.VERIFIED: "green",
    ItemState.SAVED: "green",
    ItemState.FAILED: "bold red",
    ItemState.HELD_BACK: "yellow",
    ItemState.PLANNED: "dim",
    ItemState.LEFT_OUT: "dim",
}


def write_preview(preview: Preview, console: Console) -> None:
    """Write what changes field by field, grouped where it is equal, and what is left out."""
    for group in preview.summary.changes:
        _write_change(group, console)
    if preview.summary.left_out:
        console.print(Text("Left out", "bold"))
        for left in preview.summary.left_out:
            console.print(Text(f"  {one_line(left.reason)} ({_contacts(len(left.items))})"))
            console.print(Text(f"    {_names(left.items)}", "dim"))
        console.print()


def write_preview_lines(items: Iterable[RunItem], out: TextIO) -> None:
    """Write one contact per line: id, type, outcome, name, and what changes or why not."""
    for item in items:
        words = item.reason or "; ".join(
            f"{change.name}: {change.before or '-'} -> {change.after or '-'}"
            for change in changed_fields(item.before, item.wanted)
        )
        cells = (item.account_id, item.type.value, OUTCOMES[item.state], item.account_name, words)
        out.write("  ".join(one_line(cell) for cell in cells) + "\n")


def write_results(items: Sequence[RunItem], console: Console) -> None:
    """Write what went wrong, grouped by the reason, with how to fix it."""
    groups: dict[tuple[ItemState, str, str], list[RunItem]] = {}
    for item in items:
        if item.state in {ItemState.FAILED, ItemState.HELD_BACK}:
            remedy = item.failure.remedy if item.failure is not None else ""
            groups.setdefault((item.state, item.reason, remedy), []).append(item)
    for (state, reason, remedy), found in sorted(groups.items(), key=lambda each: -len(each[1])):
        words = Text(f"{OUTCOMES[state].capitalize()}: ", _STYLES[state])
        console.print(words.append(f"{one_line(reason)} ({_contacts(len(found))})", ""))
        if remedy:
            console.print(Text(f"  {one_line(remedy)}"))
        console.print(Text(f"  {_names(found)}", "dim"))


def counts(run: Run) -> str:
    """`12 verified, 1 failed`; the contacts that were left out aren't counted."""
    states = (state for state in OUTCOMES if state is not ItemState.LEFT_OUT)
    numbers = [(OUTCOMES[state], getattr(run.counts, state.value)) for state in states]
    return ", ".join(f"{number:,} {words}" for words, number in numbers if number) or "nothing"


def plan_words(preview: Preview) -> str:
    """How many contacts change, and how long that takes."""
    summary = preview.summary
    if not summary.contacts:
        return "Nothing to change."
    accounts = f"{summary.accounts:,} account{'' if summary.accounts == 1 else 's'}"
    took = duration_words(summary.duration)
    return f"{_contacts(summary.contacts)} in {accounts} to change; takes about {took}."


def duration_words(duration: timedelta) -> str:
    """`3 s`, `2 min`, `1 h 5 min`."""
    seconds = max(1, round(duration.total_seconds()))
    if seconds < _MINUTES_FROM:
        return f"{seconds} s"
    hours, minutes = divmod(-(-seconds // 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def write_json(preview: Preview, run: Run, items: Iterable[RunItem], out: TextIO) -> None:
    """Write one JSON object and a line feed.

    Its shape: `error`, null; `run` {id, state, applied, stop_reason}; `summary` {accounts,
    contacts, seconds, and how many contacts are in each state}; `contacts` [{account_id,
    account_name, type, state, reason, remedy, before, after, read_at, fix}], where `before` and
    `after` are {name, title, email, phone} or null. Times are ISO 8601 with an offset.
    """
    summary = preview.summary
    document = {
        "error": None,
        "run": {
            "id": run.id,
            "state": run.state.value,
            "applied": run.started_at is not None,
            "stop_reason": run.stop_reason or None,
        },
        "summary": {
            "accounts": summary.accounts,
            "contacts": summary.contacts,
            "seconds": summary.duration.total_seconds(),
            **{state.value: getattr(run.counts, state.value) for state in ItemState},
        },
        "contacts": [_item(item) for item in items],
    }
    out.write(f"{json.dumps(document)}\n")


def write_problems_json(problems: Sequence[str], code: str, out: TextIO) -> None:
    """Write one JSON object if nothing was previewed: `error` {code, message, remedy, problems}."""
    error = {
        "code": code,
        "message": problems[0],
        "remedy": None,
        "problems": list(problems),
    }
    out.write(f"{json.dumps({'error': error})}\n")


def _item(item: RunItem) -> dict[str, Any]:
    is_left_out = item.state is ItemState.LEFT_OUT
    return {
        "account_id": item.account_id,
        "account_name": item.account_name,
        "type": item.type.value,
        "state": item.state.value,
        "reason": item.reason or None,
        "remedy": (item.failure.remedy or None) if item.failure is not None else None,
        "before": _contact(item.before),
        "after": None if is_left_out else _contact(item.wanted),
        "read_at": item.read_at.isoformat() if item.read_at is not None else None,
        "fix": item.fix_id,
    }


def _contact(contact: AlternateContact | None) -> dict[str, str] | None:
    return None if contact is None else {name: getattr(contact, name) for name in FIELDS}


def _write_change(group: ChangeGroup, console: Console) -> None:
    words = "to be set" if group.is_new else "to be removed" if group.is_removed else "to change"
    heading = f"{group.type.label} contact {words} in {_accounts(group.items)}"
    console.print(Text(heading, "bold"))
    grid = Table.grid(padding=(0, 2, 0, 0))
    for change in group.changes:
        cells = [Text(f"  {change.name}")]
        if not group.is_new:
            cells.append(Text(one_line(change.before), "red"))
        if not group.is_removed:
            cells.append(Text(one_line(change.after), "green"))
        grid.add_row(*cells)
    console.print(grid)
    console.print(Text(f"  {_names(group.items)}", "dim"))
    console.print()


def _names(items: Sequence[RunItem]) -> str:
    names = {item.account_id: item.account_name for item in items}
    shown = [f"{one_line(name)} ({id_})" for id_, name in list(names.items())[:_NAMED]]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more else "")


def _accounts(items: Sequence[RunItem]) -> str:
    number = len({item.account_id for item in items})
    return f"{number:,} account{'' if number == 1 else 's'}"


def _contacts(number: int) -> str:
    return f"{number:,} contact{'' if number == 1 else 's'}"
