"""What the system tells of a socket of somebody else's."""

import os
import socket
from collections.abc import Iterator

import pytest

from support.raw import end_with_reset
from support.waiting import wait_for
from waybell.webhooks.sending.sockets import bytes_read, port_if_ended


@pytest.fixture(params=["127.0.0.1", "::1"])
def ends(request) -> Iterator[tuple[socket.socket, socket.socket]]:
    """Ours and theirs."""
    family = socket.AF_INET6 if ":" in request.param else socket.AF_INET
    with socket.create_server((request.param, 0), family=family) as listener:
        ours = socket.create_connection(listener.getsockname()[:2])
        theirs, _ = listener.accept()
    with ours, theirs:
        yield ours, theirs


def test_what_was_read_is_counted_and_what_waits_is_not(ends):
    ours, theirs = ends
    theirs.sendall(b"x" * 1000)
    wait_for(lambda: len(ours.recv(1000, socket.MSG_PEEK)) == 1000)
    assert bytes_read(ours.fileno()) == 0
    assert len(ours.recv(300)) == 300
    assert bytes_read(ours.fileno()) == 300


def test_a_socket_that_is_silent_has_not_ended(ends):
    assert port_if_ended(ends[0].fileno()) is None


@pytest.mark.parametrize("how", ["bytes", "fin", "reset"])
def test_what_brings_something_unasked_or_is_closed_has_ended(ends, how):
    ours, theirs = ends
    port = ours.getsockname()[1]
    if how == "bytes":
        theirs.sendall(b"x")
    elif how == "reset":
        end_with_reset(theirs)
    if how != "bytes":
        theirs.close()
    wait_for(lambda: port_if_ended(ours.fileno()) == port)
    ours.getsockname()  # it was lent only


def test_what_is_no_socket_is_not_asked():
    reading, writing = os.pipe()
    assert bytes_read(reading) == 0
    with pytest.raises(OSError, match="socket"):
        port_if_ended(reading)
    os.close(reading)
    os.close(writing)
