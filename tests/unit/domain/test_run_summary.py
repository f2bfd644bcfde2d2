"""What a run will do is said once for all contacts of which the same changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.domain.contacts import ContactType
from bot.domain.run_summary import (
    AT_QUOTA,
    FieldChange,
    WritePace,
    changed_fields,
    slowest,
    summarize,
)
from bot.domain.runs import ItemState, RunItem
from tests.unit.fakes import CONTACT, OTHER, SECURITY, START, account


def item(number: int, **changes: object) -> RunItem:
    """A contact of a run: an account without a security contact that is to get one."""
    planned = RunItem(
        number, 1, account(number).id, f"Account {number}", SECURITY, CONTACT, None, START
    )
    return replace(planned, **changes)  # type: ignore[arg-type]


def test_equal_changes_are_one_group() -> None:
    """Grouped by type and by the fields that change, the largest group first."""
    email = replace(CONTACT, email="old@corp.internal")
    items = [
        item(1, before=OTHER),
        item(2),
        item(3),
        item(4, before=email),
        item(5, before=replace(CONTACT, email=" OLD@corp.internal ")),
        item(5, type=ContactType.BILLING),
        item(6, wanted=None, before=CONTACT),
        item(7, wanted=None, state=ItemState.LEFT_OUT, reason="Suspended."),
        item(8, wanted=None, state=ItemState.LEFT_OUT, reason="Exempt."),
        item(9, wanted=None, state=ItemState.LEFT_OUT, reason="Exempt."),
        item(10, state=ItemState.VERIFIED),
    ]
    summary = summarize(items)
    assert [
        (group.type, [each.number for each in group.items], group.is_new, group.is_removed)
        for group in summary.changes
    ] == [
        (SECURITY, [2, 3], True, False),
        (SECURITY, [1], False, False),
        (SECURITY, [4], False, False),
        (SECURITY, [5], False, False),
        (ContactType.BILLING, [5], True, False),
        (SECURITY, [6], False, True),
    ]
    assert summary.changes[2].changes == (FieldChange("email", "old@corp.internal", CONTACT.email),)
    assert [(group.reason, len(group.items)) for group in summary.left_out] == [
        ("Exempt.", 2),
        ("Suspended.", 1),
    ]
    assert (summary.accounts, summary.contacts) == (6, 7)
    assert summary.duration == timedelta(seconds=6 / 5 + 1)


def test_fields_that_only_look_different_do_not_change() -> None:
    """They are compared in their normal form, and shown as they are."""
    same = replace(CONTACT, email=CONTACT.email.upper(), phone="+351217923400")
    assert changed_fields(CONTACT, same) == ()
    assert changed_fields(None, CONTACT) == (
        FieldChange("name", "", CONTACT.name),
        FieldChange("title", "", CONTACT.title),
        FieldChange("email", "", CONTACT.email),
        FieldChange("phone", "", CONTACT.phone),
    )
    assert [change.after for change in changed_fields(CONTACT, None)] == [""] * 4


def test_the_time_follows_the_quotas() -> None:
    """Writes and removals have quotas of their own; the slowest caller counts."""
    assert AT_QUOTA.duration(300, 0) == timedelta(seconds=60)
    assert AT_QUOTA.duration(0, 60) == timedelta(seconds=60)
    assert WritePace(1.0, 0.5).duration(10, 5) == timedelta(seconds=20)
    assert AT_QUOTA.duration(0, 0) == timedelta()
    assert slowest([WritePace(5.0, 0.5), WritePace(2.0, 1.0)]) == WritePace(2.0, 0.5)


def test_contact_fields_are_not_in_a_repr() -> None:
    """A repr may get into a log."""
    (group,) = summarize([item(1, before=OTHER)]).changes
    assert CONTACT.email not in repr(group)
    assert OTHER.email not in repr(group)
