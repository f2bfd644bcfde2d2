"""A scan's report for people: a table on a terminal, plain lines if piped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TextIO

from rich import box
from rich.cells import cell_len, set_cell_size
from rich.table import Table
from rich.text import Text

from bot.domain.findings import Outcome
from bot.domain.scan_summary import summary_text
from bot.domain.scans import ScanState, TriggerKind, count

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console

    from bot.domain.failures import Failure
    from bot.domain.findings import AccountResult, Difference, TypeResult
    from bot.domain.scans import Scan, ScanReport

WIDE: Final = 100
"""Terminal width from which the state gets its own column; AWS's longest needs 18."""

ROOMY: Final = 140
"""Terminal width from which the severity gets its own column, if severities differ."""

MOST_ROWS: Final = 500
"""Most accounts to list in full; beyond that, accounts without findings are only counted."""

_STYLES: Final = {
    Outcome.MISSING: "bold red",
    Outcome.WRONG: "bold red",
    Outcome.WEAK: "red",
    Outcome.UNKNOWN: "yellow",
    Outcome.UNSUPPORTED: "yellow",
    Outcome.EXEMPT: "cyan",
    Outcome.COMPLIANT: "green",
    Outcome.SKIPPED: "dim",
}
_UNCHECKED: Final = {Outcome.UNKNOWN, Outcome.UNSUPPORTED}
_QUIET: Final = {Outcome.COMPLIANT, Outcome.SKIPPED, Outcome.EXEMPT}


def one_line(text: str) -> str:
    """Text from outside as one line: unprintable characters become Python escapes."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def write_table(report: ScanReport, console: Console) -> None:
    """Write the report as a table, worst first, with causes and fixes for failed checks."""
    results = _worst_first(report.results)
    causes = _Causes(results)
    listed = results
    if len(results) > MOST_ROWS:
        listed = [result for result in results if result.outcome not in _QUIET]
    if listed:
        console.print(_table(listed, causes, console.width))
        console.print()
    if len(listed) < len(results):
        left_out = _accounts(len(results) - len(listed))
        console.print(
            Text(f"{left_out} without findings not listed; use --json to list all.\n", style="dim")
        )
    causes.write(console)
    console.print(_counts(report))
    console.print(Text(_circumstances(report), "dim"))
    if words := summary_text(report):
        console.print(Text(words))


def write_plain(report: ScanReport, out: TextIO, err: TextIO) -> None:
    """Write one account per line: id, outcome, state, name, findings, in aligned columns.

    The summary and the remedies go to `err`, so that the lines can be counted and searched.
    """
    results = _worst_first(report.results)
    widths = [0] * 4
    for result in results:
        widths = [
            max(width, cell_len(cell)) for width, cell in zip(widths, _cells(result), strict=True)
        ]
    for result in results:
        padded = [
            set_cell_size(cell, width) for cell, width in zip(_cells(result), widths, strict=True)
        ]
        out.write("  ".join((*padded, one_line(_reasons(result)))).rstrip() + "\n")
    remedies = _Causes(results).remedies()
    err.writelines(f"{one_line(words)} {one_line(remedy)}\n" for words, remedy in remedies)
    err.write(f"{summary(report)}\n")
    if words := summary_text(report):
        err.write(f"{words}\n")


def summary(report: ScanReport) -> str:
    """`14 accounts: 5 missing, 9 compliant; organization, as management account 111122223333`."""
    return "; ".join(filter(None, (_counts(report).plain, _circumstances(report))))


def describe_trouble(scan: Scan) -> str:
    """Why a scan is not complete, with how to fix it; empty if it is complete."""
    if scan.state is ScanState.COMPLETE:
        return ""
    head = {
        ScanState.INCOMPLETE: "The check is incomplete. Findings it couldn't check are unchanged.",
        ScanState.FAILED: "The check failed. No account was checked.",
    }.get(scan.state, "The check didn't finish.")
    why = (scan.failure.message, scan.failure.remedy) if scan.failure else ()
    return " ".join((head, *filter(None, why)))


def describe_joined(scan: Scan) -> str:
    """Who started the scan that is already running."""
    who = {
        TriggerKind.SCHEDULE: "the bot's schedule",
        TriggerKind.SLACK: f"{one_line(scan.trigger.user_id) or 'someone'} in Slack",
        TriggerKind.CLI: "another altcontact check",
    }[scan.trigger.kind]
    since = f"{scan.started_at:%H:%M:%S %Z}".rstrip()
    return f"A check is already running, started by {who} at {since}. Waiting for its result."


def _worst_first(results: Iterable[AccountResult]) -> list[AccountResult]:
    order = list(Outcome)
    return sorted(
        results,
        key=lambda result: (
            order.index(result.outcome),
            result.account.name.casefold(),
            result.account.id,
        ),
    )


def _table(results: Sequence[AccountResult], causes: _Causes, width: int) -> Table:
    wide = width >= WIDE
    grid = Table(
        box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1), header_style="bold"
    )
    grid.add_column("Account", overflow="fold", min_width=16, max_width=50)
    grid.add_column("ID", no_wrap=True)
    organizations = any(result.account.organization for result in results)
    if organizations:
        grid.add_column("Organization", overflow="fold", max_width=20)
    if wide:
        grid.add_column("State", no_wrap=True)
    grid.add_column("Outcome", no_wrap=True)
    severities = width >= ROOMY and len({_severity(result) for result in results} - {""}) > 1
    if severities:
        grid.add_column("Severity", no_wrap=True)
    grid.add_column("Findings", overflow="fold")
    for result in results:
        account, style = result.account, _STYLES[result.outcome]
        what = causes.brief(result)
        if not wide and not account.is_active:
            what = account.state
        quiet = "dim" if result.outcome is Outcome.SKIPPED else ""
        cells = [Text(one_line(account.name), quiet), Text(one_line(account.id), quiet)]
        if organizations:
            cells.append(Text(one_line(account.organization), quiet))
        if wide:
            cells.append(Text(one_line(account.state), quiet))
        cells.append(Text(result.outcome, style))
        if severities:
            cells.append(Text(_severity(result), style))
        grid.add_row(*cells, Text(one_line(what), quiet))
    return grid


def _severity(result: AccountResult) -> str:
    """The worst severity of an account as a word; empty if it has none."""
    found = [item.severity for item in result.results if item.severity is not None]
    worst = min(found, key=lambda severity: severity.rank, default=None)
    return worst.label.lower() if worst is not None else ""


def _cells(result: AccountResult) -> tuple[str, str, str, str]:
    account = result.account
    return (
        one_line(account.id),
        result.outcome.value,
        one_line(account.state),
        one_line(account.name),
    )


def _reasons(result: AccountResult) -> str:
    """Why an account is non-compliant, in full sentences, with expected and actual values."""
    said = [_EXCLUDED.format(result.excluded)] if result.excluded else []
    for item in result.results:
        if item.outcome is not Outcome.COMPLIANT:
            said.append(item.reason)
            said += [f"{different(field)}." for field in _standing_differences(item)]
    return " ".join(dict.fromkeys(said))


_EXCLUDED: Final = "The policy excludes this account: {}"


def _standing_differences(item: TypeResult) -> list[Difference]:
    """The fields with unexpected values, except in exempt findings."""
    standing = (verdict for verdict in item.verdicts if verdict.exemption is None)
    return list(dict.fromkeys(field for verdict in standing for field in verdict.differences))


def different(field: Difference) -> str:
    """A field with an unexpected value: the actual and the expected values."""
    expected = " or ".join(f"“{value}”" for value in field.expected)
    if not field.actual:
        return f"expected {field.field} {expected}"
    is_ = f"{field.field} is “{field.actual}”"
    return f"{is_}, expected {expected}" if expected else is_


def _counts(report: ScanReport) -> Text:
    counted = count(report.results)
    text = Text(_accounts(sum(counted.values())))
    separator = ": "
    for outcome, number in counted.items():
        if number:
            text.append(separator).append(f"{number:,} {outcome}", _STYLES[outcome])
            separator = ", "
    return text


def _circumstances(report: ScanReport) -> str:
    """Scope, caller and duration, as far as known."""
    scan, said = report.scan, []
    if scan.scope is not None:
        said.append(f"{scan.scope.kind}, as {scan.scope.caller}")
    if scan.finished_at is not None:
        said.append(f"{(scan.finished_at - scan.started_at).total_seconds():.1f} s")
    return "; ".join(said)


def _accounts(number: int) -> str:
    return f"{number:,} account{'' if number == 1 else 's'}"


class _Causes:
    """Numbers each cause of failed checks, in the order of the rows."""

    def __init__(self, results: Iterable[AccountResult]) -> None:
        self._numbers: dict[Failure, int] = {}
        self._accounts: dict[Failure, int] = {}
        for result in results:
            for failure in dict.fromkeys(item.failure for item in result.results if item.failure):
                self._numbers.setdefault(failure, len(self._numbers) + 1)
                self._accounts[failure] = self._accounts.get(failure, 0) + 1

    def brief(self, result: AccountResult) -> str:
        """An account's findings, in a few words."""
        if result.excluded:
            return _EXCLUDED.format(result.excluded)
        missing = [item.type.value for item in result.results if item.outcome is Outcome.MISSING]
        said = [f"no {' or '.join(missing)} contact"] if missing else []
        unchecked: dict[Failure, list[str]] = {}
        for item in result.results:
            if item.failure:
                unchecked.setdefault(item.failure, []).append(item.type.value)
            if item.outcome not in {Outcome.MISSING, Outcome.COMPLIANT, *_UNCHECKED}:
                fields = "; ".join(different(field) for field in _standing_differences(item))
                rules = ", ".join(
                    verdict.rule.value for verdict in item.verdicts if verdict.exemption is None
                )
                said.append(f"{item.type.value} {rules}: {fields}" if fields else item.reason)
        for failure, types in unchecked.items():
            which = f"{', '.join(types)} " if len(types) < len(result.results) else ""
            said.append(f"{which}couldn't be checked, see [{self._numbers[failure]}]")
        return "; ".join(said)

    def remedies(self) -> list[tuple[str, str]]:
        """Each cause's message and remedy."""
        return [(failure.message, failure.remedy) for failure in self._numbers]

    def write(self, console: Console) -> None:
        """Write each cause with the number of affected accounts, and its remedy."""
        if not self._numbers:
            return
        console.print(Text("Couldn't be checked", style="bold"))
        grid = Table.grid(padding=(0, 1, 0, 0))
        for failure, number in self._numbers.items():
            words = Text(one_line(failure.message))
            words.append(f" ({_accounts(self._accounts[failure])})", "dim")
            grid.add_row(Text(f"[{number}]", "yellow"), words)
            if failure.remedy:
                grid.add_row("", Text(one_line(failure.remedy)))
        console.print(grid)
        console.print()
