"""Reads the policy and the AWS targets of the TOML file and reports all of their problems."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bot.config import policy_parsers as parse
from bot.config.policy_keys import KEYS, TARGET_KEYS, TYPES
from bot.config.policy_table_parser import TableParser
from bot.domain.contacts import FIELDS
from bot.domain.policy.match import EVERY
from bot.domain.policy.policy import Policy, PolicyTable
from bot.domain.rule_catalog import SEVERITIES, Rule
from bot.domain.scope import AwsTarget

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.config.toml_file import SettingFile
    from bot.config.toml_positions import Path
    from bot.domain.contacts import ContactType
    from bot.domain.errors import SettingProblem
    from bot.domain.policy.match import Match

TABLES: Final = ("policy", "aws")
"""The parts of the file that this module reads."""

_POLICY: Final[Path] = ("policy",)
_OVERRIDE: Final[Path] = ("policy", "override")
_EXCLUDE: Final[Path] = ("policy", "exclude")
_AWS: Final[Path] = ("aws",)
_DOMAINS_OF: Final = "domains of "
_FOREIGN_DOMAIN: Final = f"rules.{Rule.FOREIGN_DOMAIN}"


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """The content of the file; don't use it if there are `problems`.

    `tables` is the number of its policy sections.
    """

    policy: Policy
    targets: tuple[AwsTarget, ...]
    tables: int
    problems: tuple[SettingProblem, ...]


def read(
    file: SettingFile, types: Iterable[ContactType], settings: Iterable[str] = ()
) -> PolicyFile:
    """Read `[policy]`, `[[policy.override]]`, `[[policy.exclude]]` and `[[aws]]`.

    Args:
        file: the whole file.
        types: the contact types that the settings require.
        settings: the names of settings, which belong above all sections.
    """
    parser = TableParser(file, settings)
    targets = _parse_targets(parser, file.content.get("aws", []))
    reader = _PolicyReader(parser, file, [target.name for target in targets])
    tables = reader.read(file.content.get("policy", {}))
    policy = Policy.requiring(
        types, tables=(*_foreign_domain_switch(tables), *tables), digest=file.digest
    )
    # Conflicts between sections are only worth reporting once each section is valid.
    if not parser.problems:
        reader.report_overridden()
        reader.report_unused_values(policy)
    problems = tuple(sorted(parser.problems, key=lambda problem: problem.line))
    return PolicyFile(policy, targets, len(tables), problems)


def count(policy: Policy) -> int:
    """How many sections of the file a policy consists of."""
    built_in = len(Policy.requiring().tables)
    return sum(1 for table in policy.tables[built_in:] if not table.source.startswith(_DOMAINS_OF))


def _foreign_domain_switch(tables: Iterable[PolicyTable]) -> Iterable[PolicyTable]:
    """A section that turns on `foreign_domain` if the file lists domains; others override it."""
    for table in tables:
        if table.values.get("domains"):
            source = f"{_DOMAINS_OF}{table.source}"
            return (PolicyTable(source, {_FOREIGN_DOMAIN: SEVERITIES[Rule.FOREIGN_DOMAIN]}),)
    return ()


class _PolicyReader:
    """Reads the sections of `[policy]` and remembers their locations."""

    def __init__(self, parser: TableParser, file: SettingFile, organizations: list[str]) -> None:
        self._parser = parser
        self._lines = file.lines
        self._organizations = organizations
        self._tables: list[tuple[Path, PolicyTable]] = []

    def read(self, content: object) -> tuple[PolicyTable, ...]:
        """All sections: those for every account first, then the others in file order."""
        policy = self._parser.table(_POLICY, content, (*KEYS, "override", "exclude"))
        sections = {
            key: policy[key] for key in (*TYPES, "rules") if self._has_own_header(key, policy)
        }
        rest = {key: value for key, value in policy.items() if key not in sections}
        self._add(_POLICY, self._parser.values(_POLICY, rest, may_be_empty=False))
        for key, value in sections.items():
            values = self._parser.values(_POLICY, {key: value}, may_be_empty=False)
            self._add((*_POLICY, key), values)
        general = len(self._tables)
        self._read_overrides(policy.get("override", []))
        self._read_excludes(policy.get("exclude", []))
        # The sort is stable: sections on the same line keep their order.
        self._tables[general:] = sorted(
            self._tables[general:], key=lambda placed: self._lines.line_of(placed[0])
        )
        return tuple(table for _, table in self._tables)

    def report_overridden(self) -> None:
        """Report sections that a later section with the same match overrides completely."""
        later: dict[Match, list[PolicyTable]] = {}
        for path, table in reversed(self._tables):
            same = later.setdefault(table.match, [])
            winner = next(
                (other for other in same if table.values.keys() <= other.values.keys()), None
            )
            if winner:
                what = f"has no effect: {winner.source} has the same match and keys"
                self._parser.report(path, what)
            same.append(table)

    def report_unused_values(self, policy: Policy) -> None:
        """Report values without any effect, such as those of a type that no section checks."""
        unused = [
            name
            for name, contact_type in TYPES.items()
            if contact_type not in policy.evaluated_types
        ]
        for path, table in self._tables:
            self._report_unused_switches(path, table, policy)
            for name in unused:
                field = next((key for key in FIELDS if table.values.get(f"{name}.{key}")), "")
                if field:
                    parent = path if path[-1] == name else (*path, name)
                    what = f"has no effect: no section checks {name} contacts"
                    example = f'{name}.presence = "required"'
                    self._parser.report((*parent, field), what, example)

    def _report_unused_switches(self, path: Path, table: PolicyTable, policy: Policy) -> None:
        """Report values that need another key, which no section sets, or which excludes them."""
        values = table.values
        if values.get("repository") and not policy.names_tools:
            what = "has no effect: no section sets managed_by"
            self._parser.report((*path, "repository"), what, 'managed_by = "terraform"')
        if "auto_fix_limit" in values and not policy.auto_fixes:
            what = "has no effect: no section turns on auto_fix"
            self._parser.report((*path, "auto_fix_limit"), what, "auto_fix = true")
        if values.get("auto_fix") and values.get("managed_by"):
            what = "has no effect: the bot never fixes contacts by itself that a tool manages"
            self._parser.report((*path, "auto_fix"), what)
        elif values.get("auto_fix") and not self._expects_a_whole_contact():
            what = "has no effect: no section expects all four fields of a contact"
            self._parser.report((*path, "auto_fix"), what, 'security.name = "Security team"')

    def _expects_a_whole_contact(self) -> bool:
        """Whether all fields of some contact type are expected, if perhaps in several sections."""
        expected = {
            key for _, table in self._tables for key, value in table.values.items() if value
        }
        return any(all(f"{name}.{field}" in expected for field in FIELDS) for name in TYPES)

    def _has_own_header(self, key: str, policy: Mapping[str, Any]) -> bool:
        """Whether a part of `[policy]` has its own header."""
        return key in policy and (*_POLICY, key) in self._lines.headers

    def _add(self, path: Path, values: Mapping[str, Any], match: Match = EVERY) -> None:
        if values:
            self._tables.append((path, PolicyTable(self._parser.source(path), values, match)))

    def _read_overrides(self, content: object) -> None:
        for path, table in self._parser.array(_OVERRIDE, content, ("match", *KEYS)):
            match = self._parser.match(path, table, self._organizations)
            values = self._parser.values(path, table, may_be_empty=True)
            if not table.keys() - {"match"}:
                self._parser.report(path, "sets no values", 'security = "optional"')
            if match:
                self._add(path, values, match)

    def _read_excludes(self, content: object) -> None:
        example = 'reason = "Closed every Friday."'
        for path, table in self._parser.array(_EXCLUDE, content, ("match", "reason")):
            match = self._parser.match(path, table, self._organizations)
            if "reason" not in table:
                self._parser.report(path, "has no reason", example)
                continue
            location = (*path, "reason")
            reason = self._parser.value(location, table["reason"], parse.reason, example)
            if match and reason:
                self._add(path, {"excluded": reason}, match)


def _parse_targets(parser: TableParser, content: object) -> tuple[AwsTarget, ...]:
    paths: dict[str, Path] = {}
    targets = []
    for path, table in parser.array(_AWS, content, TARGET_KEYS):
        values: dict[str, Any] = {
            key: parser.value((*path, key), table[key], *TARGET_KEYS[key])
            for key in TARGET_KEYS
            if key in table
        }
        _report_incomplete_target(parser, path, table)
        name = values.get("name")
        if name:
            if name in paths:
                what = f"{parser.source(paths[name])} already has this name"
                parser.report((*path, "name"), what)
            paths.setdefault(name, path)
            targets.append(AwsTarget(**values))
    return tuple(targets)


def _report_incomplete_target(parser: TableParser, path: Path, table: Mapping[str, Any]) -> None:
    if "name" not in table:
        parser.report(path, "has no name", TARGET_KEYS["name"][1])
    if not table.keys() & {"profile", "role"}:
        parser.report(path, "has neither a profile nor a role", TARGET_KEYS["profile"][1])
    if "external_id" in table and "role" not in table:
        parser.report((*path, "external_id"), "needs a role, which is not set")
