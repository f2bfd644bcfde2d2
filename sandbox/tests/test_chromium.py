"""Finding a Chromium for the browser tests, and getting one where there is none."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sandbox.tests.browser import chromium

if TYPE_CHECKING:
    from collections.abc import Sequence


def program(folder: Path, name: str, status: int = 0) -> str:
    """A program that does nothing but end with a status."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\nexit {status}\n")
    path.chmod(0o755)
    return str(path)


class Machine:
    """Runs no command, but keeps what it was asked to run; a browser is there after the last."""

    def __init__(self, *brings: tuple[str, ...], fails: tuple[str, ...] = ()) -> None:
        self.ran: list[Sequence[str]] = []
        self._brings = brings
        self._fails = fails

    def run(self, command: Sequence[str], seconds: float) -> bool:
        assert seconds > 0
        self.ran.append(command)
        return command != self._fails

    def look(self) -> str | None:
        return "/here" if set(self._brings) & set(map(tuple, self.ran)) else None


@pytest.fixture
def debian(tmp_path: Path) -> dict[str, str]:
    """The environment of a machine with apt-get and no browser."""
    program(tmp_path, "apt-get")
    return {"PATH": str(tmp_path)}


def test_the_one_asked_for_is_the_only_one(tmp_path: Path) -> None:
    """Where a browser is named, no other is a candidate, and none is installed."""
    other = program(tmp_path, "chromium")
    mine = program(tmp_path, "mine")
    environment = {"PATH": str(tmp_path), chromium.ASKED: "mine"}
    assert list(chromium.candidates(environment)) == [mine]
    machine = Machine()
    assert chromium.install(environment, machine.run, machine.look, root=True) is None
    assert machine.ran == []
    gone = {**environment, chromium.ASKED: "/nowhere/chromium"}
    assert list(chromium.candidates(gone)) == ["/nowhere/chromium"]
    assert list(chromium.candidates({**environment, chromium.ASKED: ""}, tmp_path)) == [other]


def test_playwrights_own_comes_before_those_on_the_path(tmp_path: Path) -> None:
    """The build that Playwright was made for is preferred; another build of its is not taken."""
    on_path = [program(tmp_path / "bin", name) for name in ("chromium", "google-chrome")]
    environment = {"PATH": str(tmp_path / "bin")}
    program(tmp_path / "own/chromium-1/chrome-linux", "chrome")
    assert list(chromium.candidates(environment, tmp_path / "own")) == on_path
    built = tmp_path / f"own/chromium-{chromium.revision()}/chrome-linux64"
    own = program(built, "chrome")
    assert list(chromium.candidates(environment, tmp_path / "own")) == [own, *on_path]
    told = {**environment, "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path / "own")}
    assert next(chromium.candidates(told)) == own


@pytest.mark.parametrize(
    ("platform", "environment", "folder"),
    [
        ("linux", {}, Path.home() / ".cache/ms-playwright"),
        ("linux", {"XDG_CACHE_HOME": "/kept"}, Path("/kept/ms-playwright")),
        ("darwin", {}, Path.home() / "Library/Caches/ms-playwright"),
        ("win32", {}, Path.home() / "AppData/Local/ms-playwright"),
    ],
)
def test_where_playwright_keeps_its_browsers(
    platform: str, environment: dict[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each system has a folder of its own."""
    monkeypatch.setattr(sys, "platform", platform)
    assert chromium.own_folder(environment) == folder


def test_one_that_does_not_start_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hint at a store in a browser's place, and a file that is none, are passed over."""
    program(tmp_path / "one", "chromium", status=1)
    (tmp_path / "one/google-chrome").write_text("nothing to run")
    (tmp_path / "one/google-chrome").chmod(0o755)
    good = program(tmp_path / "two", "chrome")
    folders = [str(tmp_path / "one"), str(tmp_path / "two"), "/bin"]
    monkeypatch.setenv("PATH", os.pathsep.join(folders))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    monkeypatch.delenv(chromium.ASKED, raising=False)
    assert chromium.look_again() == good
    monkeypatch.setenv("PATH", os.pathsep.join([folders[0], "/bin"]))
    monkeypatch.setattr(chromium, "NAMES", ("chromium", "google-chrome"))
    monkeypatch.setenv("PATH", folders[0])
    assert chromium.look_again() is None
    chromium.find.cache_clear()


def test_playwright_fetches_its_own_first(debian: dict[str, str]) -> None:
    """Where Playwright can fetch a browser, no package is installed."""
    machine = Machine(chromium.FETCH)
    assert chromium.install(debian, machine.run, machine.look, root=True) == "/here"
    assert machine.ran == [chromium.FETCH]


def test_debians_is_installed_where_that_may_be(debian: dict[str, str]) -> None:
    """A fetch that failed, or brought what does not start, is followed by Debian's package."""
    for fails in (chromium.FETCH, ()):
        machine = Machine(chromium.INSTALL, fails=fails)
        assert chromium.install(debian, machine.run, machine.look, root=True) == "/here"
        assert machine.ran == [chromium.FETCH, chromium.UPDATE, chromium.INSTALL]


def test_there_may_be_no_way(debian: dict[str, str]) -> None:
    """Who is not root installs no package; a package that cannot be had leaves none."""
    machine = Machine(chromium.INSTALL)
    assert chromium.install(debian, machine.run, machine.look, root=False) is None
    assert machine.ran == [chromium.FETCH]
    machine = Machine(chromium.INSTALL, fails=chromium.INSTALL)
    assert chromium.install(debian, machine.run, machine.look, root=True) is None


def test_a_command_that_takes_too_long_is_ended() -> None:
    """A command has its time, and what it started ends with it."""
    assert chromium.run_within(["true"], 30)
    assert not chromium.run_within(["false"], 30)
    assert not chromium.run_within(["sh", "-c", "sleep 100; true"], 0.1)


def test_it_says_in_one_line_what_it_found(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program names the browser, or says that there is none and what to do."""
    monkeypatch.setenv(chromium.ASKED, "/nowhere/chromium")
    chromium.find.cache_clear()
    chromium.main()
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"Browser tests: {chromium.MISSING}; {chromium.REMEDY}"
    monkeypatch.setenv(chromium.ASKED, sys.executable)
    chromium.find.cache_clear()
    chromium.main()
    assert capsys.readouterr().out == f"Browser tests: {sys.executable}\n"
    chromium.find.cache_clear()


def test_as_root_chromium_runs_without_its_own_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    """Root alone turns Chromium's own sandbox off."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert "--no-sandbox" in chromium.arguments()
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "--no-sandbox" not in chromium.arguments()
