"""The pages for errors: an unknown page, a refusal by role, a wrong request, or a fault of Waybell."""

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from waybell.db.failures import AWAY
from waybell.ground import errors
from waybell.web import methods
from waybell.web.errors import STATUS, hung_up
from waybell.web.traffic import keys_of
from waybell.web.ui.forms import typed_in
from waybell.web.ui.render import plain_page
from waybell.web.ui.sign_in import sign_in_again
from waybell.web.ui.visit import Forbidden, NotSignedIn, sign_in_path

log = structlog.get_logger()

_TITLES = {
    400: "That cannot be done",
    403: "Not yours to do",
    404: "Nothing here",
    405: "Not possible now",
    409: "Not at the moment",
    410: "It is gone",
    413: "Too much at once",
    429: "A little slower, please",
    500: "Something went wrong on our side",
    503: "Too busy at this moment",
}


def install(app: FastAPI) -> None:
    app.add_exception_handler(NotSignedIn, _not_signed_in)  # type: ignore[arg-type]
    app.add_exception_handler(Forbidden, _forbidden)  # type: ignore[arg-type]
    app.add_exception_handler(errors.WaybellError, _ours)  # type: ignore[arg-type]
    app.add_exception_handler(errors.SetupError, _not_set_up)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, _not_found)
    app.add_exception_handler(HTTPException, _http)  # type: ignore[arg-type]
    app.add_exception_handler(ClientDisconnect, hung_up)
    for kind in AWAY:
        app.add_exception_handler(kind, _busy)
    app.add_exception_handler(Exception, _internal)


def error_page(request: Request, status: int, text: str) -> Response:
    return plain_page(request, "error.html", status, title=_TITLES.get(status, "That did not work"), text=text)


async def _not_signed_in(request: Request, error: NotSignedIn) -> Response:
    """Lead to the sign-in page and back to this page, and carry the fields of a form along."""
    if "hx-request" in request.headers:  # the request is for a part of an open page: the whole page goes to the sign-in
        return Response(status_code=401, headers={"HX-Redirect": "/sign-in"})
    typed = await typed_in(request) if request.method == "POST" else []
    if typed:
        return sign_in_again(request, error.to, typed)
    return Response(status_code=303, headers={"Location": sign_in_path(error.to)})


def _forbidden(request: Request, error: Forbidden) -> Response:
    return error_page(request, 403, str(error))


def _ours(request: Request, error: errors.WaybellError) -> Response:
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    answer = error_page(request, status, str(error))
    if isinstance(error, errors.TooManyRequests | errors.Busy):
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def _not_set_up(request: Request, error: errors.SetupError) -> Response:
    log.error("page.failed", error=str(error), **keys_of(request.scope))
    return error_page(request, 500, str(error))


def _not_found(request: Request, _error: Exception) -> Response:
    return error_page(request, 404, f"There is no page {request.url.path} with these parameters.")


def _http(request: Request, error: HTTPException) -> Response:
    if error.status_code == 404:  # noqa: PLR2004
        return error_page(request, 404, f"There is no page {request.url.path}.")
    if error.status_code == 405:  # noqa: PLR2004
        taken = methods.allowed(request)
        text = f"This page takes {methods.in_words(taken)}, and not {request.method}. Open it in a browser."
        answer = error_page(request, 405, text)
        answer.headers["Allow"] = ", ".join(taken)
        return answer
    return error_page(request, error.status_code, str(error.detail))


def _busy(request: Request, error: Exception) -> Response:
    log.error("page.database_unavailable", error=str(error), **keys_of(request.scope))
    return error_page(
        request, 503, "The database does not answer. Nothing was changed. Load this page again in a moment."
    )


def _internal(request: Request, error: Exception) -> Response:
    log.error("page.failed", exc_info=error, **keys_of(request.scope))
    return error_page(request, 500, "Nothing was changed. The log of the server has the details.")
