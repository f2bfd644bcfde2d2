"""Asks the bot of this container whether it is alive; the exit status is 0 if it is, 1 if not.

It finds the bot as the bot was told to be found, by ALTCONTACT_METRICS or ALTCONTACT_HTTP. If
neither is set, there is nobody to ask, and it is alive as long as it runs.
"""

from __future__ import annotations

import http.client
import os
import sys
from http import HTTPStatus
from typing import Final

SETTINGS: Final = ("ALTCONTACT_METRICS", "ALTCONTACT_HTTP")
LOOPBACK: Final = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - to ask there
TIMEOUT: Final = 5.0
"""Seconds; less than Docker waits for this."""


def main() -> int:
    """Ask; the exit status."""
    addresses = [value for name in SETTINGS if (value := os.environ.get(name, "").strip())]
    if not addresses:
        return 0
    host, _, port = addresses[0].rpartition(":")
    host = host.strip("[]")
    connection = http.client.HTTPConnection(LOOPBACK.get(host, host), int(port), timeout=TIMEOUT)
    try:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        print(answer.read(1000).decode(errors="replace").strip())  # noqa: T201 - Docker keeps it
    except OSError as exc:
        print(f"The bot doesn't answer: {exc}")  # noqa: T201 - Docker keeps it
        return 1
    finally:
        connection.close()
    return 0 if answer.status == HTTPStatus.OK else 1


if __name__ == "__main__":
    sys.exit(main())
