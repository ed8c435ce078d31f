"""The answers of the API in JSON or XML: objects, and `ApiResponse` for any other result."""

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import Response
from fastapi.concurrency import run_in_threadpool
from pydantic_core import to_json
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from waybell.orders.model import RemovedOrder
from waybell.web import negotiation
from waybell.web.api.original_operations import ORIGINAL
from waybell.wire import exact_numbers, xml
from waybell.wire.model import ApiModel
from waybell.wire.nulls import without_nulls


class ApiResponse(ApiModel):
    """The body of an answer that carries no object: the result, as a status for programs and a sentence for people."""

    status: int | None = None
    title: str | None = None
    detail: str | None = None


class ApiRemovedOrderResponse(ApiModel):
    """The answer for a deleted order: an `ApiResponse` with the members that its tombstone keeps."""

    order: RemovedOrder | None = None
    status: int | None = None
    title: str | None = None
    detail: str | None = None


_ALWAYS = {"Vary": "Accept", "X-Content-Type-Options": "nosniff"}
_NOT_STORED = {"Cache-Control": "no-store"}


class JsonAnswer(Response):
    """An answer in JSON, which becomes XML when it is sent to a caller that prefers XML.

    The conversion happens at sending, because code that makes an answer need not know the request.
    """

    media_type = "application/json"

    def __init__(
        self,
        content: Any,
        status_code: int = 200,
        headers: dict[str, str] | None = None,
        shape: Any = None,
        *,
        is_secret: bool = False,
    ) -> None:
        """Make an answer. `content` is an object or JSON as bytes; `shape` is its type, by default the operation's.

        An answer that shows a secret is never kept: not by caches, nor for the repeats of its request.
        """
        super().__init__(content, status_code, {**_ALWAYS, **(_NOT_STORED if is_secret else {}), **(headers or {})})
        self._content = content
        self.shape = shape
        self.is_secret = is_secret

    def render(self, content: Any) -> bytes:
        return content if isinstance(content, bytes) else to_json(content)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        wanted = negotiation.media_type(Headers(scope=scope).get("accept", ""))
        shape = self.shape or scope["route"].response_model
        if wanted in negotiation.XML:
            self.body = await run_in_threadpool(_in_xml, bytes(self.body), shape)
            wanted += "; charset=utf-8"
        elif _leaves_nulls_out(scope) and isinstance(self._content, dict | list):
            self.body = self.render(without_nulls(self._content, shape))
        self.headers["Content-Length"] = str(len(self.body))
        self.headers["Content-Type"] = wanted
        await super().__call__(scope, receive, send)


def _leaves_nulls_out(scope: Scope) -> bool:
    """Return whether the answer omits null members: by default, the operations of the Track-POD API omit them."""
    is_original = getattr(scope.get("route"), "operation_id", None) in ORIGINAL
    return is_original and scope["app"].state.settings.null_members == "omit"


def _in_xml(body: bytes, shape: Any) -> bytes:
    return xml.write(exact_numbers.read(body), shape)


def document(found: ApiModel) -> JsonAnswer:
    return JsonAnswer(found.as_answer())


def documents(found: list[Any]) -> JsonAnswer:
    return JsonAnswer([one.as_answer() for one in found])


def pdf(content: bytes, name: str) -> Response:
    """Return a PDF that browsers show. `name` is its file name without the ending."""
    plain = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_.") else "_" for sign in name)
    named = f"inline; filename=\"{plain}.pdf\"; filename*=UTF-8''{quote(name, safe='')}.pdf"
    return Response(content, media_type="application/pdf", headers={"Content-Disposition": named})


def done(status: int, detail: str, headers: dict[str, str] | None = None) -> JsonAnswer:
    """Return an `ApiResponse` with this HTTP status: 201 created, 202 changed, 200 deleted or carried out."""
    return JsonAnswer(answer_body(status, detail), status, headers, ApiResponse)


def gone(detail: str, removed: ApiModel) -> JsonAnswer:
    """Return an `ApiRemovedOrderResponse`."""
    body = {"Order": removed.as_answer(), **answer_body(HTTPStatus.GONE, detail)}
    return JsonAnswer(body, HTTPStatus.GONE, shape=ApiRemovedOrderResponse)


def answer_body(status: int, detail: str) -> dict[str, Any]:
    return {"Status": status, "Title": HTTPStatus(status).phrase, "Detail": detail}
