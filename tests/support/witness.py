"""A receiver that keeps the name of every event it gets, and misbehaves in the way that it is told to.

Its paths (`/one`, `/two`, ...) stand for receivers of their own. One thread serves them all.
"""

import asyncio
import gzip
import json
import ssl
import threading
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

import uvloop


class Arrival(NamedTuple):
    """A webhook whose body was read to the end; `taken` is whether it was answered with a 2xx."""

    path: str
    event_id: str
    subject: str
    version: int
    taken: bool


@dataclass
class Call:
    """One request, and the connection to answer it on."""

    path: str
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def answer(self, status: str = "204 No Content", headers: str = "", body: bytes = b"") -> None:
        length = "" if status.startswith("204") else f"Content-Length: {len(body)}\r\n"
        self.writer.write(f"HTTP/1.1 {status}\r\n{length}{headers}\r\n".encode() + body)
        await self.writer.drain()


# Answers a call; whether that was a 2xx, and whether the connection is kept.
Manner = Callable[[Call], Awaitable[tuple[bool, bool]]]


async def well(call: Call) -> tuple[bool, bool]:
    await call.answer()
    return True, True


async def hangs(call: Call) -> tuple[bool, bool]:
    await asyncio.sleep(3600)
    return False, False


async def resets(call: Call) -> tuple[bool, bool]:
    call.writer.transport.abort()
    return False, False


async def byte_by_byte(call: Call) -> tuple[bool, bool]:
    """Slower than anybody waits: the answer is never complete."""
    for byte in b"HTTP/1.1 204 No Content\r\n\r\n":
        call.writer.write(bytes([byte]))
        await call.writer.drain()
        await asyncio.sleep(0.5)
    return False, False


async def endless(call: Call) -> tuple[bool, bool]:
    """A gigabyte, as long as somebody reads it; but it began with a 200."""
    call.writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
    with suppress(OSError):
        for _ in range(16384):
            call.writer.write(b"x" * 65536)
            await call.writer.drain()
            await asyncio.sleep(0)  # behind TLS, draining is no turn for the others, nor does it notice who has gone
    return True, False


_BOMB = gzip.compress(gzip.compress(bytes(50_000_000)))


async def gzip_bomb(call: Call) -> tuple[bool, bool]:
    with suppress(OSError):
        await call.answer("200 OK", "Content-Encoding: gzip\r\n", _BOMB)
    return True, False


async def closes_after_each(call: Call) -> tuple[bool, bool]:
    """Promises to keep the connection and closes it, as many a proxy does."""
    await call.answer("200 OK", "Connection: keep-alive\r\n")
    return True, False


async def unavailable(call: Call) -> tuple[bool, bool]:
    await call.answer("503 Service Unavailable")
    return False, True


async def takes_its_time(call: Call) -> tuple[bool, bool]:
    await asyncio.sleep(0.7)
    if call.reader.at_eof():  # on a machine that has much to do: whoever waited has gone, and comes again
        return False, False
    await call.answer()
    return True, True


async def speaks_no_http(call: Call) -> tuple[bool, bool]:
    call.writer.write(b"220 smtp.example ESMTP\r\n")
    await call.writer.drain()
    return False, False


def redirects_to(url: str) -> Manner:
    async def redirects(call: Call) -> tuple[bool, bool]:
        await call.answer("307 Temporary Redirect", f"Location: {url}\r\n")
        return False, True

    return redirects


class Witness:
    def __init__(self, port: int = 0) -> None:
        self.arrivals: list[Arrival] = []
        self._taken: dict[str, set[str]] = defaultdict(set)
        self.requests_over_tls: list[ssl.SSLContext] = []  # whom we showed ourselves as to each whose head was read
        self.strangers: list[str] = []  # paths that were asked for and are nobody's webhook
        self.manner: Manner = well
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._servers: list[asyncio.Server] = []
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = self.listen(port)

    def listen(self, port: int = 0, tls: ssl.SSLContext | None = None) -> int:
        """Serve on one more port, with TLS if so; answers the port."""

        async def serve() -> asyncio.Server:
            return await asyncio.start_server(self._serve, "127.0.0.1", port, ssl=tls, backlog=1024)

        server = asyncio.run_coroutine_threadsafe(serve(), self._loop).result(60)
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while await self._serve_one(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, RuntimeError, asyncio.CancelledError):
            pass  # the other side has gone (uvloop calls that a RuntimeError too), or the test is over
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        if _is_tls(writer):
            self.requests_over_tls.append(writer.get_extra_info("ssl_object").context)
        path = head.split(" ", 2)[1]
        body = await reader.readexactly(_length(head))
        taken, kept = await self.manner(Call(path, reader, writer))
        try:
            self._note(path, json.loads(body), taken)
        except (ValueError, KeyError):
            self.strangers.append(path)
        return kept

    def _note(self, path: str, document: dict[str, Any], taken: bool) -> None:
        metadata = document["Metadata"]
        self.arrivals.append(Arrival(path, metadata["Id"], document["Data"]["Subject"], metadata["Version"], taken))
        if taken:
            self._taken[path].add(metadata["Id"])

    def taken(self, path: str) -> set[str]:
        """The events that this receiver has answered with a 2xx. It grows as they come: whoever waits asks often."""
        return self._taken.get(path, set())

    def forget(self) -> None:
        """What has arrived until now."""
        self.arrivals.clear()
        self._taken.clear()

    def hang_up(self) -> None:
        """Close all connections with TLS, also those that are kept for the next webhook."""

        async def abort() -> None:
            for writer in filter(_is_tls, self._writers):
                writer.transport.abort()

        asyncio.run_coroutine_threadsafe(abort(), self._loop).result(60)

    def close(self) -> None:
        async def stop() -> None:
            for server in self._servers:
                server.close()
            for writer in self._writers:
                writer.transport.abort()
            tasks = asyncio.all_tasks(self._loop) - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(stop(), self._loop).result(60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(60)
        self._loop.close()  # also what was not closed in time, which would warn in a test that comes later


def _is_tls(writer: asyncio.StreamWriter) -> bool:
    return writer.get_extra_info("sslcontext") is not None


def _length(head: str) -> int:
    for line in head.split("\r\n"):
        name, _, value = line.partition(":")
        if name.lower() == "content-length":
            return int(value)
    return 0
