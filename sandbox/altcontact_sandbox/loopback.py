"""The way to servers on this machine: without a proxy, and without certificates."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

NO_CERTIFICATES: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For httpx, whose clients load all certificates of this machine at first, which takes 20 ms.

Servers on this machine speak HTTP. Nothing that speaks HTTPS is trusted with this.
"""

_HOSTS: Final = ("127.0.0.1", "localhost", "::1")


def without_proxy(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that add this machine to the hosts that are reached without a proxy.

    Args:
        environ: an environment; what it excludes already stays excluded.

    Returns:
        `NO_PROXY`, and `no_proxy` too where that is set, since it goes before.
    """
    names = ["NO_PROXY", *(["no_proxy"] if "no_proxy" in environ else [])]
    changed = {}
    for name in names:
        before = [each.strip() for each in environ.get(name, "").split(",") if each.strip()]
        changed[name] = ",".join(dict.fromkeys([*before, *_HOSTS]))
    return changed
