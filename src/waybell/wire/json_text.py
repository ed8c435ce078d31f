"""What of a JSON text stands inside its strings. Anybody may send megabytes, so no step takes one string at a time.

A text is taken for JSON before anybody knows whether it is: what is none comes out as something else that is none.
"""

_BACKSLASH, _QUOTE = b"\xff\xfe", b"\xff\xfd"  # stand for two escapes, whose signs end no string; no UTF-8 holds them
_RAW = {b"\n": rb"\n", b"\r": rb"\r", b"\t": rb"\t"}


def _parts(body: bytes) -> list[bytes]:
    """Return the text parted at the quotes of its strings: every second part stands inside of one."""
    return _without_escapes(body).split(b'"')


def _without_escapes(body: bytes) -> bytes:
    return body.replace(rb"\\", _BACKSLASH).replace(rb"\"", _QUOTE)


def count_strings(body: bytes) -> int:
    """Return how many strings there are, the names of members among them; the last one may have no end."""
    return (_without_escapes(body).count(b'"') + 1) // 2


def outside(body: bytes) -> bytes:
    """Return what stands outside of strings."""
    return b"".join(_parts(body)[0::2])


def with_escapes(body: bytes) -> bytes:
    """Return the text with the line breaks and tabs inside of its strings escaped, as JSON wants them."""
    if b"\xff" in body or not any(raw in body for raw in _RAW):
        return body
    parts = _parts(body)
    inside = b'"'.join(parts[1::2])
    for raw, escaped in _RAW.items():
        inside = inside.replace(raw, escaped)
    parts[1::2] = inside.split(b'"') if len(parts) > 1 else []
    return b'"'.join(parts).replace(_QUOTE, rb"\"").replace(_BACKSLASH, rb"\\")
