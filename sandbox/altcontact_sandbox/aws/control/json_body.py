"""Reads what the control interface is sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.requests import Request


async def json_object(request: Request) -> dict[str, Any]:
    """The body as a JSON object; an absent one is empty.

    Raises:
        ValueError: it is no JSON.
        TypeError: it is, but no object.
    """
    given = json.loads(await request.body() or b"{}")
    if not isinstance(given, dict):
        raise TypeError("The body is JSON, but no object.")
    return given
