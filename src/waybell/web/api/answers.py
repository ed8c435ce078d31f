"""The answers of the API: documents, and `ApiResponse` for all else."""

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import Response
from pydantic_core import to_json

from waybell.wire import Document


class ApiResponse(Document):
    """The body of every answer that is not a document: what happened, for a program and for a person."""

    status: int | None = None
    title: str | None = None
    detail: str | None = None


class JsonAnswer(Response):
    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return to_json(content)


def document(found: Document) -> JsonAnswer:
    return JsonAnswer(found.as_answer())


def documents(found: list[Any]) -> JsonAnswer:
    return JsonAnswer([one.as_answer() for one in found])


def pdf(content: bytes, name: str) -> Response:
    """A PDF that browsers show; `name` is what it is called when it is saved, without the ending."""
    plain = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_.") else "_" for sign in name)
    named = f"inline; filename=\"{plain}.pdf\"; filename*=UTF-8''{quote(name, safe='')}.pdf"
    return Response(content, media_type="application/pdf", headers={"Content-Disposition": named})


def done(status: int, detail: str, headers: dict[str, str] | None = None) -> JsonAnswer:
    """An `ApiResponse` with this HTTP status: 201 created, 202 changed, 200 deleted or carried out."""
    return JsonAnswer(answer_body(status, detail), status_code=status, headers=headers)


def answer_body(status: int, detail: str) -> dict[str, Any]:
    return {"Status": status, "Title": HTTPStatus(status).phrase, "Detail": detail}
