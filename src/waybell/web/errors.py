"""The one table from what went wrong to what the caller is told."""

from collections.abc import Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from waybell import errors
from waybell.db.database import AWAY
from waybell.web.api.answers import JsonAnswer, done, gone
from waybell.web.traffic import keys_of, request_id

log = structlog.get_logger()

STATUS: dict[type[errors.WaybellError], int] = {
    errors.Invalid: 400,
    errors.Unauthorized: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.NotAllowedNow: 405,
    errors.Conflict: 409,
    errors.Gone: 410,
    errors.TooLarge: 413,
    errors.UnsupportedMediaType: 415,
    errors.TooManyRequests: 429,
    errors.NotInstalled: 501,
    errors.Busy: 503,
}

_MAX_LINES = 20


def install(app: FastAPI) -> None:
    app.add_exception_handler(errors.WaybellError, _ours)  # type: ignore[arg-type]
    app.add_exception_handler(errors.Gone, _gone)  # type: ignore[arg-type]
    app.add_exception_handler(errors.SetupError, _not_set_up)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, _validation)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, _http)  # type: ignore[arg-type]
    app.add_exception_handler(ClientDisconnect, hung_up)
    for kind in AWAY:
        app.add_exception_handler(kind, _busy)
    app.add_exception_handler(Exception, _internal)


def _ours(_request: Request, error: errors.WaybellError) -> JsonAnswer:
    headers = None
    if isinstance(error, errors.TooManyRequests | errors.Busy):
        headers = {"Retry-After": str(error.retry_after)}
    for kind in type(error).__mro__:
        if kind in STATUS:
            return done(STATUS[kind], str(error), headers)
    raise error


def _gone(_request: Request, error: errors.Gone) -> JsonAnswer:
    return gone(str(error), error.removed)


def _not_set_up(request: Request, error: errors.SetupError) -> JsonAnswer:
    """No fault of the caller, and no traceback would say more than its sentence."""
    log.error("request.failed", error=str(error), **keys_of(request.scope))
    return done(500, str(error))


def _validation(_request: Request, error: RequestValidationError) -> JsonAnswer:
    return done(400, explain(error.errors()))


def explain(faults: Sequence[Any]) -> str:
    """Validation faults as text, a line for each field: `Orders[3].Weight: ...`."""
    lines = []
    for fault in faults[:_MAX_LINES]:
        place = ""
        for part in fault["loc"]:
            if part in ("body", "query", "path", "header") and not place:
                continue
            place += f"[{part}]" if isinstance(part, int) else f".{part}" if place else str(part)
        lines.append(f"{place or 'body'}: {fault['msg'].removeprefix('Value error, ')}")
    if len(faults) > _MAX_LINES:
        lines.append(f"... and {len(faults) - _MAX_LINES} more")
    return "\n".join(lines)


def _http(request: Request, error: HTTPException) -> JsonAnswer:
    detail = str(error.detail)
    if error.status_code == 404:  # noqa: PLR2004
        detail = (
            f"There is no {request.method} {request.url.path} here. The operations are listed at /api/openapi.json."
        )
    return done(error.status_code, detail, dict(error.headers) if error.headers else None)


def _busy(request: Request, error: Exception) -> JsonAnswer:
    """Nothing was changed, the caller may come again."""
    log.error("request.database_unavailable", error=str(error), **keys_of(request.scope))
    return done(503, "The database did not answer. Nothing was changed; try again.", {"Retry-After": "1"})


def hung_up(_request: Request, _error: Exception) -> Response:
    """The caller did not send all of the body: nobody reads this answer, and it is not worth a line in the log."""
    return Response(status_code=400)


def _internal(request: Request, error: Exception) -> JsonAnswer:
    log.error("request.failed", exc_info=error, **keys_of(request.scope))
    answer = done(
        500,
        "Something went wrong on our side; nothing was changed. The log has the details.",
        {"X-Request-Id": request_id(request.scope)},
    )
    if "use" in request.scope.get("state", {}):  # this answer does not pass the operation any more
        answer.raw_headers += request.state.use.headers()
    return answer
