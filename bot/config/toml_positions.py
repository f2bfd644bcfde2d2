"""Finds the line of each table, key and list item of a TOML file, which tomllib does not keep.

It scans the text after tomllib has parsed it, so the text is valid TOML and needs no error
handling. (tomlkit keeps lines, but reorders arrays of tables that alternate with each other.)
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

Path: TypeAlias = tuple[str | int, ...]
"""Keys and list indices: `("policy", "override", 1, "match", "ou")`."""

_BLANK: Final = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SPACE: Final = re.compile(r"[ \t]*")
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_OTHER: Final = re.compile(r"[^,\]}#\r\n]+")
"""A number, a Boolean, a date."""

_TEXTS: Final = tuple(
    re.compile(pattern, re.DOTALL)
    for pattern in (
        # Up to two quotation marks may come right before the closing three.
        r'"""(?:\\.|(?!""").)*"{3,5}',
        r"'''(?:(?!''').)*'{3,5}",
        r'"(?:\\.|[^"\\])*"',
        r"'[^']*'",
    )
)


class Lines:
    """The lines of everything in a TOML text.

    `headers` has the tables with a header in brackets, each with its line, from top to bottom.

    Args:
        text: valid TOML.

    Raises:
        RecursionError: lists or tables are nested too deeply.
    """

    def __init__(self, text: str) -> None:
        self.headers: dict[Path, int] = {}
        self._text = text
        self._at = 0
        self._breaks = [index for index, character in enumerate(text) if character == "\n"]
        self._lines: dict[Path, int] = {(): 1}
        self._counts: dict[Path, int] = {}
        self._read()

    def line_of(self, path: Path) -> int:
        """The line of this location, or of the nearest table around it."""
        while path not in self._lines:
            path = path[:-1]
        return self._lines[path]

    def _read(self) -> None:
        table: Path = ()
        while self._skip(_BLANK) < len(self._text):
            if self._taken("[["):
                table = self._header(array=True)
            elif self._taken("["):
                table = self._header(array=False)
            else:
                self._pair(table)

    def _header(self, *, array: bool) -> Path:
        line = self._line()
        path: Path = ()
        keys = list(self._keys())
        for index, key in enumerate(keys, 1):
            path = self._passed((*path, key), line)
            if array and index == len(keys):
                self._counts[path] = self._counts.get(path, 0) + 1
            if path in self._counts:
                path = (*path, self._counts[path] - 1)
        self._at += 2 if array else 1
        self._lines[path] = self.headers[path] = line
        return path

    def _pair(self, table: Path) -> None:
        line = self._line()
        path = table
        for key in self._keys():
            path = self._passed((*path, key), line)
        self._lines[path] = line
        self._at += 1  # the equals sign
        self._skip(_SPACE)
        self._value(path)

    def _value(self, path: Path) -> None:
        if self._taken("["):
            for index in self._until("]"):
                item = (*path, index)
                self._lines[item] = self._line()
                self._value(item)
        elif self._taken("{"):
            for _ in self._until("}"):
                self._pair(path)
        elif not self._text_value():
            self._skip(_OTHER)

    def _until(self, end: str) -> Iterator[int]:
        """Count the items between commas, up to the closing bracket."""
        index = 0
        self._skip(_BLANK)
        while not self._taken(end):
            yield index
            index += 1
            self._skip(_BLANK)
            self._taken(",")
            self._skip(_BLANK)

    def _keys(self) -> Iterator[str]:
        """The parts of a dotted key, without what follows it."""
        while True:
            self._skip(_SPACE)
            began = self._at
            if self._text_value():
                quoted: str = tomllib.loads(f"key = {self._text[began : self._at]}")["key"]
                yield quoted
            else:
                self._skip(_BARE_KEY)
                yield self._text[began : self._at]
            self._skip(_SPACE)
            if not self._taken("."):
                return

    def _text_value(self) -> bool:
        for pattern in _TEXTS:
            if match := pattern.match(self._text, self._at):
                self._at = match.end()
                return True
        return False

    def _passed(self, path: Path, line: int) -> Path:
        self._lines.setdefault(path, line)
        return path

    def _skip(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self._text, self._at)
        if match:
            self._at = match.end()
        return self._at

    def _taken(self, mark: str) -> bool:
        if self._text.startswith(mark, self._at):
            self._at += len(mark)
            return True
        return False

    def _line(self) -> int:
        return bisect_right(self._breaks, self._at - 1) + 1
