"""What `altcontact policy` writes: a file's problems, an account's policy, the schema."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, TextIO

from rich import box
from rich.table import Table
from rich.text import Text

from bot.cli.exit_status import Exit
from bot.cli.scan_output import one_line
from bot.config.policy_schema import policy_schema
from bot.config.toml_file import CONFIG
from bot.domain.pasted_ids import account_id_problem
from bot.domain.policy.policy import BUILT_IN, PolicyUnknown
from bot.services.explain_policy import MAX_MATCHES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console

    from bot.config.load import LoadedSettings
    from bot.domain.accounts import Account
    from bot.domain.failures import Failure
    from bot.domain.policy.account_policy import Value
    from bot.domain.policy.explain import ExplainedValue
    from bot.services.explain_policy import Explanation, NotFound

_WIDE: Final = 100
"""Terminal width from which overridden values get their own column."""

_SOURCE: Final = 24
"""Longest source on one line in a narrow terminal, in characters."""

_BY_DEFAULT: Final = {"fixers": "ALTCONTACT_FIXERS", "approvers": "the fixers"}
"""Who it is where no section names anybody."""

_NEEDED: Final = {"units": "OUs", "tags": "tags"}


def write_problems(found: LoadedSettings, out: TextIO, err: TextIO) -> Exit:
    """Write each problem of a file as `file:line: key: what`, so that editors can jump to it."""
    for problem in found.problems:
        if not problem.line:
            of_file = problem.where.startswith(f"{CONFIG}: ")
            out.write(f"{found.file}: {problem.what}\n" if of_file else f"{problem}\n")
            continue
        key = f"{problem.key}: " if problem.key else ""
        example = f". For example: {problem.example}" if problem.example else ""
        out.write(f"{found.file}:{problem.line}: {one_line(f'{key}{problem.what}{example}')}\n")
    if found.problems:
        err.write(f"{_number(len(found.problems), 'problem')}.\n")
        return Exit.USAGE
    counted = [_number(found.tables, "policy section")]
    if found.settings.aws:
        counted.append(_number(len(found.settings.aws), "[[aws]] section"))
    out.write(f"{found.file}: no problems found; {' and '.join(counted)}.\n")
    return Exit.COMPLIANT


def write_schema(out: TextIO) -> None:
    """Write the JSON Schema of the file, and a line feed."""
    json.dump(policy_schema(), out, indent=2, ensure_ascii=False)
    out.write("\n")


def write_not_found(text: str, found: NotFound, err: TextIO) -> Exit:
    """Write which accounts match, or why none is known."""
    if found.several:
        err.write(f"“{one_line(text)}” matches several accounts. Use an account id:\n")
        err.writelines(f"  {_named(account)}\n" for account in found.several[: MAX_MATCHES - 1])
        if len(found.several) >= MAX_MATCHES:
            err.write("  and more\n")
        return Exit.USAGE
    problem = account_id_problem(text)
    why_not = f": it {problem}" if problem else ""
    err.write(f"No account matches “{one_line(text)}”{why_not}.\n")
    for organization, why in found.failures.items():
        of = f" of “{one_line(organization)}”" if organization else ""
        err.write(f"Couldn't list the accounts{of}. {_reason(why)}\n")
    return Exit.UNCHECKED if found.failures else Exit.USAGE


def write_unknown(found: Explanation, needs: Sequence[str], err: TextIO) -> Exit:
    """Write that the policy of an account can't be determined, and why."""
    what = " and ".join(_NEEDED[need] for need in needs)
    err.write(f"{_named(found.account)}: policy unknown, since its {what} couldn't be read.\n")
    err.writelines(f"{_reason(why)}\n" for why in dict.fromkeys(found.failures.values()))
    return Exit.UNCHECKED


def write_table(account: Account, values: Iterable[ExplainedValue], console: Console) -> None:
    """Write an account's policy as a table, with built-in values dimmed.

    Overridden values are shown, except built-in ones, which everything overrides.
    """
    console.print(Text(_named(account), "bold"))
    wide = console.width >= _WIDE
    grid = Table(box=box.SIMPLE_HEAD, header_style="bold", show_edge=False, pad_edge=False)
    for column in ("key", "value", "set by", *(["overrides"] if wide else [])):
        grid.add_column(column, overflow="fold", no_wrap=column in {"key", "set by"})
    for explained in values:
        key = explained.key
        beaten = [(display(value, key), source) for source, value in explained.overridden]
        over = [(value, by) for value, by in beaten if by != BUILT_IN.source]
        if wide:
            last = "\n".join(f"{value}: {by}" for value, by in over)
            cells = [key, display(explained.value, key), explained.source, last]
        else:
            lines = [explained.source, *(f"overrides {value}:\n{by}" for value, by in over)]
            given = "\n".join(lines).split("\n")
            cells = [key, display(explained.value, key), "\n".join(map(_in_two, given))]
        style = "dim" if explained.source == BUILT_IN.source else ""
        grid.add_row(*(Text(_lines(cell)) for cell in cells), style=style)
    console.print(grid)


def _in_two(source: str) -> str:
    return source.replace(" (line", "\n(line") if len(source) > _SOURCE else source


def write_plain(
    account: Account, values: Sequence[ExplainedValue], out: TextIO, err: TextIO
) -> None:
    """Write one value per line, in aligned columns: key, value, section, overridden values."""
    err.write(f"{_named(account)}\n")
    if not values:
        return
    rows = [
        (each.key, one_line(display(each.value, each.key)), one_line(each.source))
        for each in values
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row, explained in zip(rows, values, strict=True):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        over = "; ".join(
            f"overrides {source}: {display(value, explained.key)}"
            for source, value in explained.overridden
        )
        out.write("  ".join((*cells, one_line(over))).rstrip() + "\n")


def write_json(found: Explanation, out: TextIO) -> None:
    """Write one JSON object and a line feed.

    Its shape: `account` {id, name, organization, path, tags}; `values` [{key, value, source,
    gave_way: [{value, source}]}], or `undecided` [what couldn't be read].
    """
    account = found.account
    given: dict[str, Any] = {
        "account": {
            "id": account.id,
            "name": account.name,
            "organization": account.organization,
            "path": None if account.units is None else account.path,
            "tags": None if account.tags is None else dict(account.tags),
        }
    }
    if isinstance(found.values, PolicyUnknown):
        given["undecided"] = list(found.values.needs)
    else:
        given["values"] = [
            {
                "key": explained.key,
                "value": explained.value,
                "source": explained.source,
                "gave_way": [
                    {"value": value, "source": source} for source, value in explained.overridden
                ],
            }
            for explained in found.values
        ]
    json.dump(given, out, indent=1, ensure_ascii=False)
    out.write("\n")


def display(value: Value, key: str = "") -> str:
    """A value as text: a rule that is off, a list, or nothing."""
    if not value and key in _BY_DEFAULT:
        return "nobody" if value == () and key == "fixers" else _BY_DEFAULT[key]
    if value is None:
        return "off"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return str(value) or "none"


def _named(account: Account) -> str:
    """`111122223333 payments, of “corp”, in /Production`."""
    of = f", of “{account.organization}”" if account.organization else ""
    path = f", in {account.path}" if account.units else ""
    return one_line(f"{account.id} {account.name}{of}{path}")


def _reason(why: Failure) -> str:
    return one_line(" ".join(filter(None, (why.message, why.remedy))))


def _lines(text: str) -> str:
    return "\n".join(one_line(line) for line in text.split("\n"))


def _number(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
