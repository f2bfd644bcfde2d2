"""What keeps the bot from being heard in Slack: alerts that wait, another bot on the same app."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why Slack did not take an announcement.

    Args:
        message: what happened.
        remedy: the next step.
        code: Slack's own code; empty where Slack did not answer.
        permanent: whether it takes a person to change it.
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
        refusal: why the one that waits longest was refused last.
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
        lasting: whether they were counted again since, so that it is no restart that overlaps.
    """

    connections: int
    since: datetime
    lasting: bool
