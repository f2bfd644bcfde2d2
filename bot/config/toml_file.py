"""Reads the TOML file of settings and policy, and describes its problems."""

from __future__ import annotations

import codecs
import hashlib
import re
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from bot.config import look_alikes
from bot.config.setting_parsers import quoted
from bot.config.toml_positions import Lines
from bot.domain.errors import SettingProblem
from bot.domain.masking import mask

if TYPE_CHECKING:
    from pathlib import Path

CONFIG: Final = "ALTCONTACT_CONFIG"
DEFAULT_FILE: Final = "altcontact.toml"
MISSING_FILE: Final = "file not found"
_TWICE: Final = (
    "Cannot overwrite",
    "Cannot declare",
    "Cannot mutate",
    "Cannot redefine",
    "Duplicate inline table key",
)
"""How tomllib's message begins if a key or a table is repeated."""

_LEADING_ZERO: Final = re.compile(r"[=\[,]\s*0\d{5,}")


def in_file(key: str, file: str, line: int) -> str:
    """A location in the file, for a message."""
    return f"{key} in {file}, line {line}"


def plain(key: str) -> str:
    """A key of the file as it is, or in quotation marks if it is not a plain word."""
    return key if re.fullmatch(r"[\w-]{1,60}", key) else quoted(key)


@dataclass(frozen=True, slots=True)
class SettingFile:
    """The file's content, empty without a file, and the lines of everything in it.

    `name` is its name in messages. `digest` is the SHA-256 of its bytes, as `sha256sum` shows it;
    empty if there is no file.
    """

    name: str
    content: dict[str, Any] = field(default_factory=dict)
    lines: Lines = field(default_factory=lambda: Lines(""))
    digest: str = ""


class TomlFileError(ValueError):
    """The TOML file can't be read."""

    def __init__(
        self, where: str, what: str, example: str = f"{CONFIG}=/etc/{DEFAULT_FILE}", line: int = 0
    ) -> None:
        super().__init__(what)
        snippet = f"export {example}" if example.startswith(CONFIG) else ""
        self.problem = SettingProblem(where, what, example, snippet, line=line)


def read_file(file: Path, *, named: bool) -> SettingFile:
    """The TOML file without empty flat keys; empty if the default file does not exist.

    Raises:
        TomlFileError: it can't be read; the problem says why, without its content.
    """
    shown = mask(str(file))
    name = f"{CONFIG}: {shown}" if named else shown
    try:
        content = file.read_bytes()
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise TomlFileError(
                name, "is not valid TOML because it is encoded in UTF-16; save it as UTF-8"
            )
        # Editors on Windows put a byte order mark before UTF-8.
        text = content.removeprefix(codecs.BOM_UTF8).decode().replace("\r\n", "\n")
    except FileNotFoundError:
        if not named:
            return SettingFile(shown)
        raise TomlFileError(name, MISSING_FILE) from None
    except OSError as error:
        raise TomlFileError(name, f"can't be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise TomlFileError(name, "is not valid TOML because it is not encoded in UTF-8") from None
    try:
        parsed = tomllib.loads(text)
        lines = Lines(text)
    except tomllib.TOMLDecodeError as error:
        raise _no_toml(name, text, error) from None
    except RecursionError:
        raise TomlFileError(name, "is nested too deeply") from None
    except ValueError:  # a number with too many digits for Python
        raise TomlFileError(
            name, "is not valid TOML because it contains a number that is too long"
        ) from None
    filled = {key: value for key, value in parsed.items() if value != ""}
    return SettingFile(shown, filled, lines, hashlib.sha256(content).hexdigest())


def _no_toml(name: str, text: str, error: tomllib.TOMLDecodeError) -> TomlFileError:
    """Why a file is not valid TOML, quoting at most one character of it."""
    why = str(error)
    found = re.search(r"\(at line (\d+), column (\d+)\)$", why)
    lines = text.split("\n")
    line = int(found[1]) if found else len(lines)
    at = found.group() if found else f"(at the end of the file, line {line})"
    if why.startswith(_TWICE):
        hint = "this key or section is defined twice"
    elif _LEADING_ZERO.search(lines[line - 1]):
        hint = "a number that begins with 0, such as an account id, needs quotation marks"
    elif found:
        hint = look_alikes.explain(lines[line - 1], int(found[2]))
    else:
        hint = look_alikes.explain_unended(lines)
    what = f"is not valid TOML {at}{': ' if hint else ''}{hint}"
    return TomlFileError(name, what, 'channel = "#alerts"', line)
