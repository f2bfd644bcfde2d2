"""Comparing checkpoints with the log: whatever was tampered with is found and named."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain.audit import GENESIS, AuditAction, AuditEntry, hash_of, seal
from bot.domain.audit_chain import NUMBERS, verify
from bot.domain.checkpoint_verification import (
    CheckpointProblemKind,
    FoundCheckpoint,
    SignatureState,
    compare,
)
from bot.domain.checkpoints import Checkpoint, LogHead
from tests.unit.domain.test_audit import AT, BO, SALT, WIPED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.domain.audit import AuditRecord

HOUR = timedelta(hours=1)


def entry(number: int) -> AuditEntry:
    """An entry, some with a contact."""
    after = BO if number % 3 else None
    return AuditEntry(AuditAction.WRITE_SENT, f"U{number}", f"{number:012}", after=after)


def grown(log: Sequence[AuditRecord], entries: Sequence[AuditEntry]) -> list[AuditRecord]:
    """The log with more entries."""
    records = list(log)
    for each in entries:
        previous = records[-1].hash if records else GENESIS
        records.append(seal(each, len(records) + 1, AT, previous, SALT))
    return records


def rechained(log: Sequence[AuditRecord]) -> list[AuditRecord]:
    """The log with numbers and hashes as its order asks for, as a forger would compute them."""
    records: list[AuditRecord] = []
    previous = GENESIS
    for number, each in enumerate(log, 1):
        unsealed = replace(each, number=number, previous=previous)
        records.append(replace(unsealed, hash=hash_of(unsealed)))
        previous = records[-1].hash
    return records


def taken(log: Sequence[AuditRecord], sequence: int, count: int = 0) -> FoundCheckpoint:
    """A checkpoint of the log, at its end or at an earlier entry."""
    record = log[(count or len(log)) - 1]
    head = LogHead(record.number, record.hash)
    checkpoint = Checkpoint(sequence, head, AT + min(sequence, 99) * HOUR, "1.2.3")
    return FoundCheckpoint(checkpoint.name, checkpoint)


LOG = grown([], [entry(number) for number in range(1, 41)])
CHECKPOINTS = [taken(LOG, 1, 10), taken(LOG, 2, 11), taken(LOG, 3, 30), taken(LOG, 4, 40)]


def kinds(
    found: Sequence[FoundCheckpoint],
    log: Sequence[AuditRecord],
    last_written: int = 4,
    last_taken: int | None = 4,
) -> list[CheckpointProblemKind]:
    """What is wrong."""
    hashes = {each.number: each.hash for each in log}
    problems = compare(found, hashes, len(log), last_written=last_written, last_taken=last_taken)
    assert all(each.message.endswith(".") for each in problems)
    return [each.kind for each in problems]


def test_an_untouched_log_agrees_with_its_checkpoints() -> None:
    """So does one that has grown since, and one whose last checkpoint is on its way."""
    assert kinds(CHECKPOINTS, LOG) == []
    assert kinds(CHECKPOINTS, grown(LOG, [entry(41)]), last_taken=5) == []
    assert kinds(CHECKPOINTS, LOG, 0, None) == []
    assert kinds([], []) == [CheckpointProblemKind.MISSING]


# The four ways to tamper with a log, by somebody who computes all hashes anew.


def cut_tail(log: list[AuditRecord], chance: random.Random) -> list[AuditRecord]:
    """The last entries are gone."""
    return log[: chance.randrange(len(log))]


def edit(log: list[AuditRecord], chance: random.Random) -> list[AuditRecord]:
    """An entry says something else."""
    place = chance.randrange(len(log))
    other = {chance.choice(["actor", "account_id", "details", "action", "at"]): "forged"}
    log[place] = replace(log[place], **other)  # type: ignore[arg-type]
    return rechained(log)


def reorder(log: list[AuditRecord], chance: random.Random) -> list[AuditRecord]:
    """Two entries, or a whole range of them, have changed places."""
    one, two = sorted(chance.sample(range(len(log)), 2))
    if chance.random() < 0.5:
        log[one], log[two] = log[two], log[one]
    else:
        log.insert(one, log.pop(two))
    return rechained(log)


def rollback(log: list[AuditRecord], chance: random.Random) -> list[AuditRecord]:
    """An earlier copy of the log was put back, and has perhaps grown since, even beyond."""
    kept = log[: chance.randrange(len(log))]
    since = [entry(chance.randrange(1_000, 2_000)) for _ in range(chance.randrange(30))]
    return grown(kept, since)


@pytest.mark.parametrize("tamper", [cut_tail, edit, reorder, rollback])
def test_a_thousand_random_tamperings_are_all_found(
    tamper: Callable[[list[AuditRecord], random.Random], list[AuditRecord]],
) -> None:
    """Each log is flawless in itself, and contradicts a checkpoint."""
    chance = random.Random(tamper.__name__)  # noqa: S311 - the same tamperings in each run
    for attempt in range(1_000):
        log = grown([], [entry(number) for number in range(chance.randrange(2, 25))])
        counts = sorted({*chance.sample(range(1, len(log) + 1), chance.randrange(2)), len(log)})
        found = [taken(log, number, count) for number, count in enumerate(counts, 1)]
        forged = tamper(list(log), chance)
        assert verify(forged).is_intact
        assert kinds(found, forged, len(found), len(found)), attempt
        assert not kinds(found, log, len(found), len(found))


def test_a_thousand_redacted_logs_still_agree() -> None:
    """Wiped contacts change no hash, so neither the chain nor a checkpoint contradicts."""
    chance = random.Random(4)  # noqa: S311 - the same in each run
    for _ in range(1_000):
        log = grown([], [entry(number) for number in range(chance.randrange(1, 12))])
        found = [taken(log, 1)]
        last = chance.randrange(1, len(log) + 1)
        wiped = [replace(each, **WIPED) if each.number <= last else each for each in log]
        redaction = AuditEntry(AuditAction.REDACTED, "cli:root", details={NUMBERS: f"1..{last}"})
        redacted = grown(wiped, [redaction])
        assert verify(redacted).is_intact
        assert kinds([*found, taken(redacted, 2)], redacted, 2, 2) == []


# What each kind says


def test_a_cut_tail_says_how_much_is_gone() -> None:
    """With the checkpoint that knows more."""
    hashes = {each.number: each.hash for each in LOG[:35]}
    [problem] = compare(CHECKPOINTS, hashes, 35, last_written=4, last_taken=4)
    assert problem.kind is CheckpointProblemKind.CUT_OFF
    assert "ends after entry 35, but checkpoint 4 of 2026-" in problem.message
    assert "has 40. 5 entries were cut off" in problem.message


def test_a_change_is_narrowed_down_by_the_checkpoints_around_it() -> None:
    """It is after the last checkpoint that agrees, and not after the first that doesn't."""
    forged = list(LOG)
    forged[20] = replace(forged[20], actor="forged")
    hashes = {each.number: each.hash for each in rechained(forged)}
    [problem] = compare(CHECKPOINTS, hashes, 40, last_written=4, last_taken=4)
    assert problem.kind is CheckpointProblemKind.CHANGED
    assert "An entry from 12 to 30 was changed" in problem.message
    assert "checkpoint 3" in problem.message


def test_a_change_right_after_a_checkpoint_has_one_number() -> None:
    """Where two checkpoints are one entry apart, it is that entry."""
    forged = list(LOG)
    forged[10] = replace(forged[10], actor="forged")
    hashes = {each.number: each.hash for each in rechained(forged)}
    [problem] = compare(CHECKPOINTS, hashes, 40, last_written=4, last_taken=4)
    assert "Entry 11 was changed" in problem.message


def test_a_database_that_was_put_back_is_found_even_if_the_log_did_not_grow() -> None:
    """Its record of checkpoints is older than the checkpoints."""
    again = [*CHECKPOINTS, taken(LOG, 5)]
    assert kinds(again, LOG, 4, 4) == [CheckpointProblemKind.PUT_BACK]


def test_a_number_that_was_given_twice_is_found() -> None:
    """A database that was put back counts on from where it was."""
    other = rechained([replace(each, actor="other") for each in LOG])
    found = [*CHECKPOINTS, replace(taken(LOG, 4, 39)), taken(LOG, 3, 29)]
    assert kinds(found, LOG) == [CheckpointProblemKind.REPEATED]
    assert CheckpointProblemKind.REPEATED in kinds([*CHECKPOINTS, taken(other, 4)], LOG)


@pytest.mark.parametrize(
    ("gone", "words"),
    [
        ({1}, ["Checkpoint 1 was"]),
        ({4}, ["Checkpoint 4 was"]),
        ({2, 3}, ["Checkpoint 2 to 3 was"]),
        ({1, 4}, ["Checkpoint 1 was", "Checkpoint 4 was"]),
        ({1, 2, 3, 4}, ["Checkpoint 1 to 4 was"]),
    ],
)
def test_a_checkpoint_that_is_gone_is_named(gone: set[int], words: list[str]) -> None:
    """First, last, and those between."""
    kept = [each for number, each in enumerate(CHECKPOINTS, 1) if number not in gone]
    hashes = {each.number: each.hash for each in LOG}
    problems = compare(kept, hashes, 40, last_written=4, last_taken=4)
    assert [each.kind for each in problems] == [CheckpointProblemKind.MISSING] * len(words)
    for problem, start in zip(problems, words, strict=True):
        assert problem.message.startswith(start)


def test_a_forged_number_costs_nothing() -> None:
    """However large it is."""
    found = [*CHECKPOINTS, taken(LOG, 10**15)]
    assert kinds(found, LOG) == [CheckpointProblemKind.MISSING, CheckpointProblemKind.PUT_BACK]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"deleted": True}, CheckpointProblemKind.DELETED),
        ({"versions": 2}, CheckpointProblemKind.OVERWRITTEN),
        ({"name": "other.json"}, CheckpointProblemKind.MISPLACED),
        ({"signature": SignatureState.ABSENT}, CheckpointProblemKind.UNSIGNED),
        ({"signature": SignatureState.INVALID}, CheckpointProblemKind.WRONG_SIGNATURE),
        ({"signature": SignatureState.OTHER_KEY}, CheckpointProblemKind.OTHER_KEY),
    ],
)
def test_what_happened_to_an_object_is_said(
    changes: dict[str, object], kind: CheckpointProblemKind
) -> None:
    """Each is named, even if the log agrees."""
    touched = replace(CHECKPOINTS[0], **changes)  # type: ignore[arg-type]
    assert kinds([touched, *CHECKPOINTS[1:]], LOG) == [kind]


def test_what_is_no_checkpoint_is_named() -> None:
    """An object that can't be read may hide one that is missing."""
    found = [FoundCheckpoint("notes.txt", None), *CHECKPOINTS]
    assert kinds(found, LOG) == [CheckpointProblemKind.UNREADABLE]
