"""A pool on a machine that cannot start another thread."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future


class StarvedExecutor(Executor):
    """Queues what it is given, then raises, as `ThreadPoolExecutor` does."""

    def __init__(self) -> None:
        self._queued: list[Callable[[], Any]] = []

    def submit(self, fn: Callable[..., Any], /, *args: object, **kwargs: object) -> Future[Any]:
        """Keep a task, and say that it was not taken."""
        self._queued.append(lambda: fn(*args, **kwargs))
        raise RuntimeError("can't start new thread")

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT002 - Executor's signature
        """Run what was queued, as a thread does that becomes free."""
        while self._queued:
            self._queued.pop()()
