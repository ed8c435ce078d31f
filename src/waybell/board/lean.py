"""The lean rows of the board: what it shows of an order and of a route, in about 150 bytes. Pure.

A row is a list of values in the order of the columns; nulls at its end are left out. Times are minutes since the
midnight with which the board's day begins, so they may be negative or beyond 1440. Rows name orders and routes by short
ids, because our own ids alone would fill half of a row.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic_core import to_json

from waybell.ground.clock import wall_text
from waybell.orders.model import FAILED, SUCCEEDED

ORDER_COLUMNS = (
    *("Id", "Number", "Type", "Client", "Place", "Lat", "Lon", "Weight", "Volume", "Pallets", "Flags", "Version"),
    *("Service", "From", "To", "Route", "Seq", "Status", "Plan", "Eta", "Done", "Arrived", "Departed"),
)
ROUTE_COLUMNS = (
    *("Id", "Code", "Driver", "DriverName", "Vehicle", "Depot", "Status", "Start", "End", "Started", "Closed"),
    *("Locked", "Capacity", "Priority", "Days", "Version"),
)
EXCEPTION_COLUMNS = ("Id", "Kind", "Severity", "Order", "Route", "Since", "Text")

# The members of documents that rows are made of, in the order in which the queries return them.
ORDER_MEMBERS = (
    *("Client", "Address", "AddressLat", "AddressLon", "Weight", "Volume", "Pallets", "ServiceTime", "TimeSlotFrom"),
    *("TimeSlotTo", "ETA", "UpdatedETA", "ArrivedDate", "DepartedDate", "StatusDate", "LoadStatus", "COD"),
    *("RescheduledTimes", "Pinned"),
)
ROUTE_MEMBERS = ("Depot", "StartTimePlan", "FinishTimePlan", "StartDate", "CloseDate", "Vehicle")

NO_COORDINATES, PINNED, NOT_LOADED, LOADED, COD, FAILED_BEFORE, LATE, AT_RISK, EARLIER = (1 << bit for bit in range(9))

# The Version of a row is the version of its order or route, and behind it how many estimates have come since.
_ESTIMATES = 1_000

AT_RISK_MINUTES = 10  # an arrival so shortly before the end of the slot is at risk
_LONGEST = 32  # letters of a client and of an address
_DIGITS = 5  # of a coordinate: a metre
_A_DAY = 1440  # minutes
_ID = re.compile(r"([or])([1-9][0-9]{0,17})")

Kind = Literal["o", "r"]


def short_id(kind: Kind, seq: int) -> str:
    return f"{kind}{seq}"


def shown_version(version: int, estimates: int = 0) -> int:
    return version * _ESTIMATES + min(estimates, _ESTIMATES - 1)


def stored_version(shown: int) -> int:
    """Return the version of an order or a route behind the Version of its row."""
    return shown // _ESTIMATES


def seq_of(kind: Kind, text: str) -> int | None:
    """Return the row number behind a short id; None when the text is no id of this kind."""
    match = _ID.fullmatch(text)
    return int(match[2]) if match and match[1] == kind else None


@dataclass(frozen=True, slots=True)
class Day:
    """The day that a board shows, and the zone of its account."""

    date: date
    zone: ZoneInfo

    @property
    def midnight(self) -> str:
        return f"{self.date}T00:00:00"

    def minutes(self, text: str | None) -> int | None:
        """Return a wall-clock text as minutes since the day's midnight."""
        if text is None:
            return None
        days = 0 if text[:10] == self.midnight[:10] else (date.fromisoformat(text[:10]) - self.date).days
        return days * _A_DAY + int(text[11:13]) * 60 + int(text[14:16])

    def minutes_of(self, instant: datetime) -> int | None:
        return self.minutes(wall_text(instant.astimezone(self.zone)))

    def done(self, status_date: str | None, status_at: datetime | None) -> int | None:
        """Return when an order got its status, in minutes.

        A StatusDate that nobody sent is in UTC, as the API specifies. Such a one equals the instant of the change.
        """
        if status_at is not None and status_date in (None, wall_text(status_at)):
            return self.minutes_of(status_at)
        return self.minutes(status_date)


def order_row(
    day: Day,
    seq: int,
    number: str | None,
    order_type: int,
    route_seq: int | None,
    seq_number: int | None,
    status_id: int | None,
    status_at: datetime | None,
    version: int,
    members: Sequence[Any],
    *,
    estimates: int = 0,
    is_earlier: bool = False,
) -> list[Any]:
    """Return the row of an order; `members` are those of `ORDER_MEMBERS`.

    `estimates` is how many estimates have come since the order had this version, as far as anybody has counted.
    """
    client, address, lat, lon, weight, volume, pallets, service, opens, closes, eta, updated_eta = members[:12]
    arrived, departed, status_date, load_status, cod, rescheduled, pinned = members[12:]
    ends, plan, now_eta = day.minutes(closes), day.minutes(eta), day.minutes(updated_eta)
    is_done = status_id in SUCCEEDED or status_id in FAILED
    done = day.done(status_date, status_at) if is_done else None
    begins = day.minutes(arrived)
    if begins is None:
        begins = done if is_done else plan if now_eta is None else now_eta
    margin = None if ends is None or begins is None else ends - begins
    flags = (
        NO_COORDINATES * (lat is None or lon is None)
        | PINNED * bool(pinned)
        | NOT_LOADED * (load_status == "not-loaded")
        | LOADED * (load_status == "loaded")
        | COD * bool(cod)
        | FAILED_BEFORE * (status_id in FAILED or bool(rescheduled))
        | LATE * (margin is not None and margin < 0)
        | AT_RISK * (margin is not None and not is_done and 0 <= margin <= AT_RISK_MINUTES)
        | EARLIER * is_earlier
    )
    return _cut(
        [
            short_id("o", seq),
            number,
            order_type,
            _short(client),
            _short(address),
            lat and round(lat, _DIGITS),
            lon and round(lon, _DIGITS),
            _plain(weight),
            _plain(volume),
            _plain(pallets),
            flags,
            shown_version(version, estimates),
            _plain(service),
            day.minutes(opens),
            ends,
            route_seq and short_id("r", route_seq),
            seq_number,
            status_id,
            plan,
            now_eta,
            done,
            day.minutes(arrived),
            day.minutes(departed),
        ]
    )


def route_row(
    day: Day,
    seq: int,
    code: str | None,
    driver_login: str | None,
    driver_name: str | None,
    driver_vehicle: str | None,
    status: str,
    priority: int | None,
    route_date: str,
    version: int,
    locked: int,
    members: Sequence[Any],
    last_eta: str | None = None,
) -> list[Any]:
    """Return the row of a route; `members` are those of `ROUTE_MEMBERS`, and `last_eta` is the estimate of its end."""
    depot, start_plan, finish_plan, started, closed, vehicle = members
    capacity = [_plain((vehicle or {}).get(name)) for name in ("Weight", "Volume", "Pallets")]
    return _cut(
        [
            short_id("r", seq),
            code,
            driver_login,
            driver_name,
            driver_vehicle,
            _short(depot),
            status,
            day.minutes(start_plan),
            day.minutes(finish_plan),
            day.minutes(started),
            day.minutes(closed),
            locked,
            capacity if any(capacity) else None,
            priority,
            [_days(day, route_date), max(_days(day, text) for text in (route_date, *last_days(members, last_eta)))],
            shown_version(version),
        ]
    )


def exception_row(
    day: Day,
    number: int,
    kind: str,
    severity: int,
    order_seq: int | None,
    route_seq: int | None,
    since: datetime,
    text: str,
) -> list[Any]:
    order, route = order_seq and short_id("o", order_seq), route_seq and short_id("r", route_seq)
    return [f"e{number}", kind, severity, order, route, day.minutes_of(since), text]


def last_days(members: Sequence[Any], last_eta: str | None) -> list[str]:
    """Return the times that can prolong a route beyond its day: the ends as planned and estimated, start and end."""
    _depot, _start_plan, finish_plan, started, closed, _vehicle = members
    return [text for text in (finish_plan, started, closed, last_eta) if text]


def _days(day: Day, text: str) -> int:
    return (date.fromisoformat(text[:10]) - day.date).days


def encoded(row: Sequence[Any]) -> bytes:
    return to_json(row)


def _cut(row: list[Any]) -> list[Any]:
    while row[-1] is None:
        row.pop()
    return row


def _short(text: str | None) -> str | None:
    return text if text is None or len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _plain(amount: float | None) -> float | None:
    """Return the amount without a fraction that is zero, and None for none: `12` is shorter than `12.0`."""
    if not amount:
        return None
    return int(amount) if float(amount).is_integer() else round(amount, 3)
