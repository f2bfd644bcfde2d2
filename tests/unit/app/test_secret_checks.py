"""The doctor's lines about secrets: where each is from, and what Slack says of the tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.app.secret_checks import source_checks, token_checks
from bot.config.secret_references import find
from bot.services.doctor import Check, CheckResult, State
from bot.slack.token import SlackToken

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ARN = "arn:aws:ssm:eu-west-1:111122223333:parameter/corp/app"
PLACE = "the file /run/secrets/bot"


def lines(checks: Sequence[Check]) -> list[CheckResult]:
    """What the checks find."""
    return [line for check in checks for line in check.run()]


def test_where_secrets_are_from(tmp_path: Path) -> None:
    """References are named, an exposed file is a warning; mere values have no line."""
    file = tmp_path / "bot token"
    file.write_text("xoxb-1")
    file.chmod(0o644)
    environ = {"slack_bot_token_file": str(file), "slack_app_token": ARN, "database": "hush.db"}
    given = {source.name: source for source in find(environ, {})}
    exposed, app = lines(source_checks(given, frozenset()))
    assert (exposed.name, exposed.state) == ("SLACK_BOT_TOKEN", State.WARNING)
    assert "every user of this machine can read" in exposed.message
    assert exposed.snippet == f"chmod 600 '{file}'"
    assert (app.name, app.state) == ("SLACK_APP_TOKEN", State.OK)
    assert app.message == ("read from the parameter /corp/app in AWS Systems Manager (eu-west-1).")
    file.chmod(0o600)
    (private,) = lines(source_checks(given, frozenset({"slack_app_token"})))
    assert (private.state, private.message) == (State.OK, f"read from the file {file}.")


def test_tokens_of_a_running_bot() -> None:
    """A token that can't change has no line; one that Slack refuses has its next step."""
    token = SlackToken("xoxb-1", "SLACK_BOT_TOKEN", place=PLACE, read=lambda: "xoxb-1")
    (line,) = lines(token_checks([token, SlackToken("xapp-1", "SLACK_APP_TOKEN")]))
    assert (line.state, line.message) == (State.OK, f"read from {PLACE}.")
    assert not token.refused("xoxb-1", "token_revoked", timeout=60)
    (line,) = lines(token_checks([token]))
    token.stop()
    assert (line.name, line.state) == ("SLACK_BOT_TOKEN", State.FAILURE)
    assert f"{PLACE} still has it" in line.message
    assert "Put the new token there" in line.remedy
