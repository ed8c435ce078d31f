"""The one table from errors to the HTTP answers that callers get."""

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from waybell.db.failures import AWAY
from waybell.ground import errors
from waybell.web import methods
from waybell.web.api.answers import JsonAnswer, done, gone
from waybell.web.traffic import keys_of, request_id
from waybell.wire.validation_words import explain

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
    errors.KeyReused: 422,
    errors.TooManyRequests: 429,
    errors.NotInstalled: 501,
    errors.Busy: 503,
}


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


def _ours(request: Request, error: errors.WaybellError) -> JsonAnswer:
    headers = {}
    if isinstance(error, errors.TooManyRequests | errors.Busy):
        headers["Retry-After"] = str(error.retry_after)
    elif isinstance(error, errors.UnsupportedCoding):
        headers["Accept-Encoding"] = error.codings
    elif isinstance(error, errors.NotAllowedNow):
        headers["Allow"] = ", ".join(methods.allowed(request))
    for kind in type(error).__mro__:
        if kind in STATUS:
            return done(STATUS[kind], str(error), headers)
    raise error


def _gone(_request: Request, error: errors.Gone) -> JsonAnswer:
    return gone(str(error), error.removed)


def _not_set_up(request: Request, error: errors.SetupError) -> JsonAnswer:
    """Answer 503 with the sentence of the error: the caller is not at fault, and a traceback would say no more."""
    log.error("request.failed", error=str(error), **keys_of(request.scope))
    return done(500, str(error))


def _validation(_request: Request, error: RequestValidationError) -> JsonAnswer:
    return done(400, explain(error.errors()))


def _http(request: Request, error: HTTPException) -> JsonAnswer:
    if error.status_code in (404, 405) and (refusal := _count(request)):
        return refusal
    detail, headers = str(error.detail), dict(error.headers or {})
    if error.status_code == 404:  # noqa: PLR2004
        detail = f"There is no {_asked(request)}. The operations are listed at /api/openapi.json."
    elif error.status_code == 405:  # noqa: PLR2004
        taken = methods.allowed(request)
        headers["Allow"] = ", ".join(taken)
        listed = "The operations are listed at /api/openapi.json."
        detail = f"There is no {_asked(request)}. This path takes {methods.in_words(taken)}. {listed}"
    return done(error.status_code, detail, headers)


def _asked(request: Request) -> str:
    """Return the method and the path as the caller wrote them."""
    path, where = request.url.path, "here"
    if request.scope["state"].get("at_root"):
        path, where = path.removeprefix("/api"), "at the root, where the operations of the Track-POD API answer"
    return f"{request.method} {path} {where}"


def _count(request: Request) -> JsonAnswer | None:
    """Count a call to an unknown path of the API, as any other call. Return the refusal if the key has no call left."""
    if "rate_headers" not in request.scope["state"] or not request.headers.get("x-api-key"):
        return None
    try:
        request.app.state.door.identify(request)
    except errors.Unauthorized:  # an unknown path is 404 for all callers
        return None
    except errors.TooManyRequests as error:
        return _ours(request, error)
    except AWAY as error:
        return _busy(request, error)
    return None


def _busy(request: Request, error: Exception) -> JsonAnswer:
    """Answer 503: nothing was changed, and the caller may try again."""
    log.error("request.database_unavailable", error=str(error), **keys_of(request.scope))
    return done(503, "The database did not answer. Nothing was changed; try again.", {"Retry-After": "1"})


def hung_up(_request: Request, _error: Exception) -> Response:
    """Answer a caller that hung up within its body. The answer is not read, and the log needs no line about it."""
    return Response(status_code=400)


def _internal(request: Request, error: Exception) -> JsonAnswer:
    log.error("request.failed", exc_info=error, **keys_of(request.scope))
    answer = done(
        500,
        "Something went wrong on our side; nothing was changed. The log has the details.",
        {"X-Request-Id": request_id(request.scope)},
    )
    state = request.scope.get("state", {})
    if "rate_headers" in state:  # an answer of the API that no longer passes `Doors`
        answer.raw_headers += state["rate_headers"]().headers()
        answer.headers["Cache-Control"] = "no-store"
    return answer
