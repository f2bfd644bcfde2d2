"""The command line: `altcontact run | check | doctor | policy | sandbox`; imports late."""

from __future__ import annotations

import io
import os
import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from typer.core import TyperGroup

from bot import __version__
from bot.cli import exit_status
from bot.cli.exit_status import Exit
from bot.domain.errors import AltcontactError, SettingsError, StoreError, new_error_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bot.config.load import Settings
    from bot.services.doctor import CheckResult

PAGE_PORT: Final = 8700
"""The sandbox's page; its AWS and its Slack are on the two ports after it."""


cli: Final = typer.Typer(
    cls=TyperGroup,
    help="Keep the alternate contacts of AWS accounts right, from Slack.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:  # typer hands an option's value over by position
    if wanted:
        typer.echo(f"altcontact {__version__}")
        raise typer.Exit


@cli.callback()
def _options(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    pass


@cli.command()
def run() -> int:
    """Run the bot, until it is told to stop (SIGTERM, Ctrl-C)."""
    from bot.cli import logs  # noqa: PLC0415 - as the module's docstring says

    try:
        settings = _settings(needs_slack=True)
    except SettingsError:
        from bot.app import doctor  # noqa: PLC0415 - the same

        return _cannot_start(doctor.wrong_settings(os.environ))
    logs.configure(settings.log_format)
    from bot.app import bot, doctor  # noqa: PLC0415 - the same
    from bot.config.load import load  # noqa: PLC0415 - the same
    from bot.config.toml_file import CONFIG, DEFAULT_FILE  # noqa: PLC0415 - the same

    environ = dict(os.environ)
    if not environ.get(CONFIG, "").strip() and Path(DEFAULT_FILE).exists():
        # It must be there at a reload, too: without it all of the policy would be gone.
        environ[CONFIG] = DEFAULT_FILE
    try:
        return bot.run(settings, lambda: load(environ, needs_slack=True))
    except StoreError as error:
        return _cannot_start(doctor.wrong_database(settings, error))


@cli.command()
def check(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON to standard output.")] = False,
) -> int:
    """Check once, without Slack.

    Exit status: 0 everything is compliant, 1 something falls short, 2 wrong usage or settings,
    3 nothing falls short but something could not be checked.
    """
    import logging  # noqa: PLC0415 - as the module's docstring says

    from bot.cli import logs, scan_json, scan_output  # noqa: PLC0415 - the same

    settings = _settings(needs_slack=False)
    logs.configure(settings.log_format, logging.WARNING)
    try:
        with _terminable():
            from bot.cli import check  # noqa: PLC0415 - the same, and may be interrupted

            report = check.checked(settings, lambda scan: _say(scan_output.joined(scan)))
    except KeyboardInterrupt:
        _say("Stopped. What had been read by then is recorded.")
        return Exit.INTERRUPTED
    if as_json:
        scan_json.write(report, sys.stdout)
    elif sys.stdout.isatty():
        from rich.console import Console  # noqa: PLC0415 - the same

        scan_output.table(report, Console(highlight=False))
    else:
        scan_output.plain(report, sys.stdout, sys.stderr)
    trouble = scan_output.trouble(report.scan)
    if trouble:
        _say(trouble)
    return exit_status.of_scan(report)


@cli.command()
def doctor(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON to standard output.")] = False,
) -> int:
    """Check the installation from end to end, with the mend of what is wrong; changes nothing.

    Exit status: 0 all is well, 1 there are warnings, 2 there are failures.
    """
    import logging  # noqa: PLC0415 - as the module's docstring says

    from bot.app import doctor  # noqa: PLC0415 - the same
    from bot.cli import doctor_output, logs  # noqa: PLC0415 - the same

    logs.configure("console", logging.ERROR)
    try:
        with _terminable():
            found = doctor.installation(os.environ)
            if as_json:
                lines = list(found)
                doctor_output.write_json(lines, sys.stdout)
            else:
                lines = doctor_output.show(found, sys.stdout)
    except KeyboardInterrupt:
        _say("Stopped.")
        return Exit.INTERRUPTED
    return exit_status.of_doctor(lines)


@cli.command()
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
        typer.Option(min=1, max=20_000, help="So many accounts rather than the 15 of the demo."),
    ] = None,
    seed: Annotated[int, typer.Option(help="What --accounts are made from: the same again.")] = 1,
    policy_file: Annotated[
        str,
        typer.Option(
            "--policy", metavar="FILE", help="A TOML file with the policy that the bot goes by."
        ),
    ] = "",
    headless: Annotated[bool, typer.Option("--headless", help="Open no browser.")] = False,
    no_bot: Annotated[
        bool, typer.Option("--no-bot", help="The servers alone, for a bot of your own.")
    ] = False,
    terminal: Annotated[
        bool, typer.Option("--terminal", help="Show Slack as text in this terminal, too.")
    ] = False,
) -> int:
    """Run the bot against a local Slack workspace and a local AWS organization, as a web page."""
    try:
        from altcontact_sandbox.run import Options  # noqa: PLC0415 - the same, and an extra
        from altcontact_sandbox.run import run as run_sandbox  # noqa: PLC0415 - the same
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
            terminal=terminal,
        )
    )


policy: Final = typer.Typer(
    cls=TyperGroup,
    help="Check the policy file, and tell what it gives an account.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
cli.add_typer(policy, name="policy")


@policy.command("check")
def policy_check(
    file: Annotated[
        str, typer.Argument(help="The TOML file.  [default: the one that the bot would read]")
    ] = "",
) -> int:
    """Check a whole file, for CI: each mistake on a line, with file, line and key.

    Exit status: 0 all is well, 2 something is wrong.
    """
    from bot.cli import policy_output  # noqa: PLC0415 - as the module's docstring says
    from bot.config.load import load_lenient  # noqa: PLC0415 - the same
    from bot.config.toml_file import CONFIG, DEFAULT_FILE  # noqa: PLC0415 - the same

    name = file or os.environ.get(CONFIG, "").strip() or DEFAULT_FILE
    # What else the environment gives is not the file's; which types are required counts for it.
    types = os.environ.get("ALTCONTACT_TYPES", "")
    found = load_lenient({CONFIG: name, "ALTCONTACT_TYPES": types}, needs_slack=False)
    return policy_output.check(found, sys.stdout, sys.stderr)


@policy.command("explain")
def policy_explain(
    account: Annotated[str, typer.Argument(help="An account's id or name.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON to standard output.")] = False,
) -> int:
    """Tell what an account should have, and which table and line gives it each value.

    Exit status: 0 it was told, 2 wrong usage or settings, 3 it cannot be told.
    """
    import logging  # noqa: PLC0415 - as the module's docstring says

    from bot.cli import logs, policy_output  # noqa: PLC0415 - the same
    from bot.domain.policy.policy import PolicyUnknown  # noqa: PLC0415 - the same
    from bot.services.explain_policy import NotFound  # noqa: PLC0415 - the same

    settings = _settings(needs_slack=False)
    logs.configure(settings.log_format, logging.ERROR)
    try:
        with _terminable():
            from bot.app.one_shot import explained  # noqa: PLC0415 - the same, may be interrupted

            found = explained(settings, account)
    except KeyboardInterrupt:
        _say("Stopped.")
        return Exit.INTERRUPTED
    if isinstance(found, NotFound):
        return policy_output.not_found(account, found, sys.stderr)
    if as_json:
        policy_output.write_json(found, sys.stdout)
    if isinstance(found.values, PolicyUnknown):
        return policy_output.undecided(found, found.values.needs, sys.stderr)
    if as_json:
        return Exit.COMPLIANT
    if sys.stdout.isatty():
        from rich.console import Console  # noqa: PLC0415 - the same

        policy_output.table(found.account, found.values, Console(highlight=False))
    else:
        policy_output.plain(found.account, found.values, sys.stdout, sys.stderr)
    return Exit.COMPLIANT


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command line.

    Args:
        arguments: without the program's name; None: the process's own.

    Returns:
        The exit status, one of `Exit`.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        status = _carried_out(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes standard output once more at its end, and would complain then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.PIPE_CLOSED
    if status == Exit.INTERRUPTED and arguments is None:
        # Calls to AWS may hang in threads, which Python would wait for; all they do is read.
        os._exit(status)
    return status


def _carried_out(arguments: Sequence[str] | None) -> int:
    try:
        status: Any = cli(arguments, prog_name="altcontact", standalone_mode=False)
    except AltcontactError as error:
        _say(str(error))
        if error.remedy:
            _say(error.remedy)
        return Exit.USAGE
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - the process's edge: it ends in words
        shown: Callable[[], None] | None = getattr(error, "show", None)
        if shown is not None:  # a ClickException, whose class typer keeps to itself
            shown()
            return Exit.USAGE
        return _defect(error)
    return int(status or 0)


def _defect(error: Exception) -> int:
    """Log an error that nobody foresaw, and say in one line where to find it."""
    import structlog  # noqa: PLC0415 - as the module's docstring says

    from bot.cli import logs  # noqa: PLC0415 - the same

    if not structlog.is_configured():
        logs.configure("console")
    reference = new_error_id()
    structlog.get_logger(__name__).error("command failed", reference=reference, exc_info=error)
    _say(f"altcontact met an error of its own; the log has it under the reference {reference}.")
    return Exit.DEFECT


def _settings(*, needs_slack: bool) -> Settings:
    from bot.config.load import load  # noqa: PLC0415 - as the module's docstring says

    return load(os.environ, needs_slack=needs_slack)


def _cannot_start(lines: Sequence[CheckResult]) -> Exit:
    """Say what keeps the bot from starting, as the doctor says it."""
    from bot.cli import doctor_output  # noqa: PLC0415 - as the module's docstring says

    _say("altcontact cannot start.")
    doctor_output.show_failures(lines, sys.stderr)
    _say("altcontact doctor checks everything else.")
    return Exit.USAGE


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM end what runs inside in the same order as Ctrl-C does."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _say(words: str) -> None:
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()
