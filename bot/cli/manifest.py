"""`altcontact manifest`: prints the manifest of the Slack app."""

from __future__ import annotations

import sys
from typing import Annotated, Final

import typer

from bot.cli.exit_status import Exit
from bot.config.http_parsers import request_url
from bot.domain.errors import AltcontactError
from bot.slack.app_manifest import manifest as render

app: Final = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def manifest(
    http: Annotated[
        str,
        typer.Option(
            "--http",
            metavar="URL",
            help="Receive requests by HTTP at this https URL, rather than by Socket Mode.",
        ),
    ] = "",
) -> int:
    """Print the manifest of the Slack app, to paste at https://api.slack.com/apps.

    Exit status: 0 success, 2 invalid usage.
    """
    try:
        url = request_url(http) if http else ""
    except ValueError as error:
        raise AltcontactError(
            f"--http: {error}.",
            "Give the address of the bot's load balancer or proxy, such as "
            "https://altcontact.corp.example",
        ) from None
    sys.stdout.write(render(url))
    return Exit.COMPLIANT
