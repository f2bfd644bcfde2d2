"""The settings: their names, types, defaults and descriptions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, get_origin
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_core import core_schema
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.config import database_url, http_parsers, log_parsers, policy_file, s3_parsers
from bot.config import setting_parsers as parse
from bot.config.database_url import PostgresUrl
from bot.domain.contacts import ContactType
from bot.domain.policy.policy import Policy
from bot.domain.scope import AwsTarget, ScopeKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

PREFIX: Final = "ALTCONTACT_"


def _parsed(parser: Callable[[Any], object]) -> BeforeValidator:
    """Parse a value of the environment or TOML; a value of the field's own type is kept."""

    def parsed(value: object) -> object:
        if not isinstance(value, str | int | float | list):
            return value
        parse.check_quotes(value)
        return parser(value)

    return BeforeValidator(parsed)


class _Instance:
    """Marks a field whose value is built elsewhere: only its class is checked."""

    def __get_pydantic_core_schema__(
        self,
        source: type[object],
        handler: GetCoreSchemaHandler,
    ) -> CoreSchema:
        return core_schema.is_instance_schema(get_origin(source) or source)


class Settings(BaseSettings):
    """Every setting, validated. Created by `load`; tests may pass keyword arguments."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=False
    )

    slack_bot_token: Annotated[SecretStr, _parsed(parse.bot_token)] = Field(
        default=SecretStr(""), description="the bot token", examples=["xoxb-…"]
    )
    slack_app_token: Annotated[SecretStr, _parsed(parse.app_token)] = Field(
        default=SecretStr(""),
        description="the app-level token for Socket Mode",
        examples=["xapp-…"],
    )
    slack_signing_secret: Annotated[SecretStr, _parsed(http_parsers.signing_secret)] = Field(
        default=SecretStr(""),
        description="the secret by which Slack signs requests, with `http` alone",
        examples=["0123456789abcdef0123456789abcdef"],
    )
    slack_api_url: Annotated[str, _parsed(parse.base_url)] = Field(
        default="https://slack.com/api/",
        description="base URL of Slack's Web API",
        examples=["https://slack.com/api/"],
    )
    channel: Annotated[str, _parsed(parse.channel)] = Field(
        default="", description="channel id or #name for alerts", examples=["#security-alerts"]
    )
    schedule: Annotated[str, _parsed(parse.crontab)] = Field(
        default="0 9 * * *",
        description="when to check, as a crontab expression",
        examples=["0 9 * * *"],
    )
    timezone: Annotated[ZoneInfo, _parsed(parse.timezone)] = Field(
        default=ZoneInfo("UTC"),
        description="time zone of the schedule",
        examples=["Europe/London"],
    )
    check_on_start: Annotated[bool, _parsed(parse.boolean)] = Field(
        default=False, description="whether to check at every start", examples=["true"]
    )
    scope: Annotated[ScopeKind | None, _parsed(parse.scope)] = Field(
        default=None, description="what to check; auto detects it", examples=["auto"]
    )
    types: Annotated[tuple[ContactType, ...], _parsed(parse.contact_types)] = Field(
        default=(ContactType.SECURITY,),
        description="contact types that every account must have",
        examples=["SECURITY,BILLING"],
    )
    fixers: Annotated[tuple[str, ...], _parsed(parse.people)] = Field(
        default=(),
        description="user and user group ids who may change contacts; none: nobody; *: everyone",
        examples=["U012ABCDEF,S045GHIJKL"],
    )
    readers: Annotated[tuple[str, ...], _parsed(parse.people)] = Field(
        default=(),
        description="user and user group ids who see contact details; none or *: everyone",
        examples=["U012ABCDEF,S045GHIJKL"],
    )
    database: Annotated[Path | Annotated[PostgresUrl, _Instance()], _parsed(parse.database)] = (
        Field(
            default=Path("altcontact.db"),
            description="the SQLite file, or the postgresql:// URL of a PostgreSQL database",
            examples=["/data/altcontact.db"],
        )
    )
    database_password: Annotated[SecretStr, _parsed(database_url.password)] = Field(
        default=SecretStr(""),
        description="the password of the PostgreSQL database, if it isn't in the URL",
        examples=["arn:aws:secretsmanager:eu-west-1:111122223333:secret:rds!db-AbCdEf:password::"],
    )
    lease: Annotated[float, _parsed(parse.lease)] = Field(
        default=15.0,
        description="seconds until another replica takes over from one that stopped",
        examples=["15"],
    )
    read_rate: Annotated[float | None, _parsed(parse.positive_number)] = Field(
        default=None,
        description="reads per second; not set: AWS's published quota",
        examples=["10"],
    )
    write_rate: Annotated[float | None, _parsed(parse.positive_number)] = Field(
        default=None,
        description="writes per second; not set: AWS's published quota",
        examples=["5"],
    )
    confirm_timeout: Annotated[float, _parsed(parse.positive_number)] = Field(
        default=60.0,
        description="seconds to wait for AWS to return a saved contact",
        examples=["60"],
    )
    phone_region: Annotated[str | None, _parsed(parse.region)] = Field(
        default=None, description="country of phone numbers without a country code", examples=["GB"]
    )
    log_format: Annotated[Literal["console", "json"], _parsed(log_parsers.log_format)] = Field(
        default="console", description="log format: console or json", examples=["json"]
    )
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], _parsed(log_parsers.log_level)
    ] = Field(
        default="info",
        description="the lowest level of log lines: debug, info, warning or error",
        examples=["debug"],
    )
    http: Annotated[tuple[str, int] | None, _parsed(http_parsers.address)] = Field(
        default=None,
        description="host and port where Slack's requests arrive; not set: Socket Mode",
        examples=["0.0.0.0:8080"],
    )
    http_drain: Annotated[float, _parsed(http_parsers.drain)] = Field(
        default=3.0,
        description="seconds to go on serving before a stop, until load balancers notice it",
        examples=["15"],
    )
    metrics: Annotated[tuple[str, int] | None, _parsed(http_parsers.address)] = Field(
        default=None,
        description="host and port for health and metrics; not set: only where `http` is",
        examples=["127.0.0.1:9090"],
    )
    rules_url: Annotated[str, _parsed(parse.url)] = Field(
        default="",
        description="URL where docs/rules is published, for links in findings",
        examples=["https://github.com/corp/altcontact/blob/main/docs/rules"],
    )
    checkpoints: Annotated[str, _parsed(s3_parsers.destination)] = Field(
        default="",
        description="S3 bucket and prefix for checkpoints of the audit log",
        examples=["s3://corp-audit/altcontact"],
    )
    checkpoint_key: Annotated[str, _parsed(s3_parsers.kms_key)] = Field(
        default="",
        description="ARN of the asymmetric KMS key that signs checkpoints",
        examples=["arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"],
    )
    backup: Annotated[str, _parsed(s3_parsers.destination)] = Field(
        default="",
        description="S3 bucket and prefix for snapshots of the database",
        examples=["s3://corp-backup/altcontact"],
    )
    backup_keep: Annotated[int, _parsed(s3_parsers.kept)] = Field(
        default=48, description="how many snapshots are kept", examples=["48"]
    )
    policy: Annotated[Policy, _Instance()] = Field(
        default_factory=lambda values: Policy.requiring(values.get("types", ())),
        description="what accounts should have: [policy] of the file, over `types`",
        examples=['[policy]\nsecurity = "required"'],
    )
    aws: Annotated[tuple[AwsTarget, ...], _Instance()] = Field(
        default=(),
        description="the [[aws]] sections of the file; none: boto3's default credentials",
        examples=['[[aws]]\nname = "corp"\nprofile = "corp"'],
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
        """Only what `load` passes: the process's own environment is never read implicitly."""
        return (init_settings,)


def variable(field: str) -> str:
    """The environment variable of a field: `SLACK_BOT_TOKEN`, `ALTCONTACT_CHANNEL`."""
    return field.upper() if field.startswith("slack_") else PREFIX + field.upper()


FLAT: Final = [field for field in Settings.model_fields if field not in policy_file.TABLES]
"""The fields that a single value sets."""

FIELDS: Final = {variable(field): field for field in FLAT}
"""{environment variable: field}."""
