"""Pictures as bodies of their own: what the operations that take one read and document alike."""

from typing import Annotated, Any

from fastapi import Depends, Request

from waybell.ground.errors import UnsupportedMediaType
from waybell.web.api.answers import ApiResponse

_TYPES = ("image/jpeg", "image/png")
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_A_PICTURE: dict[str, Any] = {"requestBody": {"required": True, "content": dict.fromkeys(_TYPES, _BINARY)}}

# The options of an operation that adds one.
ADDED: dict[str, Any] = {"status_code": 201, "response_model": ApiResponse, "openapi_extra": _A_PICTURE}


async def _picture(request: Request) -> bytes:
    """The body as it came; whether it is a picture is seen when it is read as one."""
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent and sent not in _TYPES:
        raise UnsupportedMediaType(f"Content-Type {sent} is not read here. Send {' or '.join(_TYPES)}.")
    return await request.body()


Picture = Annotated[bytes, Depends(_picture)]
