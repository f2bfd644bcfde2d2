"""Verifies the audit log: finds entries that were changed, removed, moved, or wiped."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from bot.domain.audit import GENESIS, AuditAction, contact_digest, hash_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.domain.audit import AuditRecord

MAX_PROBLEMS: Final = 100
"""How many problems are listed; more are only counted."""

NUMBERS: Final = "numbers"
"""The detail of a redaction that lists the wiped entries: `3..8,11`."""


class Tampering(StrEnum):
    """What is wrong with an entry.

    `MISSING`: entries before it are missing. `MOVED`: it is out of order. `EDITED`: its hash
    doesn't match its content. `UNCHAINED`: it doesn't continue the entry before it, so that one of
    the two was replaced or moved. `CONTACT_EDITED`: a contact doesn't match its digests. `WIPED`:
    its contacts were wiped, and no redaction says so.
    """

    MISSING = "missing"
    MOVED = "moved"
    EDITED = "edited"
    UNCHAINED = "unchained"
    CONTACT_EDITED = "contact_edited"
    WIPED = "wiped"

    @property
    def message(self) -> str:
        """What is wrong, as a sentence that follows `Entry 7:`."""
        return _MESSAGES[self]


_MESSAGES: Final = {
    Tampering.MISSING: "one or more entries before it are missing.",
    Tampering.MOVED: "it is out of order.",
    Tampering.EDITED: "its content was changed after it was recorded.",
    Tampering.UNCHAINED: "it doesn't continue the entry before it. One of the two was replaced.",
    Tampering.CONTACT_EDITED: "a contact in it was changed after it was recorded.",
    Tampering.WIPED: "its contacts were wiped without a redaction on record.",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with the entry of this number."""

    number: int
    kind: Tampering


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of verifying a log.

    Attributes:
        entries: how many entries were read.
        redacted: how many of them had their contacts wiped by a redaction.
        last_number: the number of the last entry; 0 if there is none.
        last_hash: its hash; `GENESIS` if there is none.
        problems: what is wrong, in the order in which it was found; at most `MAX_PROBLEMS`.
        more: how many problems are not listed.
    """

    entries: int
    redacted: int
    last_number: int
    last_hash: str
    problems: tuple[Problem, ...] = ()
    more: int = 0

    @property
    def is_intact(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


class _Verifier:
    """Takes the entries one by one; keeps no more than the numbers of wiped ones."""

    def __init__(self) -> None:
        self.entries = 0
        self.wiped = 0
        self.number = 0
        self.hash = GENESIS
        self.problems: list[Problem] = []
        self.more = 0
        self.unexplained = array("q")

    def take(self, record: AuditRecord) -> None:
        self.entries += 1
        if record.number <= self.number:
            self._report(record.number, Tampering.MOVED)
        elif record.number != self.number + 1:
            self._report(record.number, Tampering.MISSING)
        elif record.previous != self.hash:
            self._report(record.number, Tampering.UNCHAINED)
        if hash_of(record) != record.hash:
            self._report(record.number, Tampering.EDITED)
        elif record.action == AuditAction.REDACTED:
            self._explain(record)
        if record.is_wiped:
            self.wiped += 1
            self.unexplained.append(record.number)
        elif not _contacts_match(record):
            self._report(record.number, Tampering.CONTACT_EDITED)
        self.number, self.hash = record.number, record.hash

    def end(self) -> Verification:
        for number in self.unexplained:
            self._report(number, Tampering.WIPED)
        redacted = self.wiped - len(self.unexplained)
        return Verification(
            self.entries, redacted, self.number, self.hash, tuple(self.problems), self.more
        )

    def _explain(self, redaction: AuditRecord) -> None:
        ranges = parse_numbers(redaction.details_by_name().get(NUMBERS, ""))
        starts = [start for start, _ in ranges]

        def is_covered(number: int) -> bool:
            place = bisect_right(starts, number) - 1
            return place >= 0 and number <= ranges[place][1]

        left = (number for number in self.unexplained if not is_covered(number))
        self.unexplained = array("q", left)

    def _report(self, number: int, kind: Tampering) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(number, kind))
        else:
            self.more += 1


def verify(records: Iterable[AuditRecord]) -> Verification:
    """Verify a whole log, from its first entry on, one entry at a time.

    Entries that were cut off at the end can't be noticed here: only a checkpoint that was kept
    elsewhere shows that there were more.
    """
    verifier = _Verifier()
    for record in records:
        verifier.take(record)
    return verifier.end()


def format_numbers(ranges: Iterable[tuple[int, int]]) -> str:
    """Ranges of numbers as text: `3..8,11`."""
    return ",".join(f"{first}" if first == last else f"{first}..{last}" for first, last in ranges)


def parse_numbers(text: str) -> Sequence[tuple[int, int]]:
    """The reverse of `format_numbers`, in order; what isn't a range is skipped."""
    ranges: list[tuple[int, int]] = []
    for part in text.split(","):
        first, _, last = part.partition("..")
        if first.isdecimal() and (last or first).isdecimal():
            ranges.append((int(first), int(last or first)))
    return sorted(ranges)


def _contacts_match(record: AuditRecord) -> bool:
    if record.salt is None or not record.has_contacts:
        nothing = (record.before, record.after, record.salt) == (None, None, None)
        return nothing and not record.has_contacts
    try:
        return (
            contact_digest(record.before, record.salt) == record.before_digest
            and contact_digest(record.after, record.salt) == record.after_digest
        )
    except (TypeError, ValueError):
        return False
