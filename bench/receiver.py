"""A receiver that notes when each webhook arrived: `receiver.py FILE PORT`, until it is told to stop.

It answers 204 as soon as the whole body is there, except below /hang, where it never answers, and below /slow, where it
takes ten seconds. FILE then has a line for each webhook that was answered at once, except below /unnoted: when it
arrived (nanoseconds since 1970), a blank, and the body. nginx cannot tell this so exactly.
"""

import asyncio
import signal
import sys
import time
from pathlib import Path
from typing import Any

import uvloop

_SLOW_SECONDS = 10
_ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"


class _Connection(asyncio.Protocol):
    def __init__(self, noted: list[tuple[int, bytes]]) -> None:
        self._noted = noted
        self._buffer = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        arrived = time.time_ns()
        self._buffer += data
        while True:
            head, blank, rest = self._buffer.partition(b"\r\n\r\n")
            if not blank:
                return
            length = _content_length(head)
            if len(rest) < length:
                return
            self._buffer = rest[length:]
            if head.startswith(b"POST /hang"):
                return
            if head.startswith(b"POST /slow"):
                asyncio.get_running_loop().call_later(_SLOW_SECONDS, self._transport.write, _ANSWER)
                continue
            if not head.startswith(b"POST /unnoted"):
                self._noted.append((arrived, rest[:length]))
            self._transport.write(_ANSWER)


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


async def _receive(port: int) -> list[tuple[int, bytes]]:
    noted: list[tuple[int, bytes]] = []
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    server = await loop.create_server(lambda: _Connection(noted), "127.0.0.1", port, backlog=4096)
    await stop.wait()
    server.close()
    return noted


def main(file: Path, port: int) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        noted = runner.run(_receive(port))
    file.write_bytes(b"".join(b"%d %s\n" % one for one in noted))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
