"""What a run changes, grouped where it is equal, and how long it takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from bot.domain.contacts import FIELDS
from bot.domain.runs import ItemState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.runs import RunItem

_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True)
class WritePace:
    """How many contacts a run writes a second, and how many it removes, if nothing is throttled.

    By default as many as AWS's quotas of PutAlternateContact and DeleteAlternateContact allow each
    calling account; https://docs.aws.amazon.com/accounts/latest/reference/quotas.html
    """

    writes: float = 5.0
    removals: float = 1.0

    def duration(self, writes: int, removals: int) -> timedelta:
        """How long this many writes and removals take."""
        return timedelta(seconds=writes / self.writes + removals / self.removals)


AT_QUOTA: Final = WritePace()


def slowest(paces: Iterable[WritePace]) -> WritePace:
    """The pace of a run whose accounts may all be those of the slowest caller; at least one."""
    found = tuple(paces)
    return WritePace(min(each.writes for each in found), min(each.removals for each in found))


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that changes: `before` is empty if no contact is set, `after` if it is removed."""

    name: str
    before: str = field(repr=False)
    after: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ChangeGroup:
    """The contacts of one type of which the same fields change in the same way.

    `is_new`: no contact is set before. `is_removed`: none will be set after.
    """

    type: ContactType
    changes: tuple[FieldChange, ...]
    items: tuple[RunItem, ...]
    is_new: bool = False
    is_removed: bool = False


@dataclass(frozen=True, slots=True)
class LeftOutGroup:
    """The contacts that are left out for one reason, a sentence."""

    reason: str
    items: tuple[RunItem, ...]


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a run will do.

    `changes` has the planned contacts and `left_out` the others, each the largest group first.
    `accounts` counts the accounts with planned contacts, `contacts` those contacts. `duration` is
    the time that the writes take.
    """

    changes: tuple[ChangeGroup, ...]
    left_out: tuple[LeftOutGroup, ...]
    accounts: int
    contacts: int
    duration: timedelta


def summarize(items: Iterable[RunItem], pace: WritePace = AT_QUOTA) -> RunSummary:
    """Group a run's contacts by what changes, and by why they are left out.

    Args:
        items: the contacts; those that are neither planned nor left out are ignored.
        pace: how many contacts are written a second.
    """
    changes: dict[tuple[ContactType, bool, bool, tuple[FieldChange, ...]], list[RunItem]] = {}
    left_out: dict[str, list[RunItem]] = {}
    accounts: set[str] = set()
    compared: dict[tuple[object, ...], tuple[FieldChange, ...]] = {}
    writes = removals = 0
    for item in items:
        if item.state is ItemState.LEFT_OUT:
            left_out.setdefault(item.reason, []).append(item)
        elif item.state is ItemState.PLANNED:
            accounts.add(item.account_id)
            writes += item.wanted is not None
            removals += item.wanted is None
            # Thousands of contacts may change in the same way; normal forms take a while.
            both = _values(item.before), _values(item.wanted)
            if both not in compared:
                compared[both] = changed_fields(item.before, item.wanted)
            fields = compared[both]
            key = item.type, item.before is None, item.wanted is None, fields
            changes.setdefault(key, []).append(item)
    return RunSummary(
        tuple(
            ChangeGroup(contact_type, fields, tuple(found), is_new=is_new, is_removed=is_removed)
            for (contact_type, is_new, is_removed, fields), found in _largest_first(changes.items())
        ),
        tuple(LeftOutGroup(why, tuple(found)) for why, found in _largest_first(left_out.items())),
        len(accounts),
        writes + removals,
        pace.duration(writes, removals),
    )


def changed_fields(
    before: AlternateContact | None, after: AlternateContact | None
) -> tuple[FieldChange, ...]:
    """The fields that differ in their normal form, in the order of the form."""
    empty = ("",) * len(FIELDS)
    was = before.normal() if before is not None else empty
    becomes = after.normal() if after is not None else empty
    return tuple(
        FieldChange(name, getattr(before, name, ""), getattr(after, name, ""))
        for name, old, new in zip(FIELDS, was, becomes, strict=True)
        if old != new
    )


def _values(contact: AlternateContact | None) -> tuple[str, ...]:
    return () if contact is None else (contact.name, contact.title, contact.email, contact.phone)


def _largest_first(
    groups: Iterable[tuple[_Key, Sequence[RunItem]]],
) -> list[tuple[_Key, Sequence[RunItem]]]:
    """Groups by their size; equally large ones stay in the order of their first contact."""
    return sorted(groups, key=lambda group: -len(group[1]))
