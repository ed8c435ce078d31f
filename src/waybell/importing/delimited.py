"""Reading delimited text (CSV, TSV): finding its encoding and delimiter, and its rows. Pure."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from waybell.importing.cells import BadFileError, Row
from waybell.importing.limits import MAX_COLUMNS

# By the names that Python knows, in the words that people know.
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-16-le": "UTF-16 LE",
    "utf-16-be": "UTF-16 BE",
    "cp1252": "Windows-1252 (Western)",
    "cp1250": "Windows-1250 (Central European)",
    "cp1257": "Windows-1257 (Baltic)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "cp1253": "Windows-1253 (Greek)",
    "cp1254": "Windows-1254 (Turkish)",
}
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_BOMS_OF_UTF_32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
# The letters that texts of each code page are likely to hold, and other code pages would read as other signs.
_LIKELY = {
    "cp1252": "äöüßéèêàçñåøæíóáúâôîûëïõÄÖÜÉÅØÆÑÕ€",
    "cp1250": "ąćęłńśźżčšžřěůýáíéúőűóăşţĄĆĘŁŃŚŹŻČŠŽŘ",
    "cp1257": "äöüõšžąčęėįųūāēģīķļņŠŽÄÖÜÕĀČĒĢĪĶĻŅŪĖĄĘĮŲ",
    "cp1251": "абвгдежзийклмнопрстуфхцчшщъыьэюяАБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЭЮЯіїєґ№",
    "cp1253": "αβγδεζηθικλμνξοπρστυφχψωάέήίόύώςΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ",
    "cp1254": "çğışöüÇĞİŞÖÜ",
}
# A Greek or Cyrillic letter beside a Latin one: no word is spelt so, and a code page that shows one is wrong.
_MIXED = re.compile(r"(?<=[A-Za-z])[\u0370-\u04ff]|[\u0370-\u04ff](?=[A-Za-z])")
_SAMPLE = 256 * 1024
_ROWS_COMPARED = 100
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)  # Excel writes and reads it as the first line


@dataclass(frozen=True, slots=True)
class Shape:
    """The encoding and the delimiter of a text."""

    encoding: str
    delimiter: str


def found_shape(data: bytes, encoding: str = "", delimiter: str = "") -> Shape:
    """Return the shape of a text; a given encoding or delimiter counts more than what looks likely.

    Raise `BadFileError` for bytes that are no text.
    """
    encoding = encoding if encoding in ENCODINGS else _found_encoding(data)
    text = _decoded(data[:_SAMPLE], encoding, errors="replace")
    return Shape(encoding, delimiter if delimiter in DELIMITERS else _found_delimiter(text))


def _found_encoding(data: bytes) -> str:
    for mark in _BOMS_OF_UTF_32:
        if data.startswith(mark):
            raise BadFileError("The file is in UTF-32. Save it as CSV UTF-8.")
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return encoding
    sample = data[:_SAMPLE]
    nothing = sample.count(0)
    if nothing:
        even, odd = sample[::2].count(0), sample[1::2].count(0)
        if max(even, odd) > len(sample) / 5 and min(even, odd) < max(even, odd) / 10:
            return "utf-16-le" if odd > even else "utf-16-be"
        raise BadFileError("This is no table: the file holds bytes that no text has. Send CSV, TSV, XLSX, XLS or ODS.")
    try:
        # The sample may end in the middle of a character.
        codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return max(_LIKELY, key=lambda name: _likelihood(sample, name))
    return "utf-8"


def _likelihood(sample: bytes, encoding: str) -> float:
    """Return how much a text in this encoding would look like text: likely letters count for it, signs against it."""
    text = sample.decode(encoding, "replace")
    high = [sign for sign in text if ord(sign) > 127]  # noqa: PLR2004
    likely = set(_LIKELY[encoding])
    mixed = len(_MIXED.findall(text))
    return sum(1.0 if sign in likely else -0.2 if sign.isalpha() else -1.0 for sign in high) - 2.0 * mixed


def _decoded(data: bytes, encoding: str, errors: str = "strict") -> str:
    for mark, name in _BOMS:
        if name == encoding and data.startswith(mark):
            data = data[len(mark) :]
    return data.decode(encoding, errors)


def _found_delimiter(text: str) -> str:
    if named := _SEPARATOR_LINE.match(text):
        return named[1]
    best, score = ",", 0.0
    for delimiter in DELIMITERS:
        widths = _widths(text, delimiter)
        [(width, rows)] = Counter(widths).most_common(1) or [(0, 0)]
        if width > 1 and (found := rows / len(widths) + min(width, 20) / 1000) > score:
            best, score = delimiter, found
    return best


def _widths(text: str, delimiter: str) -> list[int]:
    widths = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if row:
                widths.append(len(row))
            if len(widths) == _ROWS_COMPARED:
                break
    except csv.Error:
        pass
    return widths


def rows_of(data: bytes, shape: Shape) -> Iterator[Row]:
    """Yield the rows, numbered as a spreadsheet would.

    Raise `BadFileError` for bytes that are not in the encoding, and for quotes that do not match.
    """
    try:
        text = _decoded(data, shape.encoding)
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n") + 1
        raise BadFileError(
            f"Row {row}: the bytes are not in {ENCODINGS[shape.encoding]}. Choose another encoding."
        ) from None
    skipped = 0
    if named := _SEPARATOR_LINE.match(text):
        text, skipped = text[named.end() :], 1
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=shape.delimiter, strict=True)
    number = skipped
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise BadFileError(f"Row {number}: {_words(str(error))}") from None
        if len(cells) > MAX_COLUMNS and any(cell.strip() for cell in cells[MAX_COLUMNS:]):
            raise BadFileError(f"Row {number}: there are {len(cells)} columns, and {MAX_COLUMNS} at most are read.")
        yield number, list(cells[:MAX_COLUMNS])


def _words(error: str) -> str:
    if "unexpected end of data" in error:
        return "a quotation mark opens here and is closed nowhere."
    if "expected after" in error:
        return "something stands behind a closing quotation mark. A quotation mark within a text is written twice."
    if "field larger than" in error:
        return "a cell is too long; most likely a quotation mark opens here and is not closed."
    return error
