"""The doctor's checks of who may change contacts, and who may see them."""

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
    from collections.abc import Iterator, Mapping, Sequence

    from slack_sdk import WebClient

    from bot.services.ports.clock import Clock

MAX_USERS: Final = 20
"""Users of a setting that are looked up in Slack, which allows about a hundred calls a minute."""

_IS: Final = {
    Standing.GUEST: "a guest",
    Standing.FOREIGN: "not in this workspace",
    Standing.BOT: "a bot",
    Standing.DEACTIVATED: "deactivated",
}


@dataclass(frozen=True, slots=True)
class _Setting:
    """What names people: the name of its lines, what they may do, and an example to paste."""

    name: str
    variable: str
    right: str
    example: str


_EXAMPLE: Final = "U012ABCDEF,S045GHIJKL"
_FIXERS: Final = _Setting(
    "Fixers", "ALTCONTACT_FIXERS", "change contacts", f"export ALTCONTACT_FIXERS={_EXAMPLE}"
)
_READERS: Final = _Setting(
    "Readers",
    "ALTCONTACT_READERS",
    "see contact details",
    f"export ALTCONTACT_READERS={_EXAMPLE}",
)
_IN_POLICY: Final = {
    key: _Setting(f"Policy {key}", f"{key} in the policy", right, f'{key} = ["S045GHIJKL"]')
    for key, right in {"fixers": "change contacts", "approvers": "approve changes"}.items()
}


def check_policy_people(
    client: WebClient, clock: Clock, people: Mapping[str, Sequence[str]], in_the_way: str
) -> Iterator[CheckResult]:
    """Whether the people whom policy sections name can do something; see `check_fixers`.

    Args:
        client: a client that gives up quickly.
        clock: the time.
        people: `Policy.people`.
        in_the_way: why Slack can't be asked, or empty.
    """
    for key, setting in _IN_POLICY.items():
        named = [name for name in people.get(key, ()) if name != EVERYONE]
        if named:
            yield from _check_named(client, clock, setting, named, in_the_way)


def check_fixers(
    client: WebClient,
    clock: Clock,
    fixers: Sequence[str] | None,
    in_the_way: str,
    *,
    in_policy: bool = False,
) -> Iterator[CheckResult]:
    """Whether somebody may change contacts: users are members, user groups exist and have members.

    Args:
        client: a client that gives up quickly.
        clock: the time.
        fixers: the users and user groups of the setting; None if it is invalid.
        in_the_way: why Slack can't be asked, or empty.
        in_policy: whether a section of the policy names fixers too.
    """
    if fixers is None:
        yield _invalid(_FIXERS)
    elif not fixers and in_policy:
        yield line("Fixers", State.OK, "only the policy names people who can change contacts.")
    elif not fixers:
        message = "nobody has permission to change contacts: the bot is read-only."
        remedy = "To let people fix contacts, name users and user groups:"
        yield line("Fixers", State.WARNING, message, remedy, _FIXERS.example)
    elif EVERYONE in fixers:
        message = "everyone in the workspace can change the contacts of every account."
        remedy = "Name the users and user groups who need it:"
        yield line("Fixers", State.WARNING, message, remedy, _FIXERS.example)
    else:
        yield from _check_named(client, clock, _FIXERS, fixers, in_the_way)


def check_readers(
    client: WebClient, clock: Clock, readers: Sequence[str] | None, in_the_way: str
) -> Iterator[CheckResult]:
    """Who may see contact details: everyone, or users and user groups; see `check_fixers`."""
    if readers is None:
        yield _invalid(_READERS)
    elif not readers or EVERYONE in readers:
        message = (
            "everyone in the workspace, including guests, can see the names, emails and phone "
            "numbers of contacts. To limit that, set ALTCONTACT_READERS."
        )
        yield line("Readers", State.OK, message)
    else:
        yield from _check_named(client, clock, _READERS, readers, in_the_way)


def _invalid(setting: _Setting) -> CheckResult:
    return line(setting.name, State.NOT_TESTED, f"the value of {setting.variable} is invalid.")


def _check_named(
    client: WebClient, clock: Clock, setting: _Setting, named: Sequence[str], in_the_way: str
) -> Iterator[CheckResult]:
    if in_the_way:
        yield line(setting.name, State.NOT_TESTED, f"{in_the_way}.")
        return
    users = [name for name in named if not name.startswith("S")]
    yield from _check_users(WorkspaceMembership(client, client, clock), setting, users)
    for group in named:
        if group.startswith("S"):
            yield _check_group(client, setting, group)


def _check_users(
    membership: WorkspaceMembership, setting: _Setting, users: Sequence[str]
) -> Iterator[CheckResult]:
    """Whether users are members; the line of those who are comes first."""
    members: list[str] = []
    problems: list[CheckResult] = []
    tested = 0
    for user in users[:MAX_USERS]:
        try:
            standing = membership.standing_of(user)
        except NotifierError as problem:
            message = f"couldn't check whether {user} is a member of the workspace. {problem}"
            problems.append(
                line(setting.name, State.WARNING, message, problem.remedy, "altcontact doctor")
            )
            tested += 1
            break
        tested += 1
        if standing is Standing.MEMBER:
            members.append(user)
            continue
        message = f"{user} is {_IS[standing]}, so they can't {setting.right}."
        remedy = "Name members of the workspace:"
        problems.append(line(setting.name, State.WARNING, message, remedy, setting.example))
    if members:
        are = "user is a member" if len(members) == 1 else "users are members"
        message = f"{len(members)} {are} of the workspace: {', '.join(members)}."
        yield line(setting.name, State.OK, message)
    yield from problems
    if left := len(users) - tested:
        message = f"{left} more user{'' if left == 1 else 's'} of {setting.variable}."
        yield line(setting.name, State.NOT_TESTED, message)


def _check_group(client: WebClient, setting: _Setting, group: str) -> CheckResult:
    name = setting.name
    try:
        members = client.usergroups_users_list(usergroup=group)["users"]
    except CALL_ERRORS as error:
        code = code_of(error)
        if code == "missing_scope":
            message = f"couldn't read user group {group}: the app lacks the scope usergroups:read."
            remedy = "Add it to the app's manifest, then install the app again:"
            return line(name, State.FAILURE, message, remedy, manifest_lines({"usergroups:read"}))
        if code != DEAD:
            problem = unanswered(error)
            message = f"couldn't read user group {group}. {problem}"
            snippet = "altcontact doctor" if code else REACHED
            return line(name, State.FAILURE, message, problem.remedy, snippet)
        message = (
            f"user group {group} doesn't exist or is disabled, so nobody in it can {setting.right}."
        )
        remedy = (
            "In Slack, open People & user groups and enable it. Or name another group by its ID:"
        )
        return line(name, State.FAILURE, message, remedy, setting.example)
    if not members:
        message = f"user group {group} has no members, so nobody in it can {setting.right}."
        remedy = "In Slack, open People & user groups and add members. Or name others:"
        return line(name, State.WARNING, message, remedy, setting.example)
    number = f"{len(members)} member{'' if len(members) == 1 else 's'}"
    return line(name, State.OK, f"user group {group} has {number}.")
