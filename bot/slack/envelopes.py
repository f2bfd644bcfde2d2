"""Acknowledges every payload of Slack's, even if Bolt can't handle it."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog
from slack_bolt import BoltResponse
from slack_bolt.adapter.socket_mode.internals import run_bolt_app, send_response

from bot.services.ports.metrics import NoMetrics

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_bolt import App
    from slack_sdk.socket_mode.client import BaseSocketModeClient
    from slack_sdk.socket_mode.request import SocketModeRequest

    from bot.services.ports.metrics import Metrics

_log = structlog.get_logger(__name__)


def answer(kind: str, handle: Callable[[], BoltResponse]) -> BoltResponse:
    """Bolt's answer to a payload, or an empty one that Slack takes for an ack.

    Without an ack, which Bolt omits if it finds no listener or fails itself, Slack shows a failure
    and delivers the payload three more times.

    Args:
        kind: of the payload, for the log.
        handle: passes the payload to Bolt.
    """
    try:
        response = handle()
    except Exception as error:  # noqa: BLE001 - Bolt could not even read it
        response = BoltResponse(status=HTTPStatus.BAD_REQUEST)
        _log.warning("payload not understood", type=kind, kind=type(error).__name__)
    if response.status != HTTPStatus.OK:
        _log.warning("payload not handled", type=kind, status=response.status)
        response = BoltResponse(status=HTTPStatus.OK)
    return response


class EnvelopeHandler:
    """Like Bolt's handler for Socket Mode, but acknowledges every envelope.

    Args:
        app: the Bolt app whose listeners answer.
        metrics: take how long each ack takes.
    """

    def __init__(self, app: App, metrics: Metrics | None = None) -> None:
        self._app = app
        self._metrics = metrics or NoMetrics()

    def handle(self, client: BaseSocketModeClient, req: SocketModeRequest) -> None:
        """Handle one envelope: pass its payload to Bolt, and send the ack."""
        began, began_at = time.monotonic(), time.time()
        response = answer(req.type, lambda: run_bolt_app(self._app, req))
        send_response(client, req, response, began_at)
        seconds = time.monotonic() - began
        self._metrics.acked(seconds)
        _log.debug("acked", type=req.type, seconds=round(seconds, 3))
