"""Files of orders as spreadsheets and ERPs make them, also ugly ones, made when a test asks for them."""

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from typing import Any

import xlsxwriter
import xlwt

HEADERS = ("Number", "Date", "Client", "Address")
ORDER = ("A1", "2026-11-24", "Cafe", "Pikk 1")


def text_file(*rows: Sequence[object], delimiter: str = ",", encoding: str = "utf-8", end: str = "\r\n") -> bytes:
    return end.join(delimiter.join(map(str, row)) for row in rows).encode(encoding)


def xlsx(*rows: Sequence[Any], act: Callable[[Any, Any], None] | None = None, **options: Any) -> bytes:
    """A workbook with these rows; `act` does further things to the workbook and its sheet."""
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True, **options})
    sheet = book.add_worksheet("Orders")
    formats = {date: "dd.mm.yyyy", datetime: "dd.mm.yyyy hh:mm", time: "hh:mm"}
    styles = {kind: book.add_format({"num_format": code}) for kind, code in formats.items()}
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            if type(cell) in styles:
                sheet.write_datetime(at, column, cell, styles[type(cell)])
            elif isinstance(cell, str):
                sheet.write_string(at, column, cell)
            elif cell is not None:
                sheet.write(at, column, cell)
    if act:
        act(book, sheet)
    book.close()
    return made.getvalue()


def repacked(data: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """The same zip file, with its entries changed."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return made.getvalue()


def with_sheet(data: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """The same workbook, with the XML of its first sheet changed."""
    return repacked(data, lambda name, body: change(body) if name.endswith("sheet1.xml") else body)


def with_rows(data: bytes, xml: str) -> bytes:
    """The same workbook, with these rows behind those of its first sheet."""
    return with_sheet(data, lambda body: re.sub(rb"</sheetData>", xml.encode() + b"</sheetData>", body))


def xls(*rows: Sequence[Any], errors: Sequence[tuple[int, int, int]] = ()) -> bytes:
    """A workbook of the old kind; `errors` are rows and columns with the code of the error that they show."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("Orders")
    day = xlwt.easyxf(num_format_str="DD.MM.YYYY")
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            if cell is not None:
                sheet.write(at, column, cell, *([day] if isinstance(cell, date) else []))
    for line, column, code in errors:
        sheet.row(line).set_cell_error(column, code)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


_NAMESPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{urn}:1.0"'
    for name, urn in (("office", "office"), ("table", "table"), ("text", "text"))
)


def ods(rows: str) -> bytes:
    """A spreadsheet of OpenDocument with these rows, given as XML."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr(
            "content.xml",
            f'<office:document-content {_NAMESPACES} xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:'
            'xmlns:calcext:1.0"><office:body><office:spreadsheet><table:table table:name="Orders">'
            f"{rows}</table:table></office:spreadsheet></office:body></office:document-content>",
        )
    return made.getvalue()


def ods_row(*cells: object, attributes: str = "") -> str:
    return (
        f"<table:table-row{attributes}>"
        + "".join(
            f'<table:table-cell office:value-type="date" office:date-value="{cell}"/>'
            if isinstance(cell, date)
            else f'<table:table-cell office:value-type="float" office:value="{cell}"/>'
            if isinstance(cell, float)
            else f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>'
            for cell in cells
        )
        + "</table:table-row>"
    )
