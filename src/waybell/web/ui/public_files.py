"""Pictures and reports that a link permits to fetch. The link is the permission, and it expires."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from waybell.accounts.actions import get_account
from waybell.db.database import Tx
from waybell.documents import order_documents
from waybell.ground.errors import NotFound
from waybell.orders import store
from waybell.pictures import store as pictures
from waybell.web.api.answers import pdf

router = APIRouter()

End = Annotated[str, Query(alias="until")]
Signature = Annotated[str, Query(alias="sig")]
_TYPES = {"jpg": "image/jpeg", "png": "image/png"}
_KEEP = {"Cache-Control": "private, max-age=3600"}


@router.get("/picture/{name}")
def picture(request: Request, name: str, end: End = "", signature: Signature = "") -> Response:
    """Answer with a photo, a signature or a logo."""
    picture_id, _, ending = name.partition(".")
    with request.app.state.database.reading() as tx:
        _check(tx, request.url.path, end, signature)
        found = pictures.get(tx, picture_id)
    if found is None:
        raise _gone()
    return Response(found.content, media_type=_TYPES[ending], headers=_KEEP)


@router.get("/report/{name}")
def report(request: Request, name: str, end: End = "", signature: Signature = "") -> Response:
    """Answer with the proof of delivery of an order."""
    request.app.state.public_limits.count(request)
    track_id = name.removesuffix(".pdf")
    with request.app.state.database.reading() as tx:
        _check(tx, request.url.path, end, signature)
        account_id = store.account_of(tx, track_id)
        found = store.of_track_id(tx, account_id, track_id) if account_id else None
        if account_id is None or found is None:
            raise _gone()
        paper = order_documents.proof(tx, get_account(tx, account_id), found.order)
    return pdf(paper(), f"proof-{found.order.number or track_id}")


def _check(tx: Tx, path: str, end: str, signature: str) -> None:
    if not tx.links.is_good(path, end, signature, tx.now):
        raise _gone()


def _gone() -> NotFound:
    return NotFound("This link is not good, or not any more. Ask for a new one where you got it from.")
