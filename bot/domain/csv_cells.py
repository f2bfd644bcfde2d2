"""Cells of CSV files that spreadsheets open."""

from __future__ import annotations

from typing import Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""How a cell begins that spreadsheets compute, also in full width (OWASP, "CSV injection")."""


def safe_cell(text: str) -> str:
    """A cell that a spreadsheet shows rather than computes: text gets an apostrophe in front."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
