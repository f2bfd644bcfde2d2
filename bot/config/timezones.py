"""The names of time zones, and which one a person may have meant."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Final

_CUTOFF: Final = 0.8
"""How alike two names must be for one to be suggested for the other (difflib's ratio)."""

_LEAST: Final = 5
"""Letters from which on names are compared: `CEST` is not meant for `EST`."""


@cache
def names() -> frozenset[str]:
    """Every zone of the IANA database, as tzdata lists them; `Factory` stands for none.

    The folder of the machine holds more than zones: `localtime` and `posixrules` are links to one,
    and under `right/` and `posix/` each is once more, with and without leap seconds.
    """
    listed = files("tzdata").joinpath("zones").read_text(encoding="utf-8")
    return frozenset(listed.split()) - {"Factory"}


def closest(name: str) -> str:
    """The zone that is most likely meant: by its city alone, or a letter off; empty for none.

    `Berlin` is `Europe/Berlin`, `new york` is `America/New_York`, `europe/belrin` is found too.
    """
    wanted = "_".join(name.lower().split())
    # A city that is in the list twice is named by the shorter: `America/Indianapolis`.
    by_name = {zone.lower(): zone for zone in names()}
    by_city: dict[str, str] = {}
    for zone in sorted(names(), key=lambda zone: (-len(zone), zone)):
        # `Etc/GMT+1` is an hour behind Greenwich, where people who write GMT+1 mean ahead.
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
