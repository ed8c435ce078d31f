"""A receiver on this machine that keeps what it gets and answers as it is told."""

import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from pydantic_core import from_json

from support.waiting import wait_for


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def document(self) -> dict[str, Any]:
        return from_json(self.body)

    @property
    def event_id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Answer:
    status: int = 204
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512


class Receiver:
    """`answer` may be an `Answer`, or be called with each request to give one (it may block, or raise to hang up)."""

    def __init__(self, answer: Answer | Callable[[Received], Answer] | None = None, port: int = 0) -> None:
        self.answer = answer or Answer()
        self.received: list[Received] = []
        self._server = self._open(port)
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hook"

    def _open(self, port: int) -> _Server:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                got = Received(
                    self.path, {name.lower(): value for name, value in self.headers.items()}, body, time.monotonic()
                )
                receiver.received.append(got)
                answer = receiver.answer(got) if callable(receiver.answer) else receiver.answer
                self.send_response(answer.status)
                for name, value in answer.headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, *_: object) -> None:
                pass

        class Server(_Server):
            def handle_error(self, *_: object) -> None:
                pass  # a hang-up is what the test asked for

        server = Server(("127.0.0.1", port), Handler)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return server

    def bodies(self) -> list[dict[str, Any]]:
        return [got.document for got in self.received]

    def wait_for(self, count: int, seconds: float = 20) -> list[Received]:
        wait_for(lambda: len(self.received) >= count, seconds)
        return self.received

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def closed_port() -> int:
    """A port of this machine where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
