"""The ports of checkpoints: their record in the database, and the place outside of the host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.domain.checkpoint_verification import FoundCheckpoint
    from bot.domain.checkpoints import Checkpoint, CheckpointStatus
    from bot.domain.failures import Failure


class CheckpointRepository(Protocol):
    """Checkpoints taken of the audit log; `bot.services.ports.store` says what all ports promise.

    A destination is a URL (`s3://bucket/prefix`); each has its own sequence.
    """

    def due(self, destination: str, version: str) -> Checkpoint | None:
        """The checkpoint to write next: the last one if it wasn't written, else a new one.

        A new one is recorded before it is written, so that a sequence is given only once.

        Args:
            destination: where it goes.
            version: the version of the bot.

        Returns:
            None if the log has no entries after the last checkpoint that was written.
        """
        ...

    def run_ended(self, destination: str) -> bool:
        """Whether a run ended or was stopped since the last checkpoint was taken."""
        ...

    def written(self, destination: str, checkpoint: Checkpoint, *, versioned: bool) -> None:
        """Record that a checkpoint was written, and whether its bucket keeps versions."""
        ...

    def failed(self, destination: str, checkpoint: Checkpoint, why: Failure) -> None:
        """Record why a checkpoint couldn't be written."""
        ...

    def status(self, destination: str) -> CheckpointStatus:
        """How writing checkpoints goes."""
        ...

    def last_written(self, destination: str) -> int:
        """The last sequence that was written; 0 if none was."""
        ...

    def last_taken(self, destination: str) -> int | None:
        """The last sequence, written or not; None if there is no record of the destination."""
        ...

    def hashes(self, numbers: Iterable[int]) -> Mapping[int, str]:
        """The hashes of entries of the audit log by their number; those that exist."""
        ...

    def entries(self) -> int:
        """How many entries the audit log has."""
        ...


class CheckpointWriter(Protocol):
    """The place where checkpoints are kept; the bot can only add to it."""

    def write(self, checkpoint: Checkpoint) -> bool:
        """Write a checkpoint. One that is already there is not written again.

        Returns:
            Whether the place keeps what was written.

        Raises:
            GatewayError: it wasn't written, or the answer was lost; it can be tried again.
        """
        ...

    def close(self) -> None:
        """Stop retrying."""
        ...


class CheckpointReader(Protocol):
    """The same place, as somebody sees it who may read it."""

    def read(self) -> Sequence[FoundCheckpoint]:
        """All checkpoints, with their signatures checked.

        Raises:
            GatewayError: some couldn't be read or checked.
        """
        ...
