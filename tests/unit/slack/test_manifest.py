"""manifest.yml against what the code registers and the Web API methods that it calls."""

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from slack_sdk import WebClient

from bot.slack import app_manifest, command_parser
from bot.slack.command_parser import COMMAND
from bot.slack.scopes import BOT_EVENTS, BOT_SCOPES, HOME_MANIFEST, manifest_lines

ROOT: Final = Path(__file__).parents[3]

SCOPES: Final[dict[str, set[str]]] = {
    "api_test": set(),
    "apps_connections_open": set(),
    "auth_test": set(),
    "chat_postMessage": {"chat:write"},
    "chat_postEphemeral": {"chat:write"},
    "chat_update": {"chat:write"},
    "conversations_history": {"channels:history", "groups:history"},
    "conversations_info": {"channels:read", "groups:read"},
    "conversations_list": {"channels:read", "groups:read"},
    "conversations_replies": {"channels:history", "groups:history", "im:history"},
    "files_completeUploadExternal": {"files:write"},
    "files_getUploadURLExternal": {"files:write"},
    "usergroups_users_list": {"usergroups:read"},
    "users_info": {"users:read"},
    "users_list": {"users:read", "users:read.email"},
    "users_lookupByEmail": {"users:read.email"},
    "views_open": set(),
    "views_publish": set(),
    "views_push": set(),
    "views_update": set(),
}
"""The scopes that each method needs for public and private channels, from Slack's reference."""

EVENTS: Final[dict[str, set[str]]] = {
    "app_home_opened": set(),
    "message.im": {"im:history"},
}
"""The scopes that each event needs, from Slack's reference."""


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    """The manifest, parsed."""
    parsed: dict[str, Any] = yaml.safe_load((ROOT / "manifest.yml").read_text())
    return parsed


def attributes() -> set[str]:
    """Every attribute name that the Slack adapter uses."""
    return {
        node.attr
        for path in (ROOT / "bot" / "slack").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
    }


def methods() -> set[str]:
    """The Web API methods that the Slack adapter calls."""
    return {name for name in attributes() if "_" in name and name in vars(WebClient)} - {
        name for name in vars(WebClient) if name.startswith("_")
    }


def events() -> set[str]:
    """The types of the events that the app listens to."""
    calls = (
        node
        for node in ast.walk(ast.parse((ROOT / "bot/slack/app.py").read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    )
    return {
        str(ast.literal_eval(call.args[0]))
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr == "event" and call.args
        if isinstance(call.args[0], ast.Constant)
    }


def test_the_file_is_what_the_command_prints() -> None:
    """Its content is in one place: the code."""
    assert (ROOT / "manifest.yml").read_text("utf-8") == app_manifest.manifest()


def test_over_http_only_the_transport_differs(manifest: dict[str, Any]) -> None:
    """Command, interactivity, menus and events are sent to one URL; all else stays."""
    url = "https://altcontact.corp.example/slack/events"
    over_http = yaml.safe_load(app_manifest.manifest(url))
    command = over_http["features"]["slash_commands"][0]
    settings = over_http["settings"]
    interactivity = settings["interactivity"]
    assert command.pop("url") == url
    assert settings["event_subscriptions"].pop("request_url") == url
    assert interactivity.pop("request_url") == url
    assert interactivity.pop("message_menu_options_url") == url
    assert settings["socket_mode_enabled"] is False
    settings["socket_mode_enabled"] = True
    assert over_http == manifest


def test_the_hint_has_every_command(manifest: dict[str, Any]) -> None:
    """What Slack shows while one types lists each command that there is."""
    hint = manifest["features"]["slash_commands"][0]["usage_hint"]
    assert {use.split(" ")[0] for use in hint[1:-1].split(" | ")} == set(command_parser._NAMES)
    assert len(hint) <= 1000


def test_every_method_called_is_known_here() -> None:
    """A Web API method that the code begins or ceases to call is added to or taken from SCOPES."""
    assert methods() == set(SCOPES)


def test_scopes_are_exactly_those_needed(manifest: dict[str, Any]) -> None:
    """The manifest asks for the scopes of the methods, events and the command, and no other."""
    needed = {"commands"}.union(*(SCOPES[method] for method in methods()), *EVENTS.values())
    granted = manifest["oauth_config"]["scopes"]["bot"]
    assert set(granted) == needed
    assert granted == sorted(granted)


def test_scopes_are_those_that_the_doctor_asks_for(manifest: dict[str, Any]) -> None:
    """The doctor compares a token with the manifest, and gives scopes to paste as it has them."""
    assert list(BOT_SCOPES) == manifest["oauth_config"]["scopes"]["bot"]
    assert manifest_lines(BOT_SCOPES) in (ROOT / "manifest.yml").read_text()
    assert all(BOT_SCOPES.values())


def test_commands_are_exactly_those_bound(manifest: dict[str, Any]) -> None:
    """The manifest declares the command that the app listens to, within Slack's lengths."""
    (command,) = manifest["features"]["slash_commands"]
    assert command["command"] == COMMAND
    assert len(command["command"]) <= 32
    assert command["description"]


def test_events_are_exactly_those_listened_to(manifest: dict[str, Any]) -> None:
    """Every event declared has a listener, and every listener's event is declared."""
    declared = manifest["settings"]["event_subscriptions"]["bot_events"]
    assert declared == list(BOT_EVENTS) == sorted(EVENTS)
    assert {event.partition(".")[0] for event in declared} == events()


def test_home_and_messages_can_be_opened(manifest: dict[str, Any]) -> None:
    """The Home tab is on, since it is published, and people can write to the bot."""
    assert "views_publish" in methods()
    assert manifest["features"]["app_home"] == {
        "home_tab_enabled": True,
        "messages_tab_enabled": True,
        "messages_tab_read_only_enabled": False,
    }


def test_the_doctor_gives_an_older_app_what_home_needs(manifest: dict[str, Any]) -> None:
    """What it gives to paste is part of the manifest."""
    lacking = yaml.safe_load(HOME_MANIFEST)
    assert lacking["features"]["app_home"].items() <= manifest["features"]["app_home"].items()
    assert lacking["settings"]["event_subscriptions"] == manifest["settings"]["event_subscriptions"]
    assert set().union(*EVENTS.values()) == set(lacking["oauth_config"]["scopes"]["bot"])


def test_interactivity_and_transport(manifest: dict[str, Any]) -> None:
    """Interactivity is on for the buttons and the modals, over Socket Mode."""
    settings = manifest["settings"]
    assert settings["interactivity"] == {"is_enabled": True}
    assert settings["socket_mode_enabled"] is True
    assert settings["token_rotation_enabled"] is False
    assert "features" in manifest
    assert "shortcuts" not in manifest["features"]


def test_lengths(manifest: dict[str, Any]) -> None:
    """The app's name and descriptions are within what Slack takes."""
    information = manifest["display_information"]
    assert len(information["name"]) <= 35
    assert len(information["description"]) <= 140
    assert 175 <= len(information["long_description"]) <= 4000


@pytest.mark.parametrize("page", ["README.md", "docs/install.md"])
def test_the_link_creates_the_same_app(page: str, manifest: dict[str, Any]) -> None:
    """The docs' link opens Slack's page for a new app with this manifest, and is not too long."""
    text = (ROOT / page).read_text("utf-8")
    assert "[create-app]" in text.replace("[create-app]: ", "")
    [link] = re.findall(r"^\[create-app\]: (\S+)$", text, re.MULTILINE)
    assert len(link) < 8000
    address = urlsplit(link)
    assert (address.scheme, address.netloc, address.path) == ("https", "api.slack.com", "/apps")
    query = parse_qs(address.query, strict_parsing=True)
    assert query["new_app"] == ["1"]
    [filled_in] = query["manifest_yaml"]
    assert yaml.safe_load(filled_in) == manifest
    assert "#" not in filled_in.replace(manifest["display_information"]["background_color"], "")


def test_the_link_has_nothing_that_markdown_or_slack_reads_otherwise() -> None:
    """Spaces are `%20` and parentheses are encoded; `make link` writes it."""
    [link] = re.findall(r"^\[create-app\]: (.+)$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert re.fullmatch(r"https://api\.slack\.com/apps\?new_app=1&manifest_yaml=[\w.%~-]+", link)
    subprocess.run([sys.executable, ROOT / ".ci/manifest_link.py", "--check"], check=True)
