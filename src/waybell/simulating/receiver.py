"""The receiver: a small web server that takes the webhooks, as an ERP would. `python -m waybell.simulating.receiver`.

It verifies each request with the official Standard Webhooks library and reports it as a line of JSON on stdout. It
obeys lines on stdin: `secret whsec_...`, `down` (connections are refused) and `up`. It ends when its stdin does.
"""

import json
import socket
import sys
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

from waybell.simulating.erp import Erp

_LATE = 0.5  # seconds by which a slow answer is late
_SAYING = threading.Lock()


def main() -> None:
    receiver = Receiver()
    _say(state="up", port=receiver.port)
    for line in sys.stdin:
        command, _, value = line.strip().partition(" ")
        match command:
            case "secret":
                receiver.trust(value)
            case "down":
                receiver.go_down()
            case "up":
                receiver.come_up()
            case "trouble":
                receiver.trouble = float(value)
            case "day":
                _say(state=command, **receiver.known_of(value))
                continue
        _say(state=command)
    receiver.go_down()


class Receiver:
    """The web server.

    Before it goes down it answers the requests that it has begun to handle, so all reports are true.
    """

    def __init__(self) -> None:
        self._webhook: Webhook | None = None
        self._seen: set[str] = set()
        self._lock = threading.Lock()  # held while a request is verified, reported and answered
        self._connections: set[socket.socket] = set()
        self._erp = Erp()
        self._chance = Random(0)
        self.trouble = 0.0
        self.is_up = False
        self._server = _Server(self, 0)
        self.port: int = self._server.server_address[1]
        self.come_up()

    def trust(self, secret: str) -> None:
        self._webhook = Webhook(secret)

    def come_up(self) -> None:
        self.is_up = True
        self._server.server_activate()
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def go_down(self) -> None:
        with self._lock:
            self.is_up = False
        self._server.shutdown()
        self._server.server_close()
        # Bound but not listening: connections are refused, and no other program gets the port meanwhile.
        self._server = _Server(self, self.port)
        with self._lock:
            for connection in self._connections:
                _cut(connection)

    def known_of(self, date: str) -> dict[str, Any]:
        """Return what the ERP knows of the orders of a day."""
        with self._lock:
            erp = self._erp
            return {"orders": erp.day(date), "outcomes": erp.outcomes, "told_for_estimates": erp.told_for_estimates}

    def opened(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.add(connection)

    def closed(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.discard(connection)

    def take(self, body: bytes, request: "_Request") -> None:
        """Verify, report and answer a request; hang up when the receiver has gone down since it came."""
        arrived_at = datetime.now(UTC)
        if self.trouble and self._chance.random() < self.trouble:
            if self._chance.random() < 0.5:  # noqa: PLR2004 - one half is late, the other fails
                request.answer(503)
                return
            time.sleep(_LATE)
        with self._lock:
            if not self.is_up:
                request.close_connection = True
                return
            trusted = self._verified(body, request)
            event_id = request.headers.get("webhook-id", "")
            _say(
                event=trusted and {"Metadata": trusted["Metadata"], "Data": _keys(trusted["Data"])},
                arrived_at=arrived_at.isoformat(),
                duplicate=trusted is not None and event_id in self._seen,
            )
            if trusted is not None:
                self._seen.add(event_id)
                self._erp.take(trusted)
            request.answer(400 if trusted is None else 204)

    def _verified(self, body: bytes, request: "_Request") -> Any:
        """Return the parsed body, or None when its signature is wrong or its id is not the signed one."""
        try:
            found = self._webhook.verify(body, dict(request.headers)) if self._webhook else None
        except (WebhookVerificationError, ValueError):
            return None
        return found if found and found["Metadata"]["Id"] == request.headers["webhook-id"] else None


class _Server(ThreadingHTTPServer):
    request_queue_size = 128

    def __init__(self, receiver: Receiver, port: int) -> None:
        self.receiver = receiver
        super().__init__(("127.0.0.1", port), _Request, bind_and_activate=False)
        self.server_bind()

    def server_bind(self) -> None:
        # HTTPServer's own method looks up the name of the machine and may wait for that.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a connection that broke off: the sender will retry."""


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.receiver.opened(self.connection)

    def finish(self) -> None:
        self.server.receiver.closed(self.connection)
        super().finish()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.receiver.take(body, self)

    def answer(self, status: int) -> None:
        self.send_response(status)
        if status != 204:  # noqa: PLR2004 - a 204 alone has no body
            self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Print nothing: stdout is for reports."""


def _keys(data: Any) -> dict[str, Any]:
    """Return the members that a report needs: the keys of an object, and its status."""
    if not isinstance(data, dict):
        return {}
    return {name: data[name] for name in ("Number", "Code", "Status") if name in data}


def _cut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the sender has closed it already


def _say(**members: Any) -> None:
    with _SAYING:
        sys.stdout.write(json.dumps(members) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
