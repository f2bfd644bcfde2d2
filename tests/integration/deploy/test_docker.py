"""The commands of the page on Docker that copy the database, as they are typed."""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Final

from tests.integration.deploy.policies import ROOT

if TYPE_CHECKING:
    from pathlib import Path

_CODE: Final = re.compile(r'-c "(import sqlite3; .+)"$', re.MULTILINE)


def test_the_database_of_a_killed_container_is_copied_whole_and_back(tmp_path: Path) -> None:
    """What it wrote last is not in the file yet; and what came later is gone after a rollback."""
    page = (ROOT / "docs/deploy/docker.md").read_text(encoding="utf-8")
    save, restore = _CODE.findall(page)
    running, data, backup = (tmp_path / name for name in ("running", "data", "backup"))
    running.mkdir()
    backup.mkdir()
    with closing(sqlite3.connect(running / "altcontact.db", isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE fixes (id INTEGER PRIMARY KEY)")
        database.execute("INSERT INTO fixes VALUES (1)")
        shutil.copytree(running, data)

    run(save, data, backup)
    with closing(sqlite3.connect(data / "altcontact.db", isolation_level=None)) as database:
        database.execute("INSERT INTO fixes VALUES (2)")
    run(restore, data, backup)
    with closing(sqlite3.connect(data / "altcontact.db")) as database:
        assert database.execute("SELECT id FROM fixes").fetchall() == [(1,)]


def run(code: str, data: Path, backup: Path) -> None:
    """Run a program of the page with these folders in the place of the container's."""
    code = code.replace("'/data/", f"'{data}/").replace("'/backup/", f"'{backup}/")
    subprocess.run([sys.executable, "-c", code], check=True)
