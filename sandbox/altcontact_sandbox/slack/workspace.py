"""The workspace as state: people, channels, messages, modals, what was asked and what was refused.

Everything runs on one event loop, so nothing here is locked. Whatever a person could notice counts
`changes` up, and wakes who waits for it.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
import time
from typing import Any, Final

from altcontact_sandbox.slack.blocks.view_state import initial_values, kept_values, with_block_ids
from altcontact_sandbox.slack.model import Channel, Fault, File, Group, Message, View
from altcontact_sandbox.slack.people.members import DOMAIN, Member, Roster
from altcontact_sandbox.slack.rate_limits import Buckets
from altcontact_sandbox.slack.refusals import Refusals
from altcontact_sandbox.slack.transport.wire_log import WireLog
from bot.slack.scopes import BOT_EVENTS, BOT_SCOPES

TEAM: Final = "T0SANDBOX1"
APP: Final = "A0SANDBOX1"
BOT_USER: Final = "U0ALTBOT01"
BOT: Final = "B0ALTBOT01"
BOT_TOKEN: Final = "xoxb-sandbox-bot"  # noqa: S105 - good for the sandbox alone
APP_TOKEN: Final = "xapp-sandbox-app"  # noqa: S105 - good for the sandbox alone

SIGNING_SECRET: Final = "5a4db0c5a4db0c5a4db0c5a4db0c5a4d"  # noqa: S105 - good for the sandbox alone

ALICE, BOB, CAROL = "U0ALICE001", "U0BOB00002", "U0CAROL003"
GROUP: Final = "S0SECOPS01"
APPROVERS: Final = "S0APPROV01"
ALERTS, ARCHIVED, ELSEWHERE, GENERAL = "C0ALERTS01", "C0ARCHIVE2", "C0ELSEWH03", "C0GENERAL4"

ENTERPRISE: Final = "E0SANDBOX1"
"""The organization of Enterprise Grid that the workspace is in, where it is in one."""

SLACKBOT: Final = Member("USLACKBOT", "slackbot", "Slackbot")
"""Slack's own bot, of which it says that it is none."""

EVENT_SCOPES: Final = {"message.im": "im:history"}
"""The scope that an event needs, if it needs one."""

TRIGGER_LIFE: Final = 3.0
"""Seconds in which a `trigger_id` opens a modal, once."""

RESPONSE_USES, RESPONSE_LIFE = 5, 1800.0
"""How often, and for how many seconds, a `response_url` is taken."""


class Workspace:
    """All state of the sandbox's Slack."""

    def __init__(self) -> None:
        self.changed = asyncio.Condition()
        self.changes = 0
        self.url = ""
        self.request_urls: list[str] = []
        self.wire = WireLog()
        self.reset()

    def reset(self) -> None:
        """As on the first day."""
        everyone = {ALICE, BOB, CAROL}
        self.users = {ALICE: "alice", BOB: "bob", CAROL: "carol", BOT_USER: "altcontact"}
        self.members = Roster(
            [SLACKBOT, *(_member(identity, name) for identity, name in self.users.items())]
        )
        self.enterprise_id, self.is_org_wide = "", False
        self.origins: dict[str, dict[str, str]] = {}
        self.groups = {
            group.id: group
            for group in (
                Group(GROUP, "secops", "Security operations", {ALICE}),
                Group(APPROVERS, "approvers", "Contact approvers", {CAROL}),
            )
        }
        self.channels = {
            channel.id: channel
            for channel in (
                Channel(ALERTS, "security-alerts", everyone | {BOT_USER}),
                Channel(ARCHIVED, "old-alerts", everyone | {BOT_USER}, is_archived=True),
                Channel(ELSEWHERE, "elsewhere", set(everyone)),
                Channel(GENERAL, "general", everyone | {BOT_USER}),
            )
        }
        self.messages: list[Message] = []
        self.files: dict[str, File] = {}
        self.modals: dict[str, list[View]] = {}
        self.opened: set[str] = set()
        self.homes: dict[str, View] = {}
        self.triggers: dict[str, tuple[str, float]] = {}
        self.used_triggers: set[str] = set()
        self.response_urls: dict[str, dict[str, Any]] = {}
        self.calls: list[dict[str, Any]] = []
        self.refusals = Refusals()
        self.acks: list[dict[str, Any]] = []
        self.delivered: list[tuple[str, dict[str, Any]]] = []
        self.faults: list[Fault] = []
        self.token_problem = self.app_token_problem = ""
        self.bot_token, self.app_token = BOT_TOKEN, APP_TOKEN
        self.signing_secret = SIGNING_SECRET
        self.events: set[str] = set(BOT_EVENTS)
        self.has_home = True
        self.deliveries: set[asyncio.Task[Any]] = set()
        self.scopes: set[str] | None = set(BOT_SCOPES)
        self.post_rate, self.post_burst = 1.0, 3.0
        self.ack_within = 3.0
        self.tier2, self.tier3, self.tier4 = 20.0, 50.0, 100.0
        self.call_burst = 5.0
        self.buckets = Buckets()
        self.latency = self.clock_skew = 0.0
        self.ghost_connections = 0
        self.says_hello = True
        self.response_uses, self.response_life = RESPONSE_USES, RESPONSE_LIFE
        self.trigger_life = TRIGGER_LIFE
        self._numbers = itertools.count(1)
        self.wire.reset()

    async def tell(self) -> None:
        """Something changed that a person could notice."""
        async with self.changed:
            self.changes += 1
            self.changed.notify_all()

    def hears(self, event: str) -> bool:
        """Whether the app gets an event: it subscribes to it, and has the scope for it."""
        needed = EVENT_SCOPES.get(event)
        allowed = needed is None or self.scopes is None or needed in self.scopes
        return event in self.events and allowed

    def new_ts(self) -> str:
        """A message's timestamp: its id in its channel."""
        return f"{int(time.time())}.{next(self._numbers):06d}"

    def new_id(self, prefix: str) -> str:
        """An id as Slack's look."""
        return f"{prefix}{next(self._numbers):09d}"

    def new_key(self) -> str:
        """The last part of a URL that nobody can guess."""
        return secrets.token_hex(12)

    def new_trigger(self, user: str) -> str:
        """A trigger for a person's act."""
        trigger = f"{next(self._numbers)}.{secrets.token_hex(8)}"
        self.triggers[trigger] = (user, time.monotonic())
        return trigger

    def take_trigger(self, trigger: str) -> tuple[str, str]:
        """Use a trigger: (the person, what is wrong with it or empty)."""
        if trigger in self.used_triggers:
            return "", "exchanged_trigger_id"
        if trigger not in self.triggers:
            return "", "invalid_trigger_id"
        user, born = self.triggers[trigger]
        if time.monotonic() - born > self.trigger_life:
            return "", "expired_trigger_id"
        self.used_triggers.add(trigger)
        return user, ""

    def new_response_url(self, base: str, user: str, channel: str, ts: str = "") -> str:
        """A `response_url`; `ts` is the message that it would replace."""
        key = self.new_key()
        self.response_urls[key] = {
            "user": user,
            "channel": channel,
            "ts": ts,
            "uses": 0,
            "born": time.monotonic(),
        }
        return f"{base}/respond/{key}"

    def channel(self, name: str) -> Channel | None:
        """A channel by id or `#name`."""
        if name.startswith("#"):
            named = [c for c in self.channels.values() if c.name == name.removeprefix("#")]
            return named[0] if named else None
        return self.channels.get(name)

    def name_of(self, user: str) -> str:
        """What a person is called, whom the workspace knows."""
        member = self.members.find(user)
        return member.name if member is not None else ""

    def direct(self, user: str) -> Channel:
        """The direct messages between the bot and a person."""
        key = f"D{user[1:]}"
        return self.channels.setdefault(key, Channel(key, user, {user, BOT_USER}))

    def message(self, channel: str, ts: str) -> Message | None:
        """A message that stands."""
        found = [m for m in self.messages if (m.channel, m.ts) == (channel, ts) and not m.deleted]
        return found[0] if found else None

    def may_post(self, channel: str) -> float:
        """0 where a message may be posted now; else the seconds until it may."""
        return self.buckets.take(channel, self.post_rate, self.post_burst)

    def fault(self, method: str) -> Fault | None:
        """The fault that a call of a method runs into, used up by that."""
        for fault in self.faults:
            if fault.method in {method, "*"} and fault.count > 0:
                fault.count -= 1
                return fault
        return None

    def open_view(self, user: str, view: dict[str, Any], *, push: bool) -> View:
        """Put a modal on a person's screen."""
        stack = self.modals.setdefault(user, [])
        if not push:
            stack.clear()
        identity = self.new_id("V")
        opened = View(
            identity,
            secrets.token_hex(8),
            user,
            {**view, "blocks": with_block_ids(view["blocks"])},
            stack[0].id if stack else identity,
            stack[-1].id if stack else None,
        )
        opened.values = initial_values(opened.view)
        stack.append(opened)
        self.opened.add(identity)
        return opened

    def publish(self, user: str, view: dict[str, Any]) -> View:
        """Show a home tab to a person."""
        shown = self.homes.get(user)
        if shown is None:
            identity = self.new_id("V")
            shown = self.homes[user] = View(identity, "", user, {}, identity)
        self.change_view(shown, view)
        return shown

    def change_view(self, shown: View, view: dict[str, Any]) -> None:
        """Replace what a modal shows; what was typed into an input that stays is kept."""
        after = {**view, "blocks": with_block_ids(view["blocks"])}
        shown.values = kept_values(shown.view, shown.values, after)
        shown.view, shown.hash, shown.errors = after, secrets.token_hex(8), {}

    def find_view(self, view_id: str, external_id: str = "") -> View | None:
        """A modal that is open, or a home tab."""
        for view in [*itertools.chain(*self.modals.values()), *self.homes.values()]:
            if view.id == view_id or (external_id and view.view.get("external_id") == external_id):
                return view
        return None


def _member(identity: str, name: str) -> Member:
    if identity == BOT_USER:
        return Member(identity, name, name, is_bot=True)
    return Member(identity, name, name.capitalize(), f"{name}@{DOMAIN}")
