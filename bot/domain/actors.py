"""The people who use commands, buttons and forms."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """The person who used a command, button or form, as Slack's payload describes them.

    A user id isn't enough: in a shared channel, Slack also delivers the actions of people from
    other workspaces.

    Attributes:
        user_id: `U…`, or `W…` on Enterprise Grid.
        team_ids: every workspace that the payload names, the person's and the channel's.
        enterprise_ids: the same for Enterprise Grid organizations; empty without Grid.
    """

    user_id: str
    team_ids: frozenset[str] = frozenset()
    enterprise_ids: frozenset[str] = frozenset()
