"""The socket of the web server, the messages when it cannot be opened, and the address where it is reached."""

import socket
from contextlib import suppress

from waybell.ground.errors import SetupError
from waybell.settings import Settings

_NOTE = "web.url"


def listen(settings: Settings) -> socket.socket:
    """Open the socket of the web server.

    Raise `SetupError` when the port is taken or the address is not one of this machine.
    """
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


def note_url(settings: Settings) -> None:
    """Write the web server's address into the data folder, for commands that are not given its port."""
    with suppress(OSError):  # on PostgreSQL there may be no folder
        (settings.data_dir / _NOTE).write_text(settings.base_url)


def noted_url(settings: Settings) -> str:
    """Return the web server's address: from the settings, or else where the last one that started here was."""
    if settings.public_url:
        return settings.base_url
    try:
        return (settings.data_dir / _NOTE).read_text().strip()
    except OSError:
        return settings.base_url
