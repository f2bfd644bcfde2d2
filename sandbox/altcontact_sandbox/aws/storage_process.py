"""The sandbox's storage process: moto's server, with a way to load many contacts at once.

Run as `python -m bot.sandbox.aws.storage_process`. It takes any free loopback port and writes it
as one line to standard output. It ends when its standard input ends, so that it does not outlive
the process that started it, however that one ended.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
from typing import TYPE_CHECKING

from moto.account.models import account_backends
from moto.core.base_backend import BackendDict
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug import Request, Response
from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

    from werkzeug.serving import BaseWSGIServer

LOAD_PATH = "/_storage/load"
"""POST here {account id: {type: {Name, Title, EmailAddress, PhoneNumber}}}: all that there is."""


class _Application:
    """moto's own application, and in front of it the one path that moto does not have."""

    def __init__(self) -> None:
        self._moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] != LOAD_PATH:
            answer: Iterable[bytes] = self._moto(environ, start_response)
            return answer
        _load(json.loads(Request(environ).get_data()))
        return Response(status=204)(environ, start_response)


class _Handler(WSGIRequestHandler):
    """Keeps connections alive, and is silent: a request line a call would drown the terminal."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def _load(contacts: dict[str, dict[str, dict[str, str]]]) -> None:
    BackendDict.reset()
    for account_id, by_type in contacts.items():
        backend = account_backends[account_id]["aws"]
        for kind, held in by_type.items():
            backend.put_alternate_contact(
                alternate_contact_type=kind,
                name=held["Name"],
                title=held["Title"],
                email_address=held["EmailAddress"],
                phone_number=held["PhoneNumber"],
            )


def _stop_at_end_of_input(server: BaseWSGIServer) -> None:
    sys.stdin.read()
    server.shutdown()


def main() -> None:
    """Serve until standard input ends."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, _Application(), threaded=True, request_handler=_Handler)
    threading.Thread(target=_stop_at_end_of_input, args=(server,), daemon=True).start()
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
    server.server_close()


if __name__ == "__main__":
    main()
