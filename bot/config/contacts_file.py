"""Reads contacts for many accounts from a CSV or TOML file, and finds every mistake in it.

Columns or keys: account, type, name, title, email, phone. Messages name lines and fields; a value
is repeated only if it can't be personal data.
"""

from __future__ import annotations

import codecs
import csv
import io
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from bot.config.toml_file import TomlFileError, read_file
from bot.domain.contacts import FIELDS, AlternateContact, ContactType
from bot.domain.pasted_ids import unwrapped
from bot.domain.validation import validate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

COLUMNS: Final = ("account", "type", *FIELDS)

_ALIASES: Final = {
    "account id": "account",
    "account name": "account",
    "accountid": "account",
    "id": "account",
    "contact type": "type",
    "contact": "type",
    "full name": "name",
    "email address": "email",
    "e-mail": "email",
    "mail": "email",
    "phone number": "phone",
    "telephone": "phone",
}
_TABLES: Final = ("contact", "contacts")
_DELIMITERS: Final = ",;\t|"
_FORMULA: Final = ("'=", "'+", "'-", "'@")
"""How spreadsheets' formulas are defused; altcontact writes CSV files so too."""


@dataclass(frozen=True, slots=True)
class ContactRow:
    """One contact of the file: the line where it begins, and the account as written there."""

    line: int
    account: str
    type: ContactType
    contact: AlternateContact = field(repr=False)


@dataclass(frozen=True, slots=True)
class FileProblem:
    """A mistake in the file. `line` is 0 if it is about the whole file."""

    line: int
    what: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.what}" if self.line else self.what


@dataclass(frozen=True, slots=True)
class ContactsFile:
    """The contacts of a file, and everything that is wrong with it, by line."""

    rows: tuple[ContactRow, ...] = ()
    problems: tuple[FileProblem, ...] = ()


def read_contacts(file: Path, region: str | None = None) -> ContactsFile:
    """Read a file of contacts. Its name's ending says whether it is TOML; otherwise it is CSV.

    Args:
        file: the file.
        region: the country in whose national form phone numbers may be given, if any.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        return _unreadable(f"can't be read ({error.strerror})")
    if file.suffix.lower() == ".toml":
        return _read_toml(file, region)
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _unreadable("is encoded in UTF-16; save it as CSV UTF-8")
    if content.startswith(b"PK\x03\x04"):
        return _unreadable("is a spreadsheet; save it as CSV UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return ContactsFile(problems=(FileProblem(line, "isn't UTF-8; save it as CSV UTF-8"),))
    return _read_csv(text, region)


def _read_csv(text: str, region: str | None) -> ContactsFile:
    first = next((line for line in text.splitlines() if line.strip()), "")
    if not first:
        return _unreadable("is empty")
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[tuple[int, list[str]]] = []
    began = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((began, cells))
            began = reader.line_num + 1
    except csv.Error as error:
        what = "isn't valid CSV: a quotation mark isn't closed, or text follows a closing one"
        if "quote" not in str(error) and "expected" not in str(error) and "EOF" not in str(error):
            what = "isn't valid CSV"
        return ContactsFile(problems=(FileProblem(began, what),))
    (header_line, header), *rest = rows or [(1, [])]
    names = [_column(cell) for cell in header]
    problems = [
        FileProblem(header_line, what)
        for column in COLUMNS
        if (what := _missing_column(column, names, header))
    ]
    if problems:
        return ContactsFile(problems=tuple(problems))
    given: list[tuple[int, Mapping[str, str]]] = []
    for line, cells in rest:
        if len(cells) != len(header):
            what = f"has {len(cells)} cells instead of {len(header)}"
            if len(cells) > len(header):
                what += f": put a value that contains “{delimiter}” in quotation marks"
            problems.append(FileProblem(line, what))
        else:
            given.append((line, dict(zip(names, map(_plain, cells), strict=True))))
    return _parsed(given, problems, region)


def _read_toml(file: Path, region: str | None) -> ContactsFile:
    try:
        read = read_file(file, named=False)
    except TomlFileError as error:
        return ContactsFile(problems=(FileProblem(error.problem.line, error.problem.what),))
    problems: list[FileProblem] = []
    given: list[tuple[int, Mapping[str, str]]] = []
    for key, tables in read.content.items():
        line = read.lines.line_of((key,))
        is_list = isinstance(tables, list) and all(isinstance(each, dict) for each in tables)
        if key not in _TABLES or not is_list:
            hint = "" if key in _TABLES else f" (did you mean {_TABLES[0]}?)"
            problems.append(FileProblem(line, f"expected [[{_TABLES[0]}]] sections{hint}"))
            continue
        for index, table in enumerate(tables):
            at = read.lines.line_of((key, index))
            values, wrong = _table(table)
            problems += [
                FileProblem(read.lines.line_of((key, index, name)), what) for name, what in wrong
            ]
            missing = [column for column in COLUMNS if column not in table]
            if missing:
                problems.append(FileProblem(at, f"lacks {', '.join(missing)}"))
            elif not wrong:
                given.append((at, values))
    return _parsed(given, problems, region)


def _table(table: Mapping[str, Any]) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """The values of a section, and {key: what is wrong with it} as pairs."""
    values, wrong = {}, []
    for key, value in table.items():
        if key not in COLUMNS:
            near = get_close_matches(key, COLUMNS, n=1)
            wrong.append((key, "unknown key" + (f" (did you mean {near[0]}?)" if near else "")))
        elif key == "account" and isinstance(value, int) and not isinstance(value, bool):
            values[key] = str(value)
        elif not isinstance(value, str):
            wrong.append((key, f"{key} must be text in quotation marks"))
        else:
            values[key] = value
    return values, wrong


def _parsed(
    given: Iterable[tuple[int, Mapping[str, str]]],
    problems: list[FileProblem],
    region: str | None,
) -> ContactsFile:
    rows = []
    for line, values in given:
        contact_type = _contact_type(values["type"])
        if contact_type is None:
            problems.append(FileProblem(line, _type_problem(values["type"])))
        if not values["account"].strip():
            problems.append(FileProblem(line, "account: enter an account's id or name"))
        contact = validate({name: values[name] for name in FIELDS}, region)
        if not isinstance(contact, AlternateContact):
            problems += [FileProblem(line, f"{name}: {why}") for name, why in contact.items()]
        elif contact_type is not None and values["account"].strip():
            rows.append(ContactRow(line, values["account"].strip(), contact_type, contact))
    if not rows and not problems:
        return _unreadable("has no contacts")
    return ContactsFile(tuple(rows), tuple(sorted(problems, key=lambda each: each.line)))


def _contact_type(text: str) -> ContactType | None:
    return ContactType.__members__.get(_type_word(text))


def _type_problem(text: str) -> str:
    known = ", ".join(each.value.lower() for each in ContactType)
    near = get_close_matches(_type_word(text), list(ContactType.__members__), n=1)
    hint = f" (did you mean {near[0].lower()}?)" if near else ""
    return f"type: must be one of {known}{hint}"


def _type_word(text: str) -> str:
    return unwrapped(text).upper().removesuffix("CONTACT").strip()


def _column(cell: str) -> str:
    """A column's name in its usual form."""
    name = " ".join(cell.strip().lower().replace("_", " ").split())
    return _ALIASES.get(name, name)


def _missing_column(column: str, names: Sequence[str], header: Sequence[str]) -> str:
    """What is wrong with the header about one column; empty for nothing."""
    if names.count(column) == 1:
        return ""
    if names.count(column) > 1:
        return f"has the column {column} {names.count(column)} times"
    near = get_close_matches(column, [name for name in names if name not in COLUMNS], n=1)
    hint = f" (is it “{header[names.index(near[0])].strip()[:30]}”?)" if near else ""
    return f"lacks the column {column}{hint}; needed are {', '.join(COLUMNS)}"


def _plain(cell: str) -> str:
    """A cell without the apostrophe that keeps a spreadsheet from taking it for a formula."""
    return cell[1:] if cell.startswith(_FORMULA) else cell


def _unreadable(what: str) -> ContactsFile:
    return ContactsFile(problems=(FileProblem(0, f"The file {what}."),))
