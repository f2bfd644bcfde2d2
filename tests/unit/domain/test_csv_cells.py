"""Cells that a spreadsheet shows as text."""

import pytest

from bot.domain.csv_cells import safe_cell


@pytest.mark.parametrize(
    "text", ["=1+1", "+351 210", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\uff1d1"]
)
def test_formulas_are_text(text: str) -> None:
    """An apostrophe in front keeps a spreadsheet from computing it."""
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Ana", "a=1", "1-2", "sec@example.com", "'=1"])
def test_other_cells_stay(text: str) -> None:
    """Ordinary text is left alone."""
    assert safe_cell(text) == text
