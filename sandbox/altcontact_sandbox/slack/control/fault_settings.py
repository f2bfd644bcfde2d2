"""What tests set in the sandbox's Slack: settings, faults, channels, user groups, connections."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from altcontact_sandbox.errors import SandboxError
from altcontact_sandbox.slack.model import Fault
from altcontact_sandbox.slack.people.members import DOMAIN
from altcontact_sandbox.slack.workspace import BOT_USER

if TYPE_CHECKING:
    from altcontact_sandbox.slack.transport.http_mode import HttpMode
    from altcontact_sandbox.slack.transport.socket_mode import SocketMode
    from altcontact_sandbox.slack.workspace import Workspace

    Given = dict[str, Any]

_FAULTS: Final = frozenset(
    {
        "ratelimited",
        "error",
        "hang",
        "close",
        "lost_reply",
        "slow",
        "refused",
        "html",
        "malformed",
        "bare",
        "charset",
    }
)
_MAX_CROWD: Final = 1_000_000
_SETTINGS: Final = frozenset(
    {
        "token_problem",
        "app_token_problem",
        "bot_token",
        "app_token",
        "signing_secret",
        "clock_skew",
        "latency",
        "ghost_connections",
        "says_hello",
        "has_home",
        "ack_within",
        "post_rate",
        "post_burst",
        "response_uses",
        "response_life",
        "tier2",
        "tier3",
        "tier4",
        "call_burst",
        "trigger_life",
        "enterprise_id",
        "is_org_wide",
    }
)
_ORIGIN: Final = frozenset({"team_id", "home_team_id", "enterprise_id"})


class FaultSettings:
    """The `set` calls of the control interface."""

    def __init__(self, space: Workspace, socket: SocketMode, http: HttpMode) -> None:
        self._space = space
        self._socket = socket
        self._http = http
        self._changes = {
            "fault": self._add_fault,
            "channel": self._change_channel,
            "group": self._change_group,
            "origin": self._change_origin,
            "people": self._change_people,
            "crowd": self._gather_crowd,
            "settings": self._change_settings,
        }

    async def apply(self, what: str, given: Given) -> None:
        """Do as somebody asked.

        Raises:
            SandboxError: what was asked for is wrong.
        """
        try:
            await self._apply(what, given)
        except KeyError as error:
            raise SandboxError(
                f"{error} is missing.", "docs/sandbox.md says what is needed."
            ) from None
        except (TypeError, ValueError) as error:
            raise SandboxError(f"Invalid value: {error}.", "docs/sandbox.md says how.") from None

    async def _apply(self, what: str, given: Given) -> None:
        match what:
            case "reset":
                self._space.reset()
                await self._space.wire.tell()
                self._socket.refuse_until = 0.0
            case "cut":
                await self._socket.cut(float(given.get("seconds", 0.0)))
            case "refuse":
                self._socket.refuse_until = time.monotonic() + float(given["seconds"])
            case "disconnect":
                await self._socket.disconnect(given["reason"])
            case "request_urls":
                self._http.use([str(url) for url in given["urls"]])
            case "die":
                self._socket.die()
            case _ if what in self._changes:
                self._changes[what](given)
            case _:
                raise SandboxError(f"The sandbox's Slack has no setting {what}.")

    def _add_fault(self, given: Given) -> None:
        if given["kind"] not in _FAULTS:
            raise SandboxError(f"No such fault: {given['kind']}.", f"There are {sorted(_FAULTS)}.")
        count, seconds = int(given.get("count", 1)), float(given.get("seconds", 0.0))
        method, code = str(given["method"]), str(given.get("code", ""))
        self._space.faults.append(Fault(method, given["kind"], count, seconds, code))

    def _change_channel(self, given: Given) -> None:
        channel = self._space.channel(given["id"])
        if channel is None:
            raise SandboxError(f"The sandbox's Slack has no channel {given['id']}.")
        channel.is_archived = given.get("is_archived", channel.is_archived)
        channel.post_problem = str(given.get("post_problem", channel.post_problem))
        if "has_bot" in given:
            change = channel.members.add if given["has_bot"] else channel.members.discard
            change(BOT_USER)

    def _change_group(self, given: Given) -> None:
        group = self._space.groups.get(given["id"])
        if group is None:
            raise SandboxError(f"The sandbox's Slack has no user group {given['id']}.")
        group.members = set(given.get("members", group.members))
        if "deleted" in given:
            group.deleted_at = int(time.time()) if given["deleted"] else 0

    def _change_people(self, given: Given) -> None:
        for person in given["people"]:
            described = dict(person)
            identity = str(described.pop("id", "") or self._space.new_id("U"))
            self._space.members.change(identity, described)

    def _change_origin(self, given: Given) -> None:
        described = dict(given)
        user = str(described.pop("user"))
        if unknown := set(described) - _ORIGIN:
            raise SandboxError(f"An origin has no {sorted(unknown)}.", f"It has {sorted(_ORIGIN)}.")
        self._space.origins[user] = {name: str(value) for name, value in described.items()}

    def _gather_crowd(self, given: Given) -> None:
        number = int(given["number"])
        if not 0 <= number <= _MAX_CROWD:
            raise ValueError(f"a crowd is of 0 to {_MAX_CROWD}")
        domain = str(given.get("domain", DOMAIN))
        self._space.members.gather(number, int(given.get("seed", 1)), domain)

    def _change_settings(self, given: Given) -> None:
        if given.pop("clear_faults", False):
            self._space.faults.clear()
        if "scopes" in given:
            scopes = given.pop("scopes")
            self._space.scopes = None if scopes is None else set(scopes)
        if "events" in given:
            self._space.events = set(given.pop("events"))
        unknown = set(given) - _SETTINGS
        if unknown:
            raise SandboxError(f"The sandbox's Slack has no setting {sorted(unknown)}.")
        # Numbers stay numbers and words words, whatever JSON came.
        changed = {name: type(getattr(self._space, name))(given[name]) for name in given}
        for name, value in changed.items():
            setattr(self._space, name, value)
