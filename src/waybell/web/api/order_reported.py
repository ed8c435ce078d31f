"""What drivers and receivers report of an order: photos, signatures, loading, feedback. All of it is our own.

The Track-POD API shows these on an order and has no operation that sets them; its own apps do. Photos of single goods
are not taken.
"""

from typing import Annotated, Any

from fastapi import Depends, Request, Response

from waybell.errors import UnsupportedMediaType
from waybell.orders import actions
from waybell.orders.model import OrderKey, PictureKind
from waybell.orders.requests import OrderFeedback, OrderLoad
from waybell.pictures import encoding
from waybell.web.api.answers import ApiResponse, done
from waybell.web.api.door import Call, Caller
from waybell.web.api.naming import ANY_ORDER, each
from waybell.web.api.routing import router

api = router("Order")

_TYPES = ("image/jpeg", "image/png")
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_A_PICTURE: dict[str, Any] = {"requestBody": {"required": True, "content": dict.fromkeys(_TYPES, _BINARY)}}


async def _picture(request: Request) -> bytes:
    """The body as it came; whether it is a picture is seen when it is read as one."""
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent and sent not in _TYPES:
        raise UnsupportedMediaType(f"Content-Type {sent} is not read here. Send {' or '.join(_TYPES)}.")
    return await request.body()


Picture = Annotated[bytes, Depends(_picture)]


_ADDED: dict[str, Any] = {"status_code": 201, "response_model": ApiResponse, "openapi_extra": _A_PICTURE}


@each(api.post, "/Order/{order}/Photo", "AddOrderPhotoBy{order}", ANY_ORDER, **_ADDED)
def add_photo(call: Caller, order: OrderKey, picture: Picture) -> Response:
    """Add a photo, a JPEG or PNG of up to 10 MB. It is kept as a JPEG of 1600 pixels at the most."""
    return _add(call, order, "photo", picture)


@each(api.post, "/Order/{order}/Signature", "AddOrderSignatureBy{order}", ANY_ORDER, **_ADDED)
def add_signature(call: Caller, order: OrderKey, picture: Picture) -> Response:
    """Add a signature, a JPEG or PNG of up to 10 MB. It is kept as a JPEG of 1600 pixels at the most."""
    return _add(call, order, "signature", picture)


def _add(call: Call, key: OrderKey, kind: PictureKind, sent: bytes) -> Response:
    jpeg = encoding.photo(sent)  # before the transaction: it takes a while
    with call.change() as tx:
        order = actions.add_picture(tx, call.actor, key, kind, jpeg)
    return done(201, f"The {kind} was added to {order}.")


@each(api.put, "/Order/{order}/Load", "NoteOrderLoadingBy{order}", ANY_ORDER, response_model=ApiResponse)
def note_loading(call: Caller, order: OrderKey, request: OrderLoad) -> Response:
    """Note whether the order is in the vehicle. Its route becomes Loaded with the last of its orders."""
    with call.change() as tx:
        after = actions.note_loading(tx, call.actor, order, request)
    return done(200, f"{after} is noted as {after.load_status}.")


@each(api.put, "/Order/{order}/Feedback", "GiveOrderFeedbackBy{order}", ANY_ORDER, response_model=ApiResponse)
def give_feedback(call: Caller, order: OrderKey, request: OrderFeedback) -> Response:
    """Note what the receiver thinks: a rating from 1 to 5, and a text."""
    with call.change() as tx:
        after = actions.give_feedback(tx, call.actor, order, request)
    return done(200, f"The feedback on {after} is noted.")
