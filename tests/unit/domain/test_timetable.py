"""A schedule in words."""

from __future__ import annotations

import pytest

from bot.domain.timetable import Timetable


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("0 9 * * *", "every day at 09:00"),
        ("5  17 * * mon-fri", "on weekdays at 17:05"),
        ("30 6 * * 1-5", "on weekdays at 06:30"),
        ("0 */4 * * *", "on the schedule 0 */4 * * *"),
        ("0 9 1 * *", "on the schedule 0 9 1 * *"),
    ],
)
def test_words(expression: str, words: str) -> None:
    """A time of day is said as one; anything else is shown as it is set."""
    assert Timetable(expression, "UTC").words == words
