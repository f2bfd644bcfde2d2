"""Parses what people type after `/altcontact`, and suggests the nearest command for a typo."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Final

from bot.domain.account_selection import ALL
from bot.domain.contacts import ContactType
from bot.domain.pasted_ids import account_id_problem, parse_account_id, unwrapped
from bot.domain.visible_text import visible

COMMAND: Final = "/altcontact"

CHECK, DOCTOR, EXEMPT, EXEMPTIONS = "check", "doctor", "exempt", "exemptions"
FIX, HELP, HISTORY, RELOAD, UNDO = "fix", "help", "history", "reload", "undo"
_NAMES: Final = (CHECK, DOCTOR, EXEMPT, EXEMPTIONS, FIX, HELP, HISTORY, RELOAD, UNDO)

_MANY: Final = re.compile(
    r"""!?["'“]?(?:(?:ous?|unit|tags?|org|organi[sz]ation):|/|ou-\w)""", re.IGNORECASE
)
_GLOB: Final = re.compile(r"[*?]")

_NEAR: Final = 0.5
"""How similar a word must be to a command to count as a typo of it (difflib's ratio)."""

MAX_SUGGESTION: Final = 200
"""Characters of a suggested command; names of AWS accounts have at most 50."""


@dataclass(frozen=True, slots=True)
class Command:
    """A known command, and what followed it."""

    name: str
    argument: str = ""

    @property
    def text(self) -> str:
        """What to type after `/altcontact`."""
        return f"{self.name} {self.argument}".rstrip()


@dataclass(frozen=True, slots=True)
class Typo:
    """An unknown command, and the command that was probably meant, if any."""

    typed: str
    meant: Command | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """One way to use the command, as help and completion show it."""

    words: str
    argument: str
    description: str

    @property
    def line(self) -> str:
        """The whole line to type."""
        return " ".join(part for part in (COMMAND, self.words, self.argument) if part)


USAGE: Final = (
    Usage(CHECK, "", "checks every account now"),
    Usage(CHECK, "<id or name>", "shows one account's contacts as they are in AWS"),
    Usage(FIX, "<id or name>", "sets a contact"),
    Usage(FIX, "", "fixes many contacts at once, after a preview"),
    Usage(FIX, "<selection>", "the same for: all, web-*, ou:/Prod/**, tag:env=prod"),
    Usage(UNDO, "<number of a fix>", "puts back the contact from before a fix"),
    Usage(EXEMPT, "<id or name>", "exempts an account's findings for a time"),
    Usage(EXEMPTIONS, "", "lists and ends exemptions and manual verifications"),
    Usage(HISTORY, "<id or name>", "shows who changed an account, and when"),
    Usage(RELOAD, "", "applies the policy file (fixers only)"),
    Usage(DOCTOR, "", "checks the installation (fixers only)"),
    Usage(HELP, "", "shows this"),
)


def parse(text: str) -> Command | Typo:
    """Parse what was typed after `/altcontact`."""
    word, _, rest = " ".join(text.split()).partition(" ")
    name = unwrapped(word).lower()
    if not name:
        return Command(HELP)
    if name in _NAMES:
        return Command(name, rest if visible(rest) else "")
    near = difflib.get_close_matches(name, _NAMES, n=1, cutoff=_NEAR)
    if near:
        return _typo(word, Command(near[0], rest if visible(rest) else ""))
    account = parse_account_id(text) or (" ".join(text.split()) if account_id_problem(text) else "")
    return _typo(word, Command(CHECK, account)) if account else Typo(word)


def _typo(word: str, meant: Command) -> Typo:
    """A typo; without the command that was meant if that is too long to be one."""
    return Typo(word, meant if len(meant.text) <= MAX_SUGGESTION else None)


def selects_many(argument: str) -> bool:
    """Whether what follows `fix` can mean several accounts: a list, a glob, an OU, a tag, or all.

    A name with spaces is one account, and so is a part of a name.
    """
    words = argument.split()
    if "," in argument or argument.casefold() == ALL:
        return True
    if any(_MANY.match(word) or _GLOB.search(word) for word in words):
        return True
    return sum(parse_account_id(word) is not None for word in words) > 1


def split_type(argument: str) -> tuple[str, ContactType | None]:
    """Split `prod billing` into the account's name and the contact type at the end, if any."""
    name, _, last = argument.rpartition(" ")
    word = unwrapped(last).upper()
    if name and word in ContactType.__members__:
        return name, ContactType[word]
    return argument, None
