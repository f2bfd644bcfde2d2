"""The doctor's checks of who may change contacts, and who sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.domain.errors import NotifierError
from bot.services.doctor import CheckResult, State
from bot.slack.allow_list import EVERYONE
from bot.slack.client import CALL_ERRORS, code_of
from bot.slack.doctor.lines import REACHED, line
from bot.slack.membership import Standing, WorkspaceMembership, unanswered
from bot.slack.scopes import manifest_lines
from bot.slack.user_groups import DEAD

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from slack_sdk import WebClient

    from bot.services.ports.clock import Clock

MAX_USERS: Final = 20
"""Users of a setting whom Slack is asked about: it takes some hundred such calls a minute."""

_IS: Final = {
    Standing.GUEST: "a guest",
    Standing.FOREIGN: "nobody of this workspace",
    Standing.BOT: "a bot",
    Standing.DEACTIVATED: "deactivated",
}


@dataclass(frozen=True, slots=True)
class _Setting:
    """A setting that names people: the name of its lines, and what these people may do."""

    name: str
    variable: str
    right: str

    @property
    def example(self) -> str:
        """What to paste."""
        return f"export {self.variable}=U012ABCDEF,S045GHIJKL"


_FIXERS: Final = _Setting("Fixers", "ALTCONTACT_FIXERS", "change contacts")
_READERS: Final = _Setting("Readers", "ALTCONTACT_READERS", "see contact details")


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
        yield _unknown(_FIXERS)
    elif not fixers:
        message = "nobody may change contacts: the bot is read-only."
        remedy = "If that is not meant, name users and user groups:"
        yield line("Fixers", State.WARNING, message, remedy, _FIXERS.example)
    elif EVERYONE in fixers:
        message = "everyone in the workspace may change the contacts of every account."
        remedy = "Name the users and user groups who should:"
        yield line("Fixers", State.WARNING, message, remedy, _FIXERS.example)
    else:
        yield from _check_named(client, clock, _FIXERS, fixers, in_the_way)


def check_readers(
    client: WebClient, clock: Clock, readers: Sequence[str] | None, in_the_way: str
) -> Iterator[CheckResult]:
    """Who sees contact details: everyone, or users and user groups; see `check_fixers`."""
    if readers is None:
        yield _unknown(_READERS)
    elif not readers or EVERYONE in readers:
        message = (
            "everyone in the workspace sees names, emails and phones of contacts, guests included; "
            "ALTCONTACT_READERS limits that."
        )
        yield line("Readers", State.OK, message)
    else:
        yield from _check_named(client, clock, _READERS, readers, in_the_way)


def _unknown(setting: _Setting) -> CheckResult:
    return line(setting.name, State.NOT_CHECKED, "the settings name none that can be used.")


def _check_named(
    client: WebClient, clock: Clock, setting: _Setting, named: Sequence[str], in_the_way: str
) -> Iterator[CheckResult]:
    users = [name for name in named if not name.startswith("S")]
    if users:
        number = f"{len(users)} user{'' if len(users) == 1 else 's'}"
        yield line(setting.name, State.OK, f"{number} by id: {', '.join(users)}.")
    if in_the_way:
        yield line(setting.name, State.NOT_CHECKED, f"{in_the_way}.")
        return
    membership = WorkspaceMembership(client, client, clock)
    yield from _check_users(membership, setting, users[:MAX_USERS])
    for group in named:
        if group.startswith("S"):
            yield _check_group(client, setting, group)


def _check_users(
    membership: WorkspaceMembership, setting: _Setting, users: Sequence[str]
) -> Iterator[CheckResult]:
    for user in users:
        try:
            standing = membership.standing_of(user)
        except NotifierError as problem:
            message = f"whether {user} is a member of the workspace is not known. {problem}"
            yield line(setting.name, State.WARNING, message, problem.remedy, "altcontact doctor")
            return
        if standing is not Standing.MEMBER:
            message = f"{user} is {_IS[standing]}, so they can't {setting.right}."
            remedy = "Name members of the workspace:"
            yield line(setting.name, State.WARNING, message, remedy, setting.example)


def _check_group(client: WebClient, setting: _Setting, group: str) -> CheckResult:
    name = setting.name
    try:
        members = client.usergroups_users_list(usergroup=group)["users"]
    except CALL_ERRORS as error:
        code = code_of(error)
        if code == "missing_scope":
            message = f"user group {group} cannot be looked at: the app lacks usergroups:read."
            remedy = "Add it to the app's manifest, and install the app again:"
            return line(name, State.FAILURE, message, remedy, manifest_lines({"usergroups:read"}))
        if code != DEAD:
            problem = unanswered(error)
            message = f"user group {group} cannot be read. {problem}"
            snippet = "altcontact doctor" if code else REACHED
            return line(name, State.FAILURE, message, problem.remedy, snippet)
        message = f"user group {group} does not exist or is disabled: it lets nobody in."
        remedy = "In Slack, People & user groups, enable it or copy another's id; name it here:"
        return line(name, State.FAILURE, message, remedy, setting.example)
    if not members:
        message = f"user group {group} is empty: nobody in it may {setting.right}."
        remedy = "In Slack, People & user groups, add members; or name others:"
        return line(name, State.WARNING, message, remedy, setting.example)
    number = f"{len(members)} member{'' if len(members) == 1 else 's'}"
    return line(name, State.OK, f"user group {group} has {number}.")
