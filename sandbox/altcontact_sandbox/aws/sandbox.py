"""Starts and stops the sandbox's AWS: moto's server as storage, and the strict layer before it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from altcontact_sandbox.aws.control import PREFIX, Control
from altcontact_sandbox.aws.identity import Identity
from altcontact_sandbox.aws.layer import AwsLayer
from altcontact_sandbox.aws.remote import AwsControl
from altcontact_sandbox.aws.storage import Storage, StorageProcess
from altcontact_sandbox.aws.world import World
from altcontact_sandbox.errors import SandboxError
from altcontact_sandbox.servers import ServerThread, Startable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.applications import Starlette
    from starlette.types import ASGIApp, Receive, Scope, Send


class AwsSandbox(AwsControl, Startable):
    """A local AWS organization on one loopback URL; a context manager.

    moto keeps the contacts, in a process of its own. The organization and its accounts are kept
    by the layer, in a thread of this process: moto's are neither strict nor quick enough.

    Args:
        port: of the URL that clients use; 0 picks a free one.
        number: which organization it is, from 0 to 99: each has an id, account ids and access keys
            of its own, so that a bot can look after several side by side.
    """

    def __init__(self, port: int = 0, number: int = 0) -> None:
        super().__init__()
        self._port = port
        self._identity = Identity(number)
        self._process = StorageProcess()
        self._server: ServerThread | None = None

    @property
    def storage_pid(self) -> int | None:
        """The process id of moto's server while it runs."""
        return self._process.pid

    def start(self) -> None:
        """Start both, and come back when calls are answered; nothing is left from a start before.

        Raises:
            SandboxError: the port is in use, or moto's server did not start.
        """
        self._process.start()
        app = _application(self._process.url, self._identity)
        server = ServerThread(app, self._port, "AWS sandbox", "--aws-port", dates=False)
        try:
            server.start()
        except SandboxError:
            self._process.stop()
            raise
        self._server = server
        self._port = server.port
        self.url = server.url

    def stop(self) -> None:
        """Stop both; does nothing where they do not run."""
        server, self._server = self._server, None
        try:
            if server is not None:
                self.clear_faults()
                server.stop()
        finally:
            self._process.stop()


def _application(storage_url: str, identity: Identity) -> ASGIApp:
    world = World(identity)
    storage = Storage(storage_url)
    layer = AwsLayer(world, storage)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await storage.close()

    control = Control(world, storage).app(lifespan)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        own = scope["type"] != "http" or scope["path"].startswith(f"{PREFIX}/")
        app: ASGIApp = control if own else layer
        await app(scope, receive, send)

    return serve
