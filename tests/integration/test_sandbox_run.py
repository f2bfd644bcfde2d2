"""Running the sandbox in this process: what happens where its bot does not come up."""

from __future__ import annotations

import signal
import sys

import pytest

from bot.sandbox import bot_process, run
from bot.sandbox.errors import SandboxError
from bot.sandbox.run import Options


@pytest.fixture(autouse=True)
def _at_a_desk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "open_page", lambda _url: True)


def test_a_bot_that_ends_at_once_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error holds the bot's log, and everything is stopped, signals put back included."""
    before = signal.getsignal(signal.SIGTERM)
    ends = (sys.executable, "-c", "raise SystemExit('no such setting')")
    monkeypatch.setattr(bot_process, "COMMAND", ends)
    with pytest.raises(SandboxError, match="did not connect") as caught:
        run.run(Options(port=0))
    assert "no such setting" in str(caught.value)
    assert "Page:" in capsys.readouterr().out
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_bot_that_does_not_connect_in_time_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bot that runs without ever connecting is not waited for any longer than said."""
    monkeypatch.setattr(
        bot_process, "COMMAND", (sys.executable, "-c", "import signal; signal.pause()")
    )
    monkeypatch.setattr(run, "CONNECT_WITHIN", 0.5)
    monkeypatch.setattr(run, "_LOOK", 0.1)
    with pytest.raises(SandboxError, match="did not connect"):
        run.run(Options(port=0, accounts=2, headless=True))


@pytest.mark.parametrize(
    ("wanted", "page", "port"), [(None, 8700, 8701), (None, 0, 0), (0, 8700, 0), (9000, 0, 9000)]
)
def test_ports_follow_the_page_s(wanted: int | None, page: int, port: int) -> None:
    """A server that is not told a port takes one after the page's, or any as the page does."""
    assert run._port(wanted, page, 1) == port
