"""The settings, read once at the start: from the environment, then from a TOML file."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot import setting_values as values
from bot.contacts import ContactType
from bot.errors import SettingsError
from bot.masking import mask
from bot.scope import ScopeKind
from bot.setting_file import CONFIG, DEFAULT_FILE, Problem, Unreadable, read_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PREFIX: Final = "ALTCONTACT_"
_OF_SLACK: Final = ("slack_bot_token", "slack_app_token", "channel")
_KUBERNETES: Final = re.compile(r"ALTCONTACT_(?:SERVICE_(?:HOST|PORT)|PORT)(?:_\w+)?")
"""What Kubernetes puts into the environment of pods beside a service called `altcontact`."""


def _given(parse: Callable[[Any], object]) -> BeforeValidator:
    """Parse what the environment or TOML may hold; what is of the field's own type passes."""
    raw = (str, int, float, list)
    return BeforeValidator(lambda given: parse(given) if isinstance(given, raw) else given)


class Settings(BaseSettings):
    """Every setting, checked. Made by `load`; tests may make it from keyword arguments."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=False
    )

    slack_bot_token: Annotated[SecretStr, _given(values.bot_token)] = Field(
        default=SecretStr(""), description="the bot token", examples=["xoxb-…"]
    )
    slack_app_token: Annotated[SecretStr, _given(values.app_token)] = Field(
        default=SecretStr(""),
        description="the app-level token for Socket Mode",
        examples=["xapp-…"],
    )
    slack_api_url: Annotated[str, _given(values.base_url)] = Field(
        default="https://slack.com/api/",
        description="base URL of Slack's Web API",
        examples=["https://slack.com/api/"],
    )
    channel: Annotated[str, _given(values.channel)] = Field(
        default="", description="channel id or #name for alerts", examples=["#security-alerts"]
    )
    schedule: Annotated[str, _given(values.crontab)] = Field(
        default="0 9 * * *",
        description="when to check, as a crontab expression",
        examples=["0 9 * * *"],
    )
    timezone: Annotated[ZoneInfo, _given(values.timezone)] = Field(
        default=ZoneInfo("UTC"),
        description="whose clock the schedule goes by",
        examples=["Europe/London"],
    )
    check_on_start: Annotated[bool, _given(values.truth)] = Field(
        default=False, description="whether to check at every start", examples=["true"]
    )
    scope: Annotated[ScopeKind | None, _given(values.scope)] = Field(
        default=None, description="what is looked after; None finds it out", examples=["auto"]
    )
    types: Annotated[tuple[ContactType, ...], _given(values.types)] = Field(
        default=(ContactType.SECURITY,),
        description="contact types that every account must have",
        examples=["SECURITY,BILLING"],
    )
    fixers: Annotated[tuple[str, ...], _given(values.fixers)] = Field(
        default=(),
        description="user and user group ids who may change contacts; none: read-only; *: everyone",
        examples=["U012ABCDEF,S045GHIJKL"],
    )
    database: Annotated[Path, _given(values.path)] = Field(
        default=Path("altcontact.db"),
        description="the SQLite file",
        examples=["/data/altcontact.db"],
    )
    read_rate: Annotated[float | None, _given(values.positive)] = Field(
        default=None, description="reads a second; None: AWS's published quota", examples=["10"]
    )
    write_rate: Annotated[float | None, _given(values.positive)] = Field(
        default=None, description="writes a second; None: AWS's published quota", examples=["5"]
    )
    confirm_timeout: Annotated[float, _given(values.positive)] = Field(
        default=60.0,
        description="seconds to wait for AWS to show what was written",
        examples=["60"],
    )
    phone_region: Annotated[str | None, _given(values.region)] = Field(
        default=None, description="country of phone numbers in national form", examples=["GB"]
    )
    log_format: Annotated[Literal["console", "json"], _given(values.log_format)] = Field(
        default="console", description="how the log is written", examples=["json"]
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic-settings' signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the same
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the same
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the same
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What `load` hands in alone: the process's own environment is never looked at unasked."""
        return (init_settings,)


def variable(field: str) -> str:
    """The environment variable of a field: `SLACK_BOT_TOKEN`, `ALTCONTACT_CHANNEL`."""
    return field.upper() if field.startswith("slack_") else PREFIX + field.upper()


FIELDS: Final = {variable(field): field for field in Settings.model_fields}
"""Each environment variable with the field that it sets."""


@dataclass(frozen=True, slots=True)
class Look:
    """The settings as far as they can be used: those that are `wrong` stand at their defaults.

    `sources` says where they are from, and `given` how many were set.
    """

    settings: Settings
    problems: tuple[Problem, ...]
    wrong: frozenset[str]
    given: int
    sources: str


def load(environ: Mapping[str, str], *, needs_slack: bool) -> Settings:
    """Read the settings.

    Args:
        environ: the environment; an empty value is as good as none.
        needs_slack: whether the tokens and the channel must be there.

    Raises:
        SettingsError: the message names every setting that is wrong or missing, what is the
            matter, and an example; it holds no secret.
    """
    found = look(environ, needs_slack=needs_slack)
    if found.problems:
        problems = tuple(dict.fromkeys(str(problem) for problem in found.problems))
        raise SettingsError(_message(problems), problems)
    return found.settings


def look(environ: Mapping[str, str], *, needs_slack: bool) -> Look:
    """Read the settings as far as that can be done; the arguments are those of `load`."""
    given = {name: value.strip() for name, value in environ.items() if value.strip()}
    problems = [
        Problem(
            name,
            f"there is no such setting{values.near(name, [*FIELDS, CONFIG], 0)}",
            paste=f"unset {shlex.quote(name)}",
            mend="Take it away, and set the right one in its place:",
        )
        for name in sorted(given)
        if name.startswith(PREFIX)
        and name not in {*FIELDS, CONFIG}
        and not _KUBERNETES.fullmatch(name)
    ]
    file = Path(given.get(CONFIG, DEFAULT_FILE))
    readable = True
    from_file: dict[str, Any] = {}
    try:
        from_file = read_file(file, named=CONFIG in given)
    except Unreadable as error:
        readable = False
        problems.append(error.problem)
    shown = mask(str(file))
    sources = f"the environment and {shown}" if from_file else "the environment"
    for key in sorted(from_file.keys() - Settings.model_fields.keys()):
        plain = key.lower().removeprefix(PREFIX.lower())
        hint = values.near(plain, list(Settings.model_fields), 0)
        what, mend = f"there is no such setting{hint}", "Take it out of the file."
        problems.append(Problem(f"{_key(key)} in {shown}", what, mend=mend))
        del from_file[key]
    from_environ = {field: given[name] for name, field in FIELDS.items() if name in given}
    merged = from_file | from_environ
    settings, refused = _made(merged)
    for field, what in refused.items():
        in_environ = field in from_environ
        where = variable(field) if in_environ else f"{field} in {shown}"
        problems.append(Problem(where, what, *_examples(field, in_environ=in_environ)))
    missing = {field for field in _OF_SLACK if field not in merged}
    # A file that cannot be read may well hold what seems to be missing.
    if needs_slack and readable:
        problems += [
            Problem(variable(field), "is not set", *_examples(field))
            for field in _OF_SLACK
            if field in missing
        ]
    unread = set() if readable else Settings.model_fields.keys() - from_environ.keys()
    wrong = frozenset(refused.keys() | missing | unread)
    return Look(settings, tuple(problems), wrong, len(merged), sources)


def _made(merged: Mapping[str, Any]) -> tuple[Settings, dict[str, str]]:
    """The settings without those that cannot be taken, which come second, each with why."""
    try:
        return Settings(**merged), {}
    except ValidationError as error:
        refused = {
            str(each["loc"][0]): str(each.get("ctx", {}).get("error", "is of the wrong kind"))
            for each in error.errors(include_url=False, include_input=False)
        }
    taken = {field: value for field, value in merged.items() if field not in refused}
    return Settings(**taken), refused


def _key(key: str) -> str:
    """A key of the file as it stands, or in quotation marks where it is no plain word."""
    return key if re.fullmatch(r"\w{1,60}", key) else values.quoted(key)


def _examples(field: str, *, in_environ: bool = True) -> tuple[str, str]:
    """An example of a field's value, and the line that sets it: in a shell, or in the file."""
    example = str((Settings.model_fields[field].examples or [""])[0])
    if in_environ:
        return example, f"export {variable(field)}={shlex.quote(example)}"
    return example, f'{field} = "{example}"'


def _message(problems: tuple[str, ...]) -> str:
    head = (
        "A setting is wrong or missing:"
        if len(problems) == 1
        else f"{len(problems)} settings are wrong or missing:"
    )
    return "\n".join([head, *(f"  {problem}" for problem in problems)])
