"""The first message of a new bot."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.announcements import AnnouncementKind
from bot.domain.timetable import Timetable
from bot.slack.views.announcements import announcement_message
from tests.unit.slack.views import sample_data as data
from tests.unit.slack.views.assertions import assert_sound


def test_it_says_what_the_bot_does_and_when() -> None:
    """In one paragraph without buttons; a schedule that has no words is shown as it is set."""
    content = data.notice(AnnouncementKind.STARTED)
    for timetable, words in (
        (Timetable("0 9 * * *", "Europe/Lisbon"), "checks run every day at 09:00 (Europe/Lisbon)"),
        (Timetable("0 */4 * * *", "UTC"), "checks run on the schedule 0 */4 * * * (UTC)"),
    ):
        started = replace(content.announcement, timetable=timetable)
        message = announcement_message(replace(content, announcement=started))
        assert len(message.blocks) == 1
        assert words in message.text
        assert "The first check started <!date^" in message.text
        assert_sound(message)


def test_it_says_what_is_not_checked() -> None:
    """Why only one account is, and what to do."""
    content = data.notice(AnnouncementKind.STARTED)
    started = replace(content.announcement, timetable=Timetable("0 9 * * *", "UTC"))
    content = replace(content, announcement=started, scan=data.limited_scan("<corp>"))
    message = announcement_message(content)
    assert "*&lt;corp&gt;:* Only account 222222222222 is checked" in message.text
    assert message.text.endswith("To fix this: Run the bot in the management account.")
    assert_sound(message)


def test_it_needs_a_timetable() -> None:
    """Another kind of announcement has none."""
    with pytest.raises(ValueError, match="has no timetable"):
        _ = data.notice(AnnouncementKind.OTHER_BOTS).planned_by
