"""`altcontact sandbox`: the bot against a simulated Slack workspace and AWS organization."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from bot.domain.errors import AltcontactError

app: Final = typer.Typer(add_completion=False, rich_markup_mode=None)

PAGE_PORT: Final = 8700
"""Port of the sandbox's page; its AWS and Slack use the next two ports."""


@app.command()
def sandbox(
    *,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the page; 0: any.")
    ] = PAGE_PORT,
    aws_port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Port of the local AWS; 0: any.  [default: port + 1]"),
    ] = None,
    slack_port: Annotated[
        int | None,
        typer.Option(
            min=0, max=65535, help="Port of the local Slack; 0: any.  [default: port + 2]"
        ),
    ] = None,
    accounts: Annotated[
        int | None,
        typer.Option(min=1, max=20_000, help="Number of accounts, instead of the 15 of the demo."),
    ] = None,
    seed: Annotated[
        int, typer.Option(help="Seed for --accounts; the same seed gives the same accounts.")
    ] = 1,
    policy_file: Annotated[
        str,
        typer.Option("--policy", metavar="FILE", help="A TOML file with the bot's policy."),
    ] = "",
    headless: Annotated[bool, typer.Option("--headless", help="Don't open a browser.")] = False,
    no_bot: Annotated[
        bool, typer.Option("--no-bot", help="Run only the servers, for your own bot.")
    ] = False,
    http: Annotated[
        bool,
        typer.Option("--http", help="Have Slack send requests by HTTP, not over Socket Mode."),
    ] = False,
    terminal: Annotated[
        bool, typer.Option("--terminal", help="Also show Slack as text in this terminal.")
    ] = False,
) -> int:
    """Run the bot against a local Slack workspace and a local AWS organization, as a web page."""
    try:
        from altcontact_sandbox.run import Options  # noqa: PLC0415 - an extra: may be missing
        from altcontact_sandbox.run import run as run_sandbox  # noqa: PLC0415 - as above
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "bot":
            raise
        raise AltcontactError(
            f"The sandbox needs {error.name}, which is not installed.",
            "Install it with: pip install 'altcontact[sandbox]'",
        ) from error
    return run_sandbox(
        Options(
            port=port,
            aws_port=aws_port,
            slack_port=slack_port,
            accounts=accounts,
            seed=seed,
            policy=policy_file,
            headless=headless,
            bot=not no_bot,
            http=http,
            terminal=terminal,
        )
    )
