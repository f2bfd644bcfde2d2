"""The doctor's line about snapshots: whether they are saved, and are of this database."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.domain.errors import GatewayError, StoreError
from bot.services.doctor import Check, CheckResult, Section, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.domain.checkpoints import LogHead
    from bot.domain.snapshots import NewestSnapshot, SnapshotStatus
    from bot.services.ports.clock import Clock
    from bot.services.ports.snapshots import Pointer

_NAME: Final = "Snapshots"

_OVERDUE: Final = timedelta(hours=25)
"""How old the newest may be: a running bot saves one every hour, unless nothing has changed, but
checks change something once a day."""


class SnapshotChecks:
    """The checks of snapshots. Whether one can be saved shows only when one is saved.

    Args:
        destination: where they go, as a URL.
        read: reads the pointer to the newest, and how many there are.
        has_entry: whether the audit log has an entry; None if there is no database yet.
        status: how saving them goes in this process; None if it isn't the bot.
        clock: the time.
    """

    def __init__(
        self,
        destination: str,
        read: Callable[[], tuple[Pointer, int]],
        has_entry: Callable[[LogHead], bool | None],
        status: Callable[[], SnapshotStatus | None],
        clock: Clock,
    ) -> None:
        self._destination = destination
        self._read = read
        self._has_entry = has_entry
        self._status = status
        self._clock = clock

    def checks(self) -> tuple[Check, ...]:
        """The checks, in order."""
        return (Check(Section.DATABASE, _NAME, self._check, group="snapshots"),)

    def _check(self) -> Iterator[CheckResult]:
        status = self._status()
        if status is not None and status.failing_since is not None:
            message = (
                f"none could be saved since {status.failing_since:%Y-%m-%d %H:%M} UTC. "
                f"{status.problem} The bot tries again by itself. {_last(status)}"
            )
            yield _line(State.FAILURE, message, status.remedy)
            return
        try:
            pointer, number = self._read()
        except GatewayError as error:
            message = f"those at {self._destination} can't be read. {error}"
            yield _line(State.FAILURE, message, error.remedy)
            return
        if pointer.newest is None:
            message = f"none is at {self._destination} yet. A running bot saves them."
            yield _line(State.NOT_TESTED, message)
            return
        try:
            is_own = self._has_entry(pointer.newest.head)
        except StoreError:
            yield _line(State.NOT_TESTED, "the database can't be read.")
            return
        yield self._about(pointer.newest, number, is_own, status)

    def _about(
        self,
        newest: NewestSnapshot,
        number: int,
        is_own: bool | None,
        status: SnapshotStatus | None,
    ) -> CheckResult:
        last = (
            f"The newest of {number:,} at {self._destination} is of "
            f"{newest.name.at:%Y-%m-%d %H:%M} UTC."
        )
        if is_own is None:
            return _line(State.OK, f"{last} There is no database, so the next start restores it.")
        if not is_own and (status is None or status.saved is None):
            message = f"the newest one is not of this database. {last}"
            remedy = (
                "Check whether another bot uses the same ALTCONTACT_BACKUP, or whether the "
                "database here is an older copy. See docs/backup.md."
            )
            return _line(State.WARNING, message, remedy)
        if status is not None and status.is_encrypted is False:
            message = f"the bucket didn't say that it encrypts them. {last}"
            remedy = "Turn on the bucket's default encryption: they contain personal data."
            return _line(State.WARNING, message, remedy)
        saved_at = status.saved_at if status is not None and status.saved_at else newest.name.at
        if self._clock.now() - saved_at > _OVERDUE:
            message = f"none was saved for more than a day. {last}"
            remedy = "Check that a bot runs with this setting: it saves one every hour."
            return _line(State.WARNING, message, remedy)
        return _line(State.OK, f"are saved. {last}")


def _last(status: SnapshotStatus) -> str:
    if status.saved_at is None:
        return "None was saved since the bot's start."
    return f"The last one is of {status.saved_at:%Y-%m-%d %H:%M} UTC."


def _line(state: State, message: str, remedy: str = "") -> CheckResult:
    return CheckResult(Section.DATABASE, _NAME, state, message, remedy)
