"""The lean rows of a board: times as minutes of a day, flags, and what is left out."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from waybell.board import lean
from waybell.board.lean import Day, seq_of, shown_version, stored_version

DAY = Day(date(2026, 11, 23), ZoneInfo("Europe/Tallinn"))


def a_row(status=None, status_at=None, first_eta=None, updated_eta=None, **members):
    values = [members.get(name) for name in lean.ORDER_MEMBERS]
    values[lean.ORDER_MEMBERS.index("ETA")] = members.get("ETA", first_eta)
    values[lean.ORDER_MEMBERS.index("UpdatedETA")] = updated_eta
    row = lean.order_row(DAY, 7, "N-1", 0, 3, 2, status, status_at, 4, values)
    return dict(zip(lean.ORDER_COLUMNS, row, strict=False))


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("2026-11-23T00:00:00", 0),
        ("2026-11-23T09:12:59", 552),
        ("2026-11-22T23:59:00", -1),
        ("2026-11-24T01:00:00", 1500),
        ("2026-12-01T00:00:00", 8 * 1440),
        (None, None),
    ],
)
def test_times_are_minutes_since_the_midnight_of_the_day(text, minutes):
    assert DAY.minutes(text) == minutes


def test_a_time_that_nobody_sent_is_in_utc_and_shown_in_the_zone_of_the_account():
    at = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
    assert a_row(3, at, StatusDate="2026-11-23T10:30:00")["Done"] == 12 * 60 + 30
    assert a_row(3, at, StatusDate="2026-11-23T12:10:00")["Done"] == 12 * 60 + 10
    assert "Done" not in a_row(1, at, StatusDate="2026-11-23T10:30:00")


@pytest.mark.parametrize(
    ("eta", "flag"),
    [("11:49", 0), ("11:50", lean.AT_RISK), ("12:00", lean.AT_RISK), ("12:01", lean.LATE)],
)
def test_an_order_is_at_risk_shortly_before_its_slot_ends_and_late_after_it(eta, flag):
    row = a_row(TimeSlotTo="2026-11-23T12:00:00", updated_eta=f"2026-11-23T{eta}:00", AddressLat=1, AddressLon=1)
    assert row["Flags"] == flag


def test_a_row_ends_with_its_last_value_and_shortens_long_names():
    row = lean.order_row(DAY, 7, "N-1", 0, None, None, None, None, 1, [None] * len(lean.ORDER_MEMBERS))
    assert row == ["o7", "N-1", 0, None, None, None, None, None, None, None, lean.NO_COORDINATES, 1000]
    long = a_row(Client="x" * 40, Weight=12.0, Volume=0.25)
    assert (len(long["Client"]), long["Weight"], long["Volume"], long["Pallets"]) == (32, 12, 0.25, None)


@pytest.mark.parametrize("text", ["o0", "r7", "o", "o-1", "o1 ", "o\u0661", "o" + "9" * 19, "", "O7"])
def test_what_is_no_id_of_an_order_is_none(text):
    assert seq_of("o", text) is None


def test_estimates_change_a_version_but_not_that_of_the_plan():
    assert shown_version(4) < shown_version(4, 5) < shown_version(4, 5000) < shown_version(5)
    assert stored_version(shown_version(4, 5000)) == 4
