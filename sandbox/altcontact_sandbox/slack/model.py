"""What a workspace is made of: channels, user groups, messages, files, modals, faults."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass, field
from typing import Any

from altcontact_sandbox.slack.blocks.view_state import initial_values, kept_values, with_block_ids


@dataclass
class Channel:
    """A place where messages stand."""

    id: str
    name: str
    members: set[str]
    is_archived: bool = False
    is_private: bool = False
    post_problem: str = ""
    """The code by which Slack refuses every post here; empty where it takes them."""

    @property
    def kind(self) -> str:
        """Its type, as `conversations.list` calls it."""
        if self.id.startswith("D"):
            return "im"
        return "private_channel" if self.is_private else "public_channel"


@dataclass
class Group:
    """A user group; Slack keeps one that was deleted, and calls it disabled."""

    id: str
    handle: str
    name: str
    members: set[str]
    deleted_at: int = 0


@dataclass
class File:
    """A file that the app was given an upload URL for, which ends in `key`.

    `shared` is set once its upload is complete, and then it can be read.
    """

    id: str
    name: str
    size: int
    key: str
    title: str = ""
    content: bytes | None = None
    shared: bool = False

    @property
    def mimetype(self) -> str:
        """Its type, as its name tells it."""
        return mimetypes.guess_type(self.name)[0] or "application/octet-stream"


@dataclass
class Message:
    """A message as a person sees it.

    `to` is the one person who sees an ephemeral one. `thread_ts` is the message that it answers,
    `broadcast` whether such an answer stands in the channel too. `values` is what was chosen in its
    menus, and `suggested` what the app offered there while somebody typed: see `forms`.
    """

    ts: str
    channel: str
    user: str
    text: str
    blocks: list[dict[str, Any]]
    to: str = ""
    metadata: dict[str, Any] | None = None
    edits: int = 0
    deleted: bool = False
    thread_ts: str = ""
    broadcast: bool = False
    files: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    suggested: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.blocks = with_block_ids(self.blocks)
        self.values = initial_values(self.form)

    def edit(self, text: str, blocks: list[dict[str, Any]]) -> None:
        """Show something else in the same place; what was chosen in a menu that stays is kept."""
        before = self.form
        self.text, self.blocks = text, with_block_ids(blocks)
        self.values = kept_values(before, self.values, self.form)
        self.edits += 1

    @property
    def form(self) -> dict[str, Any]:
        """What holds its blocks, as `forms` takes it."""
        return {"blocks": self.blocks}

    @property
    def ephemeral(self) -> bool:
        """Whether one person alone sees it."""
        return bool(self.to)


@dataclass
class View:
    """A modal on a person's screen, or their home tab. `values` and `suggested`: see `forms`."""

    id: str
    hash: str
    user: str
    view: dict[str, Any]
    root: str
    previous: str | None = None
    values: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    suggested: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def form(self) -> dict[str, Any]:
        """What holds its blocks, as `forms` takes it."""
        return self.view


@dataclass
class Fault:
    """What a Web API method does instead.

    `ratelimited` (`Retry-After` is `seconds`), `error` (HTTP 500), `hang` (for `seconds`, then no
    answer), `close` (no answer at once), `refused` (Slack's answer with the error `code`), `html`
    (a proxy's page with HTTP 200), `malformed` (JSON that is no object), `bare` (`{"ok": true}`
    and nothing else), `charset` (text that is not in the character set that it claims); none of
    these does anything. `lost_reply` does what was asked, and after `seconds` closes the
    connection without an answer. `slow` does what was asked and answers, `seconds` later.
    """

    method: str
    kind: str
    count: int
    seconds: float
    code: str = ""
