"""Keeps a machine's own proxy out of the way to servers on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

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
