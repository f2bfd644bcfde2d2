"""Who is behind a payload, in each of Slack's shapes."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.actors import Actor
from bot.slack.actors import actor_of

INTERACTION: dict[str, Any] = {
    "team": {"id": "T1", "domain": "corp"},
    "user": {"id": "U1", "team_id": "T1"},
    "enterprise": None,
    "is_enterprise_install": False,
}


@pytest.mark.parametrize(
    ("body", "actor"),
    [
        ({"user_id": "U1", "team_id": "T1"}, Actor("U1", frozenset({"T1"}))),
        (
            {"user_id": "W1", "team_id": "T1", "enterprise_id": "E1"},
            Actor("W1", frozenset({"T1"}), frozenset({"E1"})),
        ),
        (INTERACTION, Actor("U1", frozenset({"T1"}))),
        (
            {**INTERACTION, "user": {"id": "U1", "team_id": "T2"}},
            Actor("U1", frozenset({"T1", "T2"})),
        ),
        (
            INTERACTION | {"team": {"id": "T1", "enterprise_id": "E2"}, "enterprise": {"id": "E1"}},
            Actor("U1", frozenset({"T1"}), frozenset({"E1", "E2"})),
        ),
        (
            {**INTERACTION, "team": None, "enterprise": {"id": "E1"}},
            Actor("U1", frozenset({"T1"}), frozenset({"E1"})),
        ),
        (
            {**INTERACTION, "team": {"id": "E1"}, "user": {"id": "U1", "team_id": "E1"}},
            Actor("U1", frozenset(), frozenset({"E1"})),
        ),
        ({"user": "U1", "team": 7, "team_id": None}, Actor("")),
        ({}, Actor("")),
    ],
    ids=[
        "command",
        "command on Grid",
        "interaction",
        "Slack Connect",
        "two organizations",
        "installed for an organization",
        "an organization for a workspace",
        "malformed",
        "empty",
    ],
)
def test_who_is_behind_a_payload(body: dict[str, Any], actor: Actor) -> None:
    """Every workspace and organization that a payload names counts, and nothing is made up."""
    assert actor_of(body) == actor
