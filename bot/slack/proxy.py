"""Finds the HTTP proxy between the bot and Slack, for the Web API and Socket Mode alike.

By itself, slack_sdk uses any proxy variable for both, honors NO_PROXY only for the Web API, and
treats a proxy without a scheme as a path.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined] # in no stub

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECURE: Final = frozenset({"https", "wss"})
_VARIABLES: Final = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
_PORTS: Final = {"http": 80, "https": 443}
_NO_URL: Final = (
    "it is not a proxy's URL; special characters in user and password are to be percent-encoded"
)


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy from the environment.

    Args:
        url: `http://[user:password@]host:port`; it may contain a password, so it is never shown.
        host: `host:port`, which may be shown.
        variable: the environment variable that names it.
        problem: why it cannot be used; empty if it can.
    """

    url: str
    host: str
    variable: str
    problem: str = ""


def proxy_for(url: str, environ: Mapping[str, str] | None = None) -> Proxy | None:
    """The proxy for an address; None for a direct connection.

    `HTTPS_PROXY` takes precedence over `HTTP_PROXY` for `https` and `wss` addresses, and the other
    way round for others; `ALL_PROXY` comes last. Lower case works too. `NO_PROXY` lists hosts,
    domains and `host:port` pairs to connect to directly; `*` is every host.

    Args:
        url: the address: `https://…`, `wss://…`, or without TLS.
        environ: the environment; by default that of the process.
    """
    environ = os.environ if environ is None else environ
    address = urlsplit(url)
    order = _VARIABLES if address.scheme in _SECURE else (_VARIABLES[1], _VARIABLES[0], "ALL_PROXY")
    for name in order:
        for variable in (name.lower(), name):
            value = environ.get(variable, "").strip()
            if value:
                host = address.netloc.rpartition("@")[2]
                excluded = environ.get("no_proxy", "").strip() or environ.get("NO_PROXY", "")
                if proxy_bypass_environment(host, {"no": excluded}):
                    return None
                return _parsed(value, variable)
    return None


def _parsed(value: str, variable: str) -> Proxy:
    unusable = Proxy(value, "", variable, _NO_URL)
    try:
        address = urlsplit(value if "://" in value else f"http://{value}")
        port = address.port
    except ValueError:
        return unusable
    scheme = address.scheme
    if not scheme:
        return unusable
    if scheme not in _PORTS:
        problem = f"it is a {scheme} proxy, and the bot can use HTTP proxies only"
        return Proxy(value, address.netloc.rpartition("@")[2], variable, problem)
    port = _PORTS[scheme] if port is None else port
    if not address.hostname or not port or " " in address.netloc:
        return unusable
    user, at, host = address.netloc.rpartition("@")
    host = host if address.port else f"{host.rstrip(':')}:{port}"
    # Both libraries speak plain HTTP to the proxy itself, whatever its scheme says.
    return Proxy(f"http://{user}{at}{host}", host, variable)
