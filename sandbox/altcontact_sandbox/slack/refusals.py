"""How a Web API method says no, and the log of what was refused."""

from __future__ import annotations

import time
from typing import Any, Final

_FLOW_CONTROL: Final = "ratelimited"
"""A request to wait is nothing that the app did wrong."""


class Refusal(Exception):
    """Slack says no: `code` is its word for why, `more` what else it answers.

    One that comes of what a person did in the meantime is `harmless`.
    """

    def __init__(self, code: str, *, harmless: bool = False, **more: Any) -> None:  # noqa: ANN401 - JSON
        super().__init__(code)
        self.code = code
        self.harmless = harmless
        self.more = more


class Refusals:
    """What was refused on one day, in order."""

    def __init__(self) -> None:
        self.log: list[dict[str, Any]] = []

    def add(self, method: str, error: str, **more: Any) -> None:  # noqa: ANN401 - JSON
        """Keep one.

        Args:
            method: of the Web API, or what else was refused.
            error: Slack's word for why.
            more: what else was answered; `why` is a list of sentences.
        """
        number = len(self.log) + 1
        told = {"number": number, "at": time.time(), "method": method, "error": error, **more}
        self.log.append(told)

    def shown(self) -> list[dict[str, Any]]:
        """Those that a person who develops the app should see, each with `why` in sentences."""
        return [
            {**{member: one[member] for member in ("number", "at", "method", "error")}, "why": why}
            for one in self.log
            if one["error"] != _FLOW_CONTROL and not one.get("harmless")
            for why in [_why(one)]
        ]


def _why(refused: dict[str, Any]) -> list[str]:
    if "needed" in refused:
        return [f"The scope {refused['needed']} is needed; given: {refused['provided']}."]
    messages = refused.get("response_metadata", {}).get("messages", [])
    return [str(why) for why in refused.get("why", messages)]
