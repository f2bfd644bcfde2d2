"""`/healthz` and `/readyz`: short JSON for orchestrators and load balancers."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING

from bot.http.server import allowing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from bot.domain.health import Problem


def health_app(problems: Callable[[], Sequence[Problem]]) -> WSGIApplication:
    """Answers 200 if there are no problems, or 503 with them.

    Args:
        problems: finds them; it must be quick, and must not fail.
    """

    def answer(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        found = problems()
        status = HTTPStatus.SERVICE_UNAVAILABLE if found else HTTPStatus.OK
        body = json.dumps(
            {
                "status": "failing" if found else "ok",
                "problems": [
                    {"reason": problem.reason.value, "detail": problem.detail} for problem in found
                ],
            },
            ensure_ascii=False,
        )
        content = f"{body}\n".encode()
        headers = [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(content))),
            ("Cache-Control", "no-store"),
        ]
        start_response(f"{status.value} {status.phrase}", headers)
        return [content]

    return allowing(["GET"], answer)
