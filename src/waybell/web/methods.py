"""Which methods a path takes: what a 405 tells in its Allow header and in words."""

from fastapi import Request
from starlette.routing import Match


def allowed(request: Request) -> list[str]:
    """Return the methods of all that answers at this path; HEAD wherever there is GET."""
    found: set[str] = set()
    for route in request.app.router.routes:
        if route.matches(request.scope)[0] is not Match.NONE:
            found |= route.methods
    found = found or {"GET"}  # the files of the pages, which are no route of their own
    return sorted(found | {"HEAD"} if "GET" in found else found)


def in_words(methods: list[str]) -> str:
    """Join the methods for a sentence, as in `GET, HEAD and PUT`."""
    return " and ".join(filter(None, [", ".join(methods[:-1]), methods[-1]]))
