"""What the system tells of a socket that libcurl has: how much was read from it, and whether it has ended."""

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress

try:
    import fcntl
    import termios
except ImportError:  # Windows, which does not tell
    fcntl = termios = None  # type: ignore[assignment]

_TCP_INFO = getattr(socket, "TCP_INFO", None)  # of Linux
_RECEIVED = struct.Struct("128xQ")  # tcpi_bytes_received, in it
_UNREAD = struct.Struct("i")
_PEEK = socket.MSG_PEEK | getattr(socket, "MSG_DONTWAIT", 0)


def bytes_read(fd: int) -> int:
    """Return how many bytes have been read from this TCP socket so far; 0 where the system does not tell."""
    if _TCP_INFO is None or fcntl is None:
        return 0
    with suppress(OSError, struct.error), _lent(fd) as lent:  # an old system tells less
        [received] = _RECEIVED.unpack(lent.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, _RECEIVED.size))
        [unread] = _UNREAD.unpack(fcntl.ioctl(fd, termios.FIONREAD, bytes(_UNREAD.size)))
        return int(received - unread)
    return 0


def port_if_ended(fd: int) -> int | None:
    """Return the port at our end of an idle TCP socket that was closed, or brings what nobody asked for; else None.

    Raises `OSError` for what is no socket.
    """
    with _lent(fd) as lent:
        port = int(lent.getsockname()[1])
        try:
            lent.recv(1, _PEEK)
        except BlockingIOError:
            return None
        except OSError:  # reset
            pass
        return port


@contextmanager
def _lent(fd: int) -> Iterator[socket.socket]:
    """Lend a socket that somebody else will close. Raises `OSError` for what is no socket, such as a pipe."""
    lent = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0, fileno=fd)  # whatever its family is
    try:
        yield lent
    finally:
        lent.detach()
