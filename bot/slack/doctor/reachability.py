"""Whether the server of a Socket Mode URL can be reached, without using up the URL."""

from __future__ import annotations

import base64
from contextlib import closing
from http.client import HTTPConnection, HTTPSConnection
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from urllib.parse import SplitResult

_PORTS: Final = {"ws": 80, "http": 80, "wss": 443, "https": 443}
_SECURE: Final = frozenset({"wss", "https"})


def host_of(url: str) -> str:
    """The host of a URL, which may be shown; the rest contains a secret ticket."""
    return urlsplit(url).hostname or ""


def connect(url: str, proxy: str | None, timeout: float) -> None:
    """Open a connection to the server, TLS included, send nothing, and close it.

    Args:
        url: a URL of the Web API, or of Socket Mode.
        proxy: the URL of the HTTP proxy to use, from `proxy_for`; None for none.
        timeout: seconds for each step.

    Raises:
        OSError, HTTPException: it can't be reached; also if the proxy refuses or a certificate is
            invalid.
    """
    address = urlsplit(url)
    host, port = address.hostname or "", address.port or _PORTS.get(address.scheme, 443)
    connection_type = HTTPSConnection if address.scheme in _SECURE else HTTPConnection
    if proxy is None:
        connection = connection_type(host, port, timeout=timeout)
    else:
        via = urlsplit(proxy)
        connection = connection_type(via.hostname or "", via.port or 80, timeout=timeout)
        connection.set_tunnel(host, port, _authorization(via))
    with closing(connection):
        connection.connect()


def _authorization(proxy: SplitResult) -> dict[str, str]:
    if proxy.username is None:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
