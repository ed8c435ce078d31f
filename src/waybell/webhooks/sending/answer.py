"""Find the head of an answer among the received lines, and check that the answer is complete."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from waybell.webhooks.model import Cut, ErrorWord

_STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-9]\d\d)(?:[ \t].*)?\r?\n", re.IGNORECASE)
_CONTENT_LENGTH = re.compile(rb"\ncontent-length[ \t]*:(.*)")  # matched against the head in lower case
_BLANKS = (b"\r\n", b"\n")
_INTERIM = range(100, 200)
_LONGEST = 2**63 - 1  # bytes, the most that HTTP libraries can count
_SHOWN = 60  # bytes shown of a first line that is no status line


class Head(NamedTuple):
    """The status line of an answer with its headers."""

    status: int
    text: bytes
    is_whole: bool


def find_head(lines: Sequence[bytes]) -> Head | str:
    """Return the head among the received lines, or a text that says why there is none.

    Interim answers (1xx) before the head and trailers behind it are left out, because `Retry-After` counts in the head
    only. A head that was cut has a status all the same (RFC 9112, section 8).
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
    """Return why an answer in which libcurl saw no fault is incomplete, or None.

    libcurl accepts a head that the end of the connection cuts, a Content-Length that is too large to count, and a
    Content-Length where no body may follow.
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
