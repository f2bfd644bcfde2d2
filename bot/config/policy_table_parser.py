"""Parses single sections of the policy file and collects their problems with line numbers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from bot.config import policy_parsers as parse
from bot.config.policy_keys import (
    DAYS,
    EXPECTED,
    LISTS,
    MATCH_EXAMPLE,
    MATCH_KEYS,
    PEOPLE,
    RULES,
    SINGLE,
    TEXTS,
    TYPES,
)
from bot.config.toml_file import in_file, plain
from bot.domain.contacts import FIELDS
from bot.domain.errors import SettingProblem
from bot.domain.policy.account_policy import Presence, Value
from bot.domain.policy.match import Match

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bot.config.toml_file import SettingFile
    from bot.config.toml_positions import Path

_T = TypeVar("_T")

_NOT_EXPECTED: Final = {Presence.FORBIDDEN, Presence.IGNORED}


def named(path: Path) -> str:
    """A location for a message: `policy.rules.changed`, `[[policy.override]] 2, match.ou`.

    Indices in other lists are omitted: the line number identifies the item.
    """
    head, rest = "", path
    for array in (("policy", "override"), ("policy", "exclude"), ("aws",)):
        index = path[len(array)] if path[: len(array)] == array and path[len(array) :] else None
        if isinstance(index, int):
            head, rest = f"[[{'.'.join(array)}]] {index + 1}", path[len(array) + 1 :]
    dotted = ".".join(plain(key) for key in rest if isinstance(key, str))
    return ", ".join(filter(None, (head, dotted)))


class TableParser:
    """Parses the sections of one file; `problems` collects what is wrong with them.

    Args:
        file: the file.
        settings: the names of settings, which belong above all sections.
    """

    def __init__(self, file: SettingFile, settings: Iterable[str] = ()) -> None:
        self.problems: list[SettingProblem] = []
        self._file = file
        self._settings = frozenset(settings)

    def report(self, path: Path, what: str, example: str = "") -> None:
        """Add a problem at this location."""
        line, key = self._file.lines.line_of(path), named(path)
        where = in_file(key, self._file.name, line)
        self.problems.append(SettingProblem(where, what, example, example, key=key, line=line))

    def source(self, path: Path) -> str:
        """The section at this location, and its line: `[[policy.override]] 2 (line 40)`."""
        name = named(path)
        if path in self._file.lines.headers and not name.startswith("["):
            name = f"[{name}]"
        return f"{name} (line {self._file.lines.line_of(path)})"

    def table(self, path: Path, content: object, keys: Iterable[str]) -> Mapping[str, Any]:
        """A section's content without unknown keys."""
        allowed = list(keys)
        if not isinstance(content, dict):
            self.report(path, "is not a TOML table")
            return {}
        for key in content:
            if key in self._settings and key not in allowed:
                self.report((*path, key), "is a setting: move it above the first section")
            elif key not in allowed:
                hint = parse.suggestions(key, allowed)
                self.report((*path, key), f"unknown key{hint}")
        return {key: value for key, value in content.items() if key in allowed}

    def array(
        self, path: Path, content: object, keys: Iterable[str]
    ) -> list[tuple[Path, Mapping[str, Any]]]:
        """Each section of an array with its location."""
        if not isinstance(content, list):
            self.report(path, "needs double brackets", f"[[{named(path)}]]")
            return []
        allowed = list(keys)
        tables = []
        for index, item in enumerate(content):
            table = self.table((*path, index), item, allowed)
            if isinstance(item, dict):
                tables.append(((*path, index), table))
        return tables

    def value(
        self, path: Path, value: object, parser: Callable[[object], _T], example: str
    ) -> _T | None:
        """One value; None if it is invalid."""
        try:
            return parser(value)
        except ValueError as error:
            self.report(path, str(error), example)
            return None

    def list_of(
        self,
        path: Path,
        value: object,
        parser: Callable[[object], str],
        example: str,
        *,
        may_be_empty: bool = False,
    ) -> tuple[str, ...]:
        """A value or a list of values, without duplicates and invalid ones.

        Args:
            path: the location.
            value: a list, or one of its items.
            parser: parses one item.
            example: a valid value.
            may_be_empty: whether it may be empty to remove what another section sets.
        """
        if value in ("", []):
            if not may_be_empty:
                self.report(path, "is empty", example)
            return ()
        if not isinstance(value, list):
            items = [self.value(path, value, parser, example)]
        else:
            items = [
                self.value((*path, index), item, parser, example)
                for index, item in enumerate(value)
            ]
        return tuple(dict.fromkeys(item for item in items if item is not None))

    def match(
        self, path: Path, table: Mapping[str, Any], organizations: Iterable[str]
    ) -> Match | None:
        """The accounts that a section applies to; None if the match is invalid."""
        before = len(self.problems)
        path = (*path, "match")
        content = table.get("match", {})
        if content == {}:
            self.report(path, "doesn't say which accounts this section applies to", MATCH_EXAMPLE)
            return None
        criteria = self.table(path, content, MATCH_KEYS)
        known = list(organizations)

        def values(key: str, parser: Callable[[object], str]) -> tuple[str, ...]:
            if key not in criteria:
                return ()
            return self.list_of((*path, key), criteria[key], parser, MATCH_KEYS[key])

        def organization(value: object) -> str:
            name = parse.text(value)
            if name not in known:
                hint = parse.suggestions(name, known) if known else ""
                raise ValueError(f"no [[aws]] section is named {parse.quoted(name)}{hint}")
            return name

        match = Match(
            accounts=values("account", parse.account),
            names=values("name", parse.text),
            tags=self._tags((*path, "tag"), criteria["tag"]) if "tag" in criteria else (),
            units=values("ou", parse.unit),
            organizations=values("organization", organization),
        )
        return match if len(self.problems) == before else None

    def values(
        self, path: Path, table: Mapping[str, Any], *, may_be_empty: bool
    ) -> dict[str, Value]:
        """The values that a section sets for accounts, by dotted keys.

        Args:
            path: the location of the section.
            table: its content.
            may_be_empty: whether a list or a text may be empty to remove what another section
                sets.
        """
        values: dict[str, Value] = {}
        for name in TYPES:
            if name in table:
                values |= self.contact((*path, name), table[name], may_be_empty=may_be_empty)
        if "rules" in table:
            values |= self.rules((*path, "rules"), table["rules"])
        for key in [key for key in table if key in LISTS]:
            values[key] = self.list_of(
                (*path, key), table[key], *LISTS[key], may_be_empty=may_be_empty
            )
        for key in [key for key in table if key in TEXTS]:
            is_removed = may_be_empty and table[key] == ""
            values[key] = "" if is_removed else self.value((*path, key), table[key], *TEXTS[key])
        for key in [key for key in table if key in DAYS]:
            values[key] = self.value((*path, key), table[key], parse.days, f"{key} = 90")
        for key in [key for key in table if key in PEOPLE]:
            # No approvers at all would leave every request waiting.
            people = self.list_of(
                (*path, key), table[key], *PEOPLE[key], may_be_empty=key == "fixers"
            )
            if parse.EVERYONE in people and len(people) > 1:
                what = "* means everyone and can't be combined with ids"
                self.report((*path, key), what, PEOPLE[key][1])
            values[key] = people
        for key in [key for key in table if key in SINGLE]:
            values[key] = self.value((*path, key), table[key], *SINGLE[key])
        return values

    def contact(self, path: Path, content: object, *, may_be_empty: bool) -> dict[str, Value]:
        """The values for one type: only its presence, or a table of presence and fields."""
        name = path[-1]
        example = f'{name} = "required"'
        if not isinstance(content, dict):
            return {f"{name}.presence": self.value(path, content, parse.presence, example)}
        table = self.table(path, content, ("presence", *FIELDS))
        values: dict[str, Value] = {}
        presence = None
        if "presence" in table:
            location, example = (*path, "presence"), 'presence = "required"'
            presence = self.value(location, table["presence"], parse.presence, example)
            values[f"{name}.presence"] = presence
        for field in FIELDS:
            if field not in table:
                continue
            location = (*path, field)
            values[f"{name}.{field}"] = self.list_of(
                location,
                table[field],
                partial(parse.expected, field),
                EXPECTED[field],
                may_be_empty=may_be_empty,
            )
            if presence in _NOT_EXPECTED:
                self.report(location, f"can't be expected: the contact is {presence} here")
        return values

    def rules(self, path: Path, content: object) -> dict[str, Value]:
        """The rules that a section turns on or off, and their severities."""
        return {
            f"rules.{name}": self.value(
                (*path, name),
                value,
                partial(parse.severity, RULES[name]),
                f'{name} = "on"',
            )
            for name, value in self.table(path, content, RULES).items()
        }

    def _tags(self, path: Path, content: object) -> tuple[tuple[str, str], ...]:
        example = MATCH_KEYS["tag"]
        if not isinstance(content, dict) or not content:
            self.report(path, "needs a key and a value", example)
            return ()
        tags = []
        for key, value in content.items():
            location = (*path, key)
            tag = self.value(location, key, parse.tag, example)
            glob = self.value(location, value, parse.text, example)
            if tag is not None and glob is not None:
                tags.append((tag, glob))
        return tuple(tags)
