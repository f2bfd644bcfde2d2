"""Secret settings by reference: in a file that `NAME_FILE` names, or in AWS, by an ARN.

Nothing here shows a secret: messages name the file, the secret in AWS, or the setting.
"""

from __future__ import annotations

import os
import re
import shlex
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from bot.config import setting_parsers as parse
from bot.config.settings import variable
from bot.domain.masking import mask
from bot.domain.visible_text import trim

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path

    ReadSecret: TypeAlias = Callable[["SecretReference"], str]

DATABASE: Final = ("database", "database_password")
"""The settings that say how to connect to the database."""

SECRETS: Final = ("slack_bot_token", "slack_app_token", "slack_signing_secret", *DATABASE)
"""The settings whose value may be a reference."""

BY_FILE: Final = {f"{name}_file": name for name in SECRETS}
"""{key that names a file: the setting whose value is in that file}."""

MOST_BYTES: Final = 65_536
"""The largest secret that AWS Secrets Manager keeps; no larger file is a secret."""

_SQLITE: Final = b"SQLite format 3\x00"
_ARN: Final = re.compile(r"arn:aws[a-z-]*:(secretsmanager|ssm):([a-z0-9-]+):[0-9]{12}:(.+)")
_SECRET: Final = re.compile(
    # The name; then, as Amazon ECS writes it, the JSON key, the stage, and the id of the version.
    r"secret:([\w/+=.@!-]{1,512})(?::([^:#]*)(?::([\w/+=.@-]*)(?::([\w-]*))?)?)?",
    re.ASCII,
)
_PARAMETER: Final = re.compile(r"parameter(/[\w./-]{1,1011}(?::[\w.-]{1,100})?)", re.ASCII)
_ARN_EXAMPLE: Final = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:altcontact-AbCdEf:KEY::"


class SecretUnreadable(ValueError):
    """The value that a reference points to can't be read; `remedy` is the next step."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class SecretFile:
    """A file that contains a secret and nothing else."""

    path: Path

    def __str__(self) -> str:
        return f"the file {_shown(self.path)}"


@dataclass(frozen=True, slots=True)
class ManagedSecret:
    """A secret in AWS Secrets Manager, or one key of it if it is a JSON object.

    `stage` and `version` choose a version other than the current one.
    """

    arn: str
    region: str
    name: str
    key: str = ""
    stage: str = ""
    version: str = ""

    def __str__(self) -> str:
        part = f"the key {self.key} of " if self.key else ""
        return f"{part}the secret {mask(self.name)} in AWS Secrets Manager ({self.region})"


@dataclass(frozen=True, slots=True)
class StoredParameter:
    """A parameter in AWS Systems Manager; `name` includes the version or label, if one is set."""

    arn: str
    region: str
    name: str

    def __str__(self) -> str:
        return f"the parameter {mask(self.name)} in AWS Systems Manager ({self.region})"


AwsReference: TypeAlias = ManagedSecret | StoredParameter
SecretReference: TypeAlias = SecretFile | AwsReference


@dataclass(frozen=True, slots=True)
class SecretSource:
    """How a secret setting is set.

    Args:
        name: the setting.
        key: the key that sets it: the setting itself, or the one that names a file.
        in_environ: whether it is set in the environment, rather than in the TOML file.
        given: what is set there: a path, an ARN, or the secret itself.
        twice: whether the setting and the key that names a file are both set in that place.
    """

    name: str
    key: str
    in_environ: bool
    given: object = field(repr=False)
    twice: bool = False

    @property
    def may_refer(self) -> bool:
        """Whether the value is elsewhere, as far as its form tells."""
        return self.key in BY_FILE or (
            isinstance(self.given, str) and trim(self.given).lower().startswith("arn:")
        )

    def reference(self) -> SecretReference | None:
        """Where the value is; None if the setting is the value.

        Raises:
            ValueError: it is neither a path nor an ARN that can be used.
        """
        if not self.may_refer:
            return None
        if self.key in BY_FILE:
            parse.check_quotes(self.given)
            return SecretFile(parse.path(self.given))
        return parse_arn(trim(str(self.given)))


def find(environ: Mapping[str, Any], file: Mapping[str, Any]) -> Iterator[SecretSource]:
    """How each secret setting is set; the environment wins over the file.

    Args:
        environ: the keys that the environment sets, by their names in the file.
        file: those of the file.
    """
    for name in SECRETS:
        by_file = f"{name}_file"
        for values in (environ, file):
            keys = [key for key in (name, by_file) if key in values]
            if keys:
                twice = len(keys) > 1
                yield SecretSource(name, keys[0], values is environ, values[keys[0]], twice)
                break


def read_all(
    given: Mapping[str, SecretSource], read: ReadSecret | None, wanted: Collection[str]
) -> tuple[dict[str, object], dict[str, ValueError]]:
    """The values of secrets, as far as they can be read, and why others can't.

    Args:
        given: how they are set.
        read: reads a reference, or raises SecretUnreadable; None leaves those values out.
        wanted: the settings whose references are read.
    """
    values: dict[str, object] = {}
    unreadable: dict[str, ValueError] = {}
    for name, source in given.items():
        try:
            if source.twice:
                other = f"{name}_file"
                shown = variable(other) if source.in_environ else other
                raise SecretUnreadable(f"{shown} is set as well", "Remove one of the two.")
            reference = source.reference()
            if reference is None:
                values[name] = source.given
            elif read is not None and name in wanted:
                values[name] = read(reference)
        except ValueError as error:
            unreadable[name] = error
    return values, unreadable


def parse_arn(text: str) -> AwsReference:
    """The secret or the parameter of an ARN.

    A JSON key, a stage and a version follow a secret's ARN as Amazon ECS writes them in a task
    definition: `arn:…:secret:NAME:KEY:STAGE:VERSION`, each of which may be empty.

    Raises:
        ValueError: it is the ARN of something else, or malformed.
    """
    found = _ARN.fullmatch(text)
    if found is None:
        raise ValueError(
            "is an ARN, but of neither a secret in AWS Secrets Manager "
            "(arn:aws:secretsmanager:…) nor a parameter in AWS Systems Manager (arn:aws:ssm:…)"
        )
    service, region, resource = found.groups()
    if service == "ssm":
        if named := _PARAMETER.fullmatch(resource):
            return StoredParameter(text, region, named[1])
        raise ValueError("is not the ARN of a parameter, which has parameter/NAME at its end")
    if named := _SECRET.fullmatch(resource):
        arn = text[: -len(resource)] + f"secret:{named[1]}"
        key, stage, version = (part or "" for part in named.groups()[1:])
        return ManagedSecret(arn, region, named[1], key, stage, version)
    raise ValueError(
        "is not the ARN of a secret. A JSON key follows it after a colon, and two colons end it, "
        f"as in {_ARN_EXAMPLE}"
    )


def read_secret_file(path: Path) -> str:
    """The content of a file, without the line feed at its end.

    Raises:
        SecretUnreadable: it can't be read, or can't be a secret.
    """
    shown = _shown(path)
    try:
        # Without waiting for whoever writes into a named pipe.
        opened = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            _require_file(os.fstat(opened).st_mode, shown)
            with open(opened, "rb", closefd=False) as stream:
                content = stream.read(MOST_BYTES + 1)
        finally:
            os.close(opened)
    except FileNotFoundError:
        raise SecretUnreadable(f"{shown} doesn't exist", _MOUNTED) from None
    except PermissionError:
        raise SecretUnreadable(
            f"the bot isn't allowed to read {shown}",
            "Give the user that the bot runs as permission to read it.",
        ) from None
    except SecretUnreadable:
        raise
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "the path is invalid"
        raise SecretUnreadable(f"{shown} can't be read ({why})") from None
    return _text_of(content, shown)


_MOUNTED: Final = "Correct the path, or check that the secret is mounted there."


def _shown(path: Path) -> str:
    """A path for a message, on one line."""
    return mask(" ".join(str(path).split()))


def _require_file(mode: int, shown: str) -> None:
    if stat.S_ISDIR(mode):
        remedy = "Name the file inside it that contains the secret."
        raise SecretUnreadable(f"{shown} is a directory", remedy)
    if not stat.S_ISREG(mode):
        raise SecretUnreadable(f"{shown} is not a regular file")
    if mode & stat.S_IWOTH:
        raise SecretUnreadable(
            f"every user of this machine can change {shown}",
            f"Run: chmod o-w {shlex.quote(shown)}",
        )


def _text_of(content: bytes, shown: str) -> str:
    if content.startswith(_SQLITE):
        raise SecretUnreadable(
            f"{shown} is an SQLite database, and not a file with the setting's value",
            "Name the database itself in ALTCONTACT_DATABASE.",
        )
    if len(content) > MOST_BYTES:
        raise SecretUnreadable(
            f"{shown} is larger than {MOST_BYTES // 1024} KiB, so it can't be a secret"
        )
    try:
        text = content.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        raise SecretUnreadable(f"{shown} is not text in UTF-8") from None
    if not text.strip():
        raise SecretUnreadable(f"{shown} is empty", "Write the secret into it.")
    return text


def is_exposed(path: Path) -> bool:
    """Whether a file of the bot's own user can be read by every user of the machine.

    A secret that a container runtime mounts belongs to another user, and is readable to all in the
    container, so it doesn't count.
    """
    try:
        found = path.stat()
    except OSError:
        return False
    return found.st_uid == os.geteuid() and bool(found.st_mode & stat.S_IROTH)
