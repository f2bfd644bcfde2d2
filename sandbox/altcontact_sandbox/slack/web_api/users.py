"""The Web API methods that read the members of the workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from altcontact_sandbox.slack.refusals import Refusal
from altcontact_sandbox.slack.workspace import TEAM

if TYPE_CHECKING:
    from altcontact_sandbox.slack.people.members import Member
    from altcontact_sandbox.slack.workspace import Workspace

    Node = dict[str, Any]

EMAIL_SCOPE: Final = "users:read.email"

_MAX_PAGE_SIZE: Final = 1000
"""The most members of a page."""

_PERSONAL: Final = frozenset({"name", "real_name", "profile"})


def info(space: Workspace, given: Node) -> Node:
    """`users.info`."""
    member = space.members.find(str(given.get("user", "")))
    if member is None:
        raise Refusal("user_not_found")
    return {"user": _described(space, member)}


def with_email(space: Workspace, given: Node) -> Node:
    """`users.lookupByEmail`; who was deactivated is not found."""
    member = space.members.with_email(str(given.get("email", "")))
    if member is None:
        raise Refusal("users_not_found", harmless=True)
    return {"user": _described(space, member)}


def listed(space: Workspace, given: Node) -> Node:
    """`users.list`; without a limit all at once, as long as that is no large workspace."""
    number = len(space.members)
    try:
        start, limit = int(given.get("cursor") or 0), int(given.get("limit") or 0)
    except ValueError:
        raise Refusal("invalid_cursor") from None
    if not 0 <= limit <= _MAX_PAGE_SIZE:
        raise Refusal("invalid_limit")
    if not limit and number > _MAX_PAGE_SIZE:
        raise Refusal("limit_required")
    if not 0 <= start <= number:
        raise Refusal("invalid_cursor")
    stop = start + (limit or number)
    return {
        "members": [_described(space, member) for member in space.members.part(start, stop)],
        "response_metadata": {"next_cursor": str(stop) if stop < number else ""},
    }


def without_people(answer: Node) -> Node:
    """An answer as it may be shown of these methods: who is in it, and nothing personal."""
    impersonal = dict(answer)
    if "user" in answer:
        impersonal["user"] = _impersonal(answer["user"])
    if "members" in answer:
        impersonal["members"] = [_impersonal(member) for member in answer["members"]]
    return impersonal


def _impersonal(member: Node) -> Node:
    return {name: value for name, value in member.items() if name not in _PERSONAL}


def _described(space: Workspace, member: Member) -> Node:
    profile = {"display_name": member.name, "real_name": member.real_name}
    if member.email and (space.scopes is None or EMAIL_SCOPE in space.scopes):
        profile["email"] = member.email
    told: Node = {
        "id": member.id,
        "team_id": member.team_id or TEAM,
        "name": member.name,
        "deleted": member.deleted,
        "is_bot": member.is_bot,
        "is_app_user": False,
        "profile": profile,
    }
    if not member.deleted:  # of who was deactivated Slack tells less
        told |= {
            "real_name": member.real_name,
            "tz": "Europe/London",
            # Slack says of a guest of one channel that it is both.
            "is_restricted": member.is_guest or member.is_single_channel_guest,
            "is_ultra_restricted": member.is_single_channel_guest,
        }
    if member.team_id:  # of its own people Slack does not say that they are no strangers
        told["is_stranger"] = member.is_stranger
    if enterprise := member.enterprise_id or space.enterprise_id:
        told["enterprise_user"] = {
            "id": member.id,
            "enterprise_id": enterprise,
            "teams": list(member.teams or (member.team_id or TEAM,)),
        }
    return told
