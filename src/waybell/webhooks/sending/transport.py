"""Many POSTs at once in one thread: libcurl's multi interface on a selector that watches other things too."""

import selectors
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

import pycurl

from waybell.ground import open_files
from waybell.ground.clock import SystemClock
from waybell.settings import Settings
from waybell.webhooks.model import Attempt, Claim, Content, Endpoint, ErrorWord, Unreachable
from waybell.webhooks.sending.exchange import Exchange
from waybell.webhooks.sending.sockets import bytes_read, port_if_ended

Result = tuple[Claim, Attempt]

_IDLE_CONNECTIONS = 2048  # at most; fewer when the process may open few sockets
_OTHER_FILES = 64
# The most that an answer may hold: its head, 16 KiB of its body, and the framing of chunks, even of single bytes. The
# bytes that libcurl reads at first are not counted: see `_BUFFER_BYTES` in `exchange.py`.
_MOST_BYTES = 128 * 1024
TOO_LONG = f"The answer has more than {_MOST_BYTES // 1024} KiB around its body, in its head or between the chunks"
_CLOSER_FOR = 300.0  # seconds
_EVENTS = {
    pycurl.POLL_IN: selectors.EVENT_READ,
    pycurl.POLL_OUT: selectors.EVENT_WRITE,
    pycurl.POLL_INOUT: selectors.EVENT_READ | selectors.EVENT_WRITE,
}


class Watched(Protocol):
    def fileno(self) -> int: ...


def sockets(settings: Settings) -> int:
    """Return how many attempts may be under way at once. Each needs a socket, which counts as an open file."""
    return max(1, min(settings.max_in_flight, open_files.limit() - _OTHER_FILES))


class Transport:
    def __init__(self, settings: Settings, clock: SystemClock) -> None:
        self._settings = settings
        self._clock = clock
        self._idle: list[Exchange] = []
        self._under_way: dict[Exchange, Claim] = {}
        self._unsent: list[Result] = []
        self._deadline: float | None = None  # monotonic: when libcurl wants to be called
        self._selector = selectors.DefaultSelector()
        # For each socket of libcurl in the selector: the events to watch, and how many sockets had been opened by then.
        self._registered: dict[int, tuple[int, int]] = {}
        self._sockets_opened = 0
        self._opened: list[socket.socket] = []  # our copies of sockets that libcurl has opened in this call
        self._closers: dict[str, float] = {}  # endpoints that close kept connections, and until when that is assumed
        self._ended: set[int] = set()  # local ports of kept connections that the other side has closed
        self._active: set[int] = set()  # sockets with an exchange under way
        self._read_before: dict[int, int] = {}  # for these: the bytes read when they were first checked
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._on_socket)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._on_timer)
        spare = open_files.limit() - settings.max_in_flight - _OTHER_FILES
        self._multi.setopt(pycurl.M_MAXCONNECTS, max(1, min(_IDLE_CONNECTIONS, spare)))

    @property
    def in_flight(self) -> int:
        return len(self._under_way)

    def watch(self, watched: Watched, call: Callable[[], None]) -> None:
        """Call `call` and let `poll` return when `watched` has something to read."""
        self._forget(watched.fileno())  # a closed connection of libcurl may have had this number
        self._selector.register(watched.fileno(), selectors.EVENT_READ, call)

    def unwatch(self, watched: Watched) -> None:
        with suppress(KeyError, ValueError):
            self._selector.unregister(watched.fileno())

    def start(self, claim: Claim, endpoint: Endpoint, content: Content | None) -> None:
        """Begin to send a message; a later `poll` returns the result. Fail it without `content`: its event is gone."""
        if content is None:
            self._fail(claim, "The event is not kept any more.")
            return
        exchange = (
            self._idle.pop() if self._idle else Exchange(self._settings, self._clock, self._note_opened, self._ended)
        )
        try:
            exchange.prepare(endpoint, claim.event_id, content.body, content.trace, alone=self._is_closer(endpoint.id))
        except (ValueError, TypeError, pycurl.error) as error:  # libcurl refuses a header or the URL
            self._idle.append(exchange)
            self._fail(claim, f"The request could not be made: {error}")
            return
        self._under_way[exchange] = claim
        self._multi.add_handle(exchange.curl)

    def _fail(self, claim: Claim, detail: str) -> None:
        self._unsent.append((claim, Attempt(self._clock.now(), (), Unreachable(ErrorWord.INTERNAL, detail))))

    def poll(self, wait: float) -> list[Result]:
        """Move all exchanges on, wait up to `wait` seconds for activity, and return the finished attempts."""
        if self._unsent:
            wait = 0
        if self._deadline is not None:
            wait = min(wait, max(0.0, self._deadline - time.monotonic()))
        for key, ready in self._selector.select(wait):
            if key.data is None and key.fd not in self._active:
                self._note_ended(key.fd)
            elif key.data is None:
                mask = (ready & selectors.EVENT_READ and pycurl.CSELECT_IN) | (
                    ready & selectors.EVENT_WRITE and pycurl.CSELECT_OUT
                )
                self._act(key.fd, mask)
                if key.fd in self._active and mask & pycurl.CSELECT_IN:
                    self._end_if_too_long(key.fd)
            else:
                key.data()
        if self._deadline is not None and time.monotonic() >= self._deadline:
            self._deadline = None
            self._act(pycurl.SOCKET_TIMEOUT, 0)
        return self._finished()

    def _act(self, fd: int, mask: int) -> None:
        """Let libcurl work, and close our copies of the sockets that it opens.

        The selector reports a socket as long as a copy of it is open, also after libcurl has closed its own.
        """
        self._multi.socket_action(fd, mask)
        for opened in self._opened:
            opened.close()
        self._opened.clear()

    def _end_if_too_long(self, fd: int) -> None:
        """End the exchange on a socket that has received more bytes than an answer may have.

        The operating system counts the bytes. libcurl reports only what it decodes, and an answer may hide any number
        of bytes, for example in the extensions of chunks. An answer that came at once, as most do, is complete by now
        and costs no check.
        """
        read = bytes_read(fd)
        if read - self._read_before.setdefault(fd, read) <= _MOST_BYTES:
            return
        for exchange in self._under_way:
            if exchange.curl.getinfo(pycurl.ACTIVESOCKET) == fd:
                self._unsent.append(self._finish(exchange, pycurl.E_RECV_ERROR, TOO_LONG))
                return

    def _finished(self) -> list[Result]:
        results, self._unsent = self._unsent, []
        if not self._under_way:
            return results
        more = 1
        while more:
            more, succeeded, failed = self._multi.info_read()
            for curl in succeeded:
                results.append(self._finish(curl.exchange, None, ""))
            for curl, error, detail in failed:
                if curl.exchange.found_it_ended:
                    self._start_again(curl)
                else:
                    results.append(self._finish(curl.exchange, error, detail))
        return results

    def _note_ended(self, fd: int) -> None:
        """Note that a kept connection has ended, if it has: nothing else can make an idle socket readable.

        libcurl checks each kept connection once a second only, and would send a request into one that has ended.
        """
        self._forget(fd)
        with suppress(OSError):
            port = port_if_ended(fd)
            if port is not None:
                self._ended.add(port)
            else:  # the report is older than the end of the exchange on this socket
                self._register(fd, selectors.EVENT_READ)

    def _start_again(self, curl: Any) -> None:
        """Start the exchange again on another connection: libcurl dropped the first one and sent nothing on it."""
        curl.exchange.found_it_ended = False
        self._multi.remove_handle(curl)
        self._multi.add_handle(curl)

    def _finish(self, exchange: Exchange, error: int | None, detail: str) -> Result:
        attempt = exchange.attempt(error, detail)
        claim = self._under_way.pop(exchange)
        if exchange.was_on_kept_connection and attempt.error is ErrorWord.CONNECTION and attempt.status is None:
            self._closers[claim.endpoint_id] = time.monotonic() + _CLOSER_FOR
        self._multi.remove_handle(exchange.curl)
        self._idle.append(exchange)
        return claim, attempt

    def _is_closer(self, endpoint_id: str) -> bool:
        """Return whether the receiver has lately closed a kept connection instead of answering on it.

        Some receivers close after each answer without saying so. A request on such a connection is a failed attempt,
        so for a while each request to that endpoint gets a connection of its own.
        """
        until = self._closers.get(endpoint_id)
        if until is not None and until <= time.monotonic():
            del self._closers[endpoint_id]
            return False
        return until is not None

    def _on_socket(self, what: int, fd: int, _multi: Any, _data: Any) -> None:
        """Register what libcurl waits for on a socket. libcurl calls this several times for each exchange.

        A socket that libcurl has finished with stays registered, because most are soon used again and the system calls
        would cost more than the rest of this function. A number can stand for another socket only when one was opened.
        """
        if what == pycurl.POLL_REMOVE:
            self._active.discard(fd)
            self._read_before.pop(fd, None)
            return
        self._active.add(fd)
        if self._registered.get(fd) != (_EVENTS[what], self._sockets_opened):
            self._forget(fd)
            self._register(fd, _EVENTS[what])

    def _register(self, fd: int, events: int) -> None:
        self._selector.register(fd, events, None)
        self._registered[fd] = (events, self._sockets_opened)

    def _forget(self, fd: int) -> None:
        if self._registered.pop(fd, None) is not None:
            self._selector.unregister(fd)

    def _note_opened(self, opened: socket.socket) -> None:
        self._sockets_opened += 1
        self._opened.append(opened)

    def _on_timer(self, milliseconds: int) -> None:
        self._deadline = None if milliseconds < 0 else time.monotonic() + milliseconds / 1000

    def close(self) -> None:
        for exchange in self._under_way:
            self._multi.remove_handle(exchange.curl)
            exchange.close()
        self._under_way.clear()
        self._multi.close()
        self._selector.close()
