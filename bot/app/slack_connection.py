"""Builds the way by which Slack's payloads arrive: Socket Mode, or HTTP if a setting says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.config.http_parsers import REQUEST_PATH
from bot.http.server import allowing
from bot.slack.earlier_requests import EarlierRequests
from bot.slack.http_mode import HttpMode
from bot.slack.signing_secret import SigningSecret
from bot.slack.socket_mode import SocketModeConnection

if TYPE_CHECKING:
    from collections.abc import Callable
    from wsgiref.types import WSGIApplication

    from bot.app.tokens import SlackTokens
    from bot.config.settings import Settings
    from bot.services.ports.deliveries import RequestRepository
    from bot.services.ports.metrics import Metrics
    from bot.slack.app import BoltApp

SlackConnection = SocketModeConnection | HttpMode


def slack_connection(
    settings: Settings,
    bolt: BoltApp,
    tokens: SlackTokens,
    requests: RequestRepository,
    *,
    on_connected: Callable[[], None],
    count_others: Callable[[int], float | None],
    metrics: Metrics | None = None,
) -> SlackConnection:
    """The connection that the settings ask for.

    Args:
        settings: the settings.
        bolt: the Bolt app whose listeners answer.
        tokens: the app-level token, for Socket Mode, and the signing secret, for HTTP.
        requests: remember requests by HTTP for all replicas.
        on_connected: called once, when payloads can arrive.
        count_others: gets the number of other bots' connections of the same app, in Socket Mode.
        metrics: take how long each ack takes.
    """
    if settings.http is not None:
        secret = settings.slack_signing_secret.get_secret_value()
        return HttpMode(
            bolt.app,
            tokens.signing or SigningSecret(secret),
            EarlierRequests(requests),
            on_connected=on_connected,
            metrics=metrics,
        )
    return SocketModeConnection(
        bolt.app,
        tokens.app,
        settings.slack_api_url,
        on_connected=on_connected,
        count_others=count_others,
        metrics=metrics,
    )


def slack_routes(connection: SlackConnection) -> dict[str, WSGIApplication]:
    """{path: WSGI app} of what Slack sends by HTTP; empty in Socket Mode."""
    if isinstance(connection, HttpMode):
        return {REQUEST_PATH: allowing({"POST"}, connection)}
    return {}
