"""What the bot serves by HTTP: one server, if a setting asks for one, and its stop in two steps."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import structlog

from bot.http.server import HttpServer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from wsgiref.types import WSGIApplication

_log = structlog.get_logger(__name__)


class Web:
    """The server of all routes, or none.

    Args:
        address: host and port; None for no server.
        routes: {path: WSGI app}.

    Raises:
        ListenError: nothing can listen on this address.
    """

    def __init__(
        self, address: tuple[str, int] | None, routes: Mapping[str, WSGIApplication]
    ) -> None:
        self._server = HttpServer(address, routes) if address is not None else None
        self._host = address[0] if address is not None else ""
        self._draining = threading.Event()

    @property
    def draining(self) -> bool:
        """Whether the bot is about to stop: a load balancer is to send requests elsewhere."""
        return self._draining.is_set()

    @property
    def port(self) -> int:
        """The port; 0 without a server."""
        return self._server.port if self._server is not None else 0

    def start(self) -> None:
        """Begin to serve."""
        if self._server is not None:
            self._server.start()
            _log.info("listening", host=self._host, port=self._server.port)

    def drain(self, seconds: float = 0.0) -> None:
        """Say that the bot is about to stop, and go on serving until load balancers noticed it.

        Args:
            seconds: to serve on.
        """
        self._draining.set()
        if self._server is None:
            return
        self._server.close_connections()
        if seconds > 0:
            _log.info("draining", seconds=seconds)
            time.sleep(seconds)

    def stop(self, within: float) -> None:
        """Answer what was received, and close.

        Args:
            within: seconds until answers that are not ready are abandoned.
        """
        self.drain()
        if self._server is not None:
            self._server.stop(within)
