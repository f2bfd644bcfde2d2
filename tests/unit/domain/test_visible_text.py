"""What of a text can be seen."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.visible_text import is_reordered, tidy, trim, visible, without_format

OVERRIDE = "\u202e"
UNSEEN = st.text("ab \u200b\u200d\u202d\u202e\u2028\ufeffu\u0308", max_size=12)
TEXTS = st.text(max_size=40) | UNSEEN


@given(TEXTS)
def test_tidying_ends(text: str) -> None:
    """Trimmed or tidied text stays as it is when that is done again; only unseen things go."""
    assert trim(trim(text)) == trim(text)
    assert tidy(tidy(text)) == tidy(text)
    assert visible(tidy(text)) == visible(unicodedata.normalize("NFC", tidy(text)))


@given(TEXTS)
def test_an_override_is_never_dropped(text: str) -> None:
    """Text that shows in reverse is not made into text that was never seen."""
    for clean in (trim, tidy, without_format):
        assert (OVERRIDE in clean(text)) is (OVERRIDE in text)
    assert is_reordered(text + OVERRIDE)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("", ""),
        (" \u200b\u3164\u2800\u034f\ufe0f\U000e0061 \n", ""),
        ("a\u00a0b \u200bc\u200d", "a b c"),
        ("\u2764\ufe0f", "\u2764"),
    ],
)
def test_what_shows(text: str, seen: str) -> None:
    """Words remain, without what has no shape."""
    assert visible(text) == seen
