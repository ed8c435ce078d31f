"""Looking at the board as a dispatcher's browser does, and comparing it with the API. The comparison is pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from itertools import zip_longest
from typing import Any, Self
from urllib.parse import quote, urlsplit

from waybell.simulating.client import Client, good

_KINDS = ("Orders", "Routes", "Exceptions")

Document = Mapping[str, Any]

# The columns of a row, and the members of the API that they show.
_SAME = {"Number": "Number", "Type": "Type", "Seq": "SeqNumber", "Status": "StatusId"}
_MINUTES = {
    "From": "TimeSlotFrom",
    "To": "TimeSlotTo",
    "Plan": "ETA",
    "Eta": "UpdatedETA",
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
        self._kept: dict[str, Any] = {}  # the board as it was first loaded, kept up to date by its feed of changes

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

    def look(self, day: str) -> tuple[Document, list[str]]:
        """Return the board as it is loaded anew, and how the board that is kept by its feed of changes differs."""
        fresh = self._client.call("GET", f"/board/day?day={day}")
        if not self._kept:
            self._kept = fresh
        after = quote(self._kept["Cursor"], safe="")
        changes = self._client.call("GET", f"/board/changes?day={day}&after={after}&wait=0")
        self._kept = kept_up(self._kept, changes)
        return fresh, kept_differences(self._kept, fresh)


def kept_up(board: Document, changes: Document) -> dict[str, Any]:
    """Return the board with the changes of its feed: rows are replaced by their ids, and those that are gone go."""
    new = dict(board) | {"Cursor": changes["Cursor"], "Counts": changes["Counts"]}
    for kind in _KINDS:
        rows = {} if changes.get("Full") else {row[0]: row for row in board[kind]}
        rows |= {row[0]: row for row in changes[kind]}
        new[kind] = [row for row in rows.values() if row[0] not in changes.get("Gone", {}).get(kind, ())]
    return new


def kept_differences(kept: Document, fresh: Document) -> list[str]:
    """Compare a board that was kept by its feed with one that was loaded anew."""
    found = []
    for kind in _KINDS:
        mine, theirs = ({row[0]: row for row in board[kind]} for board in (kept, fresh))
        found += [
            f"{kind} {key}: the feed of the board tells {mine.get(key)}, and a reload {theirs.get(key)}"
            for key in sorted(mine.keys() | theirs.keys())
            if mine.get(key) != theirs.get(key)
        ]
    if kept["Counts"] != fresh["Counts"]:
        found.append(f"the feed of the board counts {kept['Counts']}, and a reload {fresh['Counts']}")
    return found


def board_differences(board: Document, orders: Sequence[Document], routes: Sequence[Document], day: str) -> list[str]:
    """Compare the rows of the board with the orders and routes of the day in the API, whose names are unique.

    Each order must stand in exactly one row, and lanes and pool together must be the orders of the day.
    """
    rows = [_named(board["Columns"]["Orders"], row) for row in board["Orders"]]
    lanes = {row[0]: _named(board["Columns"]["Routes"], row) for row in board["Routes"]}
    times = Counter(row["Number"] for row in rows)
    shown = {row["Number"]: row for row in rows}
    found = []
    for order in orders:
        number = order["Number"]
        if times[number] != 1:
            found.append(f"{number} stands on the board {times[number]} times")
            continue
        row = shown[number]
        lane = lanes[row["Route"]]["Code"] if row["Route"] else None
        pairs = [(column, row[column], value) for column, value in _expected(order, day).items()]
        found += [
            f"{number} {column}: the board has {board_value!r}, the API {value!r}"
            for column, board_value, value in [*pairs, ("Route", lane, order.get("RouteNumber"))]
            if board_value != value
        ]
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


def _named(columns: Sequence[str], row: Sequence[Any]) -> dict[str, Any]:
    """Return the values of a row by their columns; nulls at its end are left out of it."""
    return dict(zip_longest(columns, row))


def _expected(order: Document, day: str) -> dict[str, Any]:
    same = {column: order.get(member) for column, member in _SAME.items()}
    return same | {column: _minutes(order.get(member), day) for column, member in _MINUTES.items()}


def _minutes(wall: str | None, day: str) -> int | None:
    """Return the minutes from the day's midnight to a wall-clock time; the board shows whole minutes."""
    if wall is None:
        return None
    return int((datetime.fromisoformat(wall) - datetime.fromisoformat(day)).total_seconds() // 60)
