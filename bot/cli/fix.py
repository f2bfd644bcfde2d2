"""`altcontact fix`: previews changes of many contacts, and makes them if told to."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import contextmanager
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from bot.app.bulk_command import bulk_command
from bot.app.settings import load_settings
from bot.app.terminal_user import terminal_actor
from bot.cli import fix_output, logs, scan_json, streams
from bot.cli.exit_status import Exit
from bot.cli.shared import say, terminable
from bot.config.contacts_file import FileProblem, read_contacts
from bot.domain.account_selection import find_each
from bot.domain.contacts import ContactType
from bot.domain.errors import AltcontactError
from bot.domain.evaluation.run_plan import Source
from bot.domain.runs import RunState
from bot.domain.selection_words import SelectionProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from bot.app.bulk_command import BulkCommand
    from bot.config.contacts_file import ContactRow
    from bot.config.load import Settings
    from bot.domain.accounts import Account
    from bot.domain.contacts import AlternateContact
    from bot.domain.evaluation.run_plan import Wanted
    from bot.domain.failures import Failure
    from bot.domain.runs import Run
    from bot.services.bulk_preview import Preview

    Targets = tuple[list[Account], list[ContactType], Wanted]

app: Final = typer.Typer(add_completion=False, rich_markup_mode=None)

_MOST_PROBLEMS: Final = 50
"""The most mistakes that are listed at once."""


class _Mistakes(AltcontactError):
    """The file or the selection has mistakes: `problems`, a sentence each.

    `code` is `input`, or the cause if AWS couldn't be asked for the accounts.
    """

    def __init__(self, problems: Sequence[str], code: str = "input") -> None:
        super().__init__(problems[0])
        self.problems = tuple(problems)
        self.code = code


@app.command()
def fix(
    selection: Annotated[
        list[str] | None,
        typer.Argument(
            help="With --expected: the accounts, by id, name, glob (web-*), OU (ou:/Prod/**) or "
            "tag (tag:env=prod); ! before one leaves it out.  [default: all]",
            show_default=False,
        ),
    ] = None,
    *,
    from_file: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="Set the contacts in a CSV or TOML file: "
            "account, type, name, title, email, phone.",
        ),
    ] = None,
    expected: Annotated[
        bool,
        typer.Option("--expected", help="Set each account's contact to what the policy expects."),
    ] = False,
    types: Annotated[
        list[str] | None,
        typer.Option(
            "--type",
            metavar="TYPE",
            help="With --expected: security, billing or operations; may be repeated.  "
            "[default: those that the policy checks]",
        ),
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Write the changes. Without it, nothing is changed.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON to standard output.")] = False,
) -> int:
    """Preview changes of many contacts, and make them with --apply.

    Reads each contact in AWS, shows what changes and what is left out, and verifies what it wrote.

    Exit status: 0 success, 1 some contacts failed or were held back, 2 invalid usage, settings or
    file, 130 stopped.
    """
    try:
        targets = _Request(selection or [], from_file, types or [], expected=expected)
        return _fix(targets, apply=apply, as_json=as_json)
    except _Mistakes as error:
        if as_json:
            fix_output.write_problems_json(error.problems, error.code, sys.stdout)
        for problem in error.problems[:_MOST_PROBLEMS]:
            say(problem)
        if (more := len(error.problems) - _MOST_PROBLEMS) > 0:
            say(f"and {more} more.")
        say("Nothing was changed.")
        return Exit.USAGE
    except AltcontactError as error:
        if as_json:
            scan_json.write_error(error, sys.stdout)
        raise


class _Request:
    """What the command line asks for.

    Raises:
        _Mistakes: it is contradictory or incomplete.
    """

    def __init__(
        self, selection: list[str], file: Path | None, types: list[str], *, expected: bool
    ) -> None:
        if (file is not None) == expected:
            raise _Mistakes(["Give either --from FILE or --expected. See: altcontact fix --help"])
        if file is not None and (selection or types):
            raise _Mistakes(["--from takes accounts and types from the file, so name no others."])
        self.selection = selection
        self.file = file
        self.types = [_contact_type(word) for word in types]

    def targets(self, command: BulkCommand, settings: Settings) -> Targets:
        """The accounts, types and contacts.

        Raises:
            _Mistakes: the file or the selection has mistakes.
            StoreError: the database can't be used.
        """
        if self.file is not None:
            return _from_file(self.file, command, settings)
        selected = command.selector.select(self.selection or ["all"], fresh=True)
        found = selected.selection
        problems = [str(problem) for problem in found.problems]
        if not selected.known:
            raise _not_listed(selected.failures) or _Mistakes(["AWS lists no accounts."])
        if found.unread:
            number = len(found.unread)
            problems.append(
                f"The OUs or tags of {number} account{'' if number == 1 else 's'} couldn't be "
                "read, so it is unknown whether you selected them. Select them by id, or run: "
                "altcontact doctor"
            )
        if problems:
            raise _Mistakes(problems)
        for why in selected.failures.values():
            say(f"Some accounts couldn't be listed: {why.message} {why.remedy}")
        types = self.types or list(settings.policy.evaluated_types)
        return list(found.accounts), types, Source.EXPECTED


def _fix(request: _Request, *, apply: bool, as_json: bool) -> int:
    settings = load_settings(os.environ, needs_slack=False)
    logs.configure(settings.log_format, logging.WARNING)
    started: Run | None = None
    try:
        with terminable(), bulk_command(settings, terminal_actor(), applies=apply) as command:
            accounts, types, wanted = request.targets(command, settings)
            with _progress("Reading contacts") as tell:
                preview = command.preview(accounts, types, wanted, tell)
            run = preview.run
            if not as_json:
                _show_preview(preview, command)
            if apply and preview.summary.contacts:
                started = run
                run = _apply(command, run)
            return _finish(command, preview, run, applied=apply, as_json=as_json)
    except KeyboardInterrupt:
        if started is None:
            say("Stopped. Nothing was changed.")
        return Exit.INTERRUPTED


def _apply(command: BulkCommand, run: Run) -> Run:
    """Work on the run to its end; a signal stops it and says how far it got."""
    total = run.counts.planned
    try:
        with _progress("Fixing contacts") as tell:
            return command.apply(run, lambda now: tell(total - now.counts.planned, total))
    except KeyboardInterrupt:
        stopped = command.current(run)
        say(f"Stopped: {fix_output.counts(stopped)}. What is planned was not changed.")
        raise


def _show_preview(preview: Preview, command: BulkCommand) -> None:
    if sys.stdout.isatty():
        fix_output.write_preview(preview, Console(highlight=False))
    else:
        fix_output.write_preview_lines(command.results(preview.run), sys.stdout)
    for domain in preview.unusual_domains:
        say(f"Check this email domain: few or no other accounts use {domain}.")
    say(fix_output.plan_words(preview))


def _finish(
    command: BulkCommand, preview: Preview, run: Run, *, applied: bool, as_json: bool
) -> int:
    """Write the results, and say how the command ended."""
    if as_json:
        fix_output.write_json(preview, run, command.results(run), sys.stdout)
    if run.started_at is None:
        if not applied and preview.summary.contacts:
            say("Nothing was changed. To write these changes, add --apply.")
        return Exit.DONE
    if not as_json:
        fix_output.write_results(command.results(run), Console(file=sys.stderr, highlight=False))
    if run.state is RunState.STOPPED:
        say(f"Stopped: {run.stop_reason}")
    say(f"Run {run.id}: {fix_output.counts(run)}.")
    complete = run.counts.total == run.counts.verified + run.counts.saved
    return Exit.DONE if complete else Exit.NOT_FIXED


def _from_file(file: Path, command: BulkCommand, settings: Settings) -> Targets:
    read = read_contacts(file, settings.phone_region)
    resolved, problems = _resolve(read.rows, command.store.accounts.all())
    if problems:
        failures = command.selector.list_again()
        known = command.store.accounts.all()
        if not known and not read.problems and (error := _not_listed(failures)):
            raise error
        resolved, problems = _resolve(read.rows, known)
    problems = sorted((*read.problems, *problems), key=lambda each: each.line)
    if problems:
        raise _Mistakes([f"{file}: {problem}" for problem in problems])
    contacts: dict[tuple[str, ContactType], AlternateContact] = {
        (account.id, row.type): row.contact for row, account in resolved
    }
    accounts = {account.id: account for _, account in resolved}
    types = [each for each in ContactType if any(row.type is each for row, _ in resolved)]
    return list(accounts.values()), types, contacts


def _not_listed(failures: Mapping[str, Failure]) -> _Mistakes | None:
    """Why no account is known; None if AWS could be asked."""
    causes = [why.cause.value for why in failures.values()]
    problems = [f"{why.message} {why.remedy}" for why in failures.values()]
    return _Mistakes(problems, causes[0]) if problems else None


def _resolve(
    rows: Sequence[ContactRow], accounts: Sequence[Account]
) -> tuple[list[tuple[ContactRow, Account]], list[FileProblem]]:
    """The account of each row, and the rows without one, or with the contact of another row."""
    found = find_each((row.account for row in rows), accounts)
    resolved: list[tuple[ContactRow, Account]] = []
    problems: list[FileProblem] = []
    lines: dict[tuple[str, ContactType], int] = {}
    for row in rows:
        account = found[row.account]
        if isinstance(account, SelectionProblem):
            problems.append(FileProblem(row.line, f"account: {account}"))
            continue
        first = lines.setdefault((account.id, row.type), row.line)
        if first != row.line:
            words = f"has the same account and type as line {first}"
            problems.append(FileProblem(row.line, words))
        resolved.append((row, account))
    return resolved, problems


def _contact_type(word: str) -> ContactType:
    try:
        return ContactType[word.strip().upper()]
    except KeyError:
        known = ", ".join(each.value.lower() for each in ContactType)
        raise _Mistakes([f"--type must be one of {known}."]) from None


@contextmanager
def _progress(words: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar if standard error is a terminal; gives a function for (done, all)."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    console = Console(file=sys.stderr)
    columns = (TextColumn(words), BarColumn(), TextColumn("{task.completed} of {task.total}"))
    bar = Progress(*columns, console=console, transient=True, redirect_stderr=False)
    with bar as progress, streams.above_bar(console):
        task = progress.add_task(words, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
