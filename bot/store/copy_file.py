"""A SQLite file as one end of a copy."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from bot.domain.errors import StoreError
from bot.store.connections import SqliteConnections
from bot.store.doctor.file import process_using
from bot.store.migrations.migrate import migrate, pending, refuse_foreign
from bot.store.transaction import SqliteTransaction

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from bot.store.transaction import Transaction

_NUMBERS: Final = "SELECT name, seq FROM sqlite_sequence"


class FileEnd:
    """A SQLite file.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """One state of a file of this version, which is not changed."""
        if not self._path.is_file():
            raise StoreError(f"There is no database {self._path}.", "Name the database of the bot.")
        connections = SqliteConnections(self._path)
        try:
            with connections.plain() as db:
                refuse_foreign(db, self._path)
                if pending(db):
                    raise StoreError(
                        f"The database {self._path} is from an older version of altcontact.",
                        "Start this version's bot on it once, which updates it, and stop it again.",
                    )
            with connections.reading() as transaction:
                yield transaction
        finally:
            connections.close()

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """A new file, which is there under its name once everything is in it."""
        partial = self._path.with_name(f"{self._path.name}.partial")
        self._create(partial)
        connections = SqliteConnections(partial)
        try:
            with connections.migrating() as db:
                migrate(db)
                yield SqliteTransaction(db)
            connections.close()
            # Fails where somebody created the file meanwhile, which `rename` would replace.
            os.link(partial, self._path)
        except FileExistsError:
            raise self._is_there() from None
        finally:
            connections.close()
            for name in ("", "-journal", "-wal", "-shm"):
                with suppress(OSError):
                    partial.with_name(partial.name + name).unlink()

    def user(self) -> str:
        """A process that has the file open."""
        found = process_using(self._path)
        return f"process {found}" if found is not None else ""

    def numbers(self, db: Transaction) -> Mapping[str, int]:
        """From SQLite's own record of them."""
        return {row["name"]: row["seq"] for row in db.rows(_NUMBERS) if "sqlite" not in row["name"]}

    def go_on(self, db: Transaction, numbers: Mapping[str, int]) -> None:
        """In SQLite's own record of them."""
        for name, number in numbers.items():
            db.run("DELETE FROM sqlite_sequence WHERE name = :name", name=name)
            sql = "INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :number)"
            db.run(sql, name=name, number=number)

    def _create(self, partial: Path) -> None:
        if self._path.exists():
            raise self._is_there()
        try:
            partial.unlink(missing_ok=True)
            # As for every database: only its owner may read it.
            os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except OSError as error:
            raise StoreError(
                f"The database {self._path} cannot be made: {error.strerror}.",
                "Let this user write to its directory.",
            ) from error

    def _is_there(self) -> StoreError:
        return StoreError(
            f"The file {self._path} exists, and a copy replaces nothing.",
            "Name a file that doesn't exist yet. Nothing was copied.",
        )
