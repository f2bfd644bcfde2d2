"""The TOML file of settings, and how what is wrong with a setting is told."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bot.masking import mask

if TYPE_CHECKING:
    from pathlib import Path

CONFIG: Final = "ALTCONTACT_CONFIG"
DEFAULT_FILE: Final = "altcontact.toml"


@dataclass(frozen=True, slots=True)
class Problem:
    """One setting that is wrong or missing; `where` is its name, and its file where it has one.

    `paste` is what to set instead, to put into a shell or the file, and `mend` says so; empty where
    nothing is known.
    """

    where: str
    what: str
    example: str = ""
    paste: str = ""
    mend: str = ""

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}"
        if not self.example:
            return text
        return f"{text}{'' if text.endswith('.') else '.'} For example: {self.example}"


class Unreadable(ValueError):
    """The TOML file cannot be read."""

    def __init__(
        self, where: str, what: str, example: str = f"{CONFIG}=/etc/{DEFAULT_FILE}"
    ) -> None:
        super().__init__(what)
        paste = f"export {example}" if example.startswith(CONFIG) else ""
        self.problem = Problem(where, what, example, paste)


def read_file(file: Path, *, named: bool) -> dict[str, Any]:
    """The TOML file's content without what is empty; nothing where an unnamed one is not there.

    Raises:
        Unreadable: it cannot be read; the problem says why, and nothing of its content.
    """
    name = mask(f"{CONFIG}: {file}" if named else str(file))
    try:
        with file.open("rb") as opened:
            content = tomllib.load(opened)
    except FileNotFoundError:
        if not named:
            return {}
        raise Unreadable(name, "there is no such file") from None
    except OSError as error:
        raise Unreadable(name, f"cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise Unreadable(name, "is not TOML, since it is not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"\(at .*\)$", str(error))
        at = f" {where.group()}" if where else ""
        raise Unreadable(name, f"is not TOML{at}", 'channel = "#alerts"') from None
    return {key: value for key, value in content.items() if value != ""}
