"""A receiver for users without one: the command `waybell listen`, where this server may call its own machine."""

import shlex
from urllib.parse import urlsplit

from waybell.ground.errors import Invalid
from waybell.webhooks.address import Policy, check_url

LISTEN_URL = "http://127.0.0.1:9000/"
_HTTP_PORT = 80
_LOOPBACK = ("127.0.0.1", "localhost")


def may_listen_here(policy: Policy) -> bool:
    """Return whether an endpoint may lead to a receiver on this machine."""
    try:
        check_url(LISTEN_URL, policy)
    except Invalid:
        return False
    return True


def listen_command(url: str, secret: str) -> str | None:
    """Return the command that receives at this URL and checks each signature; None for a URL of another machine.

    The command gets the secret by its environment, because all users of a machine see the arguments of its processes.
    """
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname not in _LOOPBACK:
        return None
    return f"WAYBELL_LISTEN_SECRET={shlex.quote(secret)} waybell listen --port {parts.port or _HTTP_PORT}"
