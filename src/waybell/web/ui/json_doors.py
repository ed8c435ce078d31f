"""Doors of the pages that speak JSON: their errors are JSON too, with a sentence in `Detail`.

A POST may carry an Idempotency-Key. What its function returns is then kept with its change for the repeats of the
request, see `web/once.py`; the function itself only opens `visit.change()`.
"""

from collections.abc import Callable, Coroutine
from typing import Any

import structlog
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import APIRoute
from pydantic_core import to_json
from starlette.exceptions import HTTPException

from waybell.db.failures import AWAY
from waybell.ground import errors
from waybell.web.api.door import carried_out_once
from waybell.web.errors import STATUS
from waybell.web.once import SAFE, keyed
from waybell.web.traffic import keys_of
from waybell.web.ui.visit import Forbidden, NotSignedIn
from waybell.wire.validation_words import explain

log = structlog.get_logger()

_REFUSED = 422  # a rule refuses what was asked for, although the request can be read


def json_answer(content: object, status: int = 200) -> Response:
    return Response(content if isinstance(content, bytes) else to_json(content), status, media_type="application/json")


class JsonRoute(APIRoute):
    """A route whose errors become JSON, also those of a visitor who is not signed in."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        self._changes = not SAFE.issuperset(options["methods"])
        super().__init__(path, carried_out_once(endpoint) if self._changes else endpoint, **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_or_explain(request: Request) -> Response:
            try:
                request.state.keyed = await keyed(request, _answer) if self._changes else None
                return await handle(request)
            except _EXPLAINED as error:
                return _answer(request, error)

        return handle_or_explain


def _answer(request: Request, error: Exception) -> Response:
    if isinstance(error, AWAY):
        log.error("page.database_unavailable", error=str(error), **keys_of(request.scope))
    status, detail, headers = _explained(error)
    facts = error.facts if isinstance(error, errors.Outdated) else {}
    answer = json_answer({"Detail": detail, **facts}, status)
    answer.headers.update(headers)
    return answer


_EXPLAINED = (NotSignedIn, Forbidden, errors.WaybellError, RequestValidationError, HTTPException, *AWAY)


def _explained(error: Exception) -> tuple[int, str, dict[str, str]]:
    """Return the status, the sentence and the headers that answer this error."""
    match error:
        case NotSignedIn():
            found = 401, "You are signed out. Sign in to go on."
        case Forbidden():
            found = 403, str(error)
        case errors.NotAllowedNow():
            found = _REFUSED, str(error)
        case errors.WaybellError():
            found = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), str(error)
        case RequestValidationError():
            found = 400, explain(error.errors())
        case HTTPException():
            found = error.status_code, str(error.detail)
        case _:
            return 503, "The database does not answer. Nothing was changed; try again.", {"Retry-After": "1"}
    wait = error.retry_after if isinstance(error, errors.TooManyRequests | errors.Busy) else None
    return *found, {"Retry-After": str(wait)} if wait else {}
