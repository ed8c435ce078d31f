"""Texts in files that spreadsheets open: one that begins like a formula is guarded by an apostrophe. Pure.

`values.text` takes the apostrophe away again, so that a file that was exported can be imported.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

_LIKE_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
BOM = "\ufeff"  # by which spreadsheets recognise UTF-8


def guarded(text: str) -> str:
    if _LIKE_FORMULA.match(text) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def csv_lines(rows: Iterable[Sequence[str]], delimiter: str = ",") -> Iterator[str]:
    """Yield the rows as CSV, in pieces of some rows."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n")
    buffer.write(BOM)
    for row in rows:
        writer.writerow([guarded(cell) for cell in row])
        if buffer.tell() > _PIECE:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


_PIECE = 64 * 1024
