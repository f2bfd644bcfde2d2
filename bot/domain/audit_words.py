"""Entries of the audit log in words, for people who read them in a terminal or in Slack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.audit import AuditAction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.domain.audit import AuditRecord

REDACTED: Final = "contact details redacted"

_CHANGES: Final = frozenset({AuditAction.WRITE_SENT.value})
"""The actions whose entries have the contact both before and after."""

_HIDDEN: Final = frozenset({"removes", "already_there", "in_doubt", "command", "numbers", "kind"})
"""Details that `facts` puts into words of their own, or leaves out."""


def label(action: str) -> str:
    """An action in words: `Write sent`."""
    return action.replace("_", " ").capitalize()


def facts(record: AuditRecord) -> list[str]:
    """What an entry says besides who, when, what and where: without contact details."""
    command = record.details_by_name().get("command", "")
    fix = f"fix {record.fix_id}" if record.fix_id is not None else ""
    run = f"run {record.run_id}" if record.run_id is not None else ""
    return [*filter(None, (command, fix, run, change(record))), *extras(record)]


def change(record: AuditRecord) -> str:
    """What a fix does to the contact, if the entry says that; empty for other entries."""
    if record.action in _CHANGES:
        return _change(record)
    removes = record.details_by_name().get("removes") == "yes"
    return "removes the contact" if removes else ""


def extras(record: AuditRecord) -> list[str]:
    """What an entry says besides the command, the fix, the run and the change."""
    return [each for each in _extras(record) if each]


def _extras(record: AuditRecord) -> Iterator[str]:
    details = record.details_by_name()
    yield "the contact was already there" if details.get("already_there") == "yes" else ""
    yield "AWS may have applied it" if details.get("in_doubt") == "yes" else ""
    for name, value in details.items():
        if name not in _HIDDEN and value:
            yield f"{name.replace('_', ' ')}: {value}"
    yield f"AWS request {record.request_id}" if record.request_id else ""
    yield REDACTED if record.is_wiped else ""


def _change(record: AuditRecord) -> str:
    if not record.after_digest:
        return "removes the contact"
    if not record.before_digest:
        return "sets the contact, none before"
    changed = ", ".join(record.changed_fields)
    return f"changes {changed}" if changed else "writes the same contact again"
