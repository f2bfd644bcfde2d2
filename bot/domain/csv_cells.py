"""Cells of CSV files that are opened in spreadsheets.

Spreadsheets take a cell that begins with `=`, `+`, `-` or `@` for a formula, and much of what is
written is text from outside. Such a cell gets an apostrophe in front, as OWASP recommends (CSV
Injection): spreadsheets show the text after it.
"""

from __future__ import annotations

from typing import Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What begins a formula, also in full width, which some spreadsheets treat alike."""


def safe_cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula, on one line."""
    shown = " ".join(text.split()) if "\n" in text or "\r" in text else text
    return f"'{shown}" if shown.lstrip(" ").startswith(_FORMULA) else shown
