"""A file of contacts is read as people save it, and every mistake in it has its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.config.contacts_file import ContactRow, ContactsFile, read_contacts
from bot.domain.contacts import AlternateContact, ContactType

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "account,type,name,title,email,phone"
ROW = "444444444444,security,Ana Lima,Lead,sec@corp.internal,+351 21 792 3400"
CONTACT = AlternateContact("Ana Lima", "Lead", "sec@corp.internal", "+351 21 792 3400")
READ = (ContactRow(2, "444444444444", ContactType.SECURITY, CONTACT),)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for the file."""
    return tmp_path


def read(folder: Path, content: str | bytes, name: str = "contacts.csv") -> ContactsFile:
    """What a file of this content has."""
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_contacts(file)


def problems(folder: Path, content: str | bytes, name: str = "contacts.csv") -> list[str]:
    """What is wrong with a file of this content."""
    return [str(problem) for problem in read(folder, content, name).problems]


@pytest.mark.parametrize(
    "content",
    [
        f"{HEADER}\n{ROW}\n",
        f"\ufeff{HEADER}\r\n{ROW}\r\n".encode(),
        f"{HEADER}\n{ROW}".replace(",", ";"),
        f"{HEADER}\n{ROW}".replace(",", "\t"),
        f"{HEADER}\n{ROW}\n\n,,,,,\n",
        f"Account ID,Contact type,Full name,Title,Email_address,Phone number\n{ROW}",
        f"{HEADER},note\n{ROW},hello\n",
        f"{HEADER}\n" + ROW.replace("+351", "'+351"),
        f"{HEADER}\n" + ",".join(f'"{cell}"' for cell in ROW.split(",")),
        f"{HEADER}\n" + ROW.replace("security", " Security contact "),
    ],
)
def test_csv_is_read_as_programs_save_it(folder: Path, content: str | bytes) -> None:
    """With a byte order mark or not, with any usual delimiter, quoted or not."""
    assert read(folder, content) == ContactsFile(READ)


def test_toml_is_read(folder: Path) -> None:
    """Sections with the same six keys; an id may be a number."""
    content = """
        [[contact]]
        account = 444444444444
        type = "security"
        name = "Ana Lima"
        title = "Lead"
        email = "sec@corp.internal"
        phone = "+351 21 792 3400"
    """
    (row,) = read(folder, content, "contacts.TOML").rows
    assert (row.line, row.account, row.contact) == (2, "444444444444", CONTACT)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", ["The file is empty."]),
        (f"{HEADER}\n", ["The file has no contacts."]),
        ("account,type,name,title,mial,phone\n" + ROW, [
            "line 1: lacks the column email (is it “mial”?); "
            "needed are account, type, name, title, email, phone"
        ]),
        (f"{HEADER},email\n{ROW},x", ["line 1: has the column email 2 times"]),
        (f"{HEADER}\n{ROW},more", [
            "line 2: has 7 cells instead of 6: put a value that contains “,” in quotation marks"
        ]),
        (f"{HEADER}\n1,2", ["line 2: has 2 cells instead of 6"]),
        (f"{HEADER}\n{ROW.replace('security', 'securty')}", [
            "line 2: type: must be one of security, billing, operations (did you mean security?)"
        ]),
        (f"{HEADER}\n{ROW.replace('444444444444', '')}", [
            "line 2: account: enter an account's id or name"
        ]),
        (f"{HEADER}\n{ROW.replace('Lead', ' ')}", [
            "line 2: title: Enter a value. AWS requires all four fields."
        ]),
        (f'{HEADER}\n"{ROW}', [
            "line 2: isn't valid CSV: a quotation mark isn't closed, or text follows a closing one"
        ]),
        (f"{HEADER}\n".encode("utf-16"), ["The file is encoded in UTF-16; save it as CSV UTF-8."]),
        (f"{HEADER}\n{ROW}".replace("Ana", "Ána").encode("latin-1"), [
            "line 2: isn't UTF-8; save it as CSV UTF-8"
        ]),
        (b"PK\x03\x04", ["The file is a spreadsheet; save it as CSV UTF-8."]),
    ],
)  # fmt: skip
def test_mistakes_in_csv_have_their_line(
    folder: Path, content: str | bytes, expected: list[str]
) -> None:
    """What is wrong, and what to do; no message repeats a value that may be personal."""
    assert problems(folder, content) == expected


def test_every_mistake_is_reported_at_once(folder: Path) -> None:
    """In the order of lines, which count the lines within quotation marks."""
    content = f"""{HEADER}
444444444444,security,"Ana
Lima",Lead,sec@corp.internal,+351 21 792 3400
{ROW}
555555555555,ops,Bo,Ops,not-an-address,12"""
    assert problems(folder, content) == [
        "line 2: name: Remove line breaks and other invisible characters.",
        "line 5: type: must be one of security, billing, operations",
        "line 5: email: This isn't an email address. Example: aws-security@example.com",
        "line 5: phone: Start with + and the country code. Example: +44 20 7946 0958",
    ]
    assert [row.line for row in read(folder, content).rows] == [4]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("x = ", ["line 1: is not valid TOML (at the end of the file, line 1)"]),
        ("contacts = 3", ["line 1: expected [[contact]] sections"]),
        ("[[accounts]]\na = 1", [
            "line 1: expected [[contact]] sections (did you mean contact?)"
        ]),
        ('[[contact]]\naccount = "1"\nmail = 1\nname = 2', [
            "line 1: lacks type, title, email, phone",
            "line 3: unknown key (did you mean email?)",
            "line 4: name must be text in quotation marks",
        ]),
    ],
)  # fmt: skip
def test_mistakes_in_toml_have_their_line(folder: Path, content: str, expected: list[str]) -> None:
    """Of the section or of the key."""
    assert problems(folder, content, "contacts.toml") == expected


def test_a_file_that_cannot_be_read_says_why(folder: Path) -> None:
    """Missing, or a directory."""
    (missing,) = read_contacts(folder / "no.csv").problems
    assert str(missing) == "The file can't be read (No such file or directory)."
    (directory,) = read_contacts(folder).problems
    assert str(directory) == "The file can't be read (Is a directory)."


def test_contact_fields_are_not_in_a_repr() -> None:
    """A repr may get into a log."""
    assert CONTACT.email not in repr(READ)


@example(text=",", name="contacts.csv")
@given(st.text(max_size=200), st.sampled_from(["contacts.csv", "contacts.toml"]))
def test_any_text_has_contacts_or_problems(
    tmp_path_factory: pytest.TempPathFactory, text: str, name: str
) -> None:
    """It never fails, and nothing is ignored in silence."""
    folder = tmp_path_factory.mktemp("any")
    found = read(folder, text.encode("utf-8", "replace"), name)
    assert found.rows or found.problems
