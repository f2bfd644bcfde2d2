"""The thread that runs one of the sandbox's web servers."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx
import pytest
from altcontact_sandbox.errors import SandboxError
from altcontact_sandbox.servers import ServerThread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.sync.client import connect


async def _hello(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


async def _echo(socket: WebSocket) -> None:
    await socket.accept()
    async for text in socket.iter_text():
        await socket.send_text(text)


@pytest.fixture
def server() -> Iterator[ServerThread]:
    """A running server that says hello and echoes."""
    app = Starlette(routes=[Route("/", _hello), WebSocketRoute("/echo", _echo)])
    thread = ServerThread(app, name="test server")
    thread.start()
    yield thread
    thread.stop()


def test_http_and_websocket_are_served_on_one_port(server: ServerThread) -> None:
    """A started server answers HTTP and WebSocket at its URL."""
    assert httpx.get(server.url).text == "hello"
    with connect(f"{server.url.replace('http', 'ws')}/echo") as socket:
        socket.send("again")
        assert socket.recv() == "again"


def test_a_port_in_use_is_named(server: ServerThread) -> None:
    """A second server on a port that is taken fails with the port in its message."""
    second = ServerThread(Starlette(), port=server.port, name="Slack server")
    with pytest.raises(SandboxError, match=f"Port {server.port} is in use, so the Slack server"):
        second.start()


def test_the_option_for_another_port_is_named(server: ServerThread) -> None:
    """Where a server's port is chosen by an option, the error names it."""
    second = ServerThread(Starlette(), server.port, "sandbox page", "--port")
    with pytest.raises(SandboxError) as caught:
        second.start()
    assert (
        caught.value.remedy == "Stop the program that uses it, or choose another port with --port."
    )


def test_a_port_that_may_not_be_had_is_named() -> None:
    """A port outside of what the machine has is refused plainly, not with a traceback."""
    with pytest.raises(SandboxError, match="cannot listen on port 70000"):
        ServerThread(Starlette(), port=70000).start()


def test_a_server_started_again_keeps_its_port(server: ServerThread) -> None:
    """Stopped and started again, a server is found at the same URL, and stopping twice is well."""
    url = server.url
    server.stop()
    server.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)
    server.start()
    assert httpx.get(url).text == "hello"


def test_a_server_is_started_once(server: ServerThread) -> None:
    """Starting a server that runs is refused."""
    with pytest.raises(SandboxError, match="is already running"):
        server.start()


def test_an_app_that_does_not_start_is_said() -> None:
    """An app whose start fails ends in a plain error rather than in a wait."""

    @asynccontextmanager
    async def broken(app: Starlette) -> AsyncIterator[None]:
        yield app.state.never_set

    with pytest.raises(SandboxError, match="did not start"):
        ServerThread(Starlette(lifespan=broken)).start()
