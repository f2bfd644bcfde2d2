"""The doctor's look at who may change contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.services.doctor import CheckResult, State
from bot.slack.client import CALL_ERRORS, code_of
from bot.slack.doctor.lines import REACHED, line, refused
from bot.slack.fixers import EVERYONE
from bot.slack.scopes import manifest_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from slack_sdk import WebClient

_FIXERS: Final = "export ALTCONTACT_FIXERS=U012ABCDEF,S045GHIJKL"


def check_fixers(
    client: WebClient, fixers: Sequence[str] | None, in_the_way: str
) -> Iterator[CheckResult]:
    """Whether somebody may change contacts: each user group is there, and has members.

    Args:
        client: a client that is quick to give up.
        fixers: what the settings name; None where that is unknown.
        in_the_way: why Slack cannot be asked, or empty.
    """
    if fixers is None:
        message = "the settings name none that can be used."
        yield line("Fixers", State.NOT_CHECKED, message)
        return
    if not fixers:
        message = "nobody may change contacts: the bot is read-only."
        remedy = "If that is not meant, name users and user groups:"
        yield line("Fixers", State.WARNING, message, remedy, _FIXERS)
        return
    if EVERYONE in fixers:
        yield line("Fixers", State.OK, "everyone in the workspace may change contacts.")
        return
    users = [name for name in fixers if not name.startswith("S")]
    if users:
        number = f"{len(users)} user{'' if len(users) == 1 else 's'}"
        yield line("Fixers", State.OK, f"{number} by id: {', '.join(users)}.")
    for group in fixers:
        if group.startswith("S"):
            if in_the_way:
                yield line("Fixers", State.NOT_CHECKED, f"{in_the_way}.")
            else:
                yield _group(client, group)


def _group(client: WebClient, group: str) -> CheckResult:
    try:
        members = client.usergroups_users_list(usergroup=group)["users"]
    except CALL_ERRORS as error:
        code = code_of(error)
        if code == "missing_scope":
            message = f"user group {group} cannot be looked at: the app lacks usergroups:read."
            remedy = "Add it to the app's manifest, and install the app again:"
            return line(
                "Fixers", State.FAILURE, message, remedy, manifest_lines({"usergroups:read"})
            )
        if not code:
            return refused("Fixers", error, REACHED)
        message = f"Slack knows no user group {group} ({code})."
        remedy = "In Slack, People & user groups, copy the group's id; name it here:"
        return line("Fixers", State.FAILURE, message, remedy, _FIXERS)
    if not members:
        message = f"user group {group} is empty: nobody in it may change contacts."
        remedy = "In Slack, People & user groups, add members; or name others:"
        return line("Fixers", State.WARNING, message, remedy, _FIXERS)
    number = f"{len(members)} member{'' if len(members) == 1 else 's'}"
    return line("Fixers", State.OK, f"user group {group} has {number}.")
