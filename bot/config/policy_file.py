"""Reads the policy and the AWS targets of the TOML file, with all that is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bot.config import policy_parsers as values
from bot.config.policy_tables import KEYS, TYPES, Tables
from bot.domain.policy.match import EVERY
from bot.domain.policy.policy import FIELDS, Policy, PolicyTable
from bot.domain.rule_catalog import SEVERITIES, Rule
from bot.domain.scope import AwsTarget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bot.config.toml_file import Problem, SettingFile
    from bot.config.toml_positions import Path
    from bot.domain.contacts import ContactType
    from bot.domain.policy.match import Match

TABLES: Final = ("policy", "aws")
"""What of the file is read here."""

_POLICY: Final[Path] = ("policy",)
_OVERRIDE: Final[Path] = ("policy", "override")
_EXCLUDE: Final[Path] = ("policy", "exclude")
_AWS: Final[Path] = ("aws",)
_DOMAINS_OF: Final = "domains of "
_FOREIGN_DOMAIN: Final = f"rules.{Rule.FOREIGN_DOMAIN}"
_TARGET: Final[dict[str, tuple[Callable[[object], object], str]]] = {
    "name": (values.organization, 'name = "corp"'),
    "profile": (values.text, 'profile = "corp"'),
    "role": (values.role, 'role = "arn:aws:iam::111122223333:role/altcontact"'),
    "external_id": (values.external_id, 'external_id = "altcontact-7f3a"'),
    "scope": (values.scope, 'scope = "organization"'),
}


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """What the file says; not to be used where there are `problems`.

    `tables` is how many tables of policy it has.
    """

    policy: Policy
    targets: tuple[AwsTarget, ...]
    tables: int
    problems: tuple[Problem, ...]


def read(
    file: SettingFile, types: Iterable[ContactType], settings: Iterable[str] = ()
) -> PolicyFile:
    """Read `[policy]`, `[[policy.override]]`, `[[policy.exclude]]` and `[[aws]]`.

    Args:
        file: the whole file.
        types: the contact types that the settings require.
        settings: the names of settings, which stand above all tables.
    """
    tables = Tables(file, settings)
    found = _targets(tables, file.content.get("aws", []))
    reader = _Reader(tables, file, [target.name for target in found])
    layers = reader.layers(file.content.get("policy", {}))
    policy = Policy.requiring(types, layers=(*_domains_switch_on(layers), *layers))
    # What tables are to each other is told once each is right by itself.
    if not tables.problems:
        reader.complain_of_beaten()
        reader.complain_of_unseen(policy)
    problems = tuple(sorted(tables.problems, key=lambda problem: problem.line))
    return PolicyFile(policy, found, len(layers), problems)


def count(policy: Policy) -> int:
    """How many tables of the file a policy is made of."""
    given = len(Policy.requiring().layers)
    layers = policy.layers[given:]
    return sum(1 for layer in layers if not layer.source.startswith(_DOMAINS_OF))


def _domains_switch_on(layers: Iterable[PolicyTable]) -> Iterable[PolicyTable]:
    """What switches the rule of domains on where the file names any; its tables may differ."""
    for layer in layers:
        if layer.values.get("domains"):
            source = f"{_DOMAINS_OF}{layer.source}"
            return (PolicyTable(source, {_FOREIGN_DOMAIN: SEVERITIES[Rule.FOREIGN_DOMAIN]}),)
    return ()


class _Reader:
    """Reads the layers, and remembers where each stands."""

    def __init__(self, tables: Tables, file: SettingFile, organizations: list[str]) -> None:
        self._tables = tables
        self._lines = file.lines
        self._organizations = organizations
        self._layers: list[tuple[Path, PolicyTable]] = []

    def layers(self, given: object) -> tuple[PolicyTable, ...]:
        """All layers: what is for every account first, then as they stand in the file."""
        table = self._tables.table(_POLICY, given, (*KEYS, "override", "exclude"))
        apart = {key: table[key] for key in (*TYPES, "rules") if self._is_apart(key, table)}
        beside = {key: value for key, value in table.items() if key not in apart}
        self._add(_POLICY, self._tables.given(_POLICY, beside, lifts=False))
        for key, value in apart.items():
            self._add((*_POLICY, key), self._tables.given(_POLICY, {key: value}, lifts=False))
        general = len(self._layers)
        self._overrides(table.get("override", []))
        self._excludes(table.get("exclude", []))
        # Stable: those of one line stay in their order.
        self._layers[general:] = sorted(
            self._layers[general:], key=lambda placed: self._lines.of(placed[0])
        )
        return tuple(layer for _, layer in self._layers)

    def complain_of_beaten(self) -> None:
        """Complain of tables all of whose keys a later one gives to the very same accounts."""
        later: dict[Match, list[PolicyTable]] = {}
        for path, layer in reversed(self._layers):
            same = later.setdefault(layer.match, [])
            winner = next(
                (each for each in same if layer.values.keys() <= each.values.keys()), None
            )
            if winner:
                what = f"never counts: {winner.source} has the same match and keys"
                self._tables.complain(path, what)
            same.append(layer)

    def complain_of_unseen(self, policy: Policy) -> None:
        """Complain of values that are expected of a type that no table has looked at."""
        unseen = [name for name, kind in TYPES.items() if kind not in policy.looked_at]
        for path, layer in self._layers:
            for name in unseen:
                field = next((each for each in FIELDS if layer.values.get(f"{name}.{each}")), "")
                if field:
                    table = path if path[-1] == name else (*path, name)
                    what = f"is expected, but no table says that {name} contacts are looked at"
                    example = f'{name}.presence = "required"'
                    self._tables.complain((*table, field), what, example)

    def _is_apart(self, key: str, table: Mapping[str, Any]) -> bool:
        """Whether a part of `[policy]` stands under a header of its own."""
        return key in table and (*_POLICY, key) in self._lines.headers

    def _add(self, path: Path, given: Mapping[str, Any], match: Match = EVERY) -> None:
        if given:
            self._layers.append((path, PolicyTable(self._tables.source(path), given, match)))

    def _overrides(self, given: object) -> None:
        for path, table in self._tables.array(_OVERRIDE, given, ("match", *KEYS)):
            match = self._tables.match(path, table, self._organizations)
            values_given = self._tables.given(path, table, lifts=True)
            if not table.keys() - {"match"}:
                self._tables.complain(path, "gives nothing", 'security = "optional"')
            if match:
                self._add(path, values_given, match)

    def _excludes(self, given: object) -> None:
        example = 'reason = "Closed every Friday."'
        for path, table in self._tables.array(_EXCLUDE, given, ("match", "reason")):
            match = self._tables.match(path, table, self._organizations)
            if "reason" not in table:
                self._tables.complain(path, "has no reason", example)
                continue
            where = (*path, "reason")
            reason = self._tables.value(where, table["reason"], values.reason, example)
            if match and reason:
                self._add(path, {"excluded": reason}, match)


def _targets(tables: Tables, given: object) -> tuple[AwsTarget, ...]:
    found: dict[str, Path] = {}
    targets = []
    for path, table in tables.array(_AWS, given, _TARGET):
        parsed: dict[str, Any] = {
            key: tables.value((*path, key), table[key], *_TARGET[key])
            for key in _TARGET
            if key in table
        }
        _complain_of_target(tables, path, table)
        name = parsed.get("name")
        if name:
            if name in found:
                what = f"{tables.source(found[name])} has the same name"
                tables.complain((*path, "name"), what)
            found.setdefault(name, path)
            targets.append(AwsTarget(**parsed))
    return tuple(targets)


def _complain_of_target(tables: Tables, path: Path, table: Mapping[str, Any]) -> None:
    if "name" not in table:
        tables.complain(path, "has no name", _TARGET["name"][1])
    if not table.keys() & {"profile", "role"}:
        tables.complain(path, "has neither a profile nor a role", _TARGET["profile"][1])
    if "external_id" in table and "role" not in table:
        tables.complain((*path, "external_id"), "is for a role, which is not given")
