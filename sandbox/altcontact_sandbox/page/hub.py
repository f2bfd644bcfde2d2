"""Watches both servers and the bot, and tells every page what changed, in one order and no gap."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque
from typing import TYPE_CHECKING, Any, Final

import httpx

from altcontact_sandbox.loopback import NO_CERTIFICATES
from altcontact_sandbox.page.changes import aws_changes, slack_changes
from altcontact_sandbox.page.masking import WireMasking
from bot.slack.command_parser import COMMAND, USAGE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from altcontact_sandbox.bot_process import BotProcess

    Seen = dict[str, Any]

SLACK, AWS = "slack", "aws"

MAX_WIRE_ENTRIES: Final = 1000
"""Entries of the wire that a page which comes new is given."""

MAX_BACKLOG: Final = 512
"""Events that a page may be behind; one that is more so is dropped, and reconnects by itself."""

_LONG_POLL_SECONDS: Final = 20.0
"""Seconds that a server is asked to wait for news."""

_BATCH_SECONDS: Final = 0.03
"""Seconds in which changes that come in a burst become one."""

_RETRY_SECONDS: Final = 0.5
"""Seconds until a server that did not answer is asked again."""

_KEEPALIVE_SECONDS: Final = 15.0
"""Seconds of silence after which a stream shows that it stands."""

_TICK: Final = 5.0
"""Seconds between two looks at when the bot checks next."""

APP: Final = {
    "name": "altcontact",
    "commands": [
        {
            "command": COMMAND,
            "words": usage.words,
            "argument": usage.argument,
            "description": usage.description,
        }
        for usage in USAGE
    ],
}


class Hub:
    """What all pages share. Lives on the page server's event loop; only `poke` is for any thread.

    Args:
        bot: the bot, or the place where it would be.
    """

    def __init__(self, bot: BotProcess, backlog: int = MAX_BACKLOG) -> None:
        self._backlog = backlog
        self.masking = WireMasking()
        self.urls: dict[str, str] = {}
        self.client = httpx.AsyncClient(
            trust_env=False,
            verify=NO_CERTIFICATES,
            timeout=_LONG_POLL_SECONDS * 4,
            limits=httpx.Limits(max_connections=None),
        )
        self._bot = bot
        self._seen: dict[str, Seen] = {}
        self._bot_seen = bot.as_json()
        self._wire: deque[Seen] = deque(maxlen=MAX_WIRE_ENTRIES)
        self._taken = {SLACK: 0, AWS: 0}
        self._subscribers: set[asyncio.Queue[str | None]] = set()
        self._complete = asyncio.Event()
        self._bot_changed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._loop = asyncio.get_running_loop()
        self.closing = asyncio.Event()
        bot.on_change = self.poke

    def poke(self) -> None:
        """Look at the bot again; for any thread."""
        # A bot may end when the page has been stopped already.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._bot_changed.set)

    def connect(self, urls: dict[str, str]) -> None:
        """Begin to watch both servers."""
        self.urls = urls
        for watch in (self._watch_slack, self._watch_aws, self._watch_bot):
            self._begin(watch())
        for source in (SLACK, AWS):
            self._begin(self._watch_wire(source))

    async def close(self) -> None:
        """End every stream, and watch no more."""
        self.closing.set()
        self._complete.set()
        for queue in tuple(self._subscribers):
            self._drop(queue)
        left = set(self._tasks)
        while left:
            # `asyncio.wait_for` of Python 3.11 may swallow a cancellation that comes as it ends.
            for task in left:
                task.cancel()
            _, left = await asyncio.wait(left, timeout=_RETRY_SECONDS)
        await self.client.aclose()

    async def state(self) -> Seen | None:
        """Everything, once everything is known; None where the sandbox stops before."""
        await self._complete.wait()
        return None if self.closing.is_set() else self._state()

    async def stream(self) -> AsyncIterator[str]:
        """Server-sent events: all of it first, then what changes."""
        await self._complete.wait()
        if self.closing.is_set():
            return
        # No await stands between these two: nothing can change in between.
        queue: asyncio.Queue[str | None] = asyncio.Queue(self._backlog)
        self._subscribers.add(queue)
        first = _event("state", self._state())
        try:
            yield first
            while True:
                try:
                    event = await asyncio.wait_for(queue.get(), _KEEPALIVE_SECONDS)
                except TimeoutError:
                    event = ": still here\n\n"
                if event is None:
                    return
                yield event
        finally:
            self._subscribers.discard(queue)

    def _state(self) -> Seen:
        seen = {SLACK: self._seen[SLACK], AWS: self._seen[AWS], "bot": self._bot_seen}
        return {**seen, "wire": list(self._wire), "app": APP}

    def _tell(self, name: str, part: object) -> None:
        event = _event(name, part)
        for queue in tuple(self._subscribers):
            try:
                queue.put_nowait(event)
            except asyncio.QueueFull:
                self._drop(queue)

    def _drop(self, queue: asyncio.Queue[str | None]) -> None:
        self._subscribers.discard(queue)
        while not queue.empty():
            queue.get_nowait()
        queue.put_nowait(None)

    # What is watched

    async def _watch_slack(self) -> None:
        await self._watch(SLACK, "state", slack_changes)

    async def _watch_aws(self) -> None:
        await self._watch(AWS, "world", aws_changes)

    async def _watch(
        self, source: str, path: str, changes: Callable[[Seen, Seen], Seen | None]
    ) -> None:
        since = -1
        while True:
            seen = await self._ask(source, path, since)
            since = seen["changes"]
            before = self._seen.get(source)
            if seen == before:
                continue
            if source == AWS:
                self.masking.learn_accounts(seen["accounts"])
            self._seen[source] = seen
            if before is None:
                self._first()
            elif (part := changes(before, seen)) is not None:
                self._tell(source, part)
            elif self._complete.is_set():
                self._tell("state", self._state())
            await asyncio.sleep(_BATCH_SECONDS)

    def _first(self) -> None:
        if self._seen.keys() >= {SLACK, AWS}:
            self._complete.set()

    async def _watch_bot(self) -> None:
        while True:
            seen = self._bot.as_json()
            if seen != self._bot_seen:
                self._bot_seen = seen
                self._tell("bot", seen)
            try:
                await asyncio.wait_for(self._bot_changed.wait(), _TICK)
            except TimeoutError:
                continue
            self._bot_changed.clear()

    async def _watch_wire(self, source: str) -> None:
        # Before AWS has said what it holds nothing is known to be personal.
        await self._complete.wait()
        while True:
            answer = await self._ask(source, "wire", self._taken[source])
            if source == SLACK and answer["entries"]:
                # What the bot shows in Slack it has read from AWS before: learn that first.
                self._take(AWS, await self._ask(AWS, "wire", self._taken[AWS], wait=0))
            self._take(source, answer)
            await asyncio.sleep(_BATCH_SECONDS)

    def _take(self, source: str, answer: Seen) -> None:
        """Take entries of the wire; those that are known already are let be."""
        if answer["last"] < self._taken[source]:
            self._taken[source] = 0  # the server was reset, and counts again
        new = [entry for entry in answer["entries"] if entry["number"] > self._taken[source]]
        if not new:
            return
        self._taken[source] = new[-1]["number"]
        entries = [self._shown(source, entry) for entry in new]
        self._wire.extend(entries)
        self._tell("wire", entries)

    def _shown(self, source: str, entry: Seen) -> Seen:
        shown = self.masking.entry(entry)
        number = shown.pop("number")
        return {"id": f"{source}-{number}", **shown}

    async def _ask(
        self, source: str, path: str, since: int, wait: float = _LONG_POLL_SECONDS
    ) -> Seen:
        """Ask a server for news until it answers."""
        while True:
            try:
                answer = await self.client.get(
                    f"{self.urls[source]}/_sandbox/{path}",
                    params={"since": since, "timeout": wait},
                )
                answer.raise_for_status()
            except httpx.HTTPError:
                await asyncio.sleep(_RETRY_SECONDS)  # it is being started or stopped
            else:
                seen: Seen = answer.json()
                return seen

    def _begin(self, work: Awaitable[None]) -> None:
        self._tasks.append(asyncio.ensure_future(work))


def _event(name: str, part: object) -> str:
    return f"event: {name}\ndata: {json.dumps(part, ensure_ascii=False)}\n\n"
