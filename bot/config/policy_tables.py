"""Reads single tables of the policy file, and gathers what is wrong with them, with lines."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from bot.config import policy_parsers as values
from bot.config.toml_file import Problem, in_file, plain
from bot.domain.contacts import ContactType
from bot.domain.policy.match import Match
from bot.domain.policy.policy import FIELDS, Presence, Value
from bot.domain.rule_catalog import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bot.config.toml_file import SettingFile
    from bot.config.toml_positions import Path

_T = TypeVar("_T")

TYPES: Final = {kind.value.lower(): kind for kind in ContactType}
_LISTS: Final = {
    "domains": (values.domain, 'domains = ["corp.example", "*.corp.example"]'),
    "mention": (values.mention, 'mention = ["S045GHIJKL"]'),
}
_TEXTS: Final = {
    "channel": (values.channel, 'channel = "#security-alerts"'),
    "owner_tag": (values.tag, 'owner_tag = "owner"'),
}
_DAYS: Final = ("exemption_days", "verification_days")
KEYS: Final = (*TYPES, "rules", *_LISTS, *_TEXTS, *_DAYS)
"""What a table may give to accounts."""

_KINDS: Final = ("ou", "tag", "name", "account", "organization")
_RULES: Final = {rule.value: rule for rule in SEVERITIES}
_EXPECTED: Final = {
    "name": 'name = "Security team"',
    "title": 'title = "Security"',
    "email": 'email = ["security@corp.example", "@corp.example"]',
    "phone": 'phone = "+44 20 7946 0958"',
}
_MATCH: Final = 'match = { ou = "/Production/**" }'
_MATCHES: Final = {
    "ou": _MATCH,
    "tag": 'match = { tag = { env = "prod" } }',
    "name": 'match = { name = "sandbox-*" }',
    "account": 'match = { account = "111122223333" }',
    "organization": 'match = { organization = "corp" }',
}
_NOT_EXPECTED: Final = {Presence.FORBIDDEN, Presence.IGNORED}


def named(path: Path) -> str:
    """What stands there, for a message: `policy.rules.changed`, `[[policy.override]] 2, match.ou`.

    Places in other lists are told by their lines alone.
    """
    head, rest = "", path
    for array in (("policy", "override"), ("policy", "exclude"), ("aws",)):
        place = path[len(array)] if path[: len(array)] == array and path[len(array) :] else None
        if isinstance(place, int):
            head, rest = f"[[{'.'.join(array)}]] {place + 1}", path[len(array) + 1 :]
    dotted = ".".join(plain(key) for key in rest if isinstance(key, str))
    return ", ".join(filter(None, (head, dotted)))


class Tables:
    """Reads tables of one file; `problems` has all that is wrong with what was read so far.

    Args:
        file: the file.
        settings: the names of settings, which stand above all tables.
    """

    def __init__(self, file: SettingFile, settings: Iterable[str] = ()) -> None:
        self.problems: list[Problem] = []
        self._file = file
        self._settings = frozenset(settings)

    def complain(self, path: Path, what: str, example: str = "") -> None:
        """Add a problem of what stands there."""
        line, key = self._file.lines.of(path), named(path)
        where = in_file(key, self._file.name, line)
        self.problems.append(Problem(where, what, example, example, key=key, line=line))

    def source(self, path: Path) -> str:
        """The table that stands there, and its line: `[[policy.override]] 2 (line 40)`."""
        name = named(path)
        if path in self._file.lines.headers and not name.startswith("["):
            name = f"[{name}]"
        return f"{name} (line {self._file.lines.of(path)})"

    def table(self, path: Path, given: object, keys: Iterable[str]) -> Mapping[str, Any]:
        """A table's content, without keys that it cannot have."""
        allowed = list(keys)
        if not isinstance(given, dict):
            self.complain(path, "is no table")
            return {}
        for key in given:
            if key in self._settings and key not in allowed:
                self.complain((*path, key), "is a setting, and stands above all tables")
            elif key not in allowed:
                there = values.options(key, allowed)
                self.complain((*path, key), f"there is no such key{there}")
        return {key: value for key, value in given.items() if key in allowed}

    def array(
        self, path: Path, given: object, keys: Iterable[str]
    ) -> list[tuple[Path, Mapping[str, Any]]]:
        """Each table of an array with where it stands."""
        if not isinstance(given, list):
            self.complain(path, "needs two pairs of brackets", f"[[{named(path)}]]")
            return []
        allowed = list(keys)
        found = []
        for place, each in enumerate(given):
            table = self.table((*path, place), each, allowed)
            if isinstance(each, dict):
                found.append(((*path, place), table))
        return found

    def value(
        self, path: Path, given: object, parse: Callable[[object], _T], example: str
    ) -> _T | None:
        """One value; None where it is wrong."""
        try:
            return parse(given)
        except ValueError as error:
            self.complain(path, str(error), example)
            return None

    def several(
        self,
        path: Path,
        given: object,
        parse: Callable[[object], str],
        example: str,
        *,
        lifts: bool = False,
    ) -> tuple[str, ...]:
        """A value or several, each once, without those that are wrong.

        Args:
            path: where it stands.
            given: a list, or one of it.
            parse: of one of it.
            example: what would be right.
            lifts: whether it may be empty, and so take away what another table gives.
        """
        if given in ("", []):
            if not lifts:
                self.complain(path, "is empty", example)
            return ()
        if not isinstance(given, list):
            found = [self.value(path, given, parse, example)]
        else:
            found = [
                self.value((*path, place), each, parse, example) for place, each in enumerate(given)
            ]
        return tuple(dict.fromkeys(each for each in found if each is not None))

    def match(
        self, path: Path, table: Mapping[str, Any], organizations: Iterable[str]
    ) -> Match | None:
        """Which accounts a table is for; None where that is wrong."""
        before = len(self.problems)
        path = (*path, "match")
        given = table.get("match", {})
        if given == {}:
            self.complain(path, "says for no account that the table is for it", _MATCH)
            return None
        kinds = self.table(path, given, _KINDS)

        def each(kind: str, parse: Callable[[object], str]) -> tuple[str, ...]:
            if kind not in kinds:
                return ()
            return self.several((*path, kind), kinds[kind], parse, _MATCHES[kind])

        known = list(organizations)

        def organization(value: object) -> str:
            name = values.text(value)
            if name not in known:
                there = values.options(name, known) if known else ""
                raise ValueError(f"no [[aws]] table has the name {values.quoted(name)}{there}")
            return name

        match = Match(
            accounts=each("account", values.account),
            names=each("name", values.text),
            tags=self._tags((*path, "tag"), kinds["tag"]) if "tag" in kinds else (),
            units=each("ou", values.unit),
            organizations=each("organization", organization),
        )
        return match if len(self.problems) == before else None

    def given(self, path: Path, table: Mapping[str, Any], *, lifts: bool) -> dict[str, Value]:
        """What a table gives to accounts, by dotted keys.

        Args:
            path: where the table stands.
            table: its content.
            lifts: whether a list or a text of it may be empty, since other tables give way to it.
        """
        found: dict[str, Value] = {}
        for name in TYPES:
            if name in table:
                found |= self.contact((*path, name), table[name], lifts=lifts)
        if "rules" in table:
            found |= self.rules((*path, "rules"), table["rules"])
        for key in [key for key in table if key in _LISTS]:
            found[key] = self.several((*path, key), table[key], *_LISTS[key], lifts=lifts)
        for key in [key for key in table if key in _TEXTS]:
            lifted = lifts and table[key] == ""
            found[key] = "" if lifted else self.value((*path, key), table[key], *_TEXTS[key])
        for key in [key for key in table if key in _DAYS]:
            found[key] = self.value((*path, key), table[key], values.days, f"{key} = 90")
        return found

    def contact(self, path: Path, given: object, *, lifts: bool) -> dict[str, Value]:
        """What a table gives for one type: its presence alone, or a table of it and the fields."""
        name = path[-1]
        example = f'{name} = "required"'
        if not isinstance(given, dict):
            return {f"{name}.presence": self.value(path, given, values.presence, example)}
        table = self.table(path, given, ("presence", *FIELDS))
        found: dict[str, Value] = {}
        presence = None
        if "presence" in table:
            where, example = (*path, "presence"), 'presence = "required"'
            presence = self.value(where, table["presence"], values.presence, example)
            found[f"{name}.presence"] = presence
        for field in FIELDS:
            if field not in table:
                continue
            where = (*path, field)
            found[f"{name}.{field}"] = self.several(
                where,
                table[field],
                partial(values.expected, field),
                _EXPECTED[field],
                lifts=lifts,
            )
            if presence in _NOT_EXPECTED:
                self.complain(where, f"is expected of a contact that is {presence} here")
        return found

    def rules(self, path: Path, given: object) -> dict[str, Value]:
        """Which rules a table switches on and off, and their severities."""
        return {
            f"rules.{name}": self.value(
                (*path, name),
                value,
                partial(values.severity, _RULES[name]),
                f'{name} = "on"',
            )
            for name, value in self.table(path, given, _RULES).items()
        }

    def _tags(self, path: Path, given: object) -> tuple[tuple[str, str], ...]:
        if not isinstance(given, dict) or not given:
            self.complain(path, "needs a key and a value", _MATCHES["tag"])
            return ()
        found = []
        for key, value in given.items():
            where, example = (*path, key), _MATCHES["tag"]
            parsed = self.value(where, key, values.tag, example)
            held = self.value(where, value, values.text, example)
            if parsed is not None and held is not None:
                found.append((parsed, held))
        return tuple(found)
