"""What `altcontact fix` shows: equal changes once, reasons once, and nothing that isn't so."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta

import pytest
from rich.console import Console

from bot.cli import fix_output
from bot.domain.actors import Actor
from bot.domain.failures import FailureCode, failure
from bot.domain.run_summary import summarize
from bot.domain.runs import ItemState, Run, RunCounts, RunItem, RunKind, RunState
from bot.services.bulk_preview import Preview
from tests.unit.fakes import CONTACT, OTHER, SECURITY, START, account

RUN = Run(1, "k", RunKind.FIX, RunState.PREVIEWED, Actor("cli:ana"), START, RunCounts())
DENIED = failure(FailureCode.DENIED)


def item(number: int, **changes: object) -> RunItem:
    """A contact of a run: an account without a security contact that is to get one."""
    planned = RunItem(
        number, 1, account(number).id, f"Account {number}", SECURITY, CONTACT, None, START
    )
    return replace(planned, **changes)  # type: ignore[arg-type]


def console() -> Console:
    """A wide console without colors that keeps what is written."""
    return Console(width=200, file=io.StringIO(), highlight=False)


def written(on: Console) -> str:
    """What was written to it."""
    assert isinstance(on.file, io.StringIO)
    return on.file.getvalue()


def test_a_preview_groups_equal_changes_and_reasons() -> None:
    """Each with its first accounts; a field that stays the same isn't listed."""
    items = [
        *(item(n) for n in range(1, 9)),
        item(10, before=replace(CONTACT, email="old@corp.internal")),
        item(11, wanted=None, before=OTHER),
        *(item(n, state=ItemState.LEFT_OUT, reason="Suspended.") for n in (20, 21)),
    ]
    on = console()
    fix_output.write_preview(Preview(RUN, summarize(items)), on)
    text = written(on)
    assert "Security contact to be set in 8 accounts" in text
    assert "Account 5 (000000000005) and 3 more" in text
    changed = text.partition("Security contact to change in 1 account")[2].partition("\n\n")[0]
    assert "old@corp.internal" in changed
    assert CONTACT.email in changed
    assert CONTACT.phone not in changed
    assert "Security contact to be removed in 1 account" in text
    assert "Suspended. (2 contacts)" in text


def test_piped_each_contact_is_a_line() -> None:
    """A name from outside can't begin another line."""
    out = io.StringIO()
    items = [
        item(1, before=OTHER, account_name="A\nB"),
        item(2, state=ItemState.LEFT_OUT, reason="Suspended."),
    ]
    fix_output.write_preview_lines(items, out)
    first, second = out.getvalue().splitlines()
    assert first.startswith("000000000001  SECURITY  planned  A\\nB  name: ")
    assert f"email: {OTHER.email} -> {CONTACT.email}" in first
    assert second == "000000000002  SECURITY  left out  Account 2  Suspended."


def test_results_name_each_cause_once_with_its_remedy() -> None:
    """The most frequent first; what is verified isn't listed."""
    held = "AWS has another contact than the preview showed."
    items = [
        item(1, state=ItemState.VERIFIED),
        item(2, state=ItemState.HELD_BACK, reason=held),
        *(
            item(n, state=ItemState.FAILED, reason=DENIED.message, failure=DENIED)
            for n in range(3, 11)
        ),
    ]
    on = console()
    fix_output.write_results(items, on)
    lines = written(on).splitlines()
    assert lines[0] == f"Failed: {DENIED.message} (8 contacts)"
    assert lines[1] == f"  {DENIED.remedy}"
    assert lines[2].endswith("and 3 more")
    assert lines[3] == f"Held back: {held} (1 contact)"
    assert "Account 1 " not in written(on)


def test_the_end_is_counted() -> None:
    """In words, without what was left out."""
    counts = RunCounts(planned=1, left_out=5, verified=1_200, failed=2)
    said = fix_output.counts(replace(RUN, counts=counts))
    assert said == "1 planned, 1,200 verified, 2 failed"
    assert fix_output.counts(RUN) == "nothing"
    assert fix_output.plan_words(Preview(RUN, summarize([]))) == "Nothing to change."
    one = fix_output.plan_words(Preview(RUN, summarize([item(1)])))
    assert one == "1 contact in 1 account to change; takes about 1 s."


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "1 s"), (89, "89 s"), (90, "2 min"), (3_599, "1 h 0 min"), (3_900, "1 h 5 min")],
)
def test_a_duration_is_rounded_up(seconds: int, words: str) -> None:
    """In seconds, minutes, or hours."""
    assert fix_output.duration_words(timedelta(seconds=seconds)) == words
