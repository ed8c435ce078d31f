"""Facts about a socket of libcurl, from the operating system: bytes read from it, and whether it has ended."""

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress

try:
    import fcntl
    import termios
except ImportError:  # Windows has no such call
    fcntl = termios = None  # type: ignore[assignment]

_TCP_INFO = getattr(socket, "TCP_INFO", None)  # Linux only
_RECEIVED = struct.Struct("128xQ")  # the position of tcpi_bytes_received in it
_UNREAD = struct.Struct("i")
_PEEK = socket.MSG_PEEK | getattr(socket, "MSG_DONTWAIT", 0)


def bytes_read(fd: int) -> int:
    """Return how many bytes this TCP socket has received so far; 0 where the system does not say."""
    if _TCP_INFO is None or fcntl is None:
        return 0
    with suppress(OSError, struct.error), _lent(fd) as lent:  # an old system returns a shorter structure
        [received] = _RECEIVED.unpack(lent.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, _RECEIVED.size))
        [unread] = _UNREAD.unpack(fcntl.ioctl(fd, termios.FIONREAD, bytes(_UNREAD.size)))
        return int(received - unread)
    return 0


def port_if_ended(fd: int) -> int | None:
    """Return the local port of an idle TCP socket that the other side closed or sent unasked bytes on; else None.

    Raise `OSError` when the number is not that of a socket.
    """
    with _lent(fd) as lent:
        port = int(lent.getsockname()[1])
        try:
            lent.recv(1, _PEEK)
        except BlockingIOError:
            return None
        except OSError:  # the other side has reset the connection
            pass
        return port


@contextmanager
def _lent(fd: int) -> Iterator[socket.socket]:
    """Yield a socket object for a descriptor without closing it afterwards.

    Raise `OSError` when the descriptor is not a socket, such as a pipe.
    """
    lent = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0, fileno=fd)  # the family given here does not matter
    try:
        yield lent
    finally:
        lent.detach()
