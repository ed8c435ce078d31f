"""The banner of endpoints that are down. Each page holds it, and fetches it again when it has changed."""

from fastapi import APIRouter
from fastapi.responses import Response

from waybell.web.ui.forms import Asked
from waybell.web.ui.render import page
from waybell.web.ui.visit import Viewer

router = APIRouter()


@router.get("/down")
def show(visit: Viewer, asked: Asked) -> Response:
    return page(visit, "_down.html", but=asked.text("but") or None)
