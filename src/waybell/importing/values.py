"""Turning a cell into the value of a field. Pure.

What can be read two ways is not guessed: `Evidence` collects what the whole file shows, and a person answers the rest.
Each function raises `ValueError` with words that follow the name of the field: "must be a number".
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Literal

from waybell.importing.cells import Cell, Unusable, as_text
from waybell.importing.fields import Field

Decimal = Literal[".", ",", ""]  # empty where the file does not show it
DayOrder = Literal["dmy", "mdy", ""]


@dataclass(frozen=True, slots=True)
class How:
    """The way in which cells are read."""

    decimal: Decimal = ""
    day_order: DayOrder = ""
    from_1904: bool | None = None  # the day from which serial dates count; None where a number is no date
    is_text: bool = True  # the file is text, in which our own export guards formulas by an apostrophe


class TwoWaysError(ValueError):
    """A value that can be read two ways."""


_LONGEST_SHOWN = 40
_EXACT = 1e15  # spreadsheets keep 15 digits
_GUARDED = re.compile(r"'+[=+\-@\t\r]")
_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?E\+\d{2,3}", re.IGNORECASE)
_BLANKS_IN_NUMBER = re.compile("(?<=\\d)[ \u00a0\u202f\u2009'\u2019](?=\\d{3})")
_EITHER = re.compile(r"[+-]?(\d{1,3})([.,])(\d{3})")
_BY_SIGN = {
    ".": re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?"),
    ",": re.compile(r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d+)?(?:,\d*)?"),
}
_PLAIN_FLOAT = re.compile(r"[+-]?\d+(?:\.\d+)?[eE][+-]?\d{1,3}")
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})\.?")
_COMPACT = re.compile(r"(20\d\d)(\d\d)(\d\d)")
_DOTTED = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4}|\d\d)\.?")
_SLASHED = re.compile(r"(\d{1,2})([/-])(\d{1,2})\2(\d{4}|\d\d)")
_NAMED = re.compile(r"(\d{1,2})[ .-]+([A-Za-z]{3,9})[ .,-]+(\d{4})")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WITH_TIME = re.compile(
    r"(.*\d)[T ]+(\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?:\.\d+)?\s*(?:[AaPp]\.?[Mm]\.?)?)(Z|[+-]\d\d:?\d\d)?"
)
_CLOCK = re.compile(r"(\d{1,2})(?:[:.h](\d\d))?(?:[:.](\d\d)(?:\.\d+)?)?\s*([AaPp])?(?:\.?[Mm]\.?)?(?:\s*(?:Uhr|h))?")
_MILITARY = re.compile(r"(\d{1,2})(\d\d)")
_WINDOW = re.compile(r"\s*(?:-|\u2013|\u2014|\bto\b|\bbis\b|\bkuni\b|\u2192)\s*", re.IGNORECASE)
_TYPES = {
    0: ("0", "delivery", "deliver", "d", "lieferung", "zustellung", "livraison", "entrega", "consegna", "bezorging",
        "levering", "dostawa", "tarne", "kohaletoimetamine", "piegade", "pristatymas", "toimitus", "drop", "dropoff"),
    1: ("1", "collection", "collect", "pickup", "pick up", "pick-up", "c", "p", "abholung", "collecte", "ramassage",
        "enlevement", "recogida", "ritiro", "afhaling", "ophalen", "odbior", "korje", "pealevott", "nouto"),
}  # fmt: skip
_TYPE_BY_WORD = {word: number for number, words in _TYPES.items() for word in words}
_PRIORITIES = {
    "low": ("low", "niedrig", "basse", "baja", "bassa", "laag", "niski", "madal"),
    "normal": ("normal", "medium", "mittel", "normale", "normaal", "tavaline", "media"),
    "high": ("high", "urgent", "critical", "hoch", "dringend", "haute", "alta", "hoog", "wysoki", "korge", "kiire"),
}
_PRIORITY_BY_WORD = {word: name for name, words in _PRIORITIES.items() for word in words}
_NAMES = {"Number", "Id", "TrackId", "Barcode", "InvoiceId", "CustomerReferenceId", "Phone", "GoodsId", "Code"}
_FIRST_DAY, _FIRST_DAY_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001 - wall-clock times
_SERIALS = (20_000, 80_000)  # serial dates from 1954 to 2119


def shown(value: str) -> str:
    """Return a value in quotes, cut to a length that fits into a message."""
    more = "\u2026" if len(value) > _LONGEST_SHOWN else ""
    return f"\u201c{value[:_LONGEST_SHOWN]}{more}\u201d"


@dataclass
class Evidence:
    """The evidence of the values of a file about its decimal sign and the order of its dates."""

    decimals: Counter[str] = field(default_factory=Counter)
    orders: Counter[str] = field(default_factory=Counter)
    number_two_ways: str = ""  # an example
    date_two_ways: str = ""

    def note_number(self, cell: Cell) -> None:
        if isinstance(cell, str) and ("," in cell or "." in cell):
            value = _BLANKS_IN_NUMBER.sub("", cell.strip())
            if sign := _decimal_sign(value):
                self.decimals[sign] += 1
            elif _EITHER.fullmatch(value):
                self.number_two_ways = self.number_two_ways or value

    def note_date(self, cell: Cell) -> None:
        if isinstance(cell, str) and (found := _SLASHED.fullmatch(_without_time(cell.strip())[0])):
            first, second = int(found[1]), int(found[3])
            if first > 12 >= second:  # noqa: PLR2004 - months
                self.orders["dmy"] += 1
            elif second > 12 >= first:  # noqa: PLR2004
                self.orders["mdy"] += 1
            elif first != second:
                self.date_two_ways = self.date_two_ways or found[0]

    @property
    def decimal(self) -> Decimal:
        return _commonest(self.decimals)  # type: ignore[return-value]

    @property
    def day_order(self) -> DayOrder:
        """The order that the dates show; none when some show one order and some the other."""
        if len(self.orders) != 1:
            return ""
        return "dmy" if "dmy" in self.orders else "mdy"


def _commonest(counts: Counter[str]) -> str:
    return counts.most_common(1)[0][0] if counts else ""


def _decimal_sign(value: str) -> str:
    """Return the decimal sign that a number shows beyond doubt, or empty text."""
    value = value.lstrip("+-")
    points, commas = value.count("."), value.count(",")
    if points and commas:
        last = max(value.rfind("."), value.rfind(","))
        return value[last] if value.count(value[last]) == 1 else ""
    sign = "." if points else ","
    before, _, after = value.partition(sign)
    if not (before + after).replace(sign, "").isdigit():
        return ""
    if value.count(sign) > 1:
        return "," if sign == "." else "."
    return "" if len(after) == 3 and 1 <= len(before) <= 3 and before != "0" else sign  # noqa: PLR2004


def number(cell: Cell, how: How) -> float:
    if isinstance(cell, float | int) and not isinstance(cell, bool):
        return float(cell)
    if not isinstance(cell, str):
        raise ValueError("must be a number")  # noqa: TRY004 - it becomes a sentence for a person
    value = _BLANKS_IN_NUMBER.sub("", cell.strip())
    if how.is_text and _GUARDED.match(value):
        value = value[1:]
    if not how.decimal and _EITHER.fullmatch(value):
        raise TwoWaysError(f"{shown(value)} can be read two ways: say above what the comma and the point mean")
    sign = how.decimal or "."
    if not _BY_SIGN[sign].fullmatch(value) or not any(map(str.isdigit, value)):
        if _PLAIN_FLOAT.fullmatch(value):
            return float(value)
        named = " with a decimal comma" if sign == "," else ""
        raise ValueError(f"must be a number{named}, and not {shown(value)}")
    return float(value.replace("," if sign == "." else ".", "").replace(",", "."))


def whole(cell: Cell, how: How) -> int:
    read = number(cell, how)
    if not read.is_integer() or not 0 <= read < 2**31:
        raise ValueError("must be a whole number")
    return int(read)


def _without_time(value: str) -> tuple[str, str, str]:
    """Return the date, the time and the zone of a text."""
    found = _WITH_TIME.fullmatch(value)
    return (found[1], found[2], found[3] or "") if found else (value, "", "")


def day(cell: Cell, how: How) -> date:
    """Return the date of a cell. Raise `TwoWaysError` where day and month cannot be told apart."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, float | int) and not isinstance(cell, bool):
        return _of_serial(float(cell), how)
    if not isinstance(cell, str):
        raise ValueError("must be a date")  # noqa: TRY004
    value = _without_time(cell.strip())[0]
    year, month, number_of_day = _parts(value, how)
    try:
        return date(year, month, number_of_day)
    except ValueError:
        raise ValueError(f"{shown(value)} is not a date of the calendar") from None


def _of_serial(serial: float, how: How) -> date:
    if how.from_1904 is None or not _SERIALS[0] <= serial <= _SERIALS[1]:
        text = as_text(serial)
        if _COMPACT.fullmatch(text):
            return day(text, how)
        raise ValueError(f"{text} is a number and no date. Give the column the format of dates, and save the file")
    return ((_FIRST_DAY_1904 if how.from_1904 else _FIRST_DAY) + timedelta(days=serial)).date()


def _parts(value: str, how: How) -> tuple[int, int, int]:
    if found := _YEAR_FIRST.fullmatch(value):
        return int(found[1]), int(found[3]), int(found[4])
    if found := _COMPACT.fullmatch(value):
        return int(found[1]), int(found[2]), int(found[3])
    if found := _DOTTED.fullmatch(value):
        return _year(found[3]), int(found[2]), int(found[1])
    if found := _SLASHED.fullmatch(value):
        first, second = int(found[1]), int(found[3])
        if not how.day_order and first != second:
            raise TwoWaysError(f"{shown(value)} can be read two ways: say above whether the day or the month is first")
        return (_year(found[4]), first, second) if how.day_order == "mdy" else (_year(found[4]), second, first)
    if (found := _NAMED.fullmatch(value)) and (name := found[2].lower()[:3]) in _MONTHS:
        return int(found[3]), _MONTHS.index(name) + 1, int(found[1])
    raise ValueError(f"must be a date such as 2026-11-30 or 30.11.2026, and not {shown(value)}")


def _year(text: str) -> int:
    return int(text) if len(text) > 2 else 2000 + int(text)  # noqa: PLR2004


def clock(cell: Cell, how: How) -> str:
    """Return a time as the API takes it: `HH:mm:ss`, or with a day where the cell has one."""
    match cell:
        case datetime():
            if cell.year < 1905:  # noqa: PLR2004 - a time of day as spreadsheets store it
                return cell.time().isoformat("seconds")
            return cell.isoformat(timespec="seconds")
        case time():
            return cell.replace(tzinfo=None).isoformat("seconds")
        case timedelta():
            return _of_minutes(cell.total_seconds() / 60)
        case float() | int() if not isinstance(cell, bool):
            return _of_number(float(cell), how)
        case str():
            return _of_text(cell.strip(), how)
    raise ValueError("must be a time such as 08:30")


def _of_minutes(minutes: float) -> str:
    if not 0 <= minutes < 24 * 60:
        raise ValueError("must be a time of day, from 00:00 to 23:59")
    return f"{int(minutes) // 60:02}:{int(minutes) % 60:02}:00"


def _of_number(value: float, how: How) -> str:
    if how.from_1904 is not None and 0 <= value < 1 and value:
        return _of_minutes(round(value * 24 * 60))
    if value.is_integer():
        return _of_text(f"{value:.0f}", how)
    raise ValueError(f"must be a time such as 08:30, and not the number {value:g}")


def _of_text(value: str, how: How) -> str:
    dated, at, zone = _without_time(value)
    if at:
        whole_day = day(dated, how)
        hours, minutes, seconds = _clock_parts(at.strip())
        return f"{whole_day.isoformat()}T{hours:02}:{minutes:02}:{seconds:02}{zone}"
    hours, minutes, seconds = _clock_parts(value)
    return f"{hours:02}:{minutes:02}:{seconds:02}"


def _clock_parts(value: str) -> tuple[int, int, int]:
    found = _CLOCK.fullmatch(value)
    military = _MILITARY.fullmatch(value) if not found else None
    if military:
        hours, minutes, seconds, half = int(military[1]), int(military[2]), 0, ""
    elif found:
        hours, minutes, seconds = (int(found[group] or 0) for group in (1, 2, 3))
        half = (found[4] or "").lower()
    else:
        raise ValueError(f"must be a time such as 08:30, and not {shown(value)}")
    if half:
        if not 1 <= hours <= 12:  # noqa: PLR2004
            raise ValueError(f"{shown(value)} is no time of day")
        hours = hours % 12 + (12 if half == "p" else 0)
    if hours > 23 or minutes > 59 or seconds > 59:  # noqa: PLR2004
        raise ValueError(f"{shown(value)} is no time of day, which goes from 00:00 to 23:59")
    return hours, minutes, seconds


def window(cell: Cell, how: How) -> tuple[str, str]:
    """Return both ends of a time window such as `8:00-12:00`."""
    parts = _WINDOW.split(cell.strip()) if isinstance(cell, str) else []
    if len(parts) != 2:  # noqa: PLR2004
        raise ValueError(f"must be a time window such as 08:00-12:00, and not {shown(as_text(cell))}")
    return _of_text(parts[0], how), _of_text(parts[1], how)


def order_type(cell: Cell, _how: How) -> int:
    word = as_text(cell).strip().casefold()
    if word not in _TYPE_BY_WORD:
        raise ValueError(f"must be delivery (0) or collection (1), and not {shown(as_text(cell))}")
    return _TYPE_BY_WORD[word]


def priority(cell: Cell, _how: How) -> str:
    word = as_text(cell).strip().casefold()
    if word not in _PRIORITY_BY_WORD:
        raise ValueError(f"must be low, normal or high, and not {shown(as_text(cell))}")
    return _PRIORITY_BY_WORD[word]


def text(cell: Cell, how: How, of: Field) -> str:
    """Return the text of a cell. Raise `ValueError` where the spreadsheet has changed what was typed."""
    is_name = of.member in _NAMES
    if isinstance(cell, str):
        value = cell.strip()
        if is_name and _SCIENTIFIC.fullmatch(value):
            raise ValueError(f"{shown(value)} is a long number that a spreadsheet has rounded. Format it as text")
        return value[1:] if how.is_text and _GUARDED.match(value) else value
    if isinstance(cell, float) and abs(cell) >= _EXACT:
        raise ValueError("is a number of more than 15 digits, of which spreadsheets keep 15. Format it as text")
    if is_name and isinstance(cell, date | time | timedelta):
        raise ValueError(f"{as_text(cell)} was turned into a date or a time by the spreadsheet. Format it as text")
    return as_text(cell)


_READERS: dict[str, Callable[[Cell, How], object]] = {
    "number": number,
    "whole": whole,
    "date": lambda cell, how: day(cell, how).isoformat(),
    "time": clock,
    "window": window,
    "type": order_type,
    "priority": priority,
}


def read(cell: Cell, of: Field, how: How) -> object:
    """Return the value of a cell that is not blank, as a request takes it; a window becomes two values."""
    if isinstance(cell, Unusable):
        raise ValueError(cell.why)  # noqa: TRY004
    return text(cell, how, of) if of.kind == "text" else _READERS[of.kind](cell, how)


def evidence_of(cells: Iterable[tuple[Field, Cell]]) -> Evidence:
    """Return what these cells show."""
    found = Evidence()
    for of, cell in cells:
        if of.kind == "number":
            found.note_number(cell)
        elif of.kind in ("date", "time"):
            found.note_date(cell)
    return found
