"""What the values of the policy's keys may be: TOML in, the value or words about it out.

As in `setting_parsers` each function takes what was given and raises ValueError with words that
continue the key's name. What is expected of a contact is personal data, and never repeated.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bot.config import setting_parsers
from bot.config.setting_parsers import near
from bot.domain.exemptions import LONGEST_REASON, SHORTEST_REASON
from bot.domain.policy.policy import LONGEST_EXEMPTION, Presence
from bot.domain.rule_catalog import ALWAYS_ON, SEVERITIES, Rule, Severity
from bot.domain.scope import ScopeKind
from bot.domain.validation import EMAIL, problem_of

if TYPE_CHECKING:
    from collections.abc import Iterable

_LABEL: Final = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN: Final = re.compile(rf"(?:\*\.)?(?:{_LABEL}\.)+[a-z][a-z0-9]+", re.IGNORECASE)
_LONGEST_DOMAIN: Final = 253
_MENTION: Final = re.compile(r"[UWS][A-Z0-9]{2,}")
_ACCOUNT: Final = re.compile(r"[0-9]{12}")
_UNIT: Final = re.compile(r"ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}")
_ROLE: Final = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[\x21-\x7e]{1,512}")
_EXTERNAL_ID: Final = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
_LONGEST_NAME: Final = 40
_LONGEST_TAG: Final = 128


def options(word: str, among: Iterable[str]) -> str:
    """What it may be instead: the nearest, or all where none is near."""
    names = list(among)
    return near(word.strip().lower(), names) or f"; there are {', '.join(names)}"


def quoted(given: object) -> str:
    """What was given, for a message; of a list or a table only what it is."""
    if isinstance(given, dict):
        return "a table"
    return "a list" if isinstance(given, list) else setting_parsers.quoted(given)


def text(given: object) -> str:
    """Any text that is not blank."""
    if not isinstance(given, str):
        raise ValueError(f"{quoted(given)} is no text")  # noqa: TRY004 - these are gathered
    if not given.strip():
        raise ValueError("is empty")
    return given.strip()


def _one_of(given: object, among: Iterable[str], kind: str) -> str:
    names = list(among)
    found = given.strip().lower() if isinstance(given, str) else given
    if not isinstance(found, str) or found not in names:
        raise ValueError(f"{quoted(given)} is no {kind}{options(str(given), names)}")
    return found


def presence(given: object) -> Presence:
    """Whether a contact must be there."""
    return Presence(_one_of(given, Presence, "presence"))


def severity(rule: Rule, given: object) -> Severity | None:
    """A rule's severity; None: it is off."""
    if rule in ALWAYS_ON and str(given).lower() == "off":
        raise ValueError("cannot be switched off; only its severity may be given")
    found = _one_of(given, [*Severity, "on", "off"], "severity")
    if found == "off":
        return None
    return SEVERITIES[rule] if found == "on" else Severity(found)


def domain(given: object) -> str:
    """A domain, or with `*.` every domain below one."""
    found = text(given)
    if _DOMAIN.fullmatch(found) and len(found) <= _LONGEST_DOMAIN:
        return found.lower()
    bare = found.rpartition("@")[2].removeprefix("*").lstrip(".").lower()
    likely = bare != found.lower() and _DOMAIN.fullmatch(bare)
    hint = f" (did you mean “{bare}”?)" if likely else ""
    raise ValueError(f"{quoted(found)} is no domain{hint}")


def expected(field: str, given: object) -> str:
    """What a field of a contact may be: a value that AWS takes, or `@domain` for an address."""
    if not isinstance(given, str):
        raise ValueError("is no text")  # noqa: TRY004 - these are gathered
    found = given.strip()
    if field == EMAIL and found.startswith("@"):
        return f"@{domain(found[1:])}"
    problem = problem_of(field, found).partition(" Example: ")[0].rstrip(".:")
    if problem:
        raise ValueError(f"is not what AWS takes: {problem[0].lower()}{problem[1:]}")
    return found


def channel(given: object) -> str:
    """A channel id or `#name`."""
    return setting_parsers.channel(text(given))


def mention(given: object) -> str:
    """A user id or a user group id of Slack."""
    found = text(given)
    if not _MENTION.fullmatch(found):
        raise ValueError(
            f"{quoted(found)} is neither a user id (U…, W…) nor a user group id (S…) of Slack"
        )
    return found


def account(given: object) -> str:
    """An account id."""
    if isinstance(given, int) and not isinstance(given, bool):
        raise ValueError(  # noqa: TRY004 - these are gathered
            f"{quoted(given)} needs quotation marks: an id may begin with 0"
        )
    found = text(given)
    if not _ACCOUNT.fullmatch(found):
        raise ValueError(f"{quoted(found)} is no account id, which has 12 digits")
    return found


def glob(given: object) -> str:
    """A glob of a name or a tag's value."""
    return text(given)


def tag(given: object) -> str:
    """The key of a tag."""
    found = text(given)
    if len(found) > _LONGEST_TAG:
        raise ValueError(f"is longer than the {_LONGEST_TAG} characters of a tag's key")
    return found


def unit(given: object) -> str:
    """An OU path as a glob, from the root or from an OU's id down."""
    found = text(given)
    if found == "/":
        return found
    first, *rest = found.removeprefix("/").split("/")
    if not found.startswith("/") and not _UNIT.fullmatch(first):
        raise ValueError(f"{quoted(found)} begins with neither / nor an OU's id (ou-…)")
    parts = [first, *rest]
    if not all(part.strip() for part in parts):
        raise ValueError(f"{quoted(found)} holds an OU without a name")
    if any("**" in part and part != "**" for part in parts):
        raise ValueError(f"{quoted(found)} has ** beside other characters; it stands alone")
    return found


def days(given: object) -> int:
    """A number of days of at most a year."""
    if not isinstance(given, int) or isinstance(given, bool):
        raise ValueError(f"{quoted(given)} is no whole number")  # noqa: TRY004 - these are gathered
    if not 1 <= given <= LONGEST_EXEMPTION:
        raise ValueError(f"{quoted(given)} is not from 1 to {LONGEST_EXEMPTION}")
    return given


def reason(given: object) -> str:
    """Why accounts are not looked at; it may hold personal data, and is not repeated."""
    if not isinstance(given, str):
        raise ValueError("is no text")  # noqa: TRY004 - these are gathered
    found = " ".join(given.split())
    if len(found) < SHORTEST_REASON:
        raise ValueError(f"has fewer than {SHORTEST_REASON} characters")
    if len(found) > LONGEST_REASON:
        raise ValueError(f"has more than {LONGEST_REASON} characters")
    return found


def organization(given: object) -> str:
    """The name of an organization."""
    found = text(given)
    if len(found) > _LONGEST_NAME or not found.isprintable():
        raise ValueError(f"{quoted(found)} is no name of {_LONGEST_NAME} characters at most")
    return found


def role(given: object) -> str:
    """A role's ARN."""
    found = text(given)
    if not _ROLE.fullmatch(found):
        raise ValueError(f"{quoted(found)} is no ARN of a role")
    return found


def external_id(given: object) -> str:
    """What a role asks for; it is not repeated."""
    if not isinstance(given, str) or not _EXTERNAL_ID.fullmatch(given):
        raise ValueError("is no external id, which has letters, digits and _+=,.@:/-")
    return given


def scope(given: object) -> ScopeKind | None:
    """What is looked after; None finds it out."""
    found = _one_of(given, [*ScopeKind, "auto"], "scope")
    return None if found == "auto" else ScopeKind(found)
