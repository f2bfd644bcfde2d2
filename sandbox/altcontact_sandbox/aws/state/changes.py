"""Counts what happens, so that whoever watches can wait for the next; of one event loop."""

from __future__ import annotations

import asyncio


class ChangeCounter:
    """A number that only goes up, and a way to wait until it has."""

    def __init__(self) -> None:
        self.count = 0
        self._next = asyncio.Event()

    def record(self) -> None:
        """Count one, and wake who waits."""
        self.count += 1
        woken, self._next = self._next, asyncio.Event()
        woken.set()

    async def wait(self, since: int, seconds: float) -> None:
        """Come back when the count is no longer `since`, or when the time is up."""
        try:
            async with asyncio.timeout(seconds):
                while self.count == since:
                    await self._next.wait()
        except TimeoutError:
            return
