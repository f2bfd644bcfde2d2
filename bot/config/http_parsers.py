"""Parses the settings of what is served by HTTP: an address to listen on, and Slack's secret.

As in `setting_parsers`, ValueErrors continue the setting's name.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from bot.config.setting_parsers import Rejected, quoted, text
from bot.domain.masking import mask
from bot.domain.visible_text import trim

REQUEST_PATH: Final = "/slack/events"
"""The path of Slack's requests, the same for commands, interactivity and events."""

_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,62})(\.[A-Za-z0-9-]{1,63})*\.?")
_URL: Final = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~-]+)*")
_HIGHEST_PORT: Final = 65535
_ALL: Final = "0.0.0.0"  # noqa: S104 - suggested to those who give only a port
_LONGEST_DRAIN: Final = 300
_VERIFICATION_TOKEN: Final = re.compile(r"[A-Za-z0-9]{24}")
_SECRET: Final = re.compile(r"[!-~]+")
"""A signing secret is 32 hexadecimal digits today; Slack doesn't promise that it stays so."""


def address(value: object) -> tuple[str, int]:
    """`host:port`: an IP address or a name, IPv6 in brackets; port 0 is any free one."""
    given = str(value) if type(value) is int else text(value)
    bare = given.removeprefix("http://").removeprefix("https://").rstrip("/")
    host, _, port = bare.rpartition(":")
    host = host.strip()
    problem = f"{quoted(given)} is not an address to listen on: a host and a port"
    if not (port.isascii() and port.isdigit()):
        whole = f"[{bare}]" if _is_ipv6(bare) else bare
        likely = (whole != bare or _is_host(bare)) and mask(bare) == bare
        raise Rejected(problem, f"{whole}:8080" if likely else "")
    if int(port) > _HIGHEST_PORT:
        raise ValueError(f"{quoted(given)} has a port above {_HIGHEST_PORT}")
    if host in {"", "*"}:
        raise Rejected(problem, f"{_ALL}:{port}")
    if _is_ipv6(host):
        raise Rejected(f"{quoted(given)} has an IPv6 address without brackets", f"[{host}]:{port}")
    if _is_ipv6(bare):
        raise Rejected(f"{quoted(given)} is an IPv6 address without a port", f"[{bare}]:8080")
    inside = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    valid = _is_ipv6(inside) if inside != host else _is_host(host)
    if not valid:
        raise ValueError(problem)
    if bare != given:
        raise Rejected(f"{quoted(given)} is a URL", bare)
    return inside, int(port)


def request_url(value: object) -> str:
    """The URL at which Slack finds the bot: https, with the path of Slack's requests."""
    given = text(value).rstrip("/")
    if not given.isascii() or not _URL.fullmatch(given.partition("://")[2] or given):
        raise ValueError(f"{quoted(given)} is not a URL of the bot")
    scheme, separator, rest = given.partition("://")
    if not separator:
        raise Rejected(f"{quoted(given)} is not a URL", f"https://{given}")
    if scheme.lower() != "https":
        raise Rejected(
            f"{quoted(given)} is not https, and Slack calls nothing else", f"https://{rest}"
        )
    whole = f"https://{rest}"
    return whole if whole.endswith(REQUEST_PATH) else whole + REQUEST_PATH


def drain(value: object) -> float:
    """Seconds, from 0 to 300."""
    try:
        seconds = float(trim(str(value)))
    except ValueError:
        raise ValueError(f"{quoted(value)} is not a number") from None
    if not 0 <= seconds <= _LONGEST_DRAIN:
        raise ValueError(f"{quoted(value)} is not between 0 and {_LONGEST_DRAIN}")
    return seconds


def signing_secret(value: object) -> str:
    """The secret by which Slack signs its requests."""
    secret = trim(value) if isinstance(value, str) else ""
    if secret.startswith(("xoxb-", "xapp-", "xoxp-")):
        raise ValueError("is a token, not the signing secret")
    if _VERIFICATION_TOKEN.fullmatch(secret):
        raise ValueError(
            "does not look like Slack's signing secret (this looks like the verification token, "
            "which Slack replaced by it)"
        )
    if not _SECRET.fullmatch(secret):
        raise ValueError("does not look like Slack's signing secret, 32 hexadecimal digits")
    return secret


def _is_ipv6(host: str) -> bool:
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return True


def _is_host(host: str) -> bool:
    if host.replace(".", "").isdigit():  # nothing else may look like IPv4
        try:
            ipaddress.IPv4Address(host)
        except ValueError:
            return False
        return True
    return bool(_HOST.fullmatch(host))
