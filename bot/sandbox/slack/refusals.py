"""How a Web API method says no."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """Slack says no: `code` is its word for why, `more` what else it answers."""

    def __init__(self, code: str, **more: Any) -> None:  # noqa: ANN401 - JSON
        super().__init__(code)
        self.code = code
        self.more = more
