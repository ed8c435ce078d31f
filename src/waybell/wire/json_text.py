"""Finding the strings in a JSON text. A body may have megabytes, so no step handles one string at a time.

These functions run before the text is parsed, so the text may be invalid. Except for the line breaks and tabs that
`with_escapes` mends, invalid JSON stays invalid.
"""

_BACKSLASH, _QUOTE = b"\xff\xfe", b"\xff\xfd"  # placeholders for the two escapes; UTF-8 never holds them
_RAW = {b"\n": rb"\n", b"\r": rb"\r", b"\t": rb"\t"}


def _parts(body: bytes) -> list[bytes]:
    """Split the text at the quotes of its strings; every second part is the inside of a string."""
    return _without_escapes(body).split(b'"')


def _without_escapes(body: bytes) -> bytes:
    return body.replace(rb"\\", _BACKSLASH).replace(rb"\"", _QUOTE)


def count_strings(body: bytes) -> int:
    """Return the number of strings, including member names and a last string without an end."""
    return (_without_escapes(body).count(b'"') + 1) // 2


def outside(body: bytes) -> bytes:
    """Return the text without its strings."""
    return b"".join(_parts(body)[0::2])


def with_escapes(body: bytes) -> bytes:
    """Return the text with the line breaks and tabs in its strings escaped, as JSON requires."""
    if b"\xff" in body or not any(raw in body for raw in _RAW):
        return body
    parts = _parts(body)
    inside = b'"'.join(parts[1::2])
    for raw, escaped in _RAW.items():
        inside = inside.replace(raw, escaped)
    parts[1::2] = inside.split(b'"') if len(parts) > 1 else []
    return b'"'.join(parts).replace(_QUOTE, rb"\"").replace(_BACKSLASH, rb"\\")
