"""The ports of Home: what it shows, and where each person sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.domain.actors import Actor
    from bot.domain.approvals import ApprovalRequest
    from bot.domain.checkpoints import CheckpointStatus
    from bot.domain.errors import AltcontactError
    from bot.domain.overview import Overview
    from bot.domain.snapshots import SnapshotStatus


class OverviewRepository(Protocol):
    """All accounts at one moment; see `bot.services.ports.store` for what all of them promise."""

    def overview(self, accounts: int, exemptions: int) -> Overview:
        """What is known of all accounts now.

        Args:
            accounts: how many that need attention it lists at most.
            exemptions: how many that end soon it lists at most.
        """
        ...


@dataclass(frozen=True, slots=True)
class HomeContent:
    """What a Home shows.

    Args:
        overview: all accounts now.
        next_check: when the schedule checks next; None if it never does.
        notice: why what the person asked for on their Home wasn't done.
        checkpoints: how writing checkpoints of the audit log goes; None if none are written.
        waiting: the requests that the person can decide, oldest first.
        requests: the person's own requests that wait for approval, oldest first.
        snapshots: how saving snapshots of the database goes; None if none are saved.
    """

    overview: Overview
    next_check: datetime | None
    notice: AltcontactError | None = None
    checkpoints: CheckpointStatus | None = None
    waiting: Sequence[ApprovalRequest] = ()
    requests: Sequence[ApprovalRequest] = ()
    snapshots: SnapshotStatus | None = None


class HomePage(Protocol):
    """The Home tabs of the Slack app. Safe to call from several threads, once for each person."""

    def publish(self, actor: Actor, content: HomeContent) -> None:
        """Show a person their Home, or why they can't see it.

        Raises:
            NotifierError: Slack didn't accept it.
        """
        ...

    def publish_problem(self, actor: Actor, error: AltcontactError) -> None:
        """Show why there is nothing to see just now.

        Raises:
            NotifierError: Slack didn't accept it.
        """
        ...
