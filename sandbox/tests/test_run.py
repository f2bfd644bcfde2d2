"""Running the sandbox in this process: what happens where its bot does not come up."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest
from altcontact_sandbox import run
from altcontact_sandbox.errors import SandboxError
from altcontact_sandbox.run import Options
from altcontact_sandbox.terminal import prompt

from bot.config import policy_file
from bot.config.load import load
from bot.config.toml_file import CONFIG
from bot.domain.errors import SettingsError


@pytest.fixture(autouse=True)
def _at_a_desk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "open_page", lambda _url: True)


def test_a_bot_that_ends_at_once_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """The error holds the bot's log, and everything is stopped, signals put back included."""
    before = signal.getsignal(signal.SIGTERM)
    ends = (sys.executable, "-c", "raise SystemExit('no such setting')")
    with pytest.raises(SandboxError, match="did not connect") as caught:
        run.run(Options(port=0, bot_command=ends))
    assert "no such setting" in str(caught.value)
    assert "Page:" in capsys.readouterr().out
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_bot_that_does_not_connect_in_time_is_given_up() -> None:
    """A bot that runs without ever connecting is not waited for any longer than said."""
    deaf = (sys.executable, "-c", "import signal; signal.pause()")
    options = Options(
        port=0,
        accounts=2,
        headless=True,
        bot_command=deaf,
        connect_within=0.5,
        poll_interval=0.1,
    )
    with pytest.raises(SandboxError, match="did not connect"):
        run.run(options)


def test_a_policy_with_a_mistake_starts_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mistake in the policy's file is reported with its key and line before anything starts."""
    file = tmp_path / "policy.toml"
    file.write_text('[policy]\nsecurty = "required"\n')
    with pytest.raises(SettingsError, match=r"securty in .*, line 2"):
        run.run(Options(port=0, policy=str(file)))
    assert capsys.readouterr().out == ""


def test_the_bot_is_told_of_the_policy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The bot, which runs in another folder, gets the file's whole path."""
    (tmp_path / "policy.toml").write_text('[policy]\nsecurity = "optional"\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(prompt, "run", lambda _slack: signal.raise_signal(signal.SIGINT))
    run.run(Options(port=0, policy="policy.toml", headless=True, bot=False, terminal=True))
    assert f"export ALTCONTACT_CONFIG={tmp_path / 'policy.toml'}" in capsys.readouterr().out


def test_the_example_of_a_policy_is_right() -> None:
    """The policy that the docs offer for the sandbox loads, and says something of each kind."""
    example = Path(__file__).parents[2] / "docs/examples/sandbox.toml"
    policy = load({CONFIG: str(example)}, needs_slack=False).policy
    matches = [table.match for table in policy.tables]
    for kind in ("units", "tags", "names"):
        assert any(getattr(match, kind) for match in matches)
    assert policy_file.count(policy) == 8


@pytest.mark.parametrize(
    ("wanted", "page", "port"), [(None, 8700, 8701), (None, 0, 0), (0, 8700, 0), (9000, 0, 9000)]
)
def test_ports_follow_the_page_s(wanted: int | None, page: int, port: int) -> None:
    """A server that is not told a port takes one after the page's, or any as the page does."""
    assert run.port_of(wanted, page, 1) == port
