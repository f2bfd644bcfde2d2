"""A stand-in for both of the sandbox's servers, whose every answer the test sets; and a page."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import TYPE_CHECKING, Any, Self

import httpx
from altcontact_sandbox.servers import ServerThread
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

PATIENCE = 60.0

CONTACT = {
    "Name": "Ida Lys",
    "Title": "Deputy",
    "EmailAddress": "ida@example.com",
    "PhoneNumber": "+442079460958",
}


def message(number: int, text: str = "hello") -> dict[str, Any]:
    """A message."""
    return {"id": f"C1/{number}", "text": text}


def account(number: int, contact: dict[str, str] | None = None) -> dict[str, Any]:
    """An account."""
    return {
        "id": str(number),
        "name": f"account {number}",
        "email": f"root{number}@example.com",
        "contacts": {"SECURITY": contact},
    }


def entry(number: int, text: str = "hello", name: str = "chat.postMessage") -> dict[str, Any]:
    """An entry of the wire."""
    sent = {"text": text}
    return {"number": number, "kind": "web_api", "name": name, "sent": sent, "answered": {}}


class FakeServer:
    """One of the two servers: gives what is set, and answers at once where there is news.

    A long-poll without news is answered after a moment, so that the next one sees what was set.
    """

    def __init__(self, **seen: Any) -> None:  # noqa: ANN401 - what a snapshot holds
        self.seen: dict[str, Any] = {"changes": 1, **seen}
        self.entries: list[dict[str, Any]] = []
        self.calls: list[tuple[str, str, str, bytes]] = []
        self.held = threading.Event()
        paths = ["state", "world"]
        self._server = ServerThread(
            Starlette(
                routes=[
                    *(Route(f"/_sandbox/{path}", self._snapshot) for path in paths),
                    Route("/_sandbox/wire", self._wire),
                    Route("/_sandbox/hang", self._hang),
                    Route("/_sandbox/{path:path}", self._other, methods=["GET", "PUT", "DELETE"]),
                ]
            )
        )

    @property
    def url(self) -> str:
        """Where it is."""
        return self._server.url

    def show(self, **seen: Any) -> None:  # noqa: ANN401 - the same
        """Set what is seen from now on."""
        self.seen = {**self.seen, **seen, "changes": self.seen["changes"] + 1}

    def start(self) -> Self:
        """Start."""
        self._server.start()
        return self

    def stop(self) -> None:
        """Stop."""
        self._server.stop()

    async def _snapshot(self, _request: Request) -> Response:
        return JSONResponse(self.seen)

    async def _wire(self, request: Request) -> Response:
        since = int(request.query_params["since"])
        last = self.entries[-1]["number"] if self.entries else 0
        since = 0 if since > last else since
        new = [each for each in self.entries if each["number"] > since]
        return JSONResponse({"last": last, "entries": new})

    async def _hang(self, _request: Request) -> Response:
        self.held.set()
        await asyncio.Event().wait()
        return Response()

    async def _other(self, request: Request) -> Response:
        path = request.path_params["path"]
        self.calls.append((request.method, path, request.url.query, await request.body()))
        if request.method == "DELETE":
            return Response(status_code=204)
        if path.startswith("files/"):
            headers = {"Content-Disposition": 'attachment; filename="a.csv"'}
            return Response("a,b", media_type="text/csv", headers=headers)
        return JSONResponse({"error": "no", "remedy": "do"}, 400)


def events(url: str) -> Iterator[tuple[str, Any]]:
    """The page's events as they come: (name, data)."""
    with httpx.stream("GET", f"{url}/control/events", timeout=PATIENCE) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        name = ""
        for line in answer.iter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                yield name, json.loads(line.removeprefix("data: "))
