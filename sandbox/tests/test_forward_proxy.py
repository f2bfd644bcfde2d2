"""The forward proxy that stands for a company's."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import httpx
import pytest
from altcontact_sandbox.forward_proxy import ForwardProxy, Passed

from sandbox.tests.slack.fixtures import slack, slack_server

if TYPE_CHECKING:
    from altcontact_sandbox.slack.sandbox import SlackSandbox

__all__ = ["slack", "slack_server"]


def test_requests_are_passed_on_and_kept(slack: SlackSandbox) -> None:
    """A request in absolute form reaches its server; the query is not kept."""
    with ForwardProxy() as proxy:
        answer = httpx.post(f"{slack.url}/api/api.test?a=1", proxy=proxy.url, trust_env=False)
        assert answer.json()["ok"]
        (passed,) = proxy.passed
    assert passed == Passed("POST", f"{slack.url}/api/api.test", 200)


@pytest.mark.parametrize(("password", "status"), [("p/w d", 200), ("wrong", 407)])
def test_a_login(slack: SlackSandbox, password: str, status: int) -> None:
    """Without the right login the proxy answers 407, and asks for one."""
    with ForwardProxy("bob", "p/w d") as proxy:
        url = proxy.url.replace("p%2Fw%20d", password.replace("/", "%2F"))
        answer = httpx.get(f"{slack.url}/api/api.test", proxy=url, trust_env=False)
        assert answer.status_code == (status if status == 407 else answer.status_code)
        assert [each.status for each in proxy.passed] == [status]


@pytest.mark.parametrize(("refuse", "line"), [(0, b"200"), (403, b"403")])
def test_connect(slack: SlackSandbox, refuse: int, line: bytes) -> None:
    """CONNECT opens a tunnel, unless the proxy is set to refuse."""
    target = slack.url.removeprefix("http://")
    with ForwardProxy(refuse=refuse) as proxy:
        host, _, port = proxy.host.rpartition(":")
        with socket.create_connection((host, int(port)), 60) as client:
            client.sendall(f"CONNECT {target} HTTP/1.0\r\n\r\n".encode())
            assert client.recv(100).split()[1] == line
            if not refuse:
                client.sendall(b"GET /api/api.test HTTP/1.0\r\n\r\n")
                assert client.recv(100).startswith(b"HTTP/1.1")
        assert proxy.wait(bool) == [Passed("CONNECT", target, refuse or 200)]


def test_a_server_that_is_not_there() -> None:
    """What cannot be reached is answered by 502."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with ForwardProxy() as proxy:
        answer = httpx.get(f"http://127.0.0.1:{port}/", proxy=proxy.url, trust_env=False)
    assert answer.status_code == 502
