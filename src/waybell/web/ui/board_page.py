"""The page of the board. It holds no data: its modules in static/board fetch the day and follow its changes."""

from fastapi import APIRouter
from fastapi.responses import Response

from waybell.web.ui.render import page
from waybell.web.ui.visit import Viewer

router = APIRouter()


@router.get("/board")
def board(visit: Viewer) -> Response:
    return page(visit, "board.html", nav="board", may_act=visit.may("dispatcher"))
