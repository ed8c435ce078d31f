"""The client of the simulator waits when the server asks for it, and breaks off where it was told to."""

import socket
import threading

import pytest

from waybell.simulating.client import Client, Refused

BUSY = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n"
REFUSED = b'HTTP/1.1 400 Bad Request\r\nContent-Length: 20\r\n\r\n{"Detail": "Not it"}'
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Scripted:
    """A server that gives its answers one after the other, and keeps what it was sent on each connection."""

    def __init__(self, *answers: bytes) -> None:
        self._answers = list(answers)
        self.sent: list[bytes] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while self._answers:
            connection, _ = self._listening.accept()
            with connection:
                while part := connection.recv(65536):
                    self.sent.append(part)
                    if part.endswith(b"\r\n\r\n") and self._answers:
                        connection.sendall(self._answers.pop(0))

    def close(self) -> None:
        self._listening.close()


@pytest.fixture
def scripted():
    made = []

    def make(*answers):
        made.append(Scripted(*answers))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_a_server_that_has_too_much_to_do_is_asked_again(scripted):
    server = scripted(BUSY, GOOD)
    with Client(server.url, "key") as client:
        assert client.call("GET", "/") == {}
    assert len(server.sent) == 2


def test_another_refusal_is_an_error_with_the_reason(scripted):
    with Client(scripted(REFUSED).url, "key") as client, pytest.raises(Refused, match="400"):
        client.call("GET", "/")


def test_a_request_that_was_cut_off_leaves_nothing_to_the_next_one(scripted):
    server = scripted(GOOD)
    with Client(server.url, "key") as client:
        client.send_and_hang_up("PUT", "/first", None, {}, "half sent")
        assert client.call("GET", "/second") == {}
    assert server.sent[-1].startswith(b"GET /second HTTP/1.1\r\n")
    assert b"/first" not in server.sent[-1]
