"""Loads the settings from the environment and from a TOML file."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from bot.config import policy_file
from bot.config import setting_parsers as parse
from bot.config.secret_references import BY_FILE, DATABASE, SECRETS, find, read_all
from bot.config.setting_problems import (
    examples,
    file_problem,
    problems_text,
    quoted_credentials,
    reference_problem,
    source_remedy,
    value_problem,
)
from bot.config.settings import FIELDS, FLAT, PREFIX, Settings, variable
from bot.config.toml_file import (
    CONFIG,
    DEFAULT_FILE,
    SettingFile,
    TomlFileError,
    read_file,
)
from bot.domain.errors import SettingProblem, SettingsError
from bot.domain.masking import mask

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from bot.config.secret_references import ReadSecret, SecretSource

__all__ = ["FIELDS", "LoadedSettings", "Settings", "load", "load_lenient", "variable"]

_BY_SOCKET: Final = ("slack_bot_token", "slack_app_token", "channel")
_BY_HTTP: Final = ("slack_bot_token", "slack_signing_secret", "channel")
"""What Slack needs, in either mode; the other mode's secret is allowed, and not used."""
_WITHOUT_SLACK: Final = ("slack_bot_token", *DATABASE)
"""The secrets that commands other than `run` use; the token is for rules about members."""
_KNOWN: Final = [*FIELDS, *map(variable, BY_FILE), CONFIG]
"""The variables that may be set."""
_KUBERNETES: Final = re.compile(r"ALTCONTACT_(?:SERVICE_(?:HOST|PORT)|PORT)(?:_\w+)?")
"""The variables that Kubernetes sets for a service called `altcontact`."""


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """The settings as far as they are valid; those in `wrong` have their defaults.

    `sources` says where they come from, and `count` how many were set; `tables` is the number of
    policy sections, and `file` the file's name. `secrets` says how each secret setting is set, and
    `secret_problems` what is wrong with it.
    """

    settings: Settings
    problems: tuple[SettingProblem, ...]
    wrong: frozenset[str]
    count: int
    sources: str
    tables: int = 0
    file: str = ""
    secrets: Mapping[str, SecretSource] = field(default_factory=dict)
    secret_problems: Mapping[str, SettingProblem] = field(default_factory=dict)


def load(
    environ: Mapping[str, str], *, needs_slack: bool, read_secret: ReadSecret | None = None
) -> Settings:
    """Read the settings.

    Args:
        environ: the environment; an empty value counts as not set.
        needs_slack: whether the tokens and the channel are required.
        read_secret: see `load_lenient`.

    Raises:
        SettingsError: the message names every setting that is invalid or missing, the problem, and
            an example; it contains no secret.
    """
    return valid(load_lenient(environ, needs_slack=needs_slack, read_secret=read_secret))


def valid(loaded: LoadedSettings) -> Settings:
    """The settings.

    Raises:
        SettingsError: one is invalid or missing; see `load`.
    """
    if loaded.problems:
        problems = tuple({str(problem): problem for problem in loaded.problems}.values())
        raise SettingsError(problems_text(problems), problems)
    return loaded.settings


def load_lenient(
    environ: Mapping[str, str],
    *,
    needs_slack: bool,
    read_secret: ReadSecret | None = None,
    secrets: Collection[str] = (),
) -> LoadedSettings:
    """Read the settings as far as they are valid.

    Args:
        environ: the environment; an empty value counts as not set.
        needs_slack: whether the tokens and the channel are required.
        read_secret: reads the value that a reference points to, or raises SecretUnreadable; None
            leaves secrets that are set by reference at their defaults.
        secrets: the secret settings to read; empty for all that are needed.
    """
    variables = {name: value.strip() for name, value in environ.items() if value.strip()}
    problems = [
        SettingProblem(
            name,
            f"unknown setting{parse.suggestion(name, _KNOWN, 0)}",
            snippet=f"unset {shlex.quote(name)}",
            remedy="Unset it, and set the correct one instead:",
        )
        for name in sorted(variables)
        if name.startswith(PREFIX) and name not in _KNOWN and not _KUBERNETES.fullmatch(name)
    ]
    problems += quoted_credentials(variables)
    readable = True
    try:
        file = _read_named(variables)
    except TomlFileError as error:
        readable = False
        file = SettingFile(mask(variables.get(CONFIG, DEFAULT_FILE)))
        problems.append(error.problem)
    sources = f"the environment and {file.name}" if file.content else "the environment"
    keys = [*FLAT, *BY_FILE]
    from_file = {key: value for key, value in file.content.items() if key in keys}
    problems += _unknown(file)
    from_environ = {key: variables[variable(key)] for key in keys if variable(key) in variables}
    given = {source.name: source for source in find(from_environ, from_file)}
    merged = {key: value for key, value in (from_file | from_environ).items() if key in FLAT}
    if not secrets:
        secrets = SECRETS if needs_slack else _WITHOUT_SLACK
    values, unreadable = read_all(given, read_secret, secrets)
    merged = {key: value for key, value in merged.items() if key not in given} | values
    settings, refused = _make(merged)
    secret_problems = {}
    for name, why in (refused | unreadable).items():
        source = given.get(name)
        if source is not None and (source.may_refer or source.twice):
            problem = reference_problem(file, source, why, values.get(name))
            secret_problems[name] = problem
        else:
            problem = value_problem(file, name, why, in_environ=name in from_environ)
        problems.append(problem)
    problems += _without_effect(merged, from_environ)
    problems += _misplaced(settings)
    if "database" in merged or "database" not in given:
        problems += _unused_password(settings)
    settings = _with_password(settings)
    policy = policy_file.read(file, settings.types, FLAT)
    problems += policy.problems
    if not policy.problems:
        parts = {"policy": policy.policy, "aws": policy.targets}
        settings = settings.model_copy(update=parts)
    of_slack = _BY_HTTP if "http" in merged else _BY_SOCKET
    missing = {name for name in of_slack if name not in merged and name not in given}
    # A file that can't be read may contain what seems to be missing.
    if needs_slack and readable:
        problems += [
            SettingProblem(variable(name), "is not set", *examples(name), source_remedy(name))
            for name in of_slack
            if name in missing
        ]
    # Problems of the environment, which have no line, come first; the file's from top to bottom.
    problems.sort(key=lambda problem: problem.line)
    unread = set() if readable else Settings.model_fields.keys() - from_environ.keys()
    of_policy = policy_file.TABLES if policy.problems else ()
    of_database = DATABASE if "database_password" in {*refused, *unreadable} else ()
    wrong = frozenset({*refused, *unreadable, *missing, *unread, *of_policy, *of_database})
    return LoadedSettings(
        settings,
        tuple(problems),
        wrong,
        len(merged.keys() | given.keys()),
        sources,
        policy.tables,
        file.name,
        given,
        secret_problems,
    )


_NEEDS: Final = {
    "checkpoint_key": ("checkpoints", "Set where checkpoints go:"),
    "backup_keep": ("backup", "Set where snapshots go:"),
}
"""Settings that have no effect without another one, and the remedy."""


def _without_effect(
    merged: Mapping[str, Any], from_environ: Mapping[str, str]
) -> list[SettingProblem]:
    """Settings that nobody should think to be in effect."""
    return [
        SettingProblem(
            variable(field),
            f"has no effect without {variable(needed)}",
            *examples(needed, in_environ=field in from_environ),
            remedy,
        )
        for field, (needed, remedy) in _NEEDS.items()
        if field in merged and needed not in merged
    ]


def _misplaced(settings: Settings) -> list[SettingProblem]:
    """Snapshots of PostgreSQL, which has better ones, or in the place of checkpoints.

    The verification of checkpoints reports everything else that is there.
    """
    if settings.backup and not isinstance(settings.database, Path):
        what = "is for a SQLite file, but ALTCONTACT_DATABASE names a PostgreSQL database"
        remedy = "Remove it. Use the backups of PostgreSQL, such as those of Amazon RDS."
        return [SettingProblem(variable("backup"), what, remedy=remedy)]
    if not (settings.backup and settings.checkpoints):
        return []
    first, second = sorted((f"{settings.backup}/", f"{settings.checkpoints}/"))
    if not second.startswith(first):
        return []
    what = f"is in the same place as {variable('checkpoints')}"
    return [SettingProblem(variable("backup"), what, remedy="Give each a prefix of its own.")]


def _unused_password(settings: Settings) -> list[SettingProblem]:
    """A password apart from the address of the database, which has no place for it."""
    if not settings.database_password.get_secret_value():
        return []
    if isinstance(settings.database, Path):
        what = "is for PostgreSQL, but ALTCONTACT_DATABASE names a SQLite file"
        remedy = "Remove it, or set ALTCONTACT_DATABASE to a postgresql:// URL."
    elif settings.database.has_password:
        what = "is set, but the URL in ALTCONTACT_DATABASE has a password as well"
        remedy = "Remove one of the two."
    else:
        return []
    return [SettingProblem(variable("database_password"), what, remedy=remedy)]


def _with_password(settings: Settings) -> Settings:
    """The settings, with the password in the address of the database, which is what is used."""
    password = settings.database_password.get_secret_value()
    if not password or isinstance(settings.database, Path) or settings.database.has_password:
        return settings
    return settings.model_copy(update={"database": settings.database.with_password(password)})


def _read_named(variables: Mapping[str, str]) -> SettingFile:
    """The file that the environment names, or the default file.

    Raises:
        TomlFileError: it can't be read.
    """
    if CONFIG not in variables:
        return read_file(Path(DEFAULT_FILE), named=False)
    try:
        parse.check_quotes(variables[CONFIG])
        path = parse.path(variables[CONFIG])
    except ValueError as error:
        raise TomlFileError(CONFIG, str(error)) from None
    return read_file(path, named=True)


def _unknown(file: SettingFile) -> list[SettingProblem]:
    """The keys of the file that are not settings."""
    problems = []
    for key in sorted(file.content.keys() - Settings.model_fields.keys() - BY_FILE.keys()):
        bare = key.lower().removeprefix(PREFIX.lower())
        hint = parse.suggestion(bare, list(Settings.model_fields), 0)
        what = f"unknown setting{hint}"
        problems.append(file_problem(file, key, what, remedy="Remove it from the file."))
    return problems


def _make(merged: Mapping[str, Any]) -> tuple[Settings, dict[str, ValueError | str]]:
    """The settings without the invalid ones, and the problems of those: {field: problem}."""
    try:
        return Settings(**merged), {}
    except ValidationError as error:
        refused = {
            str(detail["loc"][0]): detail.get("ctx", {}).get("error", "has the wrong type")
            for detail in error.errors(include_url=False, include_input=False)
            if detail["loc"][0]
            in merged  # a default that depends on other fields fails along with them
        }
    valid = {field: value for field, value in merged.items() if field not in refused}
    return Settings(**valid), refused
