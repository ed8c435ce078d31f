"""The operation `/api/Test`, by which a client checks its key and that the server answers."""

from typing import Any

from fastapi import Request, Response

from waybell.web import negotiation
from waybell.web.api.answers import JsonAnswer
from waybell.web.api.routing import router

api = router("Test")


_TEXT: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/plain": {"schema": {"type": "string"}, "example": "ok"}}}
}


@api.get("/Test", operation_id="Test", response_model=str, responses=_TEXT)
def test(request: Request) -> Response:
    """Return `ok` to a good key: as JSON or XML when the caller asks for it, else as plain text.

    Operation: Test.
    """
    if negotiation.media_type(request.headers.get("accept", ""), "text/plain") == "text/plain":
        return Response("ok", media_type="text/plain", headers={"Vary": "Accept"})
    return JsonAnswer("ok")
