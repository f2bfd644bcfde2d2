"""Parses the settings of the log. Each function raises ValueError, as in `setting_parsers`."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Final

from bot.config.setting_parsers import Rejected, quoted, text

FORMATS: Final = ("console", "json")
LEVELS: Final = ("debug", "info", "warning", "error")
"""The levels of log lines, the lowest first."""

_ELSEWHERE: Final = {"trace": "debug", "notice": "info", "critical": "error", "fatal": "error"}
"""What other programs call a level, and the one that comes next to it here."""


def log_format(value: object) -> str:
    """`console` or `json`."""
    name = text(value).lower()
    if name not in FORMATS:
        message = f"{quoted(value)} is neither console nor json"
        raise Rejected(message, _closest(name, FORMATS), name)
    return name


def log_level(value: object) -> str:
    """`debug`, `info`, `warning` or `error`."""
    name = text(value).lower()
    if name not in LEVELS:
        message = f"{quoted(value)} is not one of {', '.join(LEVELS)}"
        raise Rejected(message, _ELSEWHERE.get(name) or _closest(name, LEVELS), name)
    return name


def _closest(word: str, among: tuple[str, ...]) -> str:
    return next(iter(get_close_matches(word, among, n=1)), "")
