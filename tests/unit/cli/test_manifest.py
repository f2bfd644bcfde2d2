"""`altcontact manifest`: the manifest for Socket Mode or for an https URL."""

from __future__ import annotations

import pytest
import yaml

from bot.cli.exit_status import Exit
from bot.cli.main import main


def test_for_socket_mode(capsys: pytest.CaptureFixture[str]) -> None:
    """Without an option, no URL is in it."""
    assert main(["manifest"]) == 0
    out, err = capsys.readouterr()
    assert yaml.safe_load(out)["settings"]["socket_mode_enabled"] is True
    assert "https://" not in out
    assert err == ""


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("https://bot.corp.example", "https://bot.corp.example/slack/events"),
        ("https://bot.corp.example/", "https://bot.corp.example/slack/events"),
        ("HTTPS://bot.corp.example/slack/events/", "https://bot.corp.example/slack/events"),
        (
            "https://corp.example:8443/altcontact",
            "https://corp.example:8443/altcontact/slack/events",
        ),
    ],
)
def test_for_a_url(given: str, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The path of Slack's requests is appended if it is missing."""
    assert main(["manifest", "--http", given]) == 0
    assert yaml.safe_load(capsys.readouterr().out)["settings"]["interactivity"] == {
        "is_enabled": True,
        "request_url": url,
        "message_menu_options_url": url,
    }


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("http://bot.corp.example", "(did you mean “https://bot.corp.example”?)"),
        ("bot.corp.example", "(did you mean “https://bot.corp.example”?)"),
        ("ftp://bot.corp.example", "is not https"),
        ("https://", "is not a URL of the bot"),
        ("https://bot corp", "is not a URL of the bot"),
        ("https://bot.corp.example/?a=1", "is not a URL of the bot"),
        ('https://bot.corp.example/"\nx: y', "is not a URL of the bot"),
        ("https://bücher.example", "is not a URL of the bot"),
        ("https://user:password@bot.corp.example", "is not a URL of the bot"),
        (" ", "is empty"),
    ],
)
def test_no_url(given: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It is refused, nothing is printed, and no password is repeated."""
    assert main(["manifest", "--http", given]) == Exit.USAGE
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert "https://altcontact.corp.example" in err
    assert "password" not in err
