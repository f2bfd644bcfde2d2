"""`altcontact policy` on a terminal, and when it is interrupted."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, cast

import pytest

from bot import cli
from bot.app import one_shot
from bot.cli.policy_output import display
from bot.config.policy_schema import policy_schema
from bot.domain.accounts import Account
from bot.domain.policy import policy
from bot.domain.policy.explain import explain_values
from bot.domain.policy.policy import Policy, PolicyUnknown
from bot.services.explain_policy import Explanation, NotFound
from tests.unit.loggers import logging_put_back

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.config.load import Settings
    from bot.domain.policy.account_policy import Value
    from bot.domain.policy.explain import ExplainedValue

ACCOUNT = Account("111122223333", "payments", units=(), tags={})


@pytest.fixture(autouse=True)
def clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty folder, no setting, and logging put back afterwards."""
    monkeypatch.chdir(tmp_path)
    for name in [each for each in os.environ if each.startswith(("ALTCONTACT_", "SLACK_"))]:
        monkeypatch.delenv(name)
    with logging_put_back():
        yield


def explained(settings: Settings, text: str) -> Explanation | NotFound:
    """Stands for `bot.app.one_shot.explain_policy`."""
    if text == "stopped":
        raise KeyboardInterrupt
    if text == "unread":
        return Explanation(ACCOUNT, PolicyUnknown(("tags",), ()))
    if text == "nobody":
        return NotFound()
    values = explain_values(settings.policy, ACCOUNT)
    assert not isinstance(values, PolicyUnknown)
    assert settings.policy == Policy.requiring()
    return Explanation(ACCOUNT, values)


BUILT_IN = sum(
    each.source == policy.BUILT_IN.source
    for each in cast("tuple[ExplainedValue, ...]", explain_values(Policy.requiring(), ACCOUNT))
)
HIDDEN = f"{BUILT_IN} built-in values are not shown; use --all to show them.\n"

ENDS = [
    (["payments"], True, (0, "111122223333 payments\n", HIDDEN)),
    (["payments", "--all"], True, (0, "111122223333 payments\n", "")),
    (["payments"], False, (0, "security.presence", "111122223333 payments\n")),
    (["payments", "--all"], False, (0, "security.presence", "111122223333 payments\n")),
    (["payments", "--json"], True, (0, '{\n "account": {', "")),
    (["unread"], True, (3, "", "111122223333 payments: policy unknown, since its tags could")),
    (["nobody"], True, (2, "", "No account matches “nobody”.\n")),
    (["stopped"], True, (130, "", "Stopped.\n")),
]


@pytest.mark.parametrize(("arguments", "terminal", "end"), ENDS)
def test_explain(
    arguments: list[str],
    *,
    terminal: bool,
    end: tuple[int, str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What is written where, and with which status it ends."""
    status, out, err = end
    monkeypatch.setattr(one_shot, "explain_policy", explained)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    assert cli.main(["policy", "explain", *arguments]) == status
    said = capsys.readouterr()
    assert said.out.startswith(out)
    assert said.err.startswith(err)
    assert bool(said.out) == bool(out)
    assert bool(said.err) == bool(err)


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("fixers", None, "ALTCONTACT_FIXERS"),
        ("fixers", (), "nobody"),
        ("fixers", ("*",), "*"),
        ("approvers", (), "the fixers"),
        ("approvers", ("S1", "U1"), "S1, U1"),
        ("break_glass", False, "false"),
        ("rules.changed", None, "off"),
        ("mention", (), "none"),
    ],
)
def test_values_are_shown_as_they_are_meant(key: str, value: Value, shown: str) -> None:
    """An empty list of people says who it is then."""
    assert display(value, key) == shown


def test_schema(capsys: pytest.CaptureFixture[str]) -> None:
    """The JSON Schema is written to standard output, whatever the settings are."""
    assert cli.main(["policy", "schema"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == policy_schema()
    assert out.endswith("}\n")
    assert err == ""


def test_what_is_built_in_is_shown_where_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without `--all` only what the file and the settings give is listed; JSON has everything."""
    monkeypatch.setattr(one_shot, "explain_policy", explained)
    listed = {}
    for more in ([], ["--all"], ["--json"]):
        assert cli.main(["policy", "explain", "payments", *more]) == 0
        listed["".join(more)], err = capsys.readouterr()
        assert (HIDDEN in err) is (more == [])
    assert len(listed["--all"].splitlines()) == len(listed[""].splitlines()) + BUILT_IN
    assert len(json.loads(listed["--json"])["values"]) == len(listed["--all"].splitlines())
