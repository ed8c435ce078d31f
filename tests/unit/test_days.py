"""On which day a time of day lies, and how time slots are read."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from waybell.ground.clock import Moment
from waybell.ground.errors import Invalid
from waybell.orders.days import Span, fact_time, slot, span

ZONE = ZoneInfo("Europe/Tallinn")
DAY = date(2026, 12, 10)


def on(day, hours):
    return hours and f"2026-12-{day:02}T{hours}:00"


def read(kept, sent, **route):
    return slot(kept, sent, span("2026-12-10T00:00:00", **route), ZONE)


@pytest.mark.parametrize(
    ("kept", "sent", "opens", "closes"),
    [
        ((None, None), (None, None), None, None),
        ((on(8, "09:00"), on(8, "08:00")), (None, None), on(8, "09:00"), on(8, "08:00")),
        ((None, None), ("08:00", None), on(10, "08:00"), None),
        ((None, None), ("08:00", "08:00"), on(10, "08:00"), on(10, "08:00")),
        ((None, None), ("08:00", "07:59:59"), on(10, "08:00"), "2026-12-11T07:59:59"),
        ((None, None), (on(14, "22:00"), "02:00"), on(14, "22:00"), on(15, "02:00")),
        ((None, None), (on(14, "22:00"), "23:00"), on(14, "22:00"), on(14, "23:00")),
        ((None, None), ("22:00", on(13, "02:00")), on(10, "22:00"), on(13, "02:00")),
        ((on(14, "22:00"), None), (None, "2:00"), on(14, "22:00"), on(15, "02:00")),
        ((on(14, "22:00"), on(15, "02:00")), ("23:00", None), on(14, "23:00"), on(15, "02:00")),
        ((on(14, "22:00"), on(15, "02:00")), ("01:00", None), on(14, "01:00"), on(14, "02:00")),
        ((on(14, "08:00"), on(16, "18:00")), ("07:00", None), on(14, "07:00"), on(16, "18:00")),
        ((on(14, "08:00"), on(14, "10:00")), ("11:00", None), on(14, "11:00"), on(15, "10:00")),
        ((on(10, "23:00"), on(10, "01:00")), (None, "01:00"), on(10, "23:00"), on(11, "01:00")),
    ],
)
def test_a_slot_is_read_from_what_is_kept_and_what_is_sent(kept, sent, opens, closes):
    assert read(kept, sent) == (opens, closes)


@pytest.mark.parametrize(
    ("kept", "sent"),
    [
        ((None, None), (on(11, "08:00"), on(10, "08:00"))),
        ((None, None), ("08:00", on(10, "07:00"))),
        ((on(10, "08:00"), None), (None, on(10, "07:00"))),
        ((None, on(10, "08:00")), (on(10, "09:00"), None)),
        ((None, on(9, "08:00")), ("07:00", None)),
        ((None, None), ("2026-12-10T08:00:00Z", "2026-12-10T09:00:00+03:00")),
    ],
)
def test_an_end_with_its_day_before_the_beginning_is_refused(kept, sent):
    with pytest.raises(Invalid, match=r"^TimeSlotTo: .* lies before TimeSlotFrom"):
        read(kept, sent)


@pytest.mark.parametrize(
    ("starts", "sent", "day"),
    [
        ("22:00", ("00:30", "01:30"), 11),
        ("22:00", (None, "06:00"), 11),
        ("22:00", ("08:00", "10:00"), 10),
        ("22:00", ("00:00", "23:59"), 10),
        ("22:00", ("00:30", None), 10),
        ("08:00", ("00:30", "01:30"), 10),
    ],
)
def test_hours_of_the_night_are_of_the_night_after_the_start(starts, sent, day):
    opens, closes = read((None, None), sent, start_time_plan=on(10, starts))
    assert {text[8:10] for text in (opens, closes) if text} == {str(day)}


NIGHT = {"start_time_plan": on(10, "22:00"), "finish_time_plan": on(11, "02:00")}
DAY_LATE = {"start_time_plan": on(10, "08:00"), "start_date": on(11, "06:00")}
LONG = {"start_time_plan": on(10, "08:00"), "finish_time_plan": on(14, "18:00")}


@pytest.mark.parametrize(
    ("route", "now", "hours", "day"),
    [
        ({}, on(20, "12:00"), "09:00", 10),
        ({}, on(20, "12:00"), "00:00", 10),
        ({"start_time_plan": on(10, "22:00")}, on(20, "12:00"), "00:10", 11),
        ({"start_time_plan": on(10, "22:00")}, on(20, "12:00"), "21:50", 10),
        ({"start_time_plan": on(10, "20:00")}, on(11, "09:00"), "08:50", 11),
        ({"start_time_plan": on(10, "20:00")}, on(11, "08:00"), "08:50", 10),
        ({"start_time_plan": on(10, "20:00")}, on(11, "18:10"), "17:00", 10),
        ({"start_time_plan": on(10, "08:00")}, on(11, "08:00"), "06:30", 10),
        (NIGHT, on(11, "15:00"), "14:50", 11),
        (NIGHT, on(11, "15:00"), "21:55", 10),
        (NIGHT, on(11, "00:30"), "00:10", 11),
        (NIGHT, on(10, "22:30"), "22:10", 10),
        (LONG, on(12, "12:00"), "11:00", 12),
        (LONG, on(12, "00:30"), "23:50", 11),
        (LONG, on(20, "12:00"), "12:00", 14),
        (LONG, on(20, "12:00"), "19:00", 13),
        (LONG, on(1, "12:00"), "07:00", 11),
        ({"start_date": on(13, "08:00")}, on(20, "12:00"), "10:00", 13),
        (DAY_LATE, on(11, "16:00"), "15:50", 11),
        (DAY_LATE, on(11, "16:00"), "05:50", 11),
    ],
)
def test_what_happened_lies_in_the_time_of_the_route_and_else_near_to_now(route, now, hours, day):
    moment = Moment(datetime.fromisoformat(now).replace(tzinfo=ZONE).astimezone(UTC), ZONE)
    assert fact_time(hours, span("2026-12-10T00:00:00", **route), moment) == on(day, hours)


def test_what_happened_with_its_day_stays():
    moment = Moment(datetime(2026, 12, 1, tzinfo=UTC), ZONE)
    assert fact_time("2026-11-01T08:00:00Z", Span(DAY), moment) == "2026-11-01T10:00:00"


@pytest.mark.parametrize(
    ("route", "opens", "closes", "has"),
    [
        ({}, None, None, False),
        ({}, on(10, "00:00"), None, True),
        ({}, on(9, "23:30"), on(10, "00:30"), False),
        ({}, None, on(10, "23:59"), True),
        ({}, on(11, "00:00"), None, False),
        ({"start_time_plan": on(10, "22:00")}, on(11, "00:30"), on(11, "01:30"), True),
        ({"start_time_plan": on(10, "22:00")}, None, on(11, "01:30"), True),
        ({"start_time_plan": on(10, "22:00")}, on(11, "12:00"), on(11, "13:00"), False),
        ({"start_time_plan": on(10, "08:00")}, on(11, "07:00"), on(11, "09:00"), False),
        (LONG, on(12, "07:00"), None, True),
        ({"start_time_plan": on(12, "08:00")}, on(10, "09:00"), None, True),
    ],
)
def test_a_slot_lies_in_the_time_of_a_route_by_its_beginning(route, opens, closes, has):
    assert span("2026-12-10T00:00:00", **route).has((opens, closes)) is has
