"""Crontab expressions: the days that cron means, in the zone given."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.config import crontab
from bot.config.crontab import DAYS

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

ZULU = ZoneInfo("UTC")
BERLIN = ZoneInfo("Europe/Berlin")
SUNDAY = datetime(2026, 1, 4, tzinfo=UTC)


def times(
    expression: str, number: int, zone: ZoneInfo = ZULU, since: datetime = SUNDAY
) -> list[datetime]:
    """The next times of an expression, in UTC, as a scheduler asks for them."""
    trigger = crontab.trigger(expression, zone)
    found: list[datetime] = []
    last: datetime | None = None
    for _ in range(number):
        last = trigger.get_next_fire_time(last, found[-1] if found else since)
        assert last is not None
        found.append(last.astimezone(UTC))
    return found


def days(field: str) -> list[str]:
    """The days of one week on which a day-of-week field lets a check be made, Sunday first."""
    week = [time for time in times(f"0 9 * * {field}", 7) if time < SUNDAY + timedelta(days=7)]
    return [DAYS[(time - SUNDAY).days] for time in week]


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("0", "sun"),
        ("7", "sun"),
        ("sun", "sun"),
        ("SUN", "sun"),
        ("1", "mon"),
        ("1-5", "mon tue wed thu fri"),
        ("Mon-Fri", "mon tue wed thu fri"),
        ("*/2", "sun tue thu sat"),
        ("6-1", "sun mon sat"),
        ("fri-sun", "sun fri sat"),
        ("5-7", "sun fri sat"),
        ("0-7", "sun mon tue wed thu fri sat"),
        ("*", "sun mon tue wed thu fri sat"),
        ("1-5/2", "mon wed fri"),
        ("4/2", "thu sat"),
        ("1,3,sat", "mon wed sat"),
        ("7,0", "sun"),
    ],
)
def test_days_of_the_week_are_crons(field: str, expected: str) -> None:
    """0 and 7 are Sunday, names and spans and steps mean what they mean to cron."""
    assert days(field) == expected.split()


def _model(first: int, last: int, step: int) -> set[str]:
    """The days walked over from one day to another, every so many."""
    walk = [first % 7]
    while walk[-1] != last % 7 or (len(walk) == 1 and last - first == 7):
        walk.append((walk[-1] + 1) % 7)
    return {DAYS[day] for day in walk[::step]}


def _spelled(draw: st.DrawFn, day: int) -> str:
    return draw(st.sampled_from([str(day), DAYS[day % 7], DAYS[day % 7].upper()]))


@st.composite
def parts(draw: st.DrawFn) -> tuple[str, set[str]]:
    """One part of a day-of-week field, and the days that it means."""
    number = st.integers(0, 7)
    first, last, step = draw(number), draw(number), draw(st.integers(1, 9))
    match draw(st.sampled_from(["day", "span", "stepped span", "stepped day", "stepped star"])):
        case "day":
            return _spelled(draw, first), _model(first, first, 1)
        case "span":
            return f"{first}-{last}", _model(first, last, 1)
        case "stepped span":
            return f"{first}-{last}/{step}", _model(first, last, step)
        case "stepped day":
            return f"{first}/{step}", _model(first, 6, step)
        case _:
            return f"*/{step}", _model(0, 6, step)


FIELDS: SearchStrategy[list[tuple[str, set[str]]]] = st.lists(parts(), min_size=1, max_size=4)


@given(FIELDS)
def test_any_field_means_what_a_plain_walk_over_the_week_gives(
    field: list[tuple[str, set[str]]],
) -> None:
    """A field is the union of its parts, each walked day by day."""
    expected = set[str]().union(*(meant for _, meant in field))
    assert set(days(",".join(text for text, _ in field))) == expected


@given(st.text(max_size=8))
def test_any_text_is_taken_or_refused_plainly(field: str) -> None:
    """Whatever stands for the days, it is a trigger or a ValueError that says why."""
    said = "taken"
    try:
        crontab.trigger(f"0 9 * * {field}", ZULU)
    except ValueError as error:
        said = str(error)
    assert said


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("", "needs 5 fields, but has 0"),
        ("0 9 * *", "needs 5 fields, but has 4"),
        ("0 9 * * * *", "needs 5 fields, but has 6"),
        ("@daily", "needs 5 fields, but has 1"),
        ("x 9 * * *", "minute"),
        ("60 9 * * *", "60"),
        ("0 24 * * *", "24"),
        ("0 9 0 * *", "0"),
        ("0 9 * 13 *", "13"),
        ("0 9 * foo *", "foo"),
        ("*/0 9 * * *", "Increment"),
        ("0 9 * * 8", "“8”"),
        ("0 9 * * day", "“day”"),
        ("0 9 * * ²", "“²”"),
        ("0 9 * * 1-", "“”"),
        ("0 9 * * -1", "“”"),
        ("0 9 * * 1,,2", "“”"),
        ("0 9 * * 1/", "“1/”"),
        ("0 9 * * 1/0", "“1/0”"),
        ("0 9 * * */x", "“*/x”"),
    ],
)
def test_what_is_no_crontab_expression_is_refused(expression: str, says: str) -> None:
    """A wrong expression is refused with the part that is wrong."""
    with pytest.raises(ValueError, match=says.replace("*", r"\*")) as raised:
        crontab.trigger(expression, ZULU)
    assert raised.value.__cause__ is None


def test_restricted_days_of_both_kinds_are_alternatives() -> None:
    """With a day of the month and one of the week given, either will do, as in cron."""
    found = times("0 9 13 * mon", 4)
    assert [time.date().isoformat() for time in found] == [
        "2026-01-05",
        "2026-01-12",
        "2026-01-13",
        "2026-01-19",
    ]


def test_a_star_with_a_step_restricts_the_other_days() -> None:
    """A field that begins with a star leaves it to the other one, as in cron."""
    found = times("0 9 */2 * mon", 3)
    assert [time.day for time in found] == [5, 19, 9]


def test_the_month_may_be_named_in_any_case() -> None:
    """Names of months are taken as cron takes them."""
    assert times("0 9 1 MAR *", 1) == [datetime(2026, 3, 1, 9, tzinfo=UTC)]


def test_a_time_that_never_comes_is_none() -> None:
    """An expression without any time to come is valid, and names none."""
    assert crontab.trigger("0 9 31 2 *", ZULU).get_next_fire_time(None, SUNDAY) is None


def test_the_zone_decides_over_the_seasons() -> None:
    """Nine o'clock stays nine o'clock where the clock is put forward."""
    found = times("0 9 * * *", 2, BERLIN, datetime(2026, 3, 28, tzinfo=UTC))
    assert [time.hour for time in found] == [8, 7]


@pytest.mark.parametrize(
    "since", [datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC)]
)
def test_an_hour_that_is_skipped_or_repeated_loses_no_day(since: datetime) -> None:
    """Where the clock changes at the very time, each day has its check, and time goes forward."""
    found = times("30 2 * * *", 6, BERLIN, since)
    assert all(0 < (b - a).total_seconds() <= 25 * 3600 for a, b in pairwise(found))
    assert {time.date() for time in found} >= {since.date() + timedelta(days=n) for n in range(4)}


@given(st.integers(0, 59), st.integers(0, 23), st.integers(0, 20_000))
def test_every_day_has_its_time(minute: int, hour: int, since: int) -> None:
    """Asked at any moment, a daily time is at most a day and the hour of a season away."""
    start = SUNDAY + timedelta(hours=since)
    (found,) = times(f"{minute} {hour} * * *", 1, BERLIN, start)
    assert start <= found <= start + timedelta(hours=25)


@pytest.mark.parametrize("day", DAYS)
def test_names_are_of_their_days(day: str) -> None:
    """A named day is the day of that name in the calendar."""
    (found,) = times(f"0 9 * * {day}", 1)
    assert found.strftime("%a").lower() == day


@pytest.mark.parametrize(
    ("expression", "zone", "since", "expected"),
    [
        # The clock is put forward at midnight: the day has its check an hour later.
        ("0 0 * * *", "Africa/Cairo", "2026-04-23", ["23 00:00", "24 01:00", "25 00:00"]),
        ("0 0 * * *", "Asia/Beirut", "2026-03-28", ["28 00:00", "29 01:00", "30 00:00"]),
        ("0 0 * * *", "America/Santiago", "2026-09-05", ["05 00:00", "06 01:00", "07 00:00"]),
        ("30 2 * * *", "Europe/Berlin", "2026-03-28", ["28 02:30", "29 03:00", "30 02:30"]),
        # Several times in the gap, and the one right after it, are one check.
        ("0,30 2,3 * * *", "Europe/Berlin", "2026-03-29", ["29 03:00", "29 03:30", "30 02:00"]),
        ("15,45 2 * * *", "Australia/Lord_Howe", "2026-10-04", ["04 02:30", "04 02:45"]),
        ("30 2 29 * sun", "Europe/Berlin", "2026-03-28", ["29 03:00", "05 02:30", "12 02:30"]),
        ("30 2 29 3 *", "Europe/Berlin", "2026-03-28", ["29 03:00"]),
        # The clock is put back: the hour that is repeated counts once.
        ("30 2 * * *", "Europe/Berlin", "2026-10-24", ["24 02:30", "25 02:30", "26 02:30"]),
        ("0 0 * * *", "Africa/Cairo", "2026-10-29", ["29 00:00", "30 00:00", "31 00:00"]),
        # Who asks for every hour, or for every so many minutes, gets that.
        ("30 * * * *", "Europe/Berlin", "2026-03-29", ["29 00:30", "29 01:30", "29 03:30"]),
        ("30 */1 25 * *", "Europe/Berlin", "2026-10-25", ["25 00:30", "25 01:30", "25 02:30"]),
        ("*/30 2 * * *", "Europe/Berlin", "2026-10-25", ["25 02:00", "25 02:30"] * 2),
        ("*/30 2 * * *", "Europe/Berlin", "2026-03-28", ["28 02:00", "28 02:30", "30 02:00"]),
    ],
)
def test_a_change_of_the_clock_is_cron_s(
    expression: str, zone: str, since: str, expected: list[str]
) -> None:
    """What falls into the gap comes due right after it, and the repeated hour counts once."""
    local = ZoneInfo(zone)
    start = datetime.fromisoformat(since).replace(tzinfo=local)
    found = times(expression, len(expected), local, start)
    assert [f"{time.astimezone(local):%d %H:%M}" for time in found] == expected
    assert found == sorted(set(found))


ZONES = sorted(available_timezones() - {"Factory", "localtime"})
YEARS = range(2025, 2036)


def _changes(zone: ZoneInfo, year: int) -> list[datetime]:
    """The hours of a year in which the clock is changed."""
    hours = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(hours=n) for n in range(366 * 24)]
    offsets = [hour.astimezone(zone).utcoffset() for hour in hours]
    return [
        hour
        for hour, (before, after) in zip(hours, pairwise(offsets), strict=False)
        if before != after
    ]


@st.composite
def near_changes(draw: st.DrawFn) -> tuple[ZoneInfo, datetime]:
    """A zone, and a moment within two days before the clock is changed there."""
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    changes = _changes(zone, draw(st.sampled_from(YEARS)))
    moment = draw(st.sampled_from(changes)) if changes else SUNDAY
    return zone, moment - timedelta(minutes=draw(st.integers(0, 48 * 60)))


def _walk(
    zone: ZoneInfo, start: datetime, minutes: set[int], hours: set[int], *, star: bool
) -> list[datetime]:
    """A cron that wakes each minute of three days, and looks what the clock has done since."""
    made = []
    shown = (start - timedelta(minutes=1)).astimezone(zone).replace(tzinfo=None)
    latest = shown
    for minute in range(3 * 24 * 60):
        now = start + timedelta(minutes=minute)
        clock = now.astimezone(zone).replace(tzinfo=None)
        passed = [clock]
        if not star and clock > shown:
            passed = [
                shown + timedelta(minutes=each + 1)
                for each in range(int((clock - shown).total_seconds()) // 60)
            ]
        due = any(each.minute in minutes and each.hour in hours for each in passed)
        if due and (star or clock > latest):
            made.append(now)
        shown, latest = clock, max(latest, clock)
    return made


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(
    near_changes(),
    st.sets(st.integers(0, 59), min_size=1, max_size=3),
    st.sets(st.integers(0, 23), min_size=1, max_size=6),
    st.sampled_from(["fixed", "every minute", "every hour"]),
)
def test_it_comes_due_when_a_cron_that_wakes_each_minute_would(
    near: tuple[ZoneInfo, datetime], minutes: set[int], hours: set[int], kind: str
) -> None:
    """In any zone, around any change of its clock, the times are those of a plain cron."""
    zone, start = near
    minutes = set(range(60)) if kind == "every minute" else minutes
    hours = set(range(24)) if kind == "every hour" else hours
    minute = "*" if kind == "every minute" else ",".join(map(str, minutes))
    hour = "*" if kind == "every hour" else ",".join(map(str, hours))
    expected = _walk(zone, start, minutes, hours, star=kind != "fixed")
    assert times(f"{minute} {hour} * * *", len(expected), zone, start) == expected
