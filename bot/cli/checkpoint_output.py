"""What `altcontact audit verify --checkpoints` says about checkpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.services.checkpoints import CheckpointVerification


def checkpoint_lines(result: CheckpointVerification, key: str) -> Iterator[str]:
    """Each problem in a line, or that there is none; then what wasn't checked.

    Args:
        result: the comparison.
        key: the ARN of the key that signs; empty if none is named.
    """
    for problem in result.problems:
        yield f"Checkpoints: {problem.message}"
    last = result.last
    if not result.problems and last is not None:
        number = "1 checkpoint" if result.number == 1 else f"{result.number:,} checkpoints"
        agree = "agrees" if result.number == 1 else "agree"
        yield (
            f"{number} at {result.destination} {agree} with the log. The last one is of "
            f"{last.at:%Y-%m-%d %H:%M} UTC, after entry {last.head.count:,}."
        )
    if result.number and not key:
        yield (
            "Signatures weren't checked, because no key is named. If checkpoints are signed, set "
            "ALTCONTACT_CHECKPOINT_KEY."
        )
    if result.unlocked:
        yield (
            f"{result.unlocked:,} of {result.number:,} have no visible lock: either the bucket has "
            "no default retention, or you don't have the permission s3:GetObjectRetention."
        )
