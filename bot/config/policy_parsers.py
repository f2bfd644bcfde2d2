"""Parses the values of the policy's keys, which are TOML values.

As in `setting_parsers`, each function raises ValueError with a message that continues the key's
name. Expected values of a contact are personal data, and never repeated.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from bot.config import setting_parsers
from bot.config.setting_parsers import suggestion
from bot.domain.exemptions import LONGEST_REASON, SHORTEST_REASON
from bot.domain.pasted_ids import (
    ACCOUNT_DIGITS,
    account_id_problem,
    ou_path,
    parse_account_id,
    slack_id,
    unquoted,
)
from bot.domain.policy.account_policy import LONGEST_EXEMPTION, ApprovalRule, ManagedBy, Presence
from bot.domain.rule_catalog import ALWAYS_ON, SEVERITIES, Rule, Severity
from bot.domain.scope import ScopeKind
from bot.domain.validation import EMAIL, FieldProblem, ascii_domain, parse_field
from bot.domain.visible_text import is_reordered, tidy, trim, visible

if TYPE_CHECKING:
    from collections.abc import Iterable

_LABEL: Final = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN: Final = re.compile(rf"(?:\*\.)?(?:{_LABEL}\.)+[a-z][a-z0-9]+", re.IGNORECASE)
_INTERNATIONAL_ENDING: Final = re.compile(rf"(?:\*\.)?(?:{_LABEL}\.)+xn--{_LABEL}", re.IGNORECASE)
_LONGEST_DOMAIN: Final = 253
_MENTION: Final = re.compile(r"[UWS][A-Z0-9]{2,}")
_NEARLY_ACCOUNT: Final = re.compile(r"[0-9][0-9 -]{0,18}")
"""Repeated unmasked in messages; elsewhere such a number may be somebody's phone number."""

_UNIT: Final = re.compile(r"ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}")
_ROLE: Final = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[\x21-\x7e]{1,512}")
_EXTERNAL_ID: Final = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
_LONGEST_NAME: Final = 40
_LONGEST_TAG: Final = 128
_LONGEST_LINK: Final = 500
MOST_AN_HOUR: Final = 1000
_LINK: Final = re.compile(r"[!#-;=?-_a-{}~]+")  # without what would end a link in Slack
EVERYONE: Final = "*"
"""Names every member of the workspace."""


def suggestions(word: str, among: Iterable[str]) -> str:
    """A hint: the closest valid word, or all of them if none is close."""
    names = list(among)
    return suggestion(word.strip().lower(), names) or f"; use one of: {', '.join(names)}"


def quoted(value: object) -> str:
    """A value for a message; for a list or a table, only its type."""
    if isinstance(value, dict):
        return "a table"
    return "a list" if isinstance(value, list) else setting_parsers.quoted(value)


def text(value: object) -> str:
    """Any text with visible characters, in NFC like the text it is compared with."""
    if not isinstance(value, str):
        raise ValueError(f"{quoted(value)} is not a string")  # noqa: TRY004 - these are gathered
    plain = tidy(value)
    if not visible(plain):
        raise ValueError("is empty")
    if is_reordered(plain):
        raise ValueError("contains hidden characters that change the order of the text")
    return plain


def _one_of(value: object, among: Iterable[str]) -> str:
    names = list(among)
    word = trim(value).lower() if isinstance(value, str) else value
    if not isinstance(word, str) or word not in names:
        raise ValueError(f"invalid value {quoted(value)}{suggestions(str(value), names)}")
    return word


def presence(value: object) -> Presence:
    """Whether a contact must be set."""
    return Presence(_one_of(value, Presence))


def severity(rule: Rule, value: object) -> Severity | None:
    """A rule's severity; None if it is off."""
    if rule in ALWAYS_ON and str(value).lower() == "off":
        raise ValueError("can't be turned off; set a severity instead")
    word = _one_of(value, [*Severity, "on", "off"])
    if word == "off":
        return None
    return SEVERITIES[rule] if word == "on" else Severity(word)


def domain(value: object) -> str:
    """A domain, or its subdomains with `*.`; internationalized domains in ASCII form."""
    name = ascii_domain(text(value))
    if _INTERNATIONAL_ENDING.fullmatch(name):
        raise ValueError(
            f"{quoted(name)} can't be used: AWS doesn't accept email addresses with a hyphen "
            "after the last dot of their domain"
        )
    if _DOMAIN.fullmatch(name) and len(name) <= _LONGEST_DOMAIN:
        return name.lower()
    bare = name.rpartition("@")[2].removeprefix("*").lstrip(".").lower()
    likely = bare != name.lower() and _DOMAIN.fullmatch(bare)
    hint = f" (did you mean “{bare}”?)" if likely else ""
    raise ValueError(f"{quoted(name)} is not a valid domain{hint}")


def expected(field: str, value: object) -> str:
    """An allowed value of a contact's field: one that AWS accepts, or `@domain` for an address."""
    if not isinstance(value, str):
        raise ValueError("is not a string")  # noqa: TRY004 - these are gathered
    if not visible(value):
        raise ValueError("is empty")
    typed = trim(value)
    if field == EMAIL and typed.startswith("@"):
        return f"@{domain(typed[1:])}"
    parsed = parse_field(field, typed)
    if isinstance(parsed, FieldProblem):
        problem = parsed.partition(" Example: ")[0].rstrip(".:")
        if not problem.startswith("AWS"):
            problem = f"{problem[0].lower()}{problem[1:]}"
        words = f"is not accepted by AWS: {problem}"
        raise ValueError(words)  # noqa: TRY004 - these are gathered
    return parsed


def channel(value: object) -> str:
    """A channel id or `#name`."""
    return setting_parsers.channel(text(value))


def mention(value: object) -> str:
    """A Slack user id or user group id, in any form that people paste."""
    id_ = slack_id(text(value))
    if not _MENTION.fullmatch(id_):
        raise ValueError(
            f"{quoted(id_)} is neither a Slack user id (U…, W…) nor a user group id (S…)"
        )
    return id_


def person(value: object) -> str:
    """A Slack user id or user group id as in `mention`, or `*` for every member."""
    return EVERYONE if value == EVERYONE else mention(value)


def approval(value: object) -> ApprovalRule:
    """Which changes need approval."""
    return ApprovalRule(_one_of(value, ApprovalRule))


def managed_by(value: object) -> str:
    """The tool that keeps contacts as code."""
    return ManagedBy(_one_of(value, ManagedBy)).value


def repository(value: object) -> str:
    """The https link to a repository; never repeated, since it may contain a token."""
    link = text(value)
    try:
        parts = urlsplit(link)
    except ValueError:
        raise ValueError("is not a valid link") from None
    if parts.scheme != "https" or not parts.hostname:
        raise ValueError("is not a link that begins with https://")
    if parts.username is not None or parts.password is not None:
        raise ValueError("contains a user name or a token; use the link without it")
    if not _LINK.fullmatch(link):
        raise ValueError("contains characters that a link can't have; percent-encode them")
    if len(link) > _LONGEST_LINK:
        raise ValueError(f"has more than {_LONGEST_LINK} characters")
    return link


def switch(value: object) -> bool:
    """True or false, without quotation marks."""
    if not isinstance(value, bool):
        raise ValueError(f"{quoted(value)} is neither true nor false")  # noqa: TRY004 - these are gathered
    return value


def hourly_limit(value: object) -> int:
    """How many contacts the bot may fix by itself in an hour."""
    return _whole_number(value, MOST_AN_HOUR)


def _whole_number(value: object, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{quoted(value)} is not a whole number")  # noqa: TRY004 - these are gathered
    if not 1 <= value <= most:
        raise ValueError(f"{quoted(value)} is not between 1 and {most}")
    return value


def account(value: object) -> str:
    """An account id, in any form that people paste."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        problem = account_id_problem(str(value))
        raise ValueError(  # noqa: TRY004 - these are gathered
            f"“{value}” needs quotation marks, because an account id can begin with 0"
            + (f"; it {problem}" if problem else "")
        )
    given = text(value)
    account_id = parse_account_id(given)
    if account_id is not None:
        return account_id
    shown = f"“{given}”" if _NEARLY_ACCOUNT.fullmatch(given) else quoted(given)
    if problem := account_id_problem(given):
        raise ValueError(f"{shown} is not an account id: it {problem}")
    raise ValueError(f"{shown} is not an account id, which has {ACCOUNT_DIGITS} digits")


def tag(value: object) -> str:
    """The key of a tag."""
    key = text(value)
    if len(key) > _LONGEST_TAG:
        raise ValueError(f"is longer than {_LONGEST_TAG} characters, the limit for a tag key")
    return key


def unit(value: object) -> str:
    """An OU path as a glob, from the root or from an OU's id down."""
    path = ou_path(text(value))
    if path == "/":
        return path
    first, *rest = path.removeprefix("/").split("/")
    if not path.startswith("/") and not _UNIT.fullmatch(first):
        raise ValueError(f"{quoted(path)} begins with neither / nor an OU id (ou-…)")
    parts = [first, *rest]
    if not all(map(visible, parts)):
        raise ValueError(
            f"{quoted(path)} contains an OU without a name; write a slash within a name as %2F"
        )
    if "\\/" in path:
        raise ValueError(f"{quoted(path)} contains \\/; write a slash within a name as %2F")
    if any("**" in part and part != "**" for part in parts):
        raise ValueError(
            f"{quoted(path)} combines ** with other characters; use ** alone between slashes"
        )
    return path


def days(value: object) -> int:
    """A number of days, at most a year."""
    return _whole_number(value, LONGEST_EXEMPTION)


def reason(value: object) -> str:
    """Why accounts are not checked; never repeated, since it may contain personal data."""
    if not isinstance(value, str):
        raise ValueError("is not a string")  # noqa: TRY004 - these are gathered
    words = " ".join(tidy(value).split())
    if len(visible(words)) < SHORTEST_REASON:
        raise ValueError(f"has fewer than {SHORTEST_REASON} visible characters")
    if is_reordered(words):
        raise ValueError("contains hidden characters that change the order of the text")
    if len(words) > LONGEST_REASON:
        raise ValueError(f"has more than {LONGEST_REASON} characters")
    return words


def organization(value: object) -> str:
    """The name of an organization."""
    name = text(value)
    if len(name) > _LONGEST_NAME or not name.isprintable():
        raise ValueError(
            f"{quoted(name)} is not a printable name of at most {_LONGEST_NAME} characters"
        )
    return name


def role(value: object) -> str:
    """A role's ARN."""
    arn = unquoted(text(value))
    if not _ROLE.fullmatch(arn):
        raise ValueError(f"{quoted(arn)} is not the ARN of an IAM role")
    return arn


def external_id(value: object) -> str:
    """The external id that a role requires; never repeated in messages."""
    if not isinstance(value, str) or not _EXTERNAL_ID.fullmatch(value):
        raise ValueError("is not a valid external id; use letters, digits and _+=,.@:/-")
    return value


def scope(value: object) -> ScopeKind | None:
    """What to check; None detects it."""
    word = _one_of(value, [*ScopeKind, "auto"])
    return None if word == "auto" else ScopeKind(word)
