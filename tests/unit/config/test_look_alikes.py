"""Characters that only look like those of TOML, and files as editors on Windows save them."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

import pytest

from bot.config.load import load, load_lenient

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that is read."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / "altcontact.toml"


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("channel = “#alerts”", 1, '“ (LEFT DOUBLE QUOTATION MARK) is used instead of "'),
        ("channel = „#alerts“", 1, '„ (DOUBLE LOW-9 QUOTATION MARK) is used instead of "'),
        ("\nchannel = ‘#alerts’", 2, "‘ (LEFT SINGLE QUOTATION MARK) is used instead of '"),
        ('channel\u00a0= "#alerts"', 1, "NO-BREAK SPACE is used instead of a plain space"),
        ("read_rate = –5", 1, "– (EN DASH) is used instead of -"),
        ("read_rate = −5", 1, "− (MINUS SIGN) is used instead of -"),
        ("read_rate ＝ 5", 1, "＝ (FULLWIDTH EQUALS SIGN) is used instead of ="),
        ("read_rate = ５", 1, "５ (FULLWIDTH DIGIT FIVE) is used instead of 5"),
        ('types = ["BILLING"， "SECURITY"]', 1, "， (FULLWIDTH COMMA) is used instead of ,"),
        ("［policy］", 1, "［ (FULLWIDTH LEFT SQUARE BRACKET) is used instead of ["),
        ("read\u200b_rate = 5", 1, "ZERO WIDTH SPACE is an invisible character"),
        ("сhannel = 5", 1, "с (CYRILLIC SMALL LETTER ES) is allowed only inside quotation marks"),
        # The text is ended by none of what looks like its end, so the parser gives up far behind.
        (
            'channel = "#alerts”',
            1,
            'on line 1, ” (RIGHT DOUBLE QUOTATION MARK) is used instead of "',
        ),
        (
            'channel = "#alerts”\nread_rate = 5',
            1,
            '” (RIGHT DOUBLE QUOTATION MARK) is used instead of "',
        ),
        ("channel = '#a’\nread_rate = 5", 2, "on line 1, ’ (RIGHT SINGLE QUOTATION MARK) is used"),
    ],
)
def test_a_look_alike_is_named(file: Path, text: str, line: int, told: str) -> None:
    """The line, the character by its name, and what to type instead are reported."""
    file.write_text(text, encoding="utf-8")
    (problem,) = load_lenient({}, needs_slack=False).problems
    assert problem.line == line
    assert f"): {told}" in problem.what


@pytest.mark.parametrize(
    "text",
    [
        # What stands in a text or a comment is no fault, even where something else is.
        "# “quoted”\nchannel = #alerts",
        'channel = "„quoted“" x',
        "channel = # “quoted”",
        "channel =",
    ],
)
def test_other_faults_are_not_laid_to_a_look_alike(file: Path, text: str) -> None:
    """A character that may stand where it stands is not blamed."""
    file.write_text(text, encoding="utf-8")
    (problem,) = load_lenient({}, needs_slack=False).problems
    assert problem.what.endswith(")")


def test_a_byte_order_mark_is_no_part_of_the_file(file: Path) -> None:
    """UTF-8 as Notepad saves it is read like any other, with the right lines."""
    file.write_bytes(codecs.BOM_UTF8 + b"read_rate = 5\r\n")
    assert load({}, needs_slack=False).read_rate == 5
    file.write_bytes(codecs.BOM_UTF8 + b"read_rate = 5\r\nread_rate = 6\r\n")
    (problem,) = load_lenient({}, needs_slack=False).problems
    assert problem.line == 2


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-16-le"])
def test_utf_16_is_told_as_such(file: Path, encoding: str) -> None:
    """PowerShell's `>` writes UTF-16: the way out is reported, not that a byte is wrong."""
    mark = {"utf-16-be": codecs.BOM_UTF16_BE, "utf-16-le": codecs.BOM_UTF16_LE}
    file.write_bytes(mark.get(encoding, b"") + "read_rate = 5".encode(encoding))
    (problem,) = load_lenient({}, needs_slack=False).problems
    assert "it is encoded in UTF-16; save it as UTF-8" in problem.what


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            '[policy.security]\npresence = "requіred"',
            "“required”? і (CYRILLIC SMALL LETTER BYELORUSSIAN-UKRAINIAN I) is not a Latin letter",
        ),
        ('timezone = "Еurope/Berlin"', "Е (CYRILLIC CAPITAL LETTER IE) is not a Latin letter"),
        ('types = ["SECURΙTY"]', "“SECURITY”? Ι (GREEK CAPITAL LETTER IOTA) is not a Latin letter"),
        ('scope = "аccount"', "“account”? а (CYRILLIC SMALL LETTER A) is not a Latin letter"),
        ('log_format = "jsоn"', "“json”? о (CYRILLIC SMALL LETTER O) is not a Latin letter"),
        ('"сhannel" = "#alerts"', "“channel”? с (CYRILLIC SMALL LETTER ES) is not a Latin letter"),
        ('[policy]\n"owner\u200b_tag" = "x"', "“owner_tag”? ZERO WIDTH SPACE is an invisible char"),
    ],
)
def test_a_look_alike_in_a_word_is_named(file: Path, text: str, told: str) -> None:
    """Where the word that was meant looks the same, what differs is reported."""
    file.write_text(text, encoding="utf-8")
    (problem,) = load_lenient({}, needs_slack=False).problems
    assert told in problem.what


def test_an_accent_is_no_look_alike(file: Path) -> None:
    """It can be seen, so that the word that was meant says enough."""
    file.write_text('timezone = "Zürich"', encoding="utf-8")
    (problem,) = load_lenient({}, needs_slack=False).problems
    assert "(did you mean “Europe/Zurich”?)" in problem.what
