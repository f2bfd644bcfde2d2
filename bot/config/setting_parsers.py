"""Parses the value of each setting, which is text or a TOML value.

Each function raises ValueError with a message that continues the setting's name, such as
`“5x” is not a number`. Messages about secrets never repeat the value; others mask it.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from bot.config import database_url, look_alikes
from bot.domain.contacts import ContactType
from bot.domain.masking import mask
from bot.domain.pasted_ids import slack_id
from bot.domain.scope import ScopeKind
from bot.domain.visible_text import trim, visible

if TYPE_CHECKING:
    from bot.config.database_url import PostgresUrl

SHORTEST_LEASE, LONGEST_LEASE = 2.0, 60.0
"""Seconds: a shorter lease is lost to any hiccup, and a longer one leaves nobody in the lead."""

_LONGEST_QUOTE: Final = 60
_BOOLEANS: Final = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off"), False),
}
_CHANNEL: Final = re.compile(r"[CG][A-Z0-9]{6,}|#[^\s#A-Z]{1,80}")
_PERSON: Final = re.compile(r"[UWS][A-Z0-9]{2,}")
_QUOTES: Final = {('"', '"'), ("'", "'"), ("`", "`"), ("“", "”"), ("„", "“")}
_SHORTEST_QUOTED: Final = 2
_TOKEN: Final = re.compile(r"[a-z]+-[A-Za-z0-9._-]+")
"""Characters that go into an HTTP header as they are: an example's `…` does not."""
_TOKENS: Final = {"xoxb-": "bot token", "xapp-": "app-level token"}


def quoted(value: object) -> str:
    """A value for a message: short, in quotation marks, on one line, masked."""
    shown = mask(" ".join(str(value).split()))
    if len(shown) > _LONGEST_QUOTE:
        shown = f"{shown[: _LONGEST_QUOTE - 1]}…"
    return f"“{shown}”"


class Rejected(ValueError):
    """An invalid value; `closest` is the one that was probably meant, or empty.

    Args:
        message: what is wrong.
        closest: what was probably meant.
        word: what was written, if the two may look the same.
        hint: whether the message says what was probably meant.
    """

    def __init__(self, message: str, closest: str, word: str = "", *, hint: bool = True) -> None:
        super().__init__(f"{message}{_did_you_mean(word, closest)}" if hint else message)
        self.closest = closest


def _closest(word: str, among: list[str], cutoff: float = 0.6) -> str:
    return next(iter(get_close_matches(word, among, n=1, cutoff=cutoff)), "")


def suggestion(word: str, among: list[str], cutoff: float = 0.6) -> str:
    """` (did you mean “…”?)` with the closest word, or nothing if none is close."""
    return _did_you_mean(word, _closest(word, among, cutoff))


def _did_you_mean(word: str, closest: str) -> str:
    if not closest:
        return ""
    alike = look_alikes.explain_word(word)
    return f" (did you mean “{closest}”?{f' {alike}' if alike else ''})"


def check_quotes(value: object) -> None:
    """Reject text in quotation marks, which Docker's `--env-file` leaves in the value.

    Raises:
        Rejected: it is quoted; the error has the bare value, unless that is personal or secret.
    """
    if not isinstance(value, str):
        return
    marked = value.strip()
    if len(marked) < _SHORTEST_QUOTED or (marked[0], marked[-1]) not in _QUOTES:
        return
    bare = marked.translate({ord(mark): None for mark in (marked[0], marked[-1])}).strip()
    raise Rejected(
        "is in quotation marks, which are part of the value: remove them "
        "(Docker's --env-file keeps quotation marks, a shell removes them)",
        bare if mask(bare) == bare else "",
        hint=False,
    )


def text(value: object) -> str:
    """Any text that is not blank; it may have several lines."""
    if not isinstance(value, str):
        raise ValueError(f"{quoted(value)} is not a string")  # noqa: TRY004 - pydantic gathers these
    trimmed = trim(value)
    if not visible(trimmed):
        raise ValueError("is empty")
    return trimmed


def _token(value: object, prefix: str) -> str:
    token = trim(value) if isinstance(value, str) else ""
    if _TOKEN.fullmatch(token) and token.startswith(prefix):
        return token
    if token.startswith(prefix):
        raise ValueError(
            f"isn't a complete Slack {_TOKENS[prefix]}: after {prefix} it has only letters, "
            "digits and hyphens"
        )
    other = next((name for start, name in _TOKENS.items() if token.startswith(start)), None)
    hint = ""
    if other:
        hint = f" (this looks like the {other}: are the two tokens swapped?)"
    raise ValueError(
        f"does not look like a Slack {_TOKENS[prefix]}, which begins with {prefix}{hint}"
    )


def bot_token(value: object) -> str:
    """`xoxb-…`."""
    return _token(value, "xoxb-")


def app_token(value: object) -> str:
    """`xapp-…`."""
    return _token(value, "xapp-")


def base_url(value: object) -> str:
    """An http or https URL, with the trailing slash that slack_sdk needs."""
    address = text(value)
    try:
        parts = urlsplit(address)
        whole = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:  # an invalid port, or an unmatched bracket
        whole = False
    if not whole or parts.query or parts.fragment or " " in address:
        raise ValueError(f"{quoted(address)} is not a valid http or https base URL")
    return address if address.endswith("/") else f"{address}/"


def url(value: object) -> str:
    """An http or https URL without a trailing slash."""
    return base_url(value).rstrip("/")


def channel(value: object) -> str:
    """A channel id or `#name`, however it was pasted."""
    name = slack_id(text(value))
    if _CHANNEL.fullmatch(name):
        return name
    wanted = f"#{name.lower().lstrip('#')}"
    likely = _CHANNEL.fullmatch(wanted) and mask(wanted) == wanted
    raise Rejected(f"{quoted(name)} is neither a channel id nor a #name", wanted if likely else "")


def crontab(value: object) -> str:
    """A crontab expression of five fields that matches at least one date."""
    from bot.config.crontab import trigger  # noqa: PLC0415 - slow to import, and not needed for the default

    expression = text(value)
    try:
        due = trigger(expression, ZoneInfo("UTC")).get_next_fire_time(None, datetime.now(UTC))
    except ValueError as error:
        raise ValueError(
            f"{quoted(expression)} is not a valid crontab expression: {error}"
        ) from None
    if due is None:
        raise ValueError(f"{quoted(expression)} never matches a date")
    return expression


def timezone(value: object) -> ZoneInfo:
    """A time zone by its IANA name."""
    from bot.config import timezones  # noqa: PLC0415 - needed only if a zone is set

    name = text(value)
    if name in timezones.names():
        return ZoneInfo(name)
    raise Rejected(f"{quoted(name)} is not an IANA time zone", timezones.closest(name), name)


def boolean(value: object) -> bool:
    """True or false, in the usual spellings."""
    if isinstance(value, bool):
        return value
    try:
        return _BOOLEANS[trim(str(value)).lower()]
    except KeyError:
        raise ValueError(f"{quoted(value)} is neither true nor false") from None


def scope(value: object) -> ScopeKind | None:
    """`account`, `organization`, or `auto`: None."""
    names = [*ScopeKind, "auto"]
    name = text(value).lower()
    if name not in names:
        raise Rejected(
            f"{quoted(value)} is not one of {', '.join(names)}", _closest(name, names), name
        )
    return None if name == "auto" else ScopeKind(name)


def _items(value: object) -> list[str]:
    """The items of comma-separated text or a TOML list, without duplicates."""
    items = value if isinstance(value, list) else text(value).split(",")
    if not all(isinstance(item, str) for item in items):
        raise ValueError("contains an item that is not a string")
    return list(dict.fromkeys(trim(item) for item in items if visible(item)))


def contact_types(value: object) -> tuple[ContactType, ...]:
    """Contact types without duplicates, in the order given."""
    names = [contact_type.value for contact_type in ContactType]
    wanted = list(dict.fromkeys(item.upper() for item in _items(value)))
    for item in wanted:
        if item not in names:
            raise Rejected(
                f"{quoted(item)} is not a contact type; use one of: {', '.join(names)}",
                _closest(item, names),
                item,
            )
    if not wanted:
        raise ValueError("contains no contact type")
    return tuple(ContactType(item) for item in wanted)


def people(value: object) -> tuple[str, ...]:
    """User ids and user group ids, or `*` alone."""
    ids = list(dict.fromkeys(map(slack_id, _items(value))))
    if "*" in ids:
        if len(ids) > 1:
            raise ValueError("* means everyone and can't be combined with ids")
        return ("*",)
    for item in ids:
        if not _PERSON.fullmatch(item):
            raise ValueError(
                f"{quoted(item)} is neither a user id (U…, W…) nor a user group id (S…); to get "
                "an id, open the person's Slack profile and choose “Copy member ID”, or the user "
                "group and choose “Copy group ID”"
            )
    return tuple(ids)


def path(value: object) -> Path:
    """A file; `~` is the home directory, and `~name` that of the user `name`."""
    given = Path(text(value))
    try:
        return given.expanduser()
    except RuntimeError:  # HOME is not set and the user has no entry, or there is no such user
        home = given.parts[0]
        raise ValueError(
            f"{quoted(given)} begins with {home}, but that home directory is unknown; "
            "use an absolute path"
        ) from None


def database(value: object) -> Path | PostgresUrl:
    """A SQLite file, or the `postgresql://` URL of a PostgreSQL database."""
    if isinstance(value, str) and (url := database_url.parse(text(value))) is not None:
        return url
    return path(value)


def positive_number(value: object) -> float:
    """A number above zero."""
    try:
        if isinstance(value, bool):
            raise ValueError  # noqa: TRY301, TRY004 - a bool is an int in Python
        number = float(trim(str(value)))
    except ValueError:
        raise ValueError(f"{quoted(value)} is not a number") from None
    if not (math.isfinite(number) and number > 0):
        raise ValueError(f"{quoted(value)} is not greater than 0")
    return number


def lease(value: object) -> float:
    """Seconds that the lead may last: a pause in the network isn't the end of a replica."""
    seconds = positive_number(value)
    if not SHORTEST_LEASE <= seconds <= LONGEST_LEASE:
        raise ValueError(
            f"{quoted(value)} is not between {SHORTEST_LEASE:.0f} and {LONGEST_LEASE:.0f}"
        )
    return seconds


def region(value: object) -> str:
    """An ISO country code that has phone numbers."""
    from phonenumbers import SUPPORTED_REGIONS  # noqa: PLC0415 - large, and needed only here

    code = text(value).upper()
    if code not in SUPPORTED_REGIONS:
        raise Rejected(
            f"{quoted(value)} is not an ISO country code with phone numbers",
            "GB" if code == "UK" else "",
        )
    return code
