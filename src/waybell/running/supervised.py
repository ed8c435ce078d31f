"""Stopping a process, and the conventions between a supervisor and its children.

A process stops gracefully on SIGTERM, on Ctrl-C, and, when a supervisor started it, as soon as its stdin ends. By the
end of stdin it notices that the supervisor is gone, in whatever way that died.
"""

import os
import queue
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

log = structlog.get_logger()

SUPERVISED = "WAYBELL_SUPERVISED"  # an environment variable of a child
SUPERVISED_SOCKET = "WAYBELL_SUPERVISED_SOCKET"  # likewise: the number of the socket to serve

_STOP_SIGNALS = [signal.SIGINT, signal.SIGTERM]


def is_supervised() -> bool:
    return SUPERVISED in os.environ


def given_socket() -> socket.socket | None:
    number = os.environ.get(SUPERVISED_SOCKET)
    return socket.socket(fileno=int(number)) if number else None


@contextmanager
def on_stop_signal(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` once, in a thread of its own, when this process is told to stop.

    A signal handler may interrupt the program anywhere, so `Event.set`, which takes a lock, is not allowed there. The
    handler puts a note into a queue made for signal handlers.
    """
    notes: queue.SimpleQueue[str] = queue.SimpleQueue()

    def watch() -> None:
        reason = notes.get()
        if reason:
            log.info("process.stopping", pid=os.getpid(), reason=reason)
            stop()

    before = {number: signal.signal(number, lambda *_: notes.put("signal")) for number in _STOP_SIGNALS}
    threading.Thread(target=watch, name="told-to-stop", daemon=True).start()
    if is_supervised():
        threading.Thread(target=_read_stdin, args=(notes,), name="supervisor-gone", daemon=True).start()
    try:
        yield
    finally:
        notes.put("")
        for number, handler in before.items():
            signal.signal(number, handler)


def _read_stdin(notes: "queue.SimpleQueue[str]") -> None:
    # os.read, because a buffered reader that a daemon thread is inside of cannot be closed at exit.
    while os.read(0, 1024):
        pass
    notes.put("supervisor")
