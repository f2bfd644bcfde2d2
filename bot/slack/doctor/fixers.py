"""The doctor's check of who may change contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.errors import NotifierError
from bot.services.doctor import CheckResult, State
from bot.slack.client import CALL_ERRORS, code_of
from bot.slack.doctor.lines import REACHED, line
from bot.slack.fixers import EVERYONE
from bot.slack.membership import Standing, WorkspaceMembership, unanswered
from bot.slack.scopes import manifest_lines
from bot.slack.user_groups import DEAD

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from slack_sdk import WebClient

    from bot.services.ports.clock import Clock

_FIXERS: Final = "export ALTCONTACT_FIXERS=U012ABCDEF,S045GHIJKL"

MAX_USERS: Final = 20
"""Users of the setting whom Slack is asked about: it takes some hundred such calls a minute."""

_IS: Final = {
    Standing.GUEST: "a guest",
    Standing.FOREIGN: "nobody of this workspace",
    Standing.BOT: "a bot",
    Standing.DEACTIVATED: "deactivated",
}


def check_fixers(
    client: WebClient, clock: Clock, fixers: Sequence[str] | None, in_the_way: str
) -> Iterator[CheckResult]:
    """Whether somebody may change contacts: users are members, user groups are there and not empty.

    Args:
        client: a client that is quick to give up.
        clock: the time.
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
        message = "everyone in the workspace may change the contacts of every account."
        remedy = "Name the users and user groups who should:"
        yield line("Fixers", State.WARNING, message, remedy, _FIXERS)
        return
    users = [name for name in fixers if not name.startswith("S")]
    if users:
        number = f"{len(users)} user{'' if len(users) == 1 else 's'}"
        yield line("Fixers", State.OK, f"{number} by id: {', '.join(users)}.")
    if in_the_way:
        yield line("Fixers", State.NOT_CHECKED, f"{in_the_way}.")
        return
    yield from _check_users(WorkspaceMembership(client, client, clock), users[:MAX_USERS])
    for group in fixers:
        if group.startswith("S"):
            yield _check_group(client, group)


def _check_users(membership: WorkspaceMembership, users: Sequence[str]) -> Iterator[CheckResult]:
    for user in users:
        try:
            standing = membership.standing_of(user)
        except NotifierError as problem:
            message = f"whether {user} is a member of the workspace is not known. {problem}"
            yield line("Fixers", State.WARNING, message, problem.remedy, "altcontact doctor")
            return
        if standing is not Standing.MEMBER:
            message = f"{user} is {_IS[standing]}, so they can't change contacts."
            remedy = "Name members of the workspace:"
            yield line("Fixers", State.WARNING, message, remedy, _FIXERS)


def _check_group(client: WebClient, group: str) -> CheckResult:
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
        if code != DEAD:
            problem = unanswered(error)
            message = f"user group {group} cannot be read. {problem}"
            snippet = "altcontact doctor" if code else REACHED
            return line("Fixers", State.FAILURE, message, problem.remedy, snippet)
        message = f"user group {group} does not exist or is disabled: it lets nobody in."
        remedy = "In Slack, People & user groups, enable it or copy another's id; name it here:"
        return line("Fixers", State.FAILURE, message, remedy, _FIXERS)
    if not members:
        message = f"user group {group} is empty: nobody in it may change contacts."
        remedy = "In Slack, People & user groups, add members; or name others:"
        return line("Fixers", State.WARNING, message, remedy, _FIXERS)
    number = f"{len(members)} member{'' if len(members) == 1 else 's'}"
    return line("Fixers", State.OK, f"user group {group} has {number}.")
