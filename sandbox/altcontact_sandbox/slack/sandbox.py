"""Starts and stops the sandbox's Slack."""

from __future__ import annotations

from altcontact_sandbox.servers import ServerThread, Startable
from altcontact_sandbox.slack.app import SlackApp
from altcontact_sandbox.slack.client.client import SlackControl


class SlackSandbox(SlackControl, Startable):
    """A local Slack workspace on one loopback URL; a context manager.

    Args:
        port: of the URL; 0 picks a free one.
    """

    def __init__(self, port: int = 0) -> None:
        super().__init__()
        self._server = ServerThread(
            SlackApp().application(), port, "Slack sandbox", "--slack-port", dates=False
        )

    def start(self) -> None:
        """Start, and come back when calls are answered.

        Raises:
            SandboxError: the port is in use.
        """
        self._server.start()
        self.url = self._server.url

    def stop(self) -> None:
        """Stop."""
        self.hang_up()
        self._server.stop()
