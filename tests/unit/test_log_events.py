"""The catalogue of log events in the docs, against the code."""

from __future__ import annotations

import re

from tests.unit.log_events import BOT, events

_PAGE = BOT.parent / "docs/logs.md"
_ORDER = ("debug", "info", "warning", "error")


def catalogue() -> dict[str, tuple[str, str]]:
    """The (levels, values) of each event of the page, by the event."""
    text = _PAGE.read_text(encoding="utf-8").partition("## Events")[2]
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    rows = [[cell.strip() for cell in line[1:-1].split("|")] for line in lines]
    assert all(len(row) == 4 and row[3] for row in rows), "each event has four cells, and a meaning"
    names = [row[0].strip("`") for row in rows]
    assert len(set(names)) == len(names), "each event is there once"
    return {name: (row[1], row[2]) for name, row in zip(names, rows, strict=True)}


def test_the_catalogue_has_every_event_of_the_code_and_no_other() -> None:
    """With its levels, and the values that its lines have: what people search for is there."""
    coded = {
        name: (
            ", ".join(level for level in _ORDER if level in event.levels),
            ", ".join(f"`{value}`" for value in sorted(event.values)),
        )
        for name, event in events().items()
    }
    missing = [
        f"| `{name}` | {coded[name][0]} | {coded[name][1]} | … |"
        for name in sorted(coded.keys() - catalogue().keys())
    ]
    assert not missing, "add to docs/logs.md, with its meaning:\n" + "\n".join(missing)
    assert catalogue() == coded


def test_the_collector_sees_every_logger_of_the_code() -> None:
    """Another name than `_log` or `log` would hide its events from the catalogue."""
    loggers = [
        match
        for path in BOT.rglob("*.py")
        for match in re.findall(
            r"(\S+) = (?:structlog\.get_logger|_log\.bind)", path.read_text(encoding="utf-8")
        )
    ]
    assert loggers
    assert set(loggers) == {"_log", "log"}
