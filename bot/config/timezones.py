"""The names of time zones, and suggestions for misspelled ones."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Final

_CUTOFF: Final = 0.8
"""How similar a name must be to be suggested (difflib's ratio)."""

_LEAST: Final = 5
"""Shortest name, in letters, to compare: `CEST` doesn't mean `EST`."""


@cache
def names() -> frozenset[str]:
    """Every zone of the IANA database, as tzdata lists them, except the placeholder `Factory`.

    The machine's own folder contains more than zones: `localtime` and `posixrules` are links, and
    `right/` and `posix/` repeat every zone with and without leap seconds.
    """
    listed = files("tzdata").joinpath("zones").read_text(encoding="utf-8")
    return frozenset(listed.split()) - {"Factory"}


def closest(name: str) -> str:
    """The zone that was most likely meant, by city or despite a typo; empty if none.

    `Berlin` gives `Europe/Berlin`, `new york` `America/New_York`, `europe/belrin` `Europe/Berlin`.
    """
    wanted = "_".join(name.lower().split())
    # For a city that is listed twice, the shorter name wins: `America/Indianapolis`.
    by_name = {zone.lower(): zone for zone in names()}
    by_city: dict[str, str] = {}
    for zone in sorted(names(), key=lambda zone: (-len(zone), zone)):
        # `Etc/GMT+1` is an hour behind Greenwich, but people who write GMT+1 mean ahead.
        if not zone.startswith("Etc/"):
            by_city[zone.lower().rpartition("/")[2]] = zone
    for known in (by_name, by_city):
        if wanted in known:
            return known[wanted]
    tail = wanted.rpartition("/")[2]
    if tail in by_city:
        return by_city[tail]
    if len(wanted) < _LEAST or not wanted.replace("_", "").replace("/", "").isalpha():
        return ""
    for known in (by_name, by_city):
        if found := get_close_matches(wanted, known, n=1, cutoff=_CUTOFF):
            return known[found[0]]
    return ""
