"""Reading workbooks: XLSX, XLS and ODS, by calamine. Pure; it runs in a process with limits.

Calamine gives the values. What it leaves out silently, a look into the XML finds first: cells whose formula was never
computed or failed, numbers that are shown with leading zeros, and cells so far away that no memory would do.
"""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lxml import etree
from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from waybell.importing.cells import BadFileError, Cell, Row, Unusable, column_index, column_name
from waybell.importing.limits import MAX_CELLS, MAX_COLUMNS, MAX_UNPACKED
from waybell.importing.xls_errors import unusable_cells

_MAX_ENTRIES = 5000
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_NOT_TABLES = {b"%PDF": "a PDF", b"\x89PNG": "a picture", b"\xff\xd8\xff": "a picture", b"\x1f\x8b": "a gzip file"}
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_DAMAGED = "The workbook is damaged. Open it in your spreadsheet program and save it again, or as CSV."

_CELL = re.compile(rb'<(?:\w+:)?c\b(?=[^>]*?\br="([A-Z]{1,3})([0-9]{1,7})")([^>]*[^/>])?>')
_FORMULA_WITHOUT_VALUE = re.compile(
    rb'<(?:\w+:)?c\b(?=[^>]*?\br="([A-Z]{1,3})([0-9]{1,7})")[^>]*>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)'
    rb"\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v\s*>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_ERROR = re.compile(
    rb'<(?:\w+:)?c\b(?=[^>]*?\br="([A-Z]{1,3})([0-9]{1,7})")(?=[^>]*?\bt="e")[^>]*>(?:(?!</(?:\w+:)?c>).)*?'
    rb"<(?:\w+:)?v>([^<]*)<",
    re.DOTALL,
)
_ZEROS = re.compile(r"0{2,30}")
_ODS_ERROR = re.compile(rb'calcext:value-type="error"')
_ODS_REPEATED = re.compile(
    rb'<table:table-row\b[^>]*number-rows-repeated="(\d+)"[^>]*>(.*?)</table:table-row>', re.DOTALL
)


@dataclass(frozen=True, slots=True)
class SheetName:
    name: str
    visible: bool


@dataclass(frozen=True, slots=True)
class _Marks:
    """The facts of a sheet that calamine leaves out, by row and column, counted from 0."""

    unusable: Mapping[tuple[int, int], Unusable] = field(default_factory=dict)
    zeros: Mapping[tuple[int, int], int] = field(default_factory=dict)  # the digits with which a number is shown


def kind_of(data: bytes) -> str | None:
    """Return `xlsx`, `xls` or `ods` for a workbook, and None for what may be text.

    Raise `BadFileError` for another kind of file.
    """
    for magic, name in _NOT_TABLES.items():
        if data.startswith(magic):
            raise BadFileError(f"This is {name} and no table. Send CSV, TSV, XLSX, XLS or ODS.")
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise BadFileError("The workbook has a password. Save it without one.")
        return "xls"
    if data.lstrip()[:15].lower().startswith((b"<html", b"<!doctype html", b"<table")):
        raise BadFileError("This is a web page, whatever its name says. Open it and save it as XLSX or CSV.")
    if not data.startswith(_ZIP):
        return None
    with _opened(data) as archive:
        names = set(archive.namelist())
        if "xl/workbook.xml" in names:
            return "xlsx"
        if "content.xml" in names:
            if b"manifest:encryption-data" in _read(archive, "META-INF/manifest.xml"):
                raise BadFileError("The spreadsheet has a password. Save it without one.")
            return "ods"
    raise BadFileError("This is a zip file and no table. Send CSV, TSV, XLSX, XLS or ODS.")


def _opened(data: bytes) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise BadFileError(_DAMAGED) from None
    entries = archive.infolist()
    if len(entries) > _MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        raise BadFileError(
            f"The workbook is too large when it is unpacked: {MAX_UNPACKED // 1024**2} MB at most are read. Delete "
            "pictures and other sheets from it, or save the sheet as CSV."
        )
    return archive


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return an entry, or nothing when there is none. The size was checked before, and reading checks the checksum."""
    try:
        return archive.read(name)
    except KeyError:
        return b""
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, ValueError, OSError):
        raise BadFileError(_DAMAGED) from None


class Workbook:
    """An open workbook."""

    def __init__(self, data: bytes, kind: str) -> None:
        self.kind = kind
        self._data = data
        if kind != "xls":
            self._check_whole()
        try:
            self._inner = CalamineWorkbook.from_filelike(io.BytesIO(data))
        except CalamineError as error:
            if "password" in str(error).lower():
                raise BadFileError("The workbook has a password. Save it without one.") from None
            raise BadFileError(_DAMAGED) from None
        self.sheets = [
            SheetName(sheet.name, sheet.visible == SheetVisibleEnum.Visible)
            for sheet in self._inner.sheets_metadata
            if sheet.typ == SheetTypeEnum.WorkSheet
        ]
        if not self.sheets:
            raise BadFileError("The workbook has no sheet with cells.")

    def _check_whole(self) -> None:
        """Raise `BadFileError` when an entry is longer than the archive says, or damaged."""
        with _opened(self._data) as archive:
            for entry in archive.infolist():
                if not entry.is_dir() and entry.filename.lower().endswith((".xml", ".rels")):
                    if entry.file_size > MAX_UNPACKED // 2 or entry.compress_size > len(self._data):
                        raise BadFileError(_DAMAGED)
                    _drain(archive, entry)

    def chosen(self, name: str) -> str:
        """Return the name of the sheet to read: the named one, else the first visible one."""
        names = [sheet.name for sheet in self.sheets]
        visible = [sheet.name for sheet in self.sheets if sheet.visible]
        return name if name in names else (visible or names)[0]

    @property
    def counts_from_1904(self) -> bool | None:
        """True or False for the day from which serial dates count; None when this kind of file does not say."""
        if self.kind != "xlsx":
            return None
        with _opened(self._data) as archive:
            said = re.search(
                rb"<(?:\w+:)?workbookPr\b[^>]*\bdate1904=\"(?:1|true)\"", _read(archive, "xl/workbook.xml")
            )
        return said is not None

    def rows_of(self, name: str) -> Iterator[Row]:
        """Yield the rows of a sheet, numbered as the spreadsheet does.

        A merged cell counts for each of its rows. Raise `BadFileError` for a sheet with cells too far away.
        """
        marks = self._marks(name)
        try:
            sheet = self._inner.get_sheet_by_name(name)
        except CalamineError:
            raise BadFileError(_DAMAGED) from None
        if sheet.start is None:
            return
        left = sheet.start[1]
        merged = _merged(sheet.merged_cell_ranges or ())
        above: dict[tuple[int, int], Cell] = {}
        for at, given in enumerate(sheet.iter_rows()):
            cells: list[Cell] = [*[""] * left, *given]
            if len(cells) > MAX_COLUMNS and any(cell != "" for cell in cells[MAX_COLUMNS:]):
                raise BadFileError(
                    f"Row {at + 1}, column {column_name(MAX_COLUMNS)}: {MAX_COLUMNS} columns at most are read."
                )
            del cells[MAX_COLUMNS:]
            for column, top in merged.get(at, ()):
                while len(cells) <= column:
                    cells.append("")
                if at == top:
                    above[top, column] = cells[column]
                else:
                    cells[column] = above.get((top, column), "")
            yield at + 1, [self._settled(cell, (at, column), marks) for column, cell in enumerate(cells)]

    def _settled(self, cell: Cell, place: tuple[int, int], marks: _Marks) -> Cell:
        if bad := marks.unusable.get(place):
            return bad
        if isinstance(cell, float) and (digits := marks.zeros.get(place)) and cell.is_integer() and cell >= 0:
            return f"{cell:0{digits}.0f}"
        return cell

    def _marks(self, name: str) -> _Marks:
        if self.kind == "xlsx":
            with _opened(self._data) as archive:
                path = _sheet_path(archive, name)
                return _marks_of(_read(archive, path), _zero_styles(_read(archive, "xl/styles.xml")))
        if self.kind == "ods":
            with _opened(self._data) as archive:
                _check_ods(_read(archive, "content.xml"))
        if self.kind == "xls":
            return _Marks(unusable_cells(self._data, name))
        return _Marks()


def _drain(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    try:
        with archive.open(entry) as opened:
            while opened.read(1 << 20):
                pass
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, ValueError, OSError):
        raise BadFileError(_DAMAGED) from None


def _tree(xml: bytes) -> etree._Element:
    try:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        root: etree._Element = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError:
        raise BadFileError(_DAMAGED) from None
    if root.getroottree().docinfo.doctype:
        raise BadFileError(_DAMAGED)
    return root


def _sheet_path(archive: zipfile.ZipFile, name: str) -> str:
    """Return the path of the XML of a sheet inside the archive."""
    book, links = _tree(_read(archive, "xl/workbook.xml")), _tree(_read(archive, "xl/_rels/workbook.xml.rels"))
    relation = next((one.get(_RELATION) for one in book.iter("{*}sheet") if one.get("name") == name), None)
    target = next((one.get("Target") for one in links.iter("{*}Relationship") if one.get("Id") == relation), None) or ""
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _zero_styles(xml: bytes) -> dict[bytes, int]:
    """Return the styles that show numbers with leading zeros, each with its number of digits."""
    if b"numFmt " not in xml:
        return {}
    root = _tree(xml)
    digits = {
        one.get("numFmtId"): len(code)
        for one in root.iter("{*}numFmt")
        if _ZEROS.fullmatch(code := (one.get("formatCode") or "").replace('"', "").replace("\\", ""))
    }
    styles = next(root.iter("{*}cellXfs"), None)
    if not digits or styles is None:
        return {}
    return {
        str(at).encode(): digits[format_id]
        for at, one in enumerate(styles)
        if (format_id := one.get("numFmtId")) in digits
    }


def _marks_of(xml: bytes, zero_styles: Mapping[bytes, int]) -> _Marks:
    """Return the marks of a sheet.

    Raise `BadFileError` when its cells span too far.
    """
    bottom, columns, last = 0, set[bytes](), b""
    for found in _CELL.finditer(xml):
        columns.add(found[1])
        if found[2] != last:
            last = found[2]
            bottom = max(bottom, int(last))
    right = max((column_index(name.decode()) for name in columns), default=0)
    if bottom * (right + 1) > MAX_CELLS:
        raise BadFileError(
            f"The cells of the sheet reach to row {bottom}, column {column_name(right)}, and {MAX_CELLS:,} cells at "
            "most are read. Delete what stands far away from the table, or save only the table as a file."
        )
    return _Marks(_unusable(xml), _zeros(xml, zero_styles) if zero_styles else {})


def _unusable(xml: bytes) -> dict[tuple[int, int], Unusable]:
    found = {}
    if b"<f" in xml or b":f" in xml:
        for cell in _FORMULA_WITHOUT_VALUE.finditer(xml):
            why = "holds a formula whose result is not in the file. Open the file, save it, and upload it again"
            found[_place(cell)] = Unusable("=", why)
    if b't="e"' in xml:
        for cell in _ERROR.finditer(xml):
            shown = cell[3].decode("utf-8", "replace")
            found[_place(cell)] = Unusable(shown, f"shows the error {shown}")
    return found


def _zeros(xml: bytes, styles: Mapping[bytes, int]) -> dict[tuple[int, int], int]:
    found = {}
    for cell in _CELL.finditer(xml):
        style = re.search(rb'\bs="(\d+)"', cell[0])
        if style and style[1] in styles and b't="' not in cell[0]:
            found[_place(cell)] = styles[style[1]]
    return found


def _place(found: re.Match[bytes]) -> tuple[int, int]:
    return int(found[2]) - 1, column_index(found[1].decode())


def _check_ods(xml: bytes) -> None:
    if _ODS_ERROR.search(xml):
        row = xml[: _ODS_ERROR.search(xml).start()].count(b"<table:table-row")  # type: ignore[union-attr]
        raise BadFileError(f"Row {row} or later: a cell shows an error. Mend its formula, or save the sheet as XLSX.")
    for found in _ODS_REPEATED.finditer(xml):
        if int(found[1]) > MAX_CELLS // 10 and b"office:value-type" in found[2]:
            raise BadFileError(f"A row with values is repeated {int(found[1]):,} times. Delete these rows.")


def _merged(ranges: Sequence[tuple[tuple[int, int], tuple[int, int]]]) -> dict[int, list[tuple[int, int]]]:
    """Return by row the columns in which a merged cell of several rows begins, each with the first row of the cell."""
    found: dict[int, list[tuple[int, int]]] = {}
    for (top, left), (bottom, _) in ranges:
        if bottom > top and left < MAX_COLUMNS and bottom - top <= MAX_CELLS // 10:
            for row in range(top, bottom + 1):
                found.setdefault(row, []).append((left, top))
    return found
