"""The doctor's lines for people, on a terminal or piped, and as JSON for programs."""

from __future__ import annotations

import json
import textwrap
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Final, TextIO

from rich.console import Console
from rich.text import Text

from bot.cli.scan_output import one_line
from bot.services.doctor import PROBLEMS, State, count, summary, worst_first

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bot.services.doctor import CheckResult, Section

_STYLES: Final = {
    State.OK: "green",
    State.WARNING: "bold yellow",
    State.FAILURE: "bold red",
    State.NOT_TESTED: "dim",
}
_MARKS: Final = {State.OK: "✓", State.WARNING: "!", State.FAILURE: "✗", State.NOT_TESTED: "○"}
_PLAIN_MARKS: Final = {
    State.OK: "+",
    State.WARNING: "!",
    State.FAILURE: "x",
    State.NOT_TESTED: "-",
}
_MARGIN, _HANG, _PASTE = "  ", "    ", "      "
_NARROWEST: Final = 40


def show(lines: Iterable[CheckResult], out: TextIO, *, every: bool = False) -> list[CheckResult]:
    """Run the checks, then write the failures, the warnings and the summary.

    Args:
        lines: the results, as they come.
        out: where to write.
        every: whether to write also what wasn't tested and what passed.

    Returns:
        All results, in the order of the checks.
    """
    console = _console(out)
    found: list[CheckResult] = []
    with console.status("Checking…") if console.is_terminal else nullcontext() as status:
        for line in lines:
            found.append(line)
            if status is not None:
                status.update(f"Checking… {len(found)} done")
    shown = [line for line in worst_first(found) if every or line.state in PROBLEMS]
    report = _Report(console)
    for line in shown:
        report.write(line)
    report.end(found, hidden=len(found) - len(shown))
    return found


def show_failures(lines: Iterable[CheckResult], out: TextIO) -> None:
    """Write only the failures."""
    report = _Report(_console(out))
    for line in lines:
        if line.state is State.FAILURE:
            report.write(line)


def _console(out: TextIO) -> Console:
    return Console(file=out, highlight=False)


class _Report:
    """Writes lines, with a heading where a new section or another state begins.

    Args:
        console: the output; a terminal gets colors, and text wrapped to its width.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._heading: tuple[State, Section] | None = None
        encoding = (console.encoding or "").lower().replace("-", "")
        self._marks, self._arrow = (
            (_MARKS, "→") if encoding.startswith("utf") else (_PLAIN_MARKS, ">")
        )

    def write(self, line: CheckResult) -> None:
        """Write one line, with how to fix it and what to paste."""
        if (line.state, line.section) != self._heading:
            if self._heading is not None:
                self._print(Text())
            self._print(Text(line.section.value, "bold"))
            self._heading = line.state, line.section
        mark = self._marks[line.state]
        quiet = "dim" if line.state is State.NOT_TESTED else ""
        for number, row in enumerate(
            self._wrapped(f"{one_line(line.name)}: {one_line(line.text)}")
        ):
            text = Text(_HANG if number else f"{_MARGIN}{mark} ")
            text.stylize(_STYLES[line.state])
            text.append(row, quiet)
            if not number and not quiet:
                text.stylize("bold", len(_HANG), len(_HANG) + len(one_line(line.name)))
            self._print(text)
        if line.remedy:
            for number, row in enumerate(self._wrapped(one_line(line.remedy))):
                self._print(Text(f"{_HANG}{row}" if number else f"{_MARGIN}{self._arrow} {row}"))
        for row in line.snippet.splitlines():
            # Never wrapped, so that it can be pasted unchanged.
            self._print(Text(f"{_PASTE}{one_line(row)}", "cyan"))

    def end(self, lines: Sequence[CheckResult], hidden: int) -> None:
        """Write the summary, and how to see the lines that were not written."""
        counted = count(lines)
        worst = next(
            (state for state in (State.FAILURE, State.WARNING) if counted[state]), State.OK
        )
        if self._heading is not None:
            self._print(Text())
        self._print(Text(summary(lines), _STYLES[worst]))
        if hidden:
            self._print(Text("To show every check, run: altcontact doctor --all", "dim"))

    def _wrapped(self, text: str) -> Iterator[str]:
        if not self._console.is_terminal:
            yield text
            return
        width = max(_NARROWEST, self._console.width) - len(_HANG)
        yield from textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)

    def _print(self, text: Text) -> None:
        self._console.print(text, soft_wrap=True)


def write_json(lines: Iterable[CheckResult], out: TextIO) -> None:
    """Write one JSON object and a line feed.

    Its shape: `summary` {state: how many lines}, `lines` [{section, name, state, words, remedy,
    mend, paste}]. `mend` is the former name of `remedy`; it goes with the next release.
    """
    listed = list(lines)
    given: dict[str, Any] = {
        "summary": {state.value: number for state, number in count(listed).items()},
        "lines": [
            {
                "section": line.section.value,
                "name": line.name,
                "state": line.state.value,
                "words": line.message,
                "remedy": line.remedy,
                "mend": line.remedy,
                "paste": line.snippet,
            }
            for line in listed
        ],
    }
    json.dump(given, out, indent=1, ensure_ascii=False)
    out.write("\n")
