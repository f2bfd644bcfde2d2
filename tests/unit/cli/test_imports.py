"""What a command imports: libraries that it doesn't use cost its start no time."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Final

import pytest

_SCRIPT: Final = """
import sys
{}
print(*sorted(name for name in ("psycopg", "psycopg_pool") if name in sys.modules))
"""

_VERSION: Final = """
from bot.cli.main import main
try:
    main(["--version"])
except SystemExit:
    pass
"""

_SQLITE: Final = """
from pathlib import Path
from bot.app.clock import SystemClock
from bot.store.open_store import checks_of, is_absent, open_store
import bot.app.bot, bot.app.one_shot, bot.app.bulk_command, bot.app.audit_log, bot.app.doctor
path = Path(sys.argv[1])
assert is_absent(path)
open_store(path, SystemClock()).close()
assert [line for check in checks_of(path).checks() for line in check.run()]
"""


_NOBODY: Final = """
import os, pwd, sys
def nobody(_):
    raise KeyError
pwd.getpwuid = nobody
from bot.__main__ import main
sys.argv = ["altcontact", "--version"]
try:
    main()
except SystemExit:
    pass
import slack_bolt
print(os.environ["HOME"])
"""


@pytest.mark.parametrize("script", [_VERSION, _SQLITE], ids=["version", "sqlite"])
def test_postgresql_is_imported_only_when_it_is_used(
    script: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Neither `--version` nor a bot with a SQLite file loads PostgreSQL's library."""
    path = tmp_path_factory.mktemp("imports") / "bot.db"
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT.format(script), str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == ""


def test_a_user_without_a_home_can_run_it() -> None:
    """Clusters make up the numbers of users, and slack_bolt asks for a home when it is imported."""
    environ = {name: value for name, value in os.environ.items() if name != "HOME"}
    done = subprocess.run(
        [sys.executable, "-c", _NOBODY], env=environ, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["/"]), done.stderr
