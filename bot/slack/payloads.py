"""Reads Slack's payloads. An unexpected structure raises `PayloadError`, never a `KeyError`.

Not all payloads come from views of this version of the bot: a button in an old message, or a form
opened before an upgrade, has the values of an earlier version.
"""

from __future__ import annotations

import functools
import json
import re
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar
from urllib.parse import urlsplit

from bot.domain.errors import AltcontactError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

P = ParamSpec("P")
Result = TypeVar("Result")

_NUMBER: Final = re.compile(r"[0-9]{1,15}")
"""A number that fits a 64-bit column of SQLite, even as an offset at twenty items a page."""


_REQUEST_NAME: Final = re.compile(r"/?[a-z][a-z_]{0,60}")


class PayloadError(AltcontactError):
    """A payload doesn't have the structure that this version of the bot reads."""

    def __init__(self) -> None:
        super().__init__(
            "Couldn't read this request. Nothing was changed.",
            "Try again. If the message or window is from an earlier version of the bot, start over "
            "with: /altcontact help",
        )


def reads_payload(read: Callable[P, Result]) -> Callable[P, Result]:
    """Make a function that only reads a payload raise `PayloadError` for any other structure."""

    @functools.wraps(read)
    def checked(*args: P.args, **kwargs: P.kwargs) -> Result:
        try:
            return read(*args, **kwargs)
        except (LookupError, TypeError, ValueError, AttributeError, RecursionError):
            # Without its cause, which would quote the payload.
            raise PayloadError from None

    return checked


def find(payload: object, *path: str | int) -> Any:  # noqa: ANN401 - JSON
    """The value at a path of keys and indexes; None if there is none."""
    found: Any = payload
    for step in path:
        try:
            found = found[step]
        except (LookupError, TypeError):
            return None
    return found


def find_text(payload: object, *path: str | int) -> str:
    """The text at a path; empty if there is none."""
    found = find(payload, *path)
    return found if isinstance(found, str) else ""


def text_at(payload: object, *path: str | int) -> str:
    """The text at a path.

    Raises:
        PayloadError: there is none, or it is empty.
    """
    found = find_text(payload, *path)
    if not found:
        raise PayloadError
    return found


def number_at(payload: object, *path: str | int) -> int:
    """The number, zero or more, that is written as text at a path.

    Raises:
        PayloadError: there is none.
    """
    return number(text_at(payload, *path))


def number(written: str) -> int:
    """The number, zero or more, in a text.

    Raises:
        PayloadError: it is none.
    """
    if not _NUMBER.fullmatch(written):
        raise PayloadError
    return int(written)


def metadata_of(view: object) -> dict[str, Any]:
    """The `private_metadata` of one of the bot's views.

    Raises:
        PayloadError: no version of the bot wrote it.
    """
    written = text_at(view, "private_metadata")
    try:
        metadata = json.loads(written)
    except (ValueError, RecursionError):
        raise PayloadError from None
    if not isinstance(metadata, dict):
        raise PayloadError
    return metadata


def user_id(body: Mapping[str, Any]) -> str:
    """The user's id; empty if the payload has none."""
    person = find_text(body, "user_id") or find_text(body, "user", "id")
    return person or find_text(body, "event", "user")


def request_name(body: Mapping[str, Any]) -> str:
    """The name of a request's command, button or form, without the values that may follow it."""
    name = (
        find_text(body, "command")
        or find_text(body, "actions", 0, "action_id")
        or find_text(body, "view", "callback_id")
        or find_text(body, "event", "type")
    )
    found = _REQUEST_NAME.match(name)
    return found.group() if found else "unknown"


def channel_id(body: Mapping[str, Any]) -> str:
    """The channel's id; empty for a modal, or if the payload has none."""
    return find_text(body, "channel_id") or find_text(body, "channel", "id")


def is_on_home(body: Mapping[str, Any]) -> bool:
    """Whether something was pressed on the app's Home, where no modal is open."""
    return find_text(body, "view", "type") == "home"


def is_in_modal(body: Mapping[str, Any]) -> bool:
    """Whether something was pressed in a modal, on top of which another one goes."""
    return bool(body.get("view")) and not is_on_home(body)


def response_url(body: Mapping[str, Any]) -> str:
    """The `response_url`; empty if the payload has none."""
    url = find_text(body, "response_url")
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    # urllib raises for anything else in a URL.
    plain = url.isascii() and url.isprintable() and " " not in url
    return url if plain and parts.scheme in {"http", "https"} and parts.netloc else ""


def is_well_formed(body: Mapping[str, Any]) -> bool:
    """Whether a payload has what Bolt needs to find its listener, and a user.

    Bolt finds listeners by these members, and fails on a payload without them before any of the
    bot's code runs. A text with a lone surrogate can be neither stored nor sent.
    """
    try:
        json.dumps(body, ensure_ascii=False).encode()
    except (TypeError, ValueError, RecursionError):
        return False
    if body.get("type") == "event_callback":
        return bool(find_text(body, "event", "type"))
    if not isinstance(body.get("view", {}), dict) or "event" in body:
        return False
    return bool(user_id(body)) and _names_listener(body)


def _names_listener(body: Mapping[str, Any]) -> bool:
    if "command" in body:
        return bool(find_text(body, "command"))
    match body.get("type"):
        case "block_actions":
            return bool(find_text(body, "actions", 0, "action_id"))
        case "block_suggestion":
            return bool(find_text(body, "action_id"))
        case "view_submission" | "view_closed":
            view = body.get("view")
            return isinstance(find(view, "callback_id"), str) and bool(find_text(view, "type"))
        case kind:
            return isinstance(kind, str)
