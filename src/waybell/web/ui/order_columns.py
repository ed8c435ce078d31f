"""The columns of the list of orders: those that are there at once, and those that can be chosen."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    word: str  # in the URL, and the name of its cell in the template
    title: str
    sort: str = ""  # a word of `listing.SORTS`
    usual: str | None = None  # CSS classes that hide a usual column on narrow screens; None for the others


COLUMNS = (
    Column("number", "Number", "number", ""),
    Column("status", "Status", "status", "d-none d-md-table-cell"),
    Column("client", "Client", "client", "cut"),
    Column("address", "Address", "address", "cut d-none d-lg-table-cell"),
    Column("date", "Date", "date", "d-none d-md-table-cell"),
    Column("slot", "Time window", "slot", "d-none d-lg-table-cell"),
    Column("route", "Route", "route", "d-none d-md-table-cell"),
    Column("driver", "Driver", "driver", "d-none d-xl-table-cell"),
    Column("changed", "Changed", "changed", "d-none d-xxl-table-cell"),
    Column("eta", "ETA"),
    Column("arrived", "Arrived"),
    Column("weight", "Weight"),
    Column("volume", "Volume"),
    Column("pallets", "Pallets"),
    Column("cod", "Cash on delivery"),
    Column("phone", "Phone"),
    Column("depot", "Depot"),
    Column("shipper", "Shipper"),
    Column("team", "Team"),
    Column("note", "Note"),
)


def chosen(words: Sequence[str]) -> list[Column]:
    """Return the columns with these words, the number always first; without any, the usual ones."""
    if not set(words) & {one.word for one in COLUMNS}:
        return [one for one in COLUMNS if one.usual is not None]
    return [one for one in COLUMNS if one.word in (*words, "number")]
