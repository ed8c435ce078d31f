"""Looking at the board as a dispatcher's browser does, and comparing it with the API. The comparison is pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import urlsplit

from waybell.simulating.client import Client, good

Document = Mapping[str, Any]

# The columns of a row, and the members of the API that they show.
_SAME = {"Number": "Number", "Type": "Type", "Client": "Client", "Status": "StatusId"}
_MINUTES = {
    "From": "TimeSlotFrom",
    "To": "TimeSlotTo",
    "Plan": "ETA",
    "Arrived": "ArrivedDate",
    "Departed": "DepartedDate",
}


class BoardLook:
    """A signed-in dispatcher with the board of one day open."""

    def __init__(self, url: str, sign_in_link: str) -> None:
        """Sign in by a one-time link, as `waybell user link` prints it. Raise `Refused` when it is used up."""
        link = urlsplit(sign_in_link)
        with Client(url) as client:
            answer = client.send("POST", f"{link.path}?{link.query}")
        cookie = answer.headers.get("Set-Cookie", "").partition(";")[0]
        if answer.status != HTTPStatus.SEE_OTHER or not cookie:
            good("The sign-in link", answer)
        self._client = Client(url, cookie=cookie)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    @property
    def is_there(self) -> bool:
        return self._client.send("GET", "/board/day").is_good

    def today(self) -> str:
        """Return today in the time zone of the account."""
        day: str = self._client.call("GET", "/board/day")["Day"]
        return day

    def rows(self, day: str) -> Any:
        return self._client.call("GET", f"/board/day?day={day}")


def board_differences(board: Document, orders: Sequence[Document], routes: Sequence[Document], day: str) -> list[str]:
    """Compare the rows of the board with the orders and routes of the day in the API.

    Each order must stand in exactly one row, and lanes and pool together must be the orders of the day.
    """
    found = []
    rows = [dict(zip(board["Columns"]["Orders"], row, strict=True)) for row in board["Orders"]]
    lanes = {row[0]: dict(zip(board["Columns"]["Routes"], row, strict=True)) for row in board["Routes"]}
    by_id: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row["Id"] in by_id:
            found.append(f"{row['Number']} stands on the board twice")
        by_id[row["Id"]] = row
    for order in orders:
        shown = by_id.get(order["TrackId"])
        if shown is None:
            found.append(f"{order['Number']} does not stand on the board")
            continue
        found += [
            f"{order['Number']} {column}: the board has {shown[column]!r}, the API {value!r}"
            for column, value in _expected(order, day).items()
            if shown[column] != value
        ]
        lane = lanes.get(shown["Route"], {}).get("Code") if shown["Route"] else None
        if lane != order.get("RouteNumber"):
            found.append(f"{order['Number']}: the board has it on {lane}, the API on {order.get('RouteNumber')}")
    statuses = {lane["Code"]: lane["Status"] for lane in lanes.values()}
    found += [
        f"route {route['Code']}: the board has {statuses.get(route['Code'])}, the API {route['Status']}"
        for route in routes
        if statuses.get(route["Code"]) != route["Status"]
    ]
    counts = board["Counts"]
    if counts["OnRoutes"] + counts["Pool"] != counts["Day"]:
        found.append(f"lanes and pool are not the day: {counts['OnRoutes']} + {counts['Pool']} != {counts['Day']}")
    return found


def _expected(order: Document, day: str) -> dict[str, Any]:
    same = {column: order.get(member) for column, member in _SAME.items()}
    return same | {column: _minutes(order.get(member), day) for column, member in _MINUTES.items()}


def _minutes(wall: str | None, day: str) -> int | None:
    """Return the minutes from the day's midnight to a wall-clock time; the board shows whole minutes."""
    if wall is None:
        return None
    return int((datetime.fromisoformat(wall) - datetime.fromisoformat(day)).total_seconds() // 60)
