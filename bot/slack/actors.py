"""Reads the actor from Slack's payloads: user, workspace and organization."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.domain.actors import Actor
from bot.slack.payloads import find_text, user_id

if TYPE_CHECKING:
    from collections.abc import Mapping


def actor_of(body: Mapping[str, Any]) -> Actor:
    """The person who used a command, a button or a form.

    A command has `user_id`, `team_id` and `enterprise_id`. Interactions have objects: `user` with
    the `team_id` that the person belongs to, which differs from `team` for people from other
    workspaces in a Slack Connect channel; `team`, which is null if the app is installed for a whole
    organization; and `enterprise`, which is null without Enterprise Grid.

    An event has `team_id`, where the app is installed. A message also has `team`, `user_team` or
    `source_team`, where its author belongs.
    """
    paths = (
        ("team_id",),
        ("enterprise_id",),
        ("user", "team_id"),
        ("user", "enterprise_id"),
        ("team", "id"),
        ("team", "enterprise_id"),
        ("enterprise", "id"),
        ("event", "team"),
        ("event", "user_team"),
        ("event", "source_team"),
    )
    ids = frozenset(filter(None, (find_text(body, *path) for path in paths)))
    # Slack sometimes sends an organization's id in place of a workspace's id.
    organizations = frozenset(id_ for id_ in ids if id_.startswith("E"))
    return Actor(user_id(body), ids - organizations, organizations)
