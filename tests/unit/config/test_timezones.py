"""Time zones: which names count, and which one is suggested for a wrong one."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from bot.config import timezones
from bot.config.load import load, load_lenient
from bot.domain.errors import SettingsError


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Berlin", "Europe/Berlin"),
        ("new york", "America/New_York"),
        ("europe/berlin", "Europe/Berlin"),
        ("Europe/Belrin", "Europe/Berlin"),
        ("Cairro", "Africa/Cairo"),
        ("Asia/Cairo", "Africa/Cairo"),
        ("utc", "UTC"),
        ("right/Europe/Berlin", "Europe/Berlin"),
        ("posix/Asia/Tokyo", "Asia/Tokyo"),
        # The sign of `Etc/GMT+1` is not the one that people mean; `EST` is not `CEST`.
        ("GMT+1", ""),
        ("CEST", ""),
        ("Factory", ""),
        ("posixrules", ""),
        ("localtime", ""),
        ("Europe", ""),
    ],
)
def test_a_wrong_name_suggests_the_zone_that_is_meant(typed: str, meant: str) -> None:
    """A city alone or a slip of the keys is reported by its zone, as a line that can be pasted."""
    with pytest.raises(SettingsError) as caught:
        load({"ALTCONTACT_TIMEZONE": typed}, needs_slack=False)
    hint = f" (did you mean “{meant}”?)" if meant else ". For example: Europe/London"
    assert f"“{typed}” is not an IANA time zone{hint}" in str(caught.value)
    (problem,) = load_lenient({"ALTCONTACT_TIMEZONE": typed}, needs_slack=False).problems
    assert problem.snippet == f"export ALTCONTACT_TIMEZONE={meant or 'Europe/London'}"


def test_every_zone_can_be_used() -> None:
    """Each name that counts is a zone, and the usual ones are among them."""
    assert {ZoneInfo(name).key for name in timezones.names()} == timezones.names()
    assert {"UTC", "Europe/Berlin", "America/Argentina/Ushuaia"} <= timezones.names()
