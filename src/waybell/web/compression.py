"""Compression of answers with the coding that the caller prefers: br, gzip or deflate."""

import zlib
from collections.abc import Callable
from typing import Any

import brotli
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import IdentityResponder
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from waybell.web.negotiation import weights

_MIN_BYTES = 1000  # compression of a shorter answer takes more than it saves
_BIG_BYTES = 64 * 1024  # a longer answer is compressed in a thread, beside the event loop
_GZIP_FRAME = 16 + zlib.MAX_WBITS


class _Brotli:
    """A Brotli compressor with the methods of a zlib compressor."""

    def __init__(self) -> None:
        self._inner = brotli.Compressor(quality=5)

    def compress(self, data: bytes) -> bytes:
        return bytes(self._inner.process(data))

    def flush(self, mode: int = zlib.Z_FINISH) -> bytes:
        return bytes(self._inner.finish() if mode == zlib.Z_FINISH else self._inner.flush())


# Compressors by the names of their codings, the best first. The coding `deflate` is the format of zlib.
PACKERS: dict[str, Callable[[], Any]] = {
    "br": _Brotli,
    "gzip": lambda: zlib.compressobj(wbits=_GZIP_FRAME),
    "deflate": zlib.compressobj,
}


class Compression:
    """A middleware that compresses answers. Short answers, event streams, pictures and archives pass unchanged."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_varied(message: Message) -> None:
            if (
                message["type"] == "http.response.start"
            ):  # a cache must know it also of an answer that was not compressed
                headers = MutableHeaders(scope=message)
                if "accept-encoding" not in headers.get("vary", "").lower():
                    headers.add_vary_header("Accept-Encoding")
            await send(message)

        encoding = chosen(Headers(scope=scope).get("accept-encoding", ""))
        app = _Packed(self._app, encoding) if encoding else self._app
        await app(scope, receive, send_varied)


def chosen(accept_encoding: str) -> str | None:
    """Return the coding that the caller prefers, among equals the best; None when the caller wants none."""
    wanted = weights(accept_encoding)
    best = max(PACKERS, key=lambda name: wanted.get(name, wanted.get("*", 0)))
    weight = wanted.get(best, wanted.get("*", 0))
    return best if weight > 0 and weight >= wanted.get("identity", 0) else None


class _Packed(IdentityResponder):
    """The framework's responder for gzip, with any compressor. Each part of a stream is sent on as it comes."""

    def __init__(self, app: ASGIApp, encoding: str) -> None:
        super().__init__(app, _MIN_BYTES)
        self.content_encoding = encoding
        self._packer = PACKERS[encoding]()

    async def apply_compression(self, body: bytes, *, more_body: bool) -> bytes:
        if len(body) >= _BIG_BYTES:
            return await run_in_threadpool(self._pack, body, more_body=more_body)
        return self._pack(body, more_body=more_body)

    def _pack(self, body: bytes, *, more_body: bool) -> bytes:
        mode = zlib.Z_SYNC_FLUSH if more_body else zlib.Z_FINISH
        return bytes(self._packer.compress(body) + self._packer.flush(mode))
