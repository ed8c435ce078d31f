"""Finding the cells of an XLS sheet that show an error, which calamine reads as empty. Pure.

An XLS file is a small file system (OLE) with a stream of records (BIFF8). Only what leads to these cells is read.
"""

import struct
from collections.abc import Iterator
from itertools import islice

from waybell.importing.cells import Unusable

_END = 0xFFFFFFFC  # chain markers begin here
_SHIFTS = (9, 12)  # sectors have 512 or 4096 bytes
_FORMULA, _EOF, _BOUNDSHEET, _BOOLERR = 0x0006, 0x000A, 0x0085, 0x0205
_ERRORS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}


def unusable_cells(data: bytes, sheet: str) -> dict[tuple[int, int], Unusable]:
    """Return the cells of this sheet that show an error; none for a file of another form."""
    try:
        stream = _workbook(data)
        begins = next((at for at, name in _sheets(stream) if name == sheet), None)
        return {} if begins is None else dict(_cells(stream, begins))
    except (struct.error, IndexError):
        return {}


def _workbook(data: bytes) -> bytes:
    """Return the stream of the workbook."""
    shift = struct.unpack_from("<H", data, 30)[0]
    if shift not in _SHIFTS:
        return b""
    size, most = 1 << shift, len(data) >> shift
    first_directory, first_more, more = struct.unpack_from("<I16xII", data, 48)

    def sector(number: int) -> bytes:
        return data[(number + 1) * size : (number + 2) * size]

    tables = list(struct.unpack_from("<109I", data, 76))
    for _ in range(min(more, most)):
        *further, first_more = struct.unpack(f"<{size // 4}I", sector(first_more))
        tables += further
    follows = [place for table in tables if table < _END for place in struct.unpack(f"<{size // 4}I", sector(table))]

    def chain(number: int) -> Iterator[bytes]:
        while number < _END:
            yield sector(number)
            number = follows[number]

    directory = b"".join(islice(chain(first_directory), most))
    for at in range(0, len(directory), 128):
        (length,) = struct.unpack_from("<H", directory, at + 64)
        name = directory[at : at + max(length - 2, 0)].decode("utf-16-le", "replace")
        if name in ("Workbook", "Book"):
            first, total = struct.unpack_from("<II", directory, at + 116)
            return b"".join(islice(chain(first), most))[:total]
    return b""


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        yield kind, stream[at + 4 : at + 4 + length]
        if kind == _EOF:
            return
        at += 4 + length


def _sheets(stream: bytes) -> Iterator[tuple[int, str]]:
    for kind, body in _records(stream, 0):
        if kind == _BOUNDSHEET:
            (begins,) = struct.unpack_from("<I", body)
            letters, wide = body[6], body[7] & 1
            text = body[8 : 8 + letters * (1 + wide)]
            yield begins, text.decode("utf-16-le" if wide else "latin-1", "replace")


def _cells(stream: bytes, begins: int) -> Iterator[tuple[tuple[int, int], Unusable]]:
    for kind, body in _records(stream, begins):
        code = None
        if kind == _BOOLERR and body[7]:
            code = body[6]
        elif kind == _FORMULA and body[12:14] == b"\xff\xff" and body[6] == 2:  # noqa: PLR2004 - the mark of an error
            code = body[8]
        if code is not None:
            shown = _ERRORS.get(code, "#ERROR")
            row, column = struct.unpack_from("<HH", body)
            yield (row, column), Unusable(shown, f"shows the error {shown}")
