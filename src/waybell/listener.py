"""The socket that the web server listens on, and what to say when there is none to be had."""

import socket

from waybell.errors import SetupError
from waybell.settings import Settings


def listen(settings: Settings) -> socket.socket:
    """The socket of the web server. Raises `SetupError` when the port is taken or the address is not this machine's."""
    where = f"{settings.host}:{settings.port}"
    try:
        family, _, _, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server(address[:2], family=family, backlog=2048)
    except PermissionError:
        raise SetupError(
            f"This user may not listen on {where}: ports below 1024 are for root. Choose another with --port or "
            "WAYBELL_PORT, and put a reverse proxy in front."
        ) from None
    except OSError as error:
        raise SetupError(
            f"Cannot listen on {where}: {error.strerror}. Is Waybell or another program running there already? Choose "
            "another port with --port or WAYBELL_PORT, or another address with WAYBELL_HOST."
        ) from None


def url_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
