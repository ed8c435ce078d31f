"""Ugly files: each is read right, or refused with row and column, and nothing is guessed."""

import io
import random
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from support.files import HEADERS, ORDER, ods, ods_row, repacked, text_file, with_rows, with_sheet, xls, xlsx
from waybell.importing.assembling import Columns, FileOrder
from waybell.importing.cells import BadFileError
from waybell.importing.fields import FIELDS
from waybell.importing.limits import MAX_ROWS
from waybell.importing.parts import unpacked
from waybell.importing.reading import Checked, Reading, Task, act, checked, looked
from waybell.importing.values import How
from waybell.importing.xls_errors import unusable_cells

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY = date(2026, 11, 24)
FIVE = datetime(2026, 11, 24, 17, 0)  # noqa: DTZ001 - spreadsheets know no zone


def read(
    data: bytes, reading: Reading | None = None, how: How | None = None, **columns: Any
) -> tuple[Checked, list[FileOrder]]:
    look = looked(Task(data, reading or Reading()))
    has_goods = any(name in FIELDS and FIELDS[name].is_goods for name in look.guesses)
    wishes = {"key": "Number" if "Number" in look.guesses else "", "repeated": "lines" if has_goods else "refuse"}
    task = Task(
        data, look.reading, Columns(look.guesses, **{**wishes, **columns}), how or How(), NOW, "Europe/Tallinn", 1000
    )
    found = checked(task, task.columns)
    return found, [order for part in found.parts for order in unpacked(part)]


@dataclass
class Right:
    """What the first order must hold, and the words of the problems of all orders."""

    holds: dict[str, Any] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    orders: int = 1


@dataclass
class Refused:
    """What the refusal of the whole file must say."""

    words: str


def order(**changed: Any) -> list[list[Any]]:
    """Headers and a good order, with these cells changed or added."""
    cells = dict(zip(HEADERS, ORDER, strict=True)) | changed
    return [list(cells), list(cells.values())]


def bomb() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (210 * 1024 * 1024))
    return made.getvalue()


def lying(data: bytes) -> bytes:
    """A workbook that says of its sheet that it has one byte."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entry = next(one for one in archive.infolist() if one.filename.endswith("sheet1.xml"))
    size = entry.file_size.to_bytes(4, "little")
    assert data.count(size) >= 1
    return data.replace(size, (1).to_bytes(4, "little"))


def formula(cached: bool) -> Callable[[Any, Any], None]:
    def add(_book: Any, sheet: Any) -> None:
        sheet.write_string(0, 4, "Weight")
        sheet.write_formula(1, 4, "=5+7", None, 12 if cached else "")

    return add


def merged(_book: Any, sheet: Any) -> None:
    sheet.merge_range(1, 4, 2, 4, "R7")
    sheet.write_string(0, 4, "Route")


def padded(book: Any, sheet: Any) -> None:
    sheet.write_string(0, 4, "Barcode")
    sheet.write_number(1, 4, 123, book.add_format({"num_format": "00000"}))


def failing(_book: Any, sheet: Any) -> None:
    sheet.write_string(0, 4, "Weight")
    sheet.write_formula(1, 4, "=1/0", None, "#DIV/0!")


def hidden_first(book: Any, _sheet: Any) -> None:
    other = book.add_worksheet("Shown")
    for at, row in enumerate([HEADERS, ("B1", *ORDER[1:])]):
        other.write_row(at, 0, row)
    other.activate()
    other.set_first_sheet()
    _sheet.hide()


GOOD = xlsx(HEADERS, ORDER)
LINES = ("Number", "Client", "Address", "SKU", "Qty")
CASES: dict[str, tuple[Callable[[], bytes], Right | Refused]] = {
    # Encodings and delimiters
    "utf-8 with a mark": (
        lambda: b"\xef\xbb\xbf" + text_file(*order(Client="K\u00f5rts")),
        Right({"Number": "A1", "Client": "K\u00f5rts"}),
    ),
    "utf-16 little, with a mark": (
        lambda: b"\xff\xfe" + text_file(*order(Client="\u0416"), encoding="utf-16-le"),
        Right({"Client": "\u0416"}),
    ),
    "utf-16 big, with a mark": (
        lambda: b"\xfe\xff" + text_file(*order(Client="\u0416"), encoding="utf-16-be"),
        Right({"Client": "\u0416"}),
    ),
    "utf-16 without a mark": (lambda: text_file(*order(), encoding="utf-16-le"), Right({"Number": "A1"})),
    "utf-32": (lambda: text_file(*order(), encoding="utf-32"), Refused("UTF-32")),
    "windows-1252": (
        lambda: text_file(*order(Client="M\u00fcller \u20ac"), encoding="cp1252"),
        Right({"Client": "M\u00fcller \u20ac"}),
    ),
    "windows-1252 with a letter that German does not have": (
        lambda: text_file(*order(Client="\u00d5nne M\u00fcller", Address="Stra\u00dfe 1 S\u00e3o"), encoding="cp1252"),
        Right({"Client": "\u00d5nne M\u00fcller", "Address": "Stra\u00dfe 1 S\u00e3o"}),
    ),
    "windows-1250": (
        lambda: text_file(*order(Client="\u017b\u00f3\u0142w \u0141\u00f3d\u017a"), encoding="cp1250"),
        Right({"Client": "\u017b\u00f3\u0142w \u0141\u00f3d\u017a"}),
    ),
    "windows-1251": (
        lambda: text_file(*order(Client="\u041c\u0430\u0433\u0430\u0437\u0438\u043d"), encoding="cp1251"),
        Right({"Client": "\u041c\u0430\u0433\u0430\u0437\u0438\u043d"}),
    ),
    "windows-1257": (
        lambda: text_file(*order(Client="\u0160iauli\u0173 gatv\u0117"), encoding="cp1257"),
        Right({"Client": "\u0160iauli\u0173 gatv\u0117"}),
    ),
    "semicolons": (
        lambda: text_file(*order(Address="Pikk 1, Tallinn"), delimiter=";"),
        Right({"Address": "Pikk 1, Tallinn"}),
    ),
    "tabs": (lambda: text_file(*order(), delimiter="\t"), Right({"Number": "A1"})),
    "bars": (lambda: text_file(*order(), delimiter="|"), Right({"Number": "A1"})),
    "the line with which Excel names the delimiter": (
        lambda: b"sep=;\r\n" + text_file(*order(Date="soon"), delimiter=";"),
        Right({}, ["Row 3, column B (Date): must be a date"]),
    ),
    "old line ends": (lambda: text_file(*order(), end="\r"), Right({"Number": "A1"})),
    # Quotes
    "a quote within quotes, and a line break": (
        lambda: text_file(*order(Client='"Bar ""X""\nLtd"')),
        Right({"Client": 'Bar "X"\nLtd'}),
    ),
    "a quote that is not closed": (
        lambda: text_file(*order(Client='"Bar')),
        Refused("Row 2: a quotation mark opens here"),
    ),
    "something behind a quote": (
        lambda: text_file(*order(Client='"Bar" Ltd')),
        Refused("Row 2: something stands behind"),
    ),
    "a quote in the middle": (lambda: text_file(*order(Client='12" pipes')), Right({"Client": '12" pipes'})),
    # Rows
    "a title and empty rows": (
        lambda: text_file(["Export of today"], [], *order(Weight="x")),
        Right({}, ["Row 4, column E (Weight): must be a number"]),
    ),
    "empty rows at the end": (lambda: text_file(*order(), *[[","] * 3] * 5000), Right({"Number": "A1"})),
    "short and long rows": (
        lambda: text_file(HEADERS, ["A1", "", "Cafe", "Pikk 1", "", "", ""], ["A2"]),
        Right({"Number": "A1"}, [], 2),
    ),
    "no rows": (lambda: b"", Refused("is empty")),
    "only blanks": (lambda: b" \r\n,,\r\n", Refused("is empty")),
    "too many columns": (lambda: text_file(range(301), ["x"] * 301), Refused("Row 1: there are 301 columns")),
    "a header twice": (
        lambda: text_file(["Number", "Number", "Client", "Address"], ["A1", "B1", "Cafe", "Pikk 1"]),
        Right({"Number": "A1"}),
    ),
    # Not a table
    "a picture": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(100), Refused("a picture")),
    "a PDF": (lambda: b"%PDF-1.7\n", Refused("a PDF")),
    "bytes": (lambda: bytes(range(256)) * 10, Refused("This is no table")),
    "a web page called xls": (lambda: b"<html><table><tr><td>Number</td></tr></table></html>", Refused("web page")),
    "a zip file": (
        lambda: repacked(xlsx(["x"]), lambda _name, body: body).replace(b"xl/workbook.xml", b"xl/workbook.xmm"),
        Refused("zip file"),
    ),
    "a zip bomb": (bomb, Refused("too large when it is unpacked")),
    "a workbook that lies about its sizes": (lambda: lying(GOOD), Refused("damaged")),
    "a cut workbook": (lambda: GOOD[: len(GOOD) // 2], Refused("damaged")),
    "a workbook with a password": (
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
        Refused("password"),
    ),
    "a damaged xls": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000), Refused("damaged")),
    "an external entity": (
        lambda: repacked(
            GOOD,
            lambda name, body: (
                body.replace(b"<workbook ", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><workbook ')
                if name == "xl/workbook.xml"
                else body
            ),
        ),
        Refused("damaged"),
    ),
    # Values of workbooks
    "dates": (lambda: xlsx(*order(Date=DAY)), Right({"Date": "2026-11-24"})),
    "dates since 1904": (lambda: xlsx(*order(Date=DAY), date_1904=True), Right({"Date": "2026-11-24"})),
    "a serial date": (lambda: xlsx(*order(Date=46350)), Right({"Date": "2026-11-24"})),
    "a serial date since 1904": (lambda: xlsx(*order(Date=44888), date_1904=True), Right({"Date": "2026-11-24"})),
    "times": (
        lambda: xlsx(*order(**{"Time from": time(8, 30), "Time to": FIVE})),
        Right({"TimeSlotFrom": "08:30:00", "TimeSlotTo": "2026-11-24T17:00:00"}),
    ),
    "numbers as texts": (lambda: xlsx(*order(Weight="12,5")), Right({"Weight": 12.5})),
    "a number as the number": (lambda: xlsx(*order(Number=1042)), Right({"Number": "1042"})),
    "a number that shows leading zeros": (lambda: xlsx(*order(), act=padded), Right({"Barcode": "00123"})),
    "leading zeros as a text": (lambda: xlsx(*order(Number="00042")), Right({"Number": "00042"})),
    "a number that is too long": (
        lambda: xlsx(*order(Number=12345678901234567)),
        Right({}, ["Row 2, column A (Number): is a number of more than 15 digits"]),
    ),
    "an order number that became a date": (
        lambda: xlsx(*order(Number=DAY)),
        Right({}, ["Row 2, column A (Number): 2026-11-24 was turned into a date"]),
    ),
    "a formula with its result": (lambda: xlsx(*order(), act=formula(cached=True)), Right({"Weight": 12.0})),
    "a formula without its result": (
        lambda: with_sheet(xlsx(*order(), act=formula(cached=True)), lambda xml: xml.replace(b"<v>12</v>", b"")),
        Right({}, ["Row 2, column E (Weight): holds a formula whose result is not in the file"]),
    ),
    "an error": (lambda: xlsx(*order(), act=failing), Right({}, ["Row 2, column E (Weight): shows the error #DIV/0!"])),
    "cells that are merged": (
        lambda: xlsx(HEADERS, ORDER, ("A2", *ORDER[1:]), act=merged),
        Right({"Number": "A1"}, [], 2),
    ),
    "a hidden sheet first": (lambda: xlsx(HEADERS, ORDER, act=hidden_first), Right({"Number": "B1"})),
    "rows and columns that are empty first": (
        lambda: xlsx([], [], [None, None, *HEADERS], [None, None, *ORDER[:1], "soon", *ORDER[2:]]),
        Right({}, ["Row 4, column D (Date): must be a date"]),
    ),
    "a million empty rows": (
        lambda: with_rows(GOOD, "".join(f'<row r="{row}"><c r="A{row}" s="0"/></row>' for row in range(3, 1_048_577))),
        Right({"Number": "A1"}),
    ),
    "a cell far away": (
        lambda: with_rows(GOOD, '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
        Refused("reach to row 1048576, column XFD"),
    ),
    "a chart alone": (
        lambda: xlsx(act=lambda book, sheet: (book.add_chartsheet(), sheet.hide(), None)[-1]),
        Refused(""),
    ),
    "xls": (
        lambda: xls(HEADERS, ("A1", DAY, "Caf\u00e9", "Pikk 1")),
        Right({"Date": "2026-11-24", "Client": "Caf\u00e9"}),
    ),
    "xls with an error": (
        lambda: xls((*HEADERS, "Weight"), ORDER, errors=[(1, 4, 0x2A)]),
        Right({}, ["Row 2, column E (Weight): shows the error #N/A"]),
    ),
    "xls with a serial date": (
        lambda: xls(HEADERS, ("A1", 46350, "Cafe", "Pikk 1")),
        Right({}, ["Row 2, column B (Date): 46350 is a number and no date"]),
    ),
    "ods": (lambda: ods(ods_row(*HEADERS) + ods_row("A1", DAY, "Cafe", "Pikk 1")), Right({"Date": "2026-11-24"})),
    "ods with repeated rows": (
        lambda: ods(ods_row(*HEADERS) + ods_row(*ORDER, attributes=' table:number-rows-repeated="1048570"')),
        Refused("repeated"),
    ),
    "ods with an error": (
        lambda: ods(
            ods_row(*HEADERS) + '<table:table-row><table:table-cell calcext:value-type="error"/></table:table-row>'
        ),
        Refused("Row 2 or later: a cell shows an error"),
    ),
    # Dates and numbers as texts
    "a date with dots": (lambda: text_file(*order(Date="4.12.2026")), Right({"Date": "2026-12-04"})),
    "a short year": (lambda: text_file(*order(Date="24/11/26")), Right({"Date": "2026-11-24"})),
    "a date that can be read two ways": (
        lambda: text_file(*order(Date="04/12/2026")),
        Right({}, ["Row 2, column B (Date): \u201c04/12/2026\u201d can be read two ways"]),
    ),
    "a date that another row explains": (
        lambda: text_file(HEADERS, ("A1", "04/12/2026", *ORDER[2:]), ("A2", "24/12/2026", *ORDER[2:])),
        Right({"Date": "2026-12-04"}, [], 2),
    ),
    "dates of both orders": (
        lambda: text_file(HEADERS, ("A1", "12/24/2026", *ORDER[2:]), ("A2", "24/12/2026", *ORDER[2:])),
        Right({}, ["Row 2, column B (Date): \u201c12/24/2026\u201d can be read two ways", "Row 3, column B (Date)"], 2),
    ),
    "a day that is not in the calendar": (
        lambda: text_file(*order(Date="31.11.2026")),
        Right({}, ["Row 2, column B (Date): \u201c31.11.2026\u201d is not a date"]),
    ),
    "a day long ago": (
        lambda: text_file(*order(Date="2016-11-24")),
        Right({}, ["Row 2, column B (Date): 2016-11-24 has passed"]),
    ),
    "a number that can be read two ways": (
        lambda: text_file(*order(Weight="1.234")),
        Right({}, ["Row 2, column E (Weight): \u201c1.234\u201d can be read two ways"]),
    ),
    "a decimal comma": (lambda: text_file(*order(Weight="1.234,50"), delimiter=";"), Right({"Weight": 1234.5})),
    "thousands with blanks": (lambda: text_file(*order(Weight="1\u00a0234.5")), Right({"Weight": 1234.5})),
    "a unit": (
        lambda: text_file(*order(Weight="12 kg")),
        Right({}, ["Row 2, column E (Weight): must be a number, and not \u201c12 kg\u201d"]),
    ),
    "a long number that a spreadsheet rounded": (
        lambda: text_file(*order(Number="1.23457E+17")),
        Right({}, ["Row 2, column A (Number): \u201c1.23457E+17\u201d is a long number"]),
    ),
    "a phone guarded against formulas": (lambda: text_file(*order(Phone="'+372 5555")), Right({"Phone": "+372 5555"})),
    "half past two in the afternoon": (
        lambda: text_file(*order(**{"Time from": "2:30 PM", "Time to": "16.00"})),
        Right({"TimeSlotFrom": "14:30:00", "TimeSlotTo": "16:00:00"}),
    ),
    "a time window in one": (
        lambda: text_file(*order(**{"Time window": "8:00 \u2013 12:00"})),
        Right({"TimeSlotFrom": "08:00:00", "TimeSlotTo": "12:00:00"}),
    ),
    "no time of day": (
        lambda: text_file(*order(**{"Time to": "25:00"})),
        Right({}, ["Row 2, column E (Time to): \u201c25:00\u201d is no time of day"]),
    ),
    "a latitude beyond the pole": (
        lambda: text_file(*order(Latitude="91.5")),
        Right({}, ["Row 2, column E (Latitude): must be at most 90"]),
    ),
    "a text that is too long": (
        lambda: text_file(*order(Phone="5" * 51)),
        Right({}, ["Row 2, column E (Phone): must be no longer than 50 characters"]),
    ),
    "a control character": (
        lambda: text_file(*order(Note="bell\x07")),
        Right({}, ["Row 2, column E (Note): must not hold the control character U+0007"]),
    ),
    "a type in words": (lambda: text_file(*order(Type="Abholung")), Right({"Type": 1})),
    "an address in several columns": (
        lambda: text_file(
            ["Number", "Client", "Street", "Postcode", "City"], ["A1", "Cafe", "Pikk 1", "01234", "Tallinn"]
        ),
        Right({"Address": "Pikk 1, 01234, Tallinn"}),
    ),
    # Orders of several rows
    "lines of goods": (
        lambda: text_file(
            LINES, ["A1", "Cafe", "Pikk 1", "B", "1"], ["A2", "Bar", "Lai 1", "C", "1"], ["A1", "", "", "D", "2"]
        ),
        Right({"GoodsList": [{"GoodsId": "B", "Quantity": 1.0}, {"GoodsId": "D", "Quantity": 2.0}]}, [], 2),
    ),
    "lines that contradict each other": (
        lambda: text_file(LINES, ["A1", "Cafe", "Pikk 1", "B", "1"], ["A1", "Bar", "Pikk 1", "D", "2"]),
        Right({}, ["Row 3, column B (Client): is another value than in row 2"]),
    ),
    "a number twice without goods": (
        lambda: text_file(HEADERS, ORDER, ORDER),
        Right({}, ["Row 3: is of the same order as row 2"]),
    ),
    "no number": (lambda: text_file(HEADERS, ("", *ORDER[1:])), Right({}, ["Row 2: Number is empty"])),
    "a line with a quantity in words": (
        lambda: text_file(LINES, ["A1", "Cafe", "Pikk 1", "B", "1"], ["A1", "", "", "D", "two"]),
        Right({}, ["Row 3, column E (Qty): must be a number"]),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_an_ugly_file_is_read_right_or_refused(name: str):
    make, expected = CASES[name]
    if isinstance(expected, Refused):
        with pytest.raises(BadFileError) as refusal:
            read(make())
        assert expected.words in str(refusal.value)
        return
    _, orders = read(make())
    assert len(orders) == expected.orders
    assert {member: orders[0].request.get(member) for member in expected.holds} == expected.holds
    words = [problem.words for one in orders for problem in one.problems]
    assert len(words) == len(expected.words), words
    for found, wanted in zip(words, expected.words, strict=True):
        assert found.startswith(wanted)


def test_the_orders_of_a_route_come_by_their_stops():
    data = xlsx(HEADERS, ORDER, ("A2", *ORDER[1:]), act=merged)
    _, orders = read(data)
    assert [one.route for one in orders] == [{"Code": "R7"}, {"Code": "R7"}]
    rows = [["Number", "Client", "Address", "Route", "Stop"], ["A1", "C", "X", "R", "2"], ["A2", "C", "X", "R", "1"]]
    _, orders = read(text_file(*rows))
    assert [one.request["Number"] for one in orders] == ["A2", "A1"]


def test_questions_are_asked_and_answers_hold():
    data = text_file(*order(Date="04/12/2026", Weight="1.234"))
    found, _ = read(data)
    assert (found.date_two_ways, found.number_two_ways) == ("04/12/2026", "1.234")
    found, [one] = read(data, how=How(decimal=",", day_order="mdy"))
    assert (found.date_two_ways, found.number_two_ways) == ("", "")
    assert (one.request["Date"], one.request["Weight"]) == ("2026-04-12", 1234.0)


def test_a_file_that_is_read_in_a_wrong_way_says_so():
    data = text_file(*order(Client="\u0416"), encoding="cp1251")
    with pytest.raises(BadFileError, match="Row 2: the bytes are not in UTF-8"):
        read(data, Reading(encoding="utf-8"))
    look = looked(Task(text_file(*order(), delimiter=";"), Reading(delimiter=",")))
    assert look.reading.delimiter == ","


def test_another_sheet_can_be_chosen_and_one_that_is_gone_is_not_missed():
    data = xlsx(HEADERS, ORDER, act=hidden_first)
    assert looked(Task(data, Reading(sheet="Orders"))).sample[0][0] == "A1"
    assert looked(Task(data, Reading(sheet="renamed since"))).reading.sheet == "Shown"


def test_too_many_rows_are_refused():
    data = text_file(HEADERS, *[ORDER] * (MAX_ROWS + 1))
    with pytest.raises(BadFileError, match=f"Row {MAX_ROWS + 2}"):
        read(data)


def test_a_process_answers_a_refusal_instead_of_failing():
    assert isinstance(act(Task(b"", Reading())), BadFileError)


def test_fixed_values_fill_what_the_file_lacks():
    _, [one] = read(text_file(*order()), fixed={"DepotId": "D1", "Number": "never", "Weight": "3"})
    assert (one.request["DepotId"], one.request["Number"], one.request["Weight"]) == ("D1", "A1", 3.0)


def test_parts_survive_their_bytes():
    _, orders = read(text_file(*order(Weight="x")))
    assert replace(orders[0], columns={}) == orders[0]


def test_an_xls_with_random_bytes_ends_neither_in_an_error_nor_never():
    data = xls(*[ORDER] * 300)
    chance = random.Random(1)
    for _ in range(200):
        broken = bytearray(data)
        for _ in range(20):
            broken[chance.randrange(len(broken) if chance.random() < 0.5 else 600)] = chance.randrange(256)
        unusable_cells(bytes(broken), "Orders")
