"""`ALTCONTACT_DATABASE`: a file, or the URL of a PostgreSQL database, which stays secret."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.config.database_url import PostgresUrl, parse
from bot.config.load import load, load_lenient
from bot.domain.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRET = "hunter2"


def loaded(value: str) -> Path | PostgresUrl:
    """The setting, read from the environment."""
    return load({"ALTCONTACT_DATABASE": value}, needs_slack=False).database


def problem(value: str) -> str:
    """The message about a value, after everything that shows it was searched for the password."""
    environ: Mapping[str, str] = {"ALTCONTACT_DATABASE": value}
    with pytest.raises(SettingsError) as caught:
        load(environ, needs_slack=False)
    found = load_lenient(environ, needs_slack=False)
    for shown in (str(caught.value), repr(caught.value), repr(found), str(found.problems)):
        assert SECRET not in shown
    assert found.settings.database == Path("altcontact.db")
    return str(caught.value)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("postgresql://bot:hunter2@db.example:5432/bots", "postgresql://db.example:5432/bots"),
        ("postgres://bot:hunter2@db.example/bots", "postgresql://db.example/bots"),
        ("POSTGRESQL://bot:hunter2@db.example/bots", "postgresql://db.example/bots"),
        ("postgresql://b:hunter2@[::1]:5432/bots", "postgresql://[::1]:5432/bots"),
        (
            "postgresql://b:hunter2@a.example:1,b.example:2/x",
            "postgresql://a.example:1,b.example:2/x",
        ),
        ("postgresql:///bots?host=/run/postgresql&password=hunter2", "postgresql:///bots"),
        ("postgresql://h/?dbname=bots&user=b&password=hunter2", "postgresql://h/"),
        (
            "postgresql://b:p%40hunter2@h/x?sslmode=verify-full&sslrootcert=/ca.pem",
            "postgresql://h/x",
        ),
        ("postgresql://b:p@hunter2@h/x", "postgresql://h/x"),
    ],
)
def test_an_address_is_shown_without_user_and_password(value: str, shown: str) -> None:
    """Whatever is printed of it, by accident or on purpose, has only the host and the name."""
    url = loaded(value)
    assert isinstance(url, PostgresUrl)
    assert url.get_secret_value().partition(":")[2] == value.partition(":")[2]
    assert str(url) == f"{url}" == shown
    settings = load({"ALTCONTACT_DATABASE": value}, needs_slack=False)
    for text in (repr(url), repr(settings), str(settings.model_dump()), repr(vars(settings))):
        assert SECRET not in text


@pytest.mark.parametrize("value", ["altcontact.db", "/data/a=b.db", "./x", "C.db", "postgres.db"])
def test_a_file_stays_a_file(value: str) -> None:
    """Nothing that looks like a path is taken for an address."""
    assert loaded(value) == Path(value)
    assert parse(value) is None


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("posgresql://b:hunter2@h/x", "did you mean “postgresql://”?"),
        ("postgresql+psycopg://b:hunter2@h/x", "did you mean “postgresql://”?"),
        ("jdbc:postgresql://h/x?password=hunter2", "did you mean “postgresql://”?"),
        ("mysql://b:hunter2@h/x", "begins with “mysql:”, but is neither a file nor postgresql://…"),
        ("sqlite:////data/x.db", "for SQLite, write only the file's path"),
        ("postgresql:/b:hunter2@h/x", "write two slashes"),
        ("postgres:b:hunter2@h/x", "write two slashes"),
        ("postgresql://b:hunter2@h", "names no database"),
        ("postgresql://b:hunter2@h:99999/x", "the port isn't a number from 1 to 65535"),
        ("postgresql://b:x/hunter2@h/x", "the port isn't a number from 1 to 65535"),
        ("postgresql://b:hunter2#@h/x", "write # as %23"),
        ("postgresql://b:hunter2@[::1/x", "check the host"),
        ("postgresql://b:hunter2@h/x?ssl_mode=require", "“ssl_mode” (did you mean “sslmode”?)"),
        ("postgresql://h/x?hunter2=1", "a name that PostgreSQL doesn't know"),
        ("postgresql://b:hunter2@h/x?sslmode=verify_full", "(did you mean “verify-full”?)"),
        ("host=db.example user=b password=hunter2", "write it as postgresql://user@host:5432/name"),
        ('"postgresql://b:hunter2@h/x"', "is in quotation marks"),
        ("'postgresql://h/x?password=hunter2'", "is in quotation marks"),
    ],
)
def test_a_wrong_address_is_explained_without_showing_it(value: str, words: str) -> None:
    """The message says what is wrong, and nothing that is shown repeats the password."""
    assert words in problem(value)


def test_addresses_are_compared_by_all_they_say() -> None:
    """Two that differ in the password only are two."""
    one, other = PostgresUrl("postgresql://a:b@h/x"), PostgresUrl("postgresql://a:c@h/x")
    assert one == PostgresUrl("postgresql://a:b@h/x")
    assert hash(one) == hash(PostgresUrl("postgresql://a:b@h/x"))
    assert one != other
    assert one != "postgresql://a:b@h/x"
