"""Starts and stops the sandbox's AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altcontact_sandbox.aws.app import AwsApp
from altcontact_sandbox.aws.client.client import AwsControl
from altcontact_sandbox.aws.control.routes import PREFIX, Control
from altcontact_sandbox.aws.organizations.identity import Identity
from altcontact_sandbox.aws.state.simulated_aws import SimulatedAws
from altcontact_sandbox.servers import ServerThread, Startable

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


class AwsSandbox(AwsControl, Startable):
    """A local AWS organization on one loopback URL; a context manager.

    It is kept in memory, and served by a thread of this process.

    Args:
        port: of the URL that clients use; 0 picks a free one.
        number: which organization it is, from 0 to 99: each has an id, account ids and access keys
            of its own, so that a bot can check several at once.
    """

    def __init__(self, port: int = 0, number: int = 0) -> None:
        super().__init__()
        self._port = port
        self._identity = Identity(number)
        self._server: ServerThread | None = None

    def start(self) -> None:
        """Start it, and come back when calls are answered; nothing is left from a start before.

        Raises:
            SandboxError: the port is in use.
        """
        app = _application(self._identity)
        server = ServerThread(app, self._port, "AWS sandbox", "--aws-port", dates=False)
        server.start()
        self._server = server
        self._port = server.port
        self.url = server.url

    def stop(self) -> None:
        """Stop it; does nothing where it does not run."""
        server, self._server = self._server, None
        if server is not None:
            self.clear_faults()
            server.stop()


def _application(identity: Identity) -> ASGIApp:
    aws = SimulatedAws(identity)
    layer = AwsApp(aws)
    control = Control(aws).app()

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        own = scope["type"] != "http" or scope["path"].startswith(f"{PREFIX}/")
        app: ASGIApp = control if own else layer
        await app(scope, receive, send)

    return serve
