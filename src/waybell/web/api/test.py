"""`/api/Test`: is the key good, is the server there?"""

from fastapi import Request, Response

from waybell.web.api.answers import JsonAnswer
from waybell.web.api.routing import router

api = router("Test")


@api.get("/Test", operation_id="Test", response_model=str)
def test(request: Request) -> Response:
    """Answers `ok` to a good key: as JSON when JSON is accepted, as plain text otherwise."""
    if "json" in request.headers.get("accept", ""):
        return JsonAnswer("ok")
    return Response("ok", media_type="text/plain")
