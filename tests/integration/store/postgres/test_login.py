"""The password of the bot's user is changed in PostgreSQL while the bot runs."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Final

import pytest

from bot.app.clock import SystemClock
from bot.app.settings import StartSettings
from bot.config.database_url import PostgresUrl
from bot.domain.errors import StoreError
from bot.services.doctor import State
from bot.store.open_store import checks_of, is_absent
from bot.store.postgres.login import RenewableUrl
from bot.store.postgres.store import PostgresStore
from tests import postgres
from tests.integration.store.postgres.test_connections import deliver, delivered
from tests.postgres import LOCKED, query

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bot.store.store import DatabaseStore

OLD, NEW = "hush old", "hush/new@%"
HOUR: Final = 3600.0
PATIENCE: Final = 60.0
"""Seconds for what a busy machine may take long to do."""

QUICK: Final = 1.0
"""Seconds to wait for a connection that the server refuses again and again."""

_END_SESSIONS: Final = """
SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity
WHERE usename = 'locked' AND pid != pg_backend_pid()
"""


@pytest.fixture
def locked(url: str) -> Iterator[str]:
    """The address of a database, with a user whose password the server asks for."""
    query(url, f"CREATE ROLE {LOCKED} SUPERUSER LOGIN PASSWORD '{OLD}'")
    try:
        yield url.replace("altcontact@", f"{LOCKED}@")
    finally:
        query(url, _END_SESSIONS)
        query(postgres.server().url("postgres"), f"DROP ROLE {LOCKED}")


def with_password(url: str, password: str) -> str:
    """The address with a password."""
    quoted = "".join(f"%{ord(sign):02x}" for sign in password)
    return url.replace("@", f":{quoted}@", 1)


def rotate(url: str) -> None:
    """Change the password, and end all sessions of the bot."""
    beside = url.replace(f"{LOCKED}@", "altcontact@")
    query(beside, f"ALTER ROLE {LOCKED} PASSWORD '{NEW}'")
    query(beside, _END_SESSIONS)


def shows_no_password(*texts: str) -> bool:
    """Whether texts keep the passwords to themselves."""
    return not any("hush" in text for text in texts)


class Source:
    """Where an address is read from again."""

    def __init__(self, value: str) -> None:
        self.value = value
        self.readings = 0

    def read(self) -> str:
        """The address that is there now."""
        self.readings += 1
        return self.value


@pytest.mark.parametrize("is_apart", [False, True])
def test_the_bot_goes_on_after_a_rotation(
    locked: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_apart: bool
) -> None:
    """A file has the address or the password: the bot, its doctor and a reload go on with it."""
    file = tmp_path / "secret"
    file.write_text(OLD if is_apart else with_password(locked, OLD))
    monkeypatch.chdir(tmp_path)
    environ = {
        "ALTCONTACT_CHANNEL": "#alerts",
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_APP_TOKEN": "xapp-1",
    }
    if is_apart:
        environ |= {"ALTCONTACT_DATABASE": locked, "ALTCONTACT_DATABASE_PASSWORD_FILE": str(file)}
    else:
        environ["ALTCONTACT_DATABASE_FILE"] = str(file)
    start = StartSettings(environ)
    database = start.settings.database
    assert isinstance(database, PostgresUrl)
    with closing(PostgresStore(database, SystemClock(), busy_timeout=PATIENCE)) as store:
        deliver(store, "before")
        file.write_text((NEW if is_apart else with_password(locked, NEW)) + "\n")
        rotate(locked)
        deliver(store, "after")
        assert not is_absent(database)
        lines = [line for check in checks_of(database).checks() for line in check.run()]
        assert {line.state for line in lines} == {State.OK}
        again = start.load_again(environ)
        assert again == start.settings
        assert again.database is database
    assert delivered(locked.replace(LOCKED, "altcontact")) == ["after", "before"]
    assert shows_no_password(repr(database), str(database), repr(start.settings))


def test_a_password_file_is_read_for_each_connection(locked: str, tmp_path: Path) -> None:
    """PostgreSQL's library does that. A file with the old password is named."""
    file = tmp_path / "pgpass"
    file.write_text(f"*:*:*:*:{OLD}\n")
    file.chmod(0o600)
    with closing(
        PostgresStore(f"{locked}?passfile={file}", SystemClock(), busy_timeout=QUICK)
    ) as store:
        rotate(locked)
        assert f"the password in the file {file}" in refusal(store).remedy
        file.write_text(f"*:*:*:*:{NEW}\n")
        until_it_works(lambda: deliver(store, "after"))
    assert delivered(locked.replace(LOCKED, "altcontact")) == ["after"]


def test_a_plain_password_cannot_be_read_again(locked: str) -> None:
    """The error says so, rather than that the server can't be reached."""
    url = with_password(locked, OLD)
    with closing(PostgresStore(url, SystemClock(), busy_timeout=QUICK)) as store:
        rotate(locked)
        error = refusal(store)
    assert "start the bot again: it can't read a plain value again" in error.remedy
    assert shows_no_password(str(error), repr(error), error.remedy)


def test_the_source_is_not_asked_all_the_time(
    locked: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It still has the old password: the error says so, whoever asks, and one asks it once."""
    source = Source(with_password(locked, OLD))
    url = RenewableUrl(source.value, "the secret corp/database", source.read, HOUR)
    with closing(PostgresStore(url, SystemClock(), busy_timeout=QUICK)) as store:
        rotate(locked)
        for _ in range(2):
            error = refusal(store)
            assert error.remedy.startswith("Put the new password into the secret corp/database")
    assert source.readings == 1
    assert shows_no_password(caplog.text, str(error))


def refusal(store: DatabaseStore) -> StoreError:
    """The error once the server refused the bot's login. On a busy machine that takes a while."""
    for _ in range(int(PATIENCE / QUICK)):
        with pytest.raises(StoreError) as failed:
            deliver(store, "lost")
        if "refused the bot's login" in str(failed.value):
            break
    return failed.value


def until_it_works(run: Callable[[], None]) -> None:
    """The pool gave up for some seconds; the next calls make it try again."""
    for _ in range(int(PATIENCE / QUICK)):
        try:
            run()
        except StoreError:
            continue
        return
    run()


@pytest.mark.parametrize(
    ("found", "is_taken"),
    [
        ("postgresql://bot:two@db/bots?sslmode=require", True),
        ("postgresql://other:two@db/bots?sslmode=require", True),
        ("postgresql://db/bots?user=bot&password=two&sslmode=require", True),
        ("postgresql://bot:two@elsewhere/bots?sslmode=require", False),
        ("postgresql://bot:two@db/others?sslmode=require", False),
        ("postgresql://bot:two@db/bots?sslmode=disable", False),
        ("altcontact.db", False),
    ],
)
def test_only_another_login_is_taken(found: str, *, is_taken: bool) -> None:
    """A running bot doesn't move to another database, whose tables and leader it never saw."""
    used = "postgresql://bot:one@db/bots?sslmode=require"
    url = RenewableUrl(used, "the file x", lambda: found)
    assert url.renewed(used) == (found if is_taken else None)
    assert url.renewed("refused earlier") == url.get_secret_value() == (found if is_taken else used)
    if not is_taken:
        assert url.login_remedy.startswith("Restart the bot: the file x names another database")
