"""What the verification of checkpoints says."""

from __future__ import annotations

from bot.cli.checkpoint_output import checkpoint_lines
from bot.domain.checkpoint_verification import CheckpointProblem, CheckpointProblemKind
from bot.domain.checkpoints import Checkpoint, LogHead
from bot.services.checkpoints import CheckpointVerification
from tests.unit.fakes import START

PLACE = "s3://corp-audit/altcontact"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/k"
LAST = Checkpoint(12, LogHead(1_234, "f" * 64), START, "1.2.3")


def lines(
    *problems: str,
    number: int = 12,
    last: Checkpoint | None = LAST,
    key: str = KEY,
    unlocked: int = 0,
) -> list[str]:
    """The lines."""
    found = tuple(CheckpointProblem(CheckpointProblemKind.MISSING, each) for each in problems)
    return list(checkpoint_lines(CheckpointVerification(PLACE, number, last, found, unlocked), key))


def test_agreement_is_one_line() -> None:
    """How many, where, and how far they reach."""
    assert lines() == [
        f"12 checkpoints at {PLACE} agree with the log. The last one is of 2026-01-05 09:00 UTC, "
        "after entry 1,234."
    ]
    assert lines(number=1)[0].startswith(f"1 checkpoint at {PLACE} agrees with the log.")


def test_each_problem_is_a_line() -> None:
    """And nothing agrees then."""
    assert lines("One.", "Two.") == ["Checkpoints: One.", "Checkpoints: Two."]
    assert lines("None.", number=0, last=None, key="") == ["Checkpoints: None."]


def test_what_was_not_checked_is_said() -> None:
    """Signatures without a key, and locks that can't be seen."""
    _, signatures, locks = lines(key="", unlocked=3)
    assert "Signatures weren't checked" in signatures
    assert locks.startswith("3 of 12 have no visible lock")
