"""Decompression of bodies (Content-Encoding), piece by piece, and never to more bytes than a body may have."""

from __future__ import annotations

import zlib

from waybell.ground.errors import Invalid, TooLarge, UnsupportedCoding

CODINGS = "gzip, deflate"  # as error texts name them
_NAMES = {"gzip": "gzip", "x-gzip": "gzip", "deflate": "deflate"}
_MAX_CODINGS = 3  # codings within each other
_MAX_MEMBERS = 1000  # members of a gzip: each costs a copy of the bytes behind it
_GZIP_FRAME = 16 + zlib.MAX_WBITS
_GZIP_MAGIC = b"\x1f\x8b"


def codings(header: str) -> list[str]:
    """Return the codings of a Content-Encoding, in the order in which they are taken off."""
    named = [name.strip().lower() for name in header.split(",")]
    return [name for name in reversed(named) if name not in {"", "identity"}]


class Unpacking:
    """The decompression of one body.

    Raise `Invalid` for bytes that are not in this coding, `TooLarge` over the limit, and `UnsupportedCoding`.
    """

    def __init__(self, names: list[str], limit: int) -> None:
        self._names = names
        self._limit = limit
        self._stages: list[_Stage] | None = None

    def feed(self, data: bytes, *, ends: bool) -> bytes:
        """Return the decompressed bytes of this piece of the body; `ends` says that it is the last piece."""
        if self._stages is None:
            if not data:  # there is no body, or none yet
                return b""
            self._stages = self._begin()
        try:
            for stage in self._stages:
                data = stage.feed(data)
                if ends:
                    stage.end()
        except (zlib.error, ValueError):
            packed = ", ".join(reversed(self._names))
            raise Invalid(
                f"The body is not what its Content-Encoding ({packed}) says: it is damaged, cut off, or followed by "
                "something else."
            ) from None
        return data

    def _begin(self) -> list[_Stage]:
        known = [_NAMES[name] for name in self._names if name in _NAMES]
        if len(known) < len(self._names) or len(known) > _MAX_CODINGS:
            packed = ", ".join(reversed(self._names))[:100]
            raise UnsupportedCoding(f"Content-Encoding {packed} is not unpacked here. Send {CODINGS} or none.", CODINGS)
        return [_Stage(name, self._limit) for name in known]


class _Stage:
    """A stage of decompression: one coding. `deflate` may be the format of zlib or bare, as senders differ."""

    def __init__(self, name: str, limit: int) -> None:
        self._is_gzip = name == "gzip"
        self._room = limit
        self._waiting = b""  # holds bytes back until two of them tell the format
        self._members = 0
        self._inner: zlib._Decompress | None = None
        self._limit = limit

    def feed(self, data: bytes) -> bytes:
        data, self._waiting = self._waiting + data, b""
        parts = []
        while data:
            if self._inner is None or self._inner.eof:
                if len(data) < len(_GZIP_MAGIC):
                    self._waiting = data
                    break
                self._inner = self._next(data[:2])
            part = self._inner.decompress(data, self._room + 1)
            self._room -= len(part)
            if self._room < 0:
                raise TooLarge(
                    f"The body is over the limit of {self._limit} bytes when it is unpacked. Send less at once."
                )
            parts.append(part)
            data = self._inner.unused_data if self._inner.eof else self._inner.unconsumed_tail
        return b"".join(parts)

    def _next(self, begins: bytes) -> zlib._Decompress:
        self._members += 1
        if self._members > (_MAX_MEMBERS if self._is_gzip else 1):
            raise ValueError
        if self._is_gzip:
            if begins != _GZIP_MAGIC:
                raise ValueError
            return zlib.decompressobj(_GZIP_FRAME)
        has_frame = begins[0] & 0x0F == zlib.DEFLATED and int.from_bytes(begins) % 31 == 0
        return zlib.decompressobj(zlib.MAX_WBITS if has_frame else -zlib.MAX_WBITS)

    def end(self) -> None:
        if self._waiting or self._inner is None or not self._inner.eof:
            raise ValueError
