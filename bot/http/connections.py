"""Connections of waitress that end if they should, and read on if a body is too long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.task import WSGITask
from waitress.utilities import RequestEntityTooLarge

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_DISCARDED: Final = 16 * 1024 * 1024
"""Bytes of the longest body that is refused after it arrived; longer ones are cut off."""


def channel_class(closes: Callable[[], bool]) -> type[HTTPChannel]:
    """The class of a server's connections.

    Args:
        closes: whether each connection ends with its next answer.
    """

    class Task(WSGITask):
        def build_response_header(self) -> bytes:
            if closes():
                request: Any = self.request
                request.headers["CONNECTION"] = "close"
            return super().build_response_header()

    class Channel(HTTPChannel):
        task_class = Task
        parser_class = _Parser

    return Channel


class _Parser(HTTPRequestParser):
    """Lets a body that is too long arrive, without keeping it, before it is refused.

    If the connection were closed earlier, many clients and load balancers would report that, and
    not the 413.
    """

    _to_discard = 0

    def received(self, data: bytes) -> int:
        """Take some bytes. Returns: how many of them belong to this request."""
        if self._to_discard:
            taken = min(len(data), self._to_discard)
            self._to_discard -= taken
            self.completed = not self._to_discard
            return taken
        taken = super().received(data)
        if isinstance(self.error, RequestEntityTooLarge) and not self.chunked:
            if self.expect_continue:  # the client asks before it sends the body
                self.expect_continue = False
            elif self.content_length <= MAX_DISCARDED:
                self._to_discard, self.completed = self.content_length, False
        return taken
