"""The page of the audit trail: who changed what, and who saw a secret."""

from fastapi import APIRouter
from fastapi.responses import Response

from waybell.accounts import audit
from waybell.web.ui.forms import Asked
from waybell.web.ui.render import page
from waybell.web.ui.visit import Viewer

router = APIRouter()

_ON_A_PAGE = 50


@router.get("/settings/audit")
def show(visit: Viewer, asked: Asked) -> Response:
    with visit.read() as tx:
        entries = audit.entries(tx, visit.account, before=asked.text("after") or None, limit=_ON_A_PAGE + 1)
    more = entries[_ON_A_PAGE - 1].id if len(entries) > _ON_A_PAGE else None
    return page(visit, "audit.html", nav="audit", entries=entries[:_ON_A_PAGE], cursor=more)
