"""What a receiver answered: its head among the lines that came, and whether that can be true."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from waybell.webhooks.model import Cut, ErrorWord

_STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-9]\d\d)(?:[ \t].*)?\r?\n", re.IGNORECASE)
_CONTENT_LENGTH = re.compile(rb"\ncontent-length[ \t]*:(.*)")  # in small letters
_BLANKS = (b"\r\n", b"\n")
_INTERIM = range(100, 200)
_LONGEST = 2**63 - 1  # bytes, as HTTP libraries count them
_SHOWN = 60  # bytes of a first line that is none


class Head(NamedTuple):
    """The status line of an answer, and the headers that came with it."""

    status: int
    text: bytes
    is_whole: bool


def find_head(lines: Sequence[bytes]) -> Head | str:
    """Return the head among the lines that came, or say in words why there is none.

    Interim answers (1xx) before it and trailers behind it are left out: a receiver means neither of them when it says
    `Retry-After`. A head that was cut has a status all the same, as RFC 9112 says in section 8.
    """
    begin = 0
    while begin < len(lines):
        found = _STATUS_LINE.fullmatch(lines[begin])
        if found is None:
            return f"The answer begins with {_shown(lines[begin])}, which is no status line of HTTP/1.1"
        status, end = int(found[1]), _blank_line(lines, begin)
        if status not in _INTERIM:
            return Head(status, b"".join(lines[begin : None if end is None else end + 1]), end is not None)
        begin = len(lines) if end is None else end + 1
    return "No answer came"


def _blank_line(lines: Sequence[bytes], begin: int) -> int | None:
    for place in range(begin, len(lines)):
        if lines[place] in _BLANKS:
            return place
    return None


def why_cut(head: Head) -> Cut | None:
    """Return what keeps an answer from being a whole one where libcurl saw no fault, if anything does.

    libcurl takes a head that ends with the connection, and a Content-Length beyond its numbers or where no body is due.
    """
    if not head.is_whole:
        return Cut(ErrorWord.CONNECTION, "The connection ended within the head of the answer")
    values = {one.strip() for line in _CONTENT_LENGTH.findall(head.text.lower()) for one in line.split(b",")}
    if not values or (len(values) == 1 and all(value.isdigit() and int(value[:30]) <= _LONGEST for value in values)):
        return None
    told = b", ".join(sorted(values))
    return Cut(ErrorWord.CONNECTION, f"The answer says that its Content-Length is {_shown(told)}, which cannot be")


def _shown(line: bytes) -> str:
    return repr(line[:_SHOWN].decode("latin-1").rstrip("\r\n"))
