"""The charset of a body, and JSON with raw line breaks in its texts.

The charset is not guessed. A byte order mark decides, then the charset of the Content-Type, then the declaration of
XML; a body with none of these is UTF-8.
"""

import codecs
import re
from typing import Any

from pydantic_core import from_json

from waybell.ground.errors import Invalid, UnsupportedMediaType
from waybell.wire.json_text import with_escapes

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is its beginning
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# The accepted codecs by their Python names: Unicode, ASCII, ISO 8859 and the code pages of Windows.
_READ = re.compile(r"utf-8|utf-16(-[lb]e)?|ascii|iso8859-\d+|cp125\d")
_DECLARED = re.compile(rb"\s*<\?xml\s[^>]*?\bencoding\s*=\s*[\"']([\w.:-]+)[\"']")
_CHARSET = re.compile(r""";\s*charset\s*=\s*["']?([^\s"';]*)""", re.IGNORECASE)

_POSITION = re.compile(r" at line \d+ column \d+")


def in_utf8(body: bytes, content_type: str, *, is_xml: bool) -> bytes:
    """Return the body in UTF-8, without a byte order mark.

    Raise `UnsupportedMediaType` for a charset that is not accepted, and `Invalid` for bytes that are not in the
    charset.
    """
    for mark, codec in _BOMS:
        if body.startswith(mark):
            return _recoded(body.removeprefix(mark), _codec(codec), codec)
    named = _CHARSET.search(content_type)
    charset = named[1] if named else _declared(body) if is_xml else ""
    codec = _codec(charset) if charset else "utf-8"
    return _recoded(body, _with_order(body) if codec == "utf-16" else codec, charset)


def _codec(charset: str) -> str:
    try:
        codec = codecs.lookup(charset).name
    except LookupError:
        codec = ""
    if not _READ.fullmatch(codec):
        raise UnsupportedMediaType(f"The charset {charset[:40]} is not read here. Send UTF-8.")
    return codec


def _declared(body: bytes) -> str:
    """Return the charset that an XML document declares, if the declaration can be true.

    Some programs declare "utf-16" because their texts are in UTF-16 in memory, and then send UTF-8. A declaration
    that is readable as ASCII cannot be in UTF-16.
    """
    if body[:2] in {b"<\0", b"\0<"}:
        return "utf-16"
    found = _DECLARED.match(body)
    charset = found[1].decode() if found else ""
    return "" if re.match(r"(utf|ucs)[-_]?(16|32|2|4)|iso-10646|unicode", charset, re.IGNORECASE) else charset


def _with_order(body: bytes) -> str:
    """Return the codec of UTF-16 text: JSON and XML begin with an ASCII character, one of whose two bytes is 0."""
    if len(body) > 1 and (body[0] == 0) != (body[1] == 0):
        return "utf-16-le" if body[1] == 0 else "utf-16-be"
    return "utf-16-be"  # as RFC 2781 says; other bytes fail as JSON or XML


def _recoded(body: bytes, codec: str, charset: str) -> bytes:
    if codec == "utf-8":  # the parser judges UTF-8
        return body
    try:
        return body.decode(codec).encode()
    except UnicodeError:
        raise Invalid(f"The body is not {charset}, as it is said to be. Send UTF-8, or name its charset.") from None


def read_json(body: bytes) -> Any:
    """Parse strict JSON, without NaN, lone surrogates or endless nesting, but with raw control characters in texts.

    Senders that put texts into a template leave line breaks and tabs as they are, where JSON wants them escaped. Raise
    `ValueError` for other text.
    """
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError:
        escaped = with_escapes(body)
        if escaped == body:
            raise
    try:
        return from_json(escaped, allow_inf_nan=False)
    except ValueError as error:
        raise ValueError(
            _POSITION.sub("", str(error))
        ) from None  # its position counts lines that the sender did not write
