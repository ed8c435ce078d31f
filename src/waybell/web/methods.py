"""The methods that a path takes, for the Allow header of a 405 and for its sentence."""

from fastapi import Request
from starlette.routing import Match


def allowed(request: Request) -> list[str]:
    """Return the methods of all routes at this path, with HEAD beside each GET."""
    found: set[str] = set()
    for route in request.app.router.routes:
        if route.matches(request.scope)[0] is not Match.NONE:
            found |= route.methods
    found = found or {"GET"}  # the static files of the pages are no routes
    return sorted(found | {"HEAD"} if "GET" in found else found)


def in_words(methods: list[str]) -> str:
    """Join the methods for a sentence, as in `GET, HEAD and PUT`."""
    return " and ".join(filter(None, [", ".join(methods[:-1]), methods[-1]]))
