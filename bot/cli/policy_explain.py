"""`altcontact policy explain`: what an account should have, and which line sets it."""

from __future__ import annotations

import logging
import os
import sys
from typing import Annotated, Final

import typer
from rich.console import Console

from bot.app import one_shot
from bot.app.settings import load_settings
from bot.cli import logs, policy_output
from bot.cli.exit_status import Exit
from bot.cli.shared import say, terminable
from bot.domain.policy.policy import BUILT_IN, PolicyUnknown
from bot.services.explain_policy import NotFound

app: Final = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def policy_explain(
    account: Annotated[str, typer.Argument(help="An account's id or name.")],
    *,
    show_all: Annotated[bool, typer.Option("--all", help="Also show built-in values.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Write JSON to standard output, with every value.")
    ] = False,
) -> int:
    """Show what an account should have, and which section and line sets each value.

    Exit status: 0 success, 2 invalid usage or settings, 3 the policy can't be determined.
    """
    settings = load_settings(os.environ, needs_slack=False)
    logs.configure(settings.log_format, logging.ERROR)
    try:
        with terminable():
            found = one_shot.explain_policy(settings, account)
    except KeyboardInterrupt:
        say("Stopped.")
        return Exit.INTERRUPTED
    if isinstance(found, NotFound):
        return policy_output.write_not_found(account, found, sys.stderr)
    if as_json:
        policy_output.write_json(found, sys.stdout)
    if isinstance(found.values, PolicyUnknown):
        return policy_output.write_unknown(found, found.values.needs, sys.stderr)
    if as_json:
        return Exit.COMPLIANT
    shown = [each for each in found.values if show_all or each.source != BUILT_IN.source]
    if sys.stdout.isatty():
        policy_output.write_table(found.account, shown, Console(highlight=False))
    else:
        policy_output.write_plain(found.account, shown, sys.stdout, sys.stderr)
    if hidden := len(found.values) - len(shown):
        say(f"{hidden} built-in values are not shown; use --all to show them.")
    return Exit.COMPLIANT
