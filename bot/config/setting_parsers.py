"""What the value of each setting may be: text or TOML in, the value or words about it out.

Each function takes what was given and raises ValueError with words that continue the setting's
name, such as `“5x” is no number`. Those of secrets never repeat the value; the others mask it.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from bot.domain.contacts import ContactType
from bot.domain.masking import mask
from bot.domain.scope import ScopeKind

_TRUTH: Final = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off"), False),
}
_CHANNEL: Final = re.compile(r"[CG][A-Z0-9]{6,}|#[^\s#A-Z]{1,80}")
_FIXER: Final = re.compile(r"[UWS][A-Z0-9]{2,}")
_KINDS: Final = {"xoxb-": "bot token", "xapp-": "app-level token"}


def quoted(given: object) -> str:
    """What was given, for a message: short, in quotation marks, on one line, masked."""
    shown = mask(" ".join(str(given).split()))
    most = 60
    return f"“{shown if len(shown) <= most else shown[: most - 1] + '…'}”"


def near(word: str, among: list[str], cutoff: float = 0.6) -> str:
    """` (did you mean “…”?)` with the nearest word, or nothing where none is near."""
    found = get_close_matches(word, among, n=1, cutoff=cutoff)
    return f" (did you mean “{found[0]}”?)" if found else ""


def text(given: object) -> str:
    """Any text of one line or more that is not blank."""
    if not isinstance(given, str):
        raise ValueError(f"{quoted(given)} is no text")  # noqa: TRY004 - pydantic gathers these
    if not given.strip():
        raise ValueError("is empty")
    return given.strip()


def _token(given: object, prefix: str) -> str:
    found = given.strip() if isinstance(given, str) else ""
    if found.startswith(prefix) and len(found) > len(prefix) and found.isprintable():
        return found
    other = next((kind for start, kind in _KINDS.items() if found.startswith(start)), None)
    hint = ""
    if other and not found.startswith(prefix):
        hint = f" (this looks like the {other}: are the two tokens swapped?)"
    raise ValueError(f"does not look like Slack's {_KINDS[prefix]}, which begins {prefix}{hint}")


def bot_token(given: object) -> str:
    """`xoxb-…`."""
    return _token(given, "xoxb-")


def app_token(given: object) -> str:
    """`xapp-…`."""
    return _token(given, "xapp-")


def base_url(given: object) -> str:
    """An http or https URL, with the trailing slash that slack_sdk needs."""
    found = text(given)
    try:
        parts = urlsplit(found)
        whole = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number, a bracket without its other
        whole = False
    if not whole or parts.query or parts.fragment or " " in found:
        raise ValueError(f"{quoted(found)} is no http or https base URL")
    return found if found.endswith("/") else f"{found}/"


def web_page(given: object) -> str:
    """An http or https URL, without a slash at its end."""
    return base_url(given).rstrip("/")


def channel(given: object) -> str:
    """A channel id or `#name`."""
    found = text(given)
    if _CHANNEL.fullmatch(found):
        return found
    wanted = f"#{found.lower().lstrip('#')}"
    likely = _CHANNEL.fullmatch(wanted) and mask(wanted) == wanted
    hint = f" (did you mean “{wanted}”?)" if likely else ""
    raise ValueError(f"{quoted(found)} is neither a channel's id nor its #name{hint}")


def crontab(given: object) -> str:
    """A crontab expression of five fields that comes due at some time."""
    from bot.config.crontab import trigger  # noqa: PLC0415 - slow to import; the default needs no look

    found = text(given)
    try:
        due = trigger(found, ZoneInfo("UTC")).get_next_fire_time(None, datetime.now(UTC))
    except ValueError as error:
        raise ValueError(f"{quoted(found)} is no crontab expression: {error}") from None
    if due is None:
        raise ValueError(f"{quoted(found)} never comes due")
    return found


def timezone(given: object) -> ZoneInfo:
    """A time zone by its IANA name."""
    found = text(given)
    try:
        return ZoneInfo(found)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: `Europe` is a folder of them
        hint = near(found, sorted(available_timezones()), 0.8)
        raise ValueError(f"{quoted(found)} is no IANA time zone{hint}") from None


def truth(given: object) -> bool:
    """True or false, in the usual spellings."""
    if isinstance(given, bool):
        return given
    try:
        return _TRUTH[str(given).strip().lower()]
    except KeyError:
        raise ValueError(f"{quoted(given)} is neither true nor false") from None


def scope(given: object) -> ScopeKind | None:
    """`account`, `organization`, or `auto`, which is None."""
    names = [*(kind.value for kind in ScopeKind), "auto"]
    found = text(given).lower()
    if found not in names:
        raise ValueError(f"{quoted(given)} is none of {', '.join(names)}{near(found, names)}")
    return None if found == "auto" else ScopeKind(found)


def _items(given: object) -> list[str]:
    """Comma-separated text or a TOML list as its items, each once."""
    items = given if isinstance(given, list) else text(given).split(",")
    if not all(isinstance(item, str) for item in items):
        raise ValueError("holds something that is no text")
    return list(dict.fromkeys(item.strip() for item in items if item.strip()))


def types(given: object) -> tuple[ContactType, ...]:
    """Contact types, each once, in the order given."""
    names = [kind.value for kind in ContactType]
    found = list(dict.fromkeys(item.upper() for item in _items(given)))
    for item in found:
        if item not in names:
            raise ValueError(
                f"{quoted(item)} is no contact type; there are {', '.join(names)}"
                f"{near(item, names)}"
            )
    if not found:
        raise ValueError("names no contact type")
    return tuple(ContactType(item) for item in found)


def fixers(given: object) -> tuple[str, ...]:
    """User ids and user group ids, or `*` alone."""
    found = _items(given)
    if "*" in found:
        if len(found) > 1:
            raise ValueError("* means everyone, and stands alone")
        return ("*",)
    for item in found:
        if not _FIXER.fullmatch(item):
            raise ValueError(
                f"{quoted(item)} is neither a user id (U…, W…) nor a user group id (S…); Slack "
                "shows a person's under Profile, Copy member ID"
            )
    return tuple(found)


def path(given: object) -> Path:
    """A file; `~` is the home directory."""
    return Path(text(given)).expanduser()


def positive(given: object) -> float:
    """A number above zero."""
    try:
        if isinstance(given, bool):
            raise ValueError  # noqa: TRY301, TRY004 - Python counts truth values among the numbers
        number = float(str(given))
    except ValueError:
        raise ValueError(f"{quoted(given)} is no number") from None
    if not (math.isfinite(number) and number > 0):
        raise ValueError(f"{quoted(given)} is not above zero")
    return number


def region(given: object) -> str:
    """An ISO country code that phone numbers are known for."""
    from phonenumbers import SUPPORTED_REGIONS  # noqa: PLC0415 - large, and needed here alone

    found = text(given).upper()
    if found not in SUPPORTED_REGIONS:
        hint = " (did you mean “GB”?)" if found == "UK" else ""
        raise ValueError(f"{quoted(given)} is no ISO country code with phone numbers{hint}")
    return found


def log_format(given: object) -> str:
    """`console` or `json`."""
    names = ["console", "json"]
    found = text(given).lower()
    if found not in names:
        raise ValueError(f"{quoted(given)} is neither console nor json{near(found, names)}")
    return found
