"""The settings of Slack over HTTP: the address, the secret, and what either mode needs."""

from __future__ import annotations

import pytest

from bot.config.load import load, load_lenient
from bot.domain.errors import SettingsError

SECRET = "0123456789abcdef0123456789abcdef"
BASE = {"SLACK_BOT_TOKEN": "xoxb-1-abc", "ALTCONTACT_CHANNEL": "#security-alerts"}


@pytest.fixture(autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path_factory.mktemp("empty"))


def problem(name: str, value: str) -> tuple[str, str]:
    """What is wrong with a setting, and the line to use instead."""
    found = load_lenient({name: value}, needs_slack=False)
    (only,) = found.problems
    assert only.where == name
    return only.what, only.snippet


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("0.0.0.0:8080", ("0.0.0.0", 8080)),  # noqa: S104 - what is parsed
        (" 127.0.0.1:0 ", ("127.0.0.1", 0)),
        ("[::]:443", ("::", 443)),
        ("[2001:db8::1]:8080", ("2001:db8::1", 8080)),
        ("localhost:65535", ("localhost", 65535)),
        ("bot-1.corp.example:8080", ("bot-1.corp.example", 8080)),
    ],
)
def test_addresses(given: str, address: tuple[str, int]) -> None:
    """IPv4, IPv6 in brackets, and names."""
    assert load({"ALTCONTACT_HTTP": given}, needs_slack=False).http == address


@pytest.mark.parametrize(
    ("given", "instead"),
    [
        ("8080", "0.0.0.0:8080"),
        (":8080", "0.0.0.0:8080"),
        ("*:8080", "0.0.0.0:8080"),
        ("0.0.0.0", "0.0.0.0:8080"),  # noqa: S104 - what is parsed
        ("localhost", "localhost:8080"),
        ("::", "[::]:8080"),
        ("::1:8080", "[::1]:8080"),
        ("2001:db8:0:0:0:0:0:1:8080", "[2001:db8:0:0:0:0:0:1]:8080"),
        ("http://0.0.0.0:8080/", "0.0.0.0:8080"),
        ("https://[::]:8080", "[::]:8080"),
    ],
)
def test_what_was_probably_meant(given: str, instead: str) -> None:
    """The line to use instead has the address in full."""
    what, snippet = problem("ALTCONTACT_HTTP", given)
    assert f"(did you mean “{instead}”?)" in what
    assert snippet.strip("'").endswith(instead)


@pytest.mark.parametrize(
    "given",
    [
        "0.0.0.0:65536",
        "0.0.0.0:-1",
        "0.0.0.0:http",
        "0.0.0.0:８０８０",  # noqa: RUF001 - digits, but not ASCII's
        "999.0.0.1:8080",
        "1.2.3:8080",
        "[127.0.0.1]:8080",
        "[::1:8080",
        "a b:8080",
        "-:8080",
        "corp.example/slack:8080",
        "dana@corp.example:8080",
    ],
)
def test_no_addresses(given: str) -> None:
    """They are refused with an example; an email address isn't repeated."""
    what, snippet = problem("ALTCONTACT_HTTP", given)
    assert "address" in what or "port" in what
    assert snippet == "export ALTCONTACT_HTTP=0.0.0.0:8080"
    assert "dana" not in what


def test_each_mode_needs_its_secret() -> None:
    """HTTP needs the signing secret, Socket Mode the app-level token; the other one may be set."""
    with pytest.raises(SettingsError) as caught:
        load(BASE, needs_slack=True)
    assert [each.where for each in caught.value.problems] == ["SLACK_APP_TOKEN"]
    http = BASE | {"ALTCONTACT_HTTP": "0.0.0.0:8080"}
    for other in ({}, {"SLACK_APP_TOKEN": "xapp-1-def"}, {"SLACK_SIGNING_SECRET": " "}):
        with pytest.raises(SettingsError) as caught:
            load(http | other, needs_slack=True)
        (only,) = caught.value.problems
        assert only.where == "SLACK_SIGNING_SECRET"
        assert "Basic Information → Signing Secret" in only.remedy
    both = http | {"SLACK_APP_TOKEN": "xapp-1-def", "SLACK_SIGNING_SECRET": SECRET}
    assert load(both, needs_slack=True).http == ("0.0.0.0", 8080)  # noqa: S104 - what is parsed
    unused = BASE | {"SLACK_APP_TOKEN": "xapp-1-def", "SLACK_SIGNING_SECRET": SECRET}
    assert load(unused, needs_slack=True).http is None


def test_an_address_that_is_wrong_still_asks_for_http() -> None:
    """Only what HTTP needs is missing."""
    found = load_lenient(BASE | {"ALTCONTACT_HTTP": "8080"}, needs_slack=True)
    assert [each.where for each in found.problems] == ["ALTCONTACT_HTTP", "SLACK_SIGNING_SECRET"]


@pytest.mark.parametrize("secret", ["xapp-1-def", "8F5obZ4QTAOCgFAKvNUcZ1Yd", "0123 4567", "0123…"])
def test_no_signing_secrets(secret: str) -> None:
    """What is no secret is refused, and not repeated."""
    what, _ = problem("SLACK_SIGNING_SECRET", secret)
    assert "signing secret" in what
    assert secret not in what


@pytest.mark.parametrize("given", ["-1", "301", "nan", "soon", "true"])
def test_drain(given: str) -> None:
    """It is a number of seconds that orchestrators may wait."""
    assert problem("ALTCONTACT_HTTP_DRAIN", given)[0].startswith(f"“{given}” is not ")
