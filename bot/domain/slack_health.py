"""Problems with Slack: alerts that wait to be posted, and another bot on the same app."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why Slack did not accept an announcement.

    Args:
        message: what happened.
        remedy: the next step.
        code: Slack's error code; empty if Slack did not answer.
        permanent: whether a person must fix it.
    """

    message: str
    remedy: str
    code: str
    permanent: bool


@dataclass(frozen=True, slots=True)
class WaitingAlerts:
    """Announcements that could not be posted so far.

    Args:
        number: how many.
        since: when the first of them was refused.
        refusal: the last refusal of the one that has waited longest.
    """

    number: int
    since: datetime
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class OtherBots:
    """Connections of the same Slack app that are not this bot's.

    Args:
        connections: how many, by Slack's last count.
        since: when they were first counted.
        lasting: whether they were counted again since, so that it isn't just an overlapping
            restart.
    """

    connections: int
    since: datetime
    lasting: bool
