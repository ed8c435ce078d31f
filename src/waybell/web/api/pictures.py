"""Bodies that are pictures: how operations read and document them."""

from typing import Annotated, Any

from fastapi import Depends, Request

from waybell.ground.errors import UnsupportedMediaType
from waybell.web.api.answers import ApiResponse

_TYPES = ("image/jpeg", "image/png")
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_A_PICTURE: dict[str, Any] = {"requestBody": {"required": True, "content": dict.fromkeys(_TYPES, _BINARY)}}

# The options of an operation that adds a picture.
ADDED: dict[str, Any] = {"status_code": 201, "response_model": ApiResponse, "openapi_extra": _A_PICTURE}


async def _picture(request: Request) -> bytes:
    """Return the body as it came. Decoding it later shows whether it is a picture."""
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent and sent not in _TYPES:
        raise UnsupportedMediaType(f"Content-Type {sent} is not read here. Send {' or '.join(_TYPES)}.")
    return await request.body()


Picture = Annotated[bytes, Depends(_picture)]
