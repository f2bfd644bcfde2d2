"""Hides personal data in what went over the wire, before the page gets it.

Beside what its form shows (`masking` of the bot), this knows what is personal here: contacts
hold or held, root mailboxes, and what was typed into forms.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from typing import TYPE_CHECKING, Any, Final

from bot.domain.contacts import ContactType
from bot.domain.masking import mask

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MASKED: Final = "[masked]"

CONTACT_KEYS: Final = frozenset({"Name", "Title", "EmailAddress", "PhoneNumber"})
_PRIMARY_KEYS: Final = frozenset(
    {"FullName", "PhoneNumber", "AddressLine1", "AddressLine2", "AddressLine3"}
)
_PLACE_KEYS: Final = frozenset(
    {
        "City",
        "CompanyName",
        "CountryCode",
        "DistrictOrCounty",
        "PostalCode",
        "StateOrRegion",
        "WebsiteUrl",
    }
)
"""What a primary contact holds besides: hidden, but too common to be looked for in texts."""

_TITLE: Final = "title"
"""The block, and in small letters the member, of a title. A title of one word is hidden where it
stands and not looked for in texts, since the bot often uses the same word."""

_COMMON: Final = frozenset(
    word
    for each in ContactType
    for word in (each.label.casefold(), f"{each.label} team".casefold())
)
"""Names that are words of the bot's own: hidden where they stand, and not looked for in texts."""

_VALUE_KEYS: Final = frozenset({"value", "initial_value"})
_TEXT_INPUTS: Final = frozenset(
    {"plain_text_input", "email_text_input", "url_text_input", "number_input"}
)
_ACCOUNT_SERVICE: Final = "account:"

_SHORTEST: Final = 3
"""Characters of the shortest value that is looked for inside of a text."""

_WORD: Final = re.compile(r"\w+|[^\w\s]")


class WireMasking:
    """What is known to be personal, and texts without it."""

    def __init__(self) -> None:
        self._values: set[str] = set()
        self._by_word: dict[str, list[str]] = {}
        self._plain: set[str] = set()

    def learn(self, values: Iterable[str]) -> None:
        """Take values for personal, from now on and for good."""
        for value in values:
            for form in _forms(value):
                if form in self._values or form.casefold() in _COMMON:
                    continue
                self._values.add(form)
                word = _WORD.search(form)
                if word is not None and len(form) >= _SHORTEST:
                    same = self._by_word.setdefault(word.group(), [])
                    same.append(form)
                    same.sort(key=len, reverse=True)

    def learn_accounts(self, accounts: Iterable[Mapping[str, Any]]) -> None:
        """Take what AWS holds for personal; names and ids of accounts are not."""
        for account in accounts:
            self._plain |= {account["id"], account["name"]}
            self.learn([account.get("email") or ""])
            for contact in account["contacts"].values():
                held = (contact or {}).items()
                self.learn(value for name, value in held if _is_telling(name, value))

    def learn_typed(self, values: object) -> None:
        """Take what was typed into a form for personal, but for accounts' names and ids.

        Args:
            values: one text, or {block, or block/action: text}.
        """
        if isinstance(values, dict):
            typed = values.items()
            values = [text for name, text in typed if _is_telling(name.split("/")[0], text)]
        self.learn(text for text in _texts(values) if text not in self._plain)

    def learn_entry(self, entry: Mapping[str, Any]) -> None:
        """Take for personal what an entry of the wire shows in the places for it."""
        contacts = str(entry["name"]).startswith(_ACCOUNT_SERVICE)
        for part in (entry.get("sent"), entry.get("answered")):
            self._learn_places(part, contacts=contacts)

    def entry(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        """An entry of the wire without what is personal."""
        self.learn_entry(entry)
        contacts = str(entry["name"]).startswith(_ACCOUNT_SERVICE)
        masked = {
            name: self.masked(entry.get(name), contacts=contacts) for name in ("sent", "answered")
        }
        return {**entry, **masked}

    def masked(self, part: object, *, contacts: bool = False) -> Any:  # noqa: ANN401 - JSON
        """JSON without what is personal.

        Args:
            part: any JSON.
            contacts: whether members named as a contact's hold one.
        """
        if isinstance(part, dict):
            hidden = _hidden(part, contacts=contacts)
            return {
                name: MASKED if name in hidden and value else self.masked(value, contacts=contacts)
                for name, value in part.items()
            }
        if isinstance(part, list):
            return [self.masked(each, contacts=contacts) for each in part]
        if isinstance(part, str):
            inner = _json_in(part)
            if inner is not None:
                return json.dumps(self.masked(inner, contacts=contacts), ensure_ascii=False)
            return self.text(part)
        return part

    def text(self, text: str) -> str:
        """A text without what is personal."""
        if text in self._values:
            return MASKED
        found: list[str] = []
        done = 0
        for word in _WORD.finditer(text):
            start = word.start()
            if start < done:
                continue
            for value in self._by_word.get(word.group(), ()):
                if text.startswith(value, start) and _ends(text, start + len(value)):
                    found += [text[done:start], MASKED]
                    done = start + len(value)
                    break
        found.append(text[done:])
        return mask("".join(found))

    def _learn_places(self, part: object, *, contacts: bool) -> None:
        if isinstance(part, dict):
            if part.get("block_id") == _TITLE:
                return
            hidden = _hidden(part, contacts=contacts)
            for name, value in part.items():
                if name.lower() == _TITLE:
                    continue
                if name not in hidden:
                    self._learn_places(value, contacts=contacts)
                elif contacts:
                    self.learn(_texts(value) if name not in _PLACE_KEYS else ())
                else:
                    self.learn_typed(value)
        elif isinstance(part, list):
            for each in part:
                self._learn_places(each, contacts=contacts)
        elif isinstance(part, str) and (inner := _json_in(part)) is not None:
            self._learn_places(inner, contacts=contacts)


def _is_telling(field: str, value: object) -> bool:
    """Whether a field's value is looked for in texts: not a title of one word."""
    return field.lower() != _TITLE or len(str(value).split()) > 1


def _hidden(part: Mapping[str, Any], *, contacts: bool) -> frozenset[str]:
    """The members that hold personal data by where they stand."""
    if contacts and CONTACT_KEYS & part.keys():
        return CONTACT_KEYS | _PRIMARY_KEYS | _PLACE_KEYS
    kind = part.get("type")  # which may be a block that is called so
    return _VALUE_KEYS if isinstance(kind, str) and kind in _TEXT_INPUTS else frozenset()


def _ends(text: str, end: int) -> bool:
    """Whether a word ends there."""
    word = text[end - 1].isalnum() or text[end - 1] == "_"
    return not (word and end < len(text) and (text[end].isalnum() or text[end] == "_"))


def _forms(value: str) -> Iterator[str]:
    """A value as it may stand in a text: with its spaces and signs put right, or escaped."""
    joined = " ".join(value.split())
    for form in {value, value.strip(), joined, unicodedata.normalize("NFC", joined)}:
        if form.strip():
            yield form
            yield html.escape(form, quote=False)


def _texts(part: object) -> Iterator[str]:
    """Every text inside of JSON."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict):
        for each in part.values():
            yield from _texts(each)
    elif isinstance(part, list):
        for each in part:
            yield from _texts(each)


def _json_in(text: str) -> dict[str, Any] | list[Any] | None:
    """What a text says where it is JSON itself, as `private_metadata` often is."""
    if not text.startswith(("{", "[")):
        return None
    try:
        inner = json.loads(text)
    except ValueError:
        return None
    return inner if isinstance(inner, (dict, list)) else None
