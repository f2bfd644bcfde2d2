"""Compares checkpoints with the audit log, and says what was tampered with."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bot.domain.checkpoints import Checkpoint


class SignatureState(StrEnum):
    """What became of checking a signature.

    `NOT_WANTED`: no key is named, so none was checked.
    """

    VALID = "valid"
    NOT_WANTED = "not wanted"
    ABSENT = "absent"
    INVALID = "invalid"
    OTHER_KEY = "other key"


@dataclass(frozen=True, slots=True)
class FoundCheckpoint:
    """An object at the destination of checkpoints.

    Attributes:
        name: its name there.
        checkpoint: what its first version says; None if that isn't a checkpoint.
        signature: whether it is signed.
        versions: how often it was written.
        deleted: whether somebody deleted it; locked versions are still there.
        locked: whether Object Lock keeps it; None if that isn't known.
    """

    name: str
    checkpoint: Checkpoint | None
    signature: SignatureState = SignatureState.NOT_WANTED
    versions: int = 1
    deleted: bool = False
    locked: bool | None = None


class CheckpointProblemKind(StrEnum):
    """What is wrong."""

    CUT_OFF = "cut_off"
    CHANGED = "changed"
    PUT_BACK = "put_back"
    REPEATED = "repeated"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    MISPLACED = "misplaced"
    OVERWRITTEN = "overwritten"
    DELETED = "deleted"
    UNSIGNED = "unsigned"
    WRONG_SIGNATURE = "wrong_signature"
    OTHER_KEY = "other_key"


@dataclass(frozen=True, slots=True)
class CheckpointProblem:
    """One thing that is wrong, with a message of whole sentences."""

    kind: CheckpointProblemKind
    message: str


def compare(
    found: Sequence[FoundCheckpoint],
    hashes: Mapping[int, str],
    entries: int,
    *,
    last_written: int = 0,
    last_taken: int | None = None,
) -> list[CheckpointProblem]:
    """Compare all checkpoints of a destination with the log.

    Args:
        found: the checkpoints.
        hashes: {number of an entry: its hash}, at least of those that checkpoints name.
        entries: how many entries the log has.
        last_written: the last sequence that the database recorded as written there; 0: none.
        last_taken: the last sequence that it gave to a checkpoint there; None: it has no record of
            the destination.

    Returns:
        What is wrong; nothing if the log has every entry that a checkpoint names, unchanged.
    """
    readable = [each.checkpoint for each in found if each.checkpoint is not None]
    return [
        *_objects(found),
        *_signatures(found),
        *_sequences(readable, last_written),
        *_put_back(readable, last_taken),
        *_log(readable, hashes, entries),
    ]


def _objects(found: Iterable[FoundCheckpoint]) -> Iterator[CheckpointProblem]:
    for each in found:
        if each.deleted:
            yield CheckpointProblem(
                CheckpointProblemKind.DELETED, f"Somebody deleted the object {each.name}."
            )
        if each.versions > 1:
            yield CheckpointProblem(
                CheckpointProblemKind.OVERWRITTEN,
                f"The object {each.name} was written {each.versions} times. The first version "
                "counts.",
            )
        if each.checkpoint is None:
            yield CheckpointProblem(
                CheckpointProblemKind.UNREADABLE, f"The object {each.name} isn't a checkpoint."
            )
        elif each.checkpoint.name != each.name:
            yield CheckpointProblem(
                CheckpointProblemKind.MISPLACED,
                f"The object {each.name} has the content of {each.checkpoint.name}.",
            )


def _signatures(found: Iterable[FoundCheckpoint]) -> Iterator[CheckpointProblem]:
    kinds = {
        SignatureState.ABSENT: (
            CheckpointProblemKind.UNSIGNED,
            "is not signed, though a key is named.",
        ),
        SignatureState.INVALID: (
            CheckpointProblemKind.WRONG_SIGNATURE,
            "has a signature that the key didn't make for this content.",
        ),
        SignatureState.OTHER_KEY: (
            CheckpointProblemKind.OTHER_KEY,
            "is signed by another key than the one that is named.",
        ),
    }
    for each in found:
        if each.signature in kinds:
            kind, words = kinds[each.signature]
            yield CheckpointProblem(kind, f"{_title(each)} {words}")


def _title(each: FoundCheckpoint) -> str:
    return f"Checkpoint {each.checkpoint.sequence}" if each.checkpoint else each.name


def _sequences(readable: Iterable[Checkpoint], last_written: int) -> Iterator[CheckpointProblem]:
    by_sequence: defaultdict[int, set[bytes]] = defaultdict(set)
    for each in readable:
        by_sequence[each.sequence].add(each.payload)
    repeated = [sequence for sequence, payloads in by_sequence.items() if len(payloads) > 1]
    for words in _ranges(repeated):
        yield CheckpointProblem(
            CheckpointProblemKind.REPEATED,
            f"Different checkpoints have the number {words}: an older copy of the database was put "
            "back, or two databases use the same destination.",
        )
    # Ranges, not a set of all numbers: a forged checkpoint can have any number.
    expected = 1
    for sequence in [*sorted(by_sequence), max([last_written, *by_sequence]) + 1]:
        if sequence > expected:
            last = sequence - 1
            words = str(last) if last == expected else f"{expected:,} to {last:,}"
            yield CheckpointProblem(
                CheckpointProblemKind.MISSING,
                f"Checkpoint {words} was written, but isn't there.",
            )
        expected = max(expected, sequence + 1)


def _put_back(
    readable: Iterable[Checkpoint], last_taken: int | None
) -> Iterator[CheckpointProblem]:
    latest = max((each.sequence for each in readable), default=0)
    if last_taken is not None and latest > last_taken:
        yield CheckpointProblem(
            CheckpointProblemKind.PUT_BACK,
            f"The database has no record of checkpoints after {last_taken}, but {latest} was "
            "written: an older copy of the database was put back.",
        )


def _log(
    readable: Iterable[Checkpoint], hashes: Mapping[int, str], entries: int
) -> Iterator[CheckpointProblem]:
    ordered = sorted(readable, key=lambda each: each.head.count)
    beyond = [each for each in ordered if each.head.count > entries]
    if beyond:
        furthest = beyond[-1]
        missing = furthest.head.count - entries
        yield CheckpointProblem(
            CheckpointProblemKind.CUT_OFF,
            f"The log ends after entry {entries:,}, but checkpoint {furthest.sequence} of "
            f"{furthest.at:%Y-%m-%d %H:%M} UTC has {furthest.head.count:,}. {missing:,} "
            f"{'entry was' if missing == 1 else 'entries were'} cut off, or an older copy of the "
            "database was put back.",
        )
    good = 0
    for each in ordered:
        count = each.head.count
        if count > entries:
            return
        if hashes.get(count) == each.head.hash:
            good = count
            continue
        which = (
            f"Entry {count:,}" if count == good + 1 else f"An entry from {good + 1:,} to {count:,}"
        )
        yield CheckpointProblem(
            CheckpointProblemKind.CHANGED,
            f"{which} was changed, removed, added or moved after checkpoint {each.sequence} of "
            f"{each.at:%Y-%m-%d %H:%M} UTC was taken.",
        )
        # All later entries are chained to that one, so later checkpoints say nothing more.
        return


def _ranges(numbers: Iterable[int]) -> Iterator[str]:
    """Numbers as ranges: `7`, `9 to 12`."""
    ordered = sorted(set(numbers))
    for _, group in groupby(enumerate(ordered), key=lambda pair: pair[1] - pair[0]):
        run = [number for _, number in group]
        yield str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}"
