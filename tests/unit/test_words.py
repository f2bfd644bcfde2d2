"""The words that texts may not use, in everything that a person reads: code, pages, messages."""

import ast
import io
import json
import re
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import pytest

from bot.cli.main import Commands, main
from bot.cli.policy import PolicyCommands
from bot.config.settings import Settings
from bot.domain.announcements import AnnouncementKind
from bot.domain.failures import FailureCode, failure
from bot.slack.views import doctor, scan_result
from bot.slack.views.announcements import announcement_message
from bot.slack.views.finding_rows import RowLinks
from tests.unit.slack.views.sample_data import content

ROOT: Final = Path(__file__).parents[2]
REPLACED: Final = {
    r"mend(?:s|ed|ing)?": "fix; remedy",
    r"by\s+hand": "manually",
    r"set(?:s|ting)?(?:\s\w+){0,3}\s+aside": "exempt",
    r"(?:fall(?:s|ing)?|fell)\s+short": "is non-compliant",
    r"(?:is|are|was|were|be|been)\s+told(?!\sapart)": "hears; is reported",
    r"told\s+of": "reported",
    r"stands?\s+for\s+nothing": "means nothing",
    r"what\s+is\s+the\s+matter": "the problem",
    r"played\s+(?:by|AWS|Slack|servers?|services?)": "simulated",
    r"(?:those|whoever|one|ask\s+\w+)\s+who\s+may": "fixers",
    r"good\s+until": "valid until",
    r"undecided": "couldn't be evaluated; unknown",
    r"astray": "wrong",
    r"(?:of|is)\s+no\s+use": "doesn't help",
    r"to\s+be\s+had": "available",
    r"anew": "again",
    r"com(?:es?|ing)\s+to\s+nothing": "has no effect",
    r"taken\s+for\s+dead": "considered dead",
    r"sent\s+away": "rejected",
    r"at\s+the\s+least": "at least",
    r"(?:gave|gives?)\s+way": "is overridden",
    r"let\s+go\s+of": "released",
    r"looks?\s+after": "checks",
    r"however\s+long\s+it\s+takes": "without a limit",
    r"you\s+may\s+not": "you don't have permission to",
    r"(?:whence|whereof|thereof|lest|henceforth|whilst)": "modern words",
}
"""Words and phrases that were replaced, as patterns, each with what is used in its place."""

EXCEPTIONS: Final = {
    ("bot/cli/doctor_output.py", "mend"): "the former JSON key of `remedy`, kept for one release",
    ("sandbox/altcontact_sandbox/errors.py", "mend"): "the same key in the control interface",
    ("bot/cli/policy_output.py", "undecided"): "a JSON key",
}
"""(file, word) where a replaced word is needed, each with the reason."""

WORD: Final = re.compile(rf"\b(?:{'|'.join(REPLACED)})\b", re.IGNORECASE)
PYTHON: Final = ("bot", "sandbox/altcontact_sandbox", "benchmarks", ".ci")
PAGES: Final = (
    *("README.md", "CONTRIBUTING.md", "SECURITY.md", "manifest.yml"),
    *("docs/**/*.md", "sandbox/*.md"),
)
STATIC: Final = ("*.js", "*.css", "*.html")


def strings(source: str) -> Iterator[str]:
    """Every string in a module, docstrings among them; adjacent literals are one."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def docstrings(source: str) -> Iterator[str]:
    """The docstrings of a module, its classes and its functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""


def comments(source: str) -> str:
    """The comments of a module as one text, so that a phrase may go on in the next line."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return "\n".join(each.string.lstrip("# ") for each in tokens if each.type == tokenize.COMMENT)


def prose(page: str) -> str:
    """A page of Markdown without its code."""
    return re.sub(r"^```.*?^```|`[^`\n]*`", "", page, flags=re.MULTILINE | re.DOTALL)


def found(name: str, texts: Iterable[str]) -> list[str]:
    """The replaced words in these texts of a file, but for its exceptions."""
    return [
        f"{name}: {match[0]}"
        for text in texts
        for match in WORD.finditer(text)
        if (name, match[0].lower()) not in EXCEPTIONS
    ]


@pytest.mark.parametrize("folder", PYTHON)
def test_code(folder: str) -> None:
    """No string, docstring or comment uses a replaced word."""
    hits = []
    for path in sorted((ROOT / folder).rglob("*.py")):
        source = path.read_text()
        name = path.relative_to(ROOT).as_posix()
        hits += found(name, [*strings(source), comments(source)])
    assert hits == []


@pytest.mark.parametrize("folder", ["tests", "sandbox/tests"])
def test_docstrings_of_tests(folder: str) -> None:
    """What a test says of the product uses the product's words."""
    hits = []
    for path in sorted((ROOT / folder).rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        hits += found(name, docstrings(path.read_text()))
    assert hits == []


@pytest.mark.parametrize("pattern", PAGES)
def test_pages(pattern: str) -> None:
    """No page's prose, and no text of the manifest, uses a replaced word."""
    hits = []
    for path in sorted(ROOT.glob(pattern)):
        hits += found(path.relative_to(ROOT).as_posix(), [prose(path.read_text())])
    assert hits == []


@pytest.mark.parametrize("pattern", STATIC)
def test_the_page_of_the_sandbox(pattern: str) -> None:
    """Neither the texts of the page nor its code uses a replaced word."""
    static = ROOT / "sandbox/altcontact_sandbox/page/static"
    hits = []
    for path in sorted(static.rglob(pattern)):
        hits += found(path.relative_to(ROOT).as_posix(), [path.read_text()])
    assert hits == []


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    """The help of each command as it is printed."""
    commands = [*Commands.lazy, *(f"policy {each}" for each in PolicyCommands.lazy)]
    for command in commands:
        assert main([*command.split(), "--help"]) == 0
    printed = capsys.readouterr().out
    assert "Usage: altcontact check" in printed
    assert found("help", [printed]) == []


def test_settings() -> None:
    """The description of each setting."""
    assert (
        found("settings", [field.description or "" for field in Settings.model_fields.values()])
        == []
    )


@pytest.mark.parametrize("code", FailureCode)
def test_failures(code: FailureCode) -> None:
    """The message and the remedy of each failure."""
    why = failure(code)
    assert found(code.value, [why.message, why.remedy]) == []


@pytest.mark.parametrize("kind", [AnnouncementKind.NON_COMPLIANT, AnnouncementKind.UNCHECKED])
@pytest.mark.parametrize(("total", "resolved"), [(1, 0), (20, 2), (30, 30)])
def test_alerts(kind: AnnouncementKind, total: int, resolved: int) -> None:
    """An alert as posted and as updated."""
    message = announcement_message(content(total, kind, resolved=resolved), RowLinks())
    assert found(kind.value, [message.text, json.dumps(message.blocks)]) == []


def test_progress() -> None:
    """What is shown while a check or the doctor runs."""
    for message in (
        scan_result.started_message(),
        scan_result.progress_message(68, None),
        doctor.progress_message(),
    ):
        assert found("progress", [message.text, json.dumps(message.blocks)]) == []


def test_each_exception_is_needed() -> None:
    """An exception whose word is gone goes, too."""
    for name, word in EXCEPTIONS:
        assert re.search(rf"\b{word}\b", (ROOT / name).read_text()), name


@pytest.mark.parametrize(
    "text",
    [
        "The mend is below.",
        "An account that falls short",
        "Contacts were set aside by bob",
        "Ask one who may: @secops",
        "Verified by\nhand",
        "The person is told so",
    ],
)
def test_a_replaced_word_is_found(text: str) -> None:
    """The list finds its words, whatever their form and across lines."""
    assert found("text", [text])
