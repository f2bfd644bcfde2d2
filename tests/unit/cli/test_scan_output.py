"""What a person sees of a scan's report, on a terminal and piped."""

import io
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len
from rich.console import Console

from bot.cli import scan_output
from bot.domain.failures import FailureCode
from bot.domain.readings import Absent
from bot.domain.scans import Scan, ScanReport, ScanState, Trigger, TriggerKind
from tests.unit.reports import (
    DENIED,
    HELD,
    HOSTILE,
    STARTED,
    account,
    different,
    every_state,
    excluded,
    report,
)

if TYPE_CHECKING:
    from bot.domain.findings import AccountResult


def drawn(made: ScanReport, width: int = 120, *, colour: bool = False) -> str:
    """The table as a terminal of this width shows it."""
    out = io.StringIO()
    scan_output.write_table(
        made, Console(file=out, width=width, force_terminal=colour, highlight=False)
    )
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def piped(made: ScanReport) -> tuple[list[list[str]], str]:
    """The cells of each line on standard output, and standard error."""
    out, err = io.StringIO(), io.StringIO()
    scan_output.write_plain(made, out, err)
    assert "\t" not in out.getvalue()
    return [re.split(" {2,}", line) for line in out.getvalue().splitlines()], err.getvalue()


@pytest.mark.parametrize("width", [80, 120])
def test_table(width: int) -> None:
    """Every account is a row, worst first, and no line is wider than the terminal."""
    said = drawn(report(every_state()), width)
    rows = [line for line in said.splitlines() if "0000000" in line]
    order = ["missing"] * 2 + ["wrong", "weak"] + ["unknown"] * 3
    order += ["unsupported", "exempt", "compliant", "skipped"]
    assert len(rows) == len(order)
    for row, outcome in zip(rows, order, strict=True):
        assert f" {outcome} " in f"{row} "
    assert all(len(line) <= width for line in said.splitlines())
    assert "SUSPENDED" in said
    assert ("State" in said) is (width == 120)
    assert "11 accounts: 2 missing, 1 wrong, 1 weak, 3 unknown, 1 unsupported, 1 exempt, " in said
    assert "organization, as management account 111122223333; 3.2 s" in said


def test_table_causes() -> None:
    """Each cause stands once below the table, with how many accounts it concerns and its remedy."""
    said = drawn(report(every_state()))
    assert (
        "[1] A service control policy denies this action. (2 accounts)\n"
        "    Ask the administrator of" in said
    )
    assert "[2] AWS kept throttling requests after several retries. (1 acc" in said
    assert said.count("couldn't be checked, see [1]") == 2
    assert "Couldn't be checked" not in drawn(report([account(1, "fine", HELD)]))


def test_table_without_mend() -> None:
    """A cause without a remedy is one line."""
    made = account(1, "x", replace(DENIED, failure=replace(DENIED.failure, remedy="")))
    assert "(1 account)\n\n1 account: 1 unknown" in drawn(report([made]))


def test_the_last_line_says_what_is_new() -> None:
    """A check without news says so, with its counts: on a terminal and when piped."""
    told = "Checked 1 account: nothing new. 1 compliant, 0 non-compliant."
    made = report([account(1, "x", HELD)])
    assert drawn(made).splitlines()[-1] == told
    assert piped(made)[1].splitlines()[-1] == told


def test_several_types() -> None:
    """Where several types are required, each that is not right is named."""
    results = [account(1, "a", Absent(), Absent()), account(2, "b", Absent(), DENIED)]
    said = drawn(report([*results, account(3, "c", HELD, DENIED)]))
    assert "no SECURITY or BILLING contact" in said
    assert "no SECURITY contact; BILLING couldn't be checked, see [1]" in said


def test_hostile_name() -> None:
    """Markup stands as typed, control characters as their escapes, in the table and in lines."""
    for said in (drawn(report(every_state())), piped(report(every_state()))[0][0][3]):
        assert r"<!channel> [red]x[/] \x1b[31m\t\u202e:smile:" in said
    assert "\x1b" not in drawn(report(every_state()))
    assert HOSTILE not in drawn(report(every_state()))


def test_colour() -> None:
    """A terminal gets colours."""
    assert "\x1b[1;31mmissing" in drawn(report(every_state()), colour=True)


def test_many_accounts() -> None:
    """In a large organization those that need nothing are counted, and the others all listed."""
    results: list[AccountResult] = [account(number, "a", HELD) for number in range(500)]
    results += [account(number, "b", Absent()) for number in range(500, 503)]
    said = drawn(report(results))
    assert said.count("no SECURITY contact") == 3
    assert "500 accounts without findings not listed; use --json to list all." in said
    assert "503 accounts: 3 missing, 500 compliant" in said
    assert "Outcome" not in drawn(report([*results[:500], account(501, "c", HELD)]))


def test_plain() -> None:
    """Piped, an account is a line, and the rest is on standard error."""
    lines, err = piped(report(every_state()))
    assert len(lines) == 11
    assert lines[1] == ["000000000002", "missing", "ACTIVE", "payments", lines[1][4]]
    assert lines[1][4] == "No SECURITY contact is set."
    assert lines[-2] == ["000000000001", "compliant", "ACTIVE", "fine"]
    assert lines[-1] == ["000000000008", "skipped", "SUSPENDED", "old"]
    assert err.count("A service control policy denies this action. Ask the administrator of") == 1
    assert "; organization, as management account 111122223333; 3.2 s\n" in err


def test_plain_columns() -> None:
    """Piped lines stand in even columns, counted as a terminal counts wide characters."""
    out = io.StringIO()
    results = [account(1, "本番環境", Absent()), account(2, "x", Absent())]
    scan_output.write_plain(report(results), out, io.StringIO())
    before = [line.partition("No SECURITY")[0] for line in out.getvalue().splitlines()]
    assert [cell_len(each) for each in before] == [cell_len(before[0])] * 2


def test_nothing_found() -> None:
    """A scan that listed nothing gives no rows, and a summary without scope."""
    empty = report([], ScanState.FAILED, FailureCode.CREDENTIALS_MISSING, scope=None)
    assert drawn(empty) == "0 accounts\n3.2 s\n"
    assert piped(empty) == ([], "0 accounts; 3.2 s\n")
    unended = replace(empty, scan=replace(empty.scan, finished_at=None))
    assert piped(unended) == ([], "0 accounts\n")


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (ScanState.COMPLETE, ""),
        (
            ScanState.INCOMPLETE,
            "The check is incomplete. Findings it couldn't check are unchanged. The",
        ),
        (ScanState.FAILED, "The check failed. No account was checked. The AWS credentials"),
        (ScanState.CUT_OFF, "The check didn't finish. The AWS credentials"),
    ],
)
def test_trouble(state: ScanState, words: str) -> None:
    """A scan that is not complete says so, why, and what to do."""
    said = scan_output.describe_trouble(report([], state, FailureCode.CREDENTIALS_EXPIRED).scan)
    assert said.startswith(words)
    assert bool(said) is bool(words)
    assert ("A role whose credentials refresh automatically is best" in said) is bool(words)


@pytest.mark.parametrize(
    ("trigger", "who"),
    [
        (Trigger(TriggerKind.SCHEDULE), "by the bot's schedule at 03:04:05 UTC"),
        (Trigger(TriggerKind.SLACK, "U012ABCDEF"), "by U012ABCDEF in Slack at"),
        (Trigger(TriggerKind.SLACK), "by someone in Slack at"),
        (Trigger(TriggerKind.CLI), "by another altcontact check at"),
    ],
)
def test_joined(trigger: Trigger, who: str) -> None:
    """It is said who started the scan that runs already."""
    assert who in scan_output.describe_joined(Scan(1, trigger, ScanState.RUNNING, STARTED))


def test_expected_against_actual() -> None:
    """What differs says what it is and what it may be, in the table and in lines."""
    made = report([different(1, "payments")])
    told = "email is “sec@corp.internal”, expected “aws@corp.internal” or “@corp.example”"
    assert told in " ".join(drawn(made, 200).split())
    assert f"SECURITY different: {told}" in " ".join(drawn(made, 200).split())
    assert told in piped(made)[0][0][-1]


def test_severity_stands_where_there_is_room_and_they_differ() -> None:
    """A roomy terminal has a column of severities, unless all are alike."""
    mixed = report([different(1, "a"), account(2, "b", Absent())])
    assert re.search(r" wrong +high ", drawn(mixed, 160))
    assert re.search(r" missing +very high ", drawn(mixed, 160))
    assert "Severity" not in drawn(mixed, 120)
    assert "Severity" not in drawn(report([account(2, "b", Absent())]), 160)


def test_excluded_accounts_say_why() -> None:
    """An account that the policy excludes is skipped, with the policy's reason."""
    made = report([excluded(1, "play", "Closed every Friday.")])
    told = "The policy excludes this account: Closed every Friday."
    assert told in " ".join(drawn(made, 160).split())
    assert told in piped(made)[0][0][-1]


def test_organizations_have_a_column() -> None:
    """Where there are several organizations the table says whose each account is."""
    result = account(1, "payments", HELD)
    named = replace(result, account=replace(result.account, organization="bought"))
    assert re.search(r" 000000000001 +bought ", drawn(report([named])))
    assert "Organization" not in drawn(report([result]))
