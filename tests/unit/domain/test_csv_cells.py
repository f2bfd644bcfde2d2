"""Cells that a spreadsheet shows as text."""

import pytest

from bot.domain.csv_cells import safe_cell


@pytest.mark.parametrize("text", ["=1+1", "+351 210", "-1", "@SUM(A1)", "\t=1", "  =1", "\uff1d1"])
def test_formulas_are_text(text: str) -> None:
    """An apostrophe in front keeps a spreadsheet from computing it."""
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Ana", "a=1", "1-2", "sec@example.com", "'=1"])
def test_other_cells_stay(text: str) -> None:
    """Ordinary text is left alone."""
    assert safe_cell(text) == text


@pytest.mark.parametrize("text", ["a\r\nb", "a\nb", "a \n\n b"])
def test_a_cell_is_one_line(text: str) -> None:
    """A row stays a line."""
    assert safe_cell(text) == "a b"


def test_a_formula_after_a_line_feed_is_text() -> None:
    """What follows the white space counts."""
    assert safe_cell("\r\n=1+1") == "'=1+1"
