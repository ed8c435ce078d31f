"""How times are read."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from waybell.wire.model import local_time, member_name

DAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-11-24", datetime(2026, 11, 24)),  # noqa: DTZ001 - wall-clock times have no zone
        (" 2026-11-24T08:05 ", datetime(2026, 11, 24, 8, 5)),  # noqa: DTZ001
        ("2026-11-24T08:05:06.789", datetime(2026, 11, 24, 8, 5, 6)),  # noqa: DTZ001
        ("2026-11-24T08:05:06.1234567Z", datetime(2026, 11, 24, 10, 5, 6)),  # noqa: DTZ001
        ("2026-11-24T08:05:06+05:00", datetime(2026, 11, 24, 5, 5, 6)),  # noqa: DTZ001
        ("09:00", datetime(2026, 11, 23, 9)),  # noqa: DTZ001
        ("9:00:30", datetime(2026, 11, 23, 9, 0, 30)),  # noqa: DTZ001
    ],
)
def test_times_are_read_as_callers_write_them(text, read):
    assert local_time(text, ZoneInfo("Europe/Tallinn"), DAY) == read


@pytest.mark.parametrize(
    "text",
    ["", "x", "24:00", "2026-13-01", "1899-12-31", "2200-01-01", "9999-12-31T23:59:59-23:00", "2026-11-23Tx", "5"],
)
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError):
        local_time(text, ZoneInfo("Europe/Tallinn"), DAY)


@pytest.mark.parametrize(
    ("field", "member"), [("cod_actual", "CODActual"), ("updated_eta", "UpdatedETA"), ("ext_id", "ExtId")]
)
def test_members_are_named_as_the_api_names_them(field, member):
    assert member_name(field) == member
