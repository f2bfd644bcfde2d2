"""Which proxy is on the way to Slack, for Web API and Socket Mode alike."""

from __future__ import annotations

import pytest

from bot.domain.errors import NotifierError
from bot.slack.client import CALL_ERRORS, Reply, explain, single_try_client
from bot.slack.proxy import proxy_for
from bot.slack.views.message import Message

API, SOCKET = "https://slack.com/api/", "wss://wss-primary.slack.com/link/?ticket=1"


@pytest.mark.parametrize("url", [API, SOCKET])
@pytest.mark.parametrize(
    ("value", "used", "shown"),
    [
        ("http://proxy.corp:3128", "http://proxy.corp:3128", "proxy.corp:3128"),
        ("http://proxy.corp:3128/", "http://proxy.corp:3128", "proxy.corp:3128"),
        ("proxy.corp:3128", "http://proxy.corp:3128", "proxy.corp:3128"),
        ("proxy", "http://proxy:80", "proxy:80"),
        ("https://proxy.corp", "http://proxy.corp:443", "proxy.corp:443"),
        ("bob:hunter2@proxy:8080", "http://bob:hunter2@proxy:8080", "proxy:8080"),
        ("http://b%40b:p%2Fw@[::1]:8080", "http://b%40b:p%2Fw@[::1]:8080", "[::1]:8080"),
    ],
)
def test_how_a_proxy_may_be_written(url: str, value: str, used: str, shown: str) -> None:
    """With a scheme or without, with a login or without; what is shown has no password."""
    proxy = proxy_for(url, {"HTTPS_PROXY": f" {value} "})
    assert proxy is not None
    assert (proxy.url, proxy.host, proxy.variable) == (used, shown, "HTTPS_PROXY")
    assert not proxy.problem


@pytest.mark.parametrize(
    "value",
    [
        "socks5://bob:hunter2@proxy:1080",
        "http://",
        "http://bob:hunter2@proxy:port",
        "http://bob:hunter2@proxy:0",
        "http://bob:hunter2@proxy:99999",
        "http://bob:hunter2/x@proxy:8080",
        "http://bob:hunter2 x@proxy:8080",
        "http://bob:hunter2@[::1",
        "'http://bob:hunter2@proxy:8080'",
        "::1",
    ],
)
def test_a_proxy_that_cannot_be_used(value: str) -> None:
    """It is named as a problem, without its password."""
    proxy = proxy_for(API, {"https_proxy": value})
    assert proxy is not None
    assert proxy.problem
    assert "  " not in proxy.problem
    assert "hunter2" not in proxy.problem + proxy.host


@pytest.mark.parametrize(
    ("excluded", "direct"),
    [
        ("slack.com", True),
        (".slack.com", True),
        ("example.com, SLACK.com", True),
        ("*", True),
        ("", False),
        ("example.com,notslack.com", False),
    ],
)
@pytest.mark.parametrize("variable", ["NO_PROXY", "no_proxy"])
@pytest.mark.parametrize("url", ["https://app.slack.com/api/", SOCKET])
def test_hosts_reached_directly(url: str, variable: str, excluded: str, *, direct: bool) -> None:
    """NO_PROXY holds for the WebSocket as it does for the Web API."""
    environ = {"HTTPS_PROXY": "proxy:8080", variable: excluded}
    assert (proxy_for(url, environ) is None) is direct


def test_a_port_in_no_proxy() -> None:
    """A host may be excluded at one port alone."""
    environ = {"HTTP_PROXY": "proxy:8080", "NO_PROXY": "127.0.0.1:1234"}
    assert proxy_for("http://127.0.0.1:1234/api/", environ) is None
    assert proxy_for("ws://127.0.0.1:1235/link", environ) is not None


@pytest.mark.parametrize(
    ("environ", "secure", "plain"),
    [
        ({"HTTPS_PROXY": "a", "HTTP_PROXY": "b", "ALL_PROXY": "c"}, "a:80", "b:80"),
        ({"HTTP_PROXY": "b"}, "b:80", "b:80"),
        ({"https_proxy": "a", "HTTPS_PROXY": "b"}, "a:80", "a:80"),
        ({"all_proxy": "c"}, "c:80", "c:80"),
        ({"HTTPS_PROXY": " ", "ALL_PROXY": ""}, None, None),
        ({}, None, None),
    ],
)
def test_which_variable_counts(
    environ: dict[str, str], secure: str | None, plain: str | None
) -> None:
    """The variable of the address's own scheme goes first."""
    for url, expected in ((SOCKET, secure), ("ws://127.0.0.1/link", plain)):
        proxy = proxy_for(url, environ)
        assert (proxy.host if proxy else None) == expected


@pytest.mark.parametrize("value", ["http://bob:hunter2/x@127.0.0.1:9", "http://[::1", "socks5://a"])
def test_a_call_by_a_proxy_that_cannot_be_used(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not made by another way that urllib finds in the same text, and the words fit."""
    monkeypatch.setattr("os.environ", {"HTTPS_PROXY": value})
    with pytest.raises(CALL_ERRORS) as raised:
        single_try_client("xoxb-1", API).auth_test()
    error = raised.value
    assert isinstance(error, CALL_ERRORS)
    assert "or the proxy's, is not a URL" in str(explain(error))
    with pytest.raises(NotifierError, match="or the proxy's, is not a URL"):
        Reply("https://hooks.slack.com/commands/1")(Message("Hello.", []))
