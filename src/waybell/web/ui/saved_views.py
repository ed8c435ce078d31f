"""The acts on saved views of a list: saving the present filters, columns and sort under a name, and deleting one."""

from urllib.parse import urlsplit

from fastapi import APIRouter
from fastapi.responses import Response

from waybell.accounts import saved_views
from waybell.accounts.saved_views import SavedView
from waybell.ground.errors import Invalid
from waybell.web.ui.forms import Fields, Sent
from waybell.web.ui.render import go_to
from waybell.web.ui.visit import Viewer

router = APIRouter()

_LIST = "/orders"


@router.post("/views")
def save(visit: Viewer, sent: Sent) -> Response:
    """Save the query of the list from which the form was sent."""
    query = _query_of(sent)
    try:
        with visit.change() as tx:
            saved_views.save(tx, visit.user.id, _LIST, SavedView(sent.text("Name"), query))
    except Invalid as error:
        return go_to(_back(query), str(error), failed=True)
    return go_to(_back(query), f"The view {sent.text('Name')} was saved. You find it above the list.")


@router.post("/views/delete")
def remove(visit: Viewer, sent: Sent) -> Response:
    with visit.change() as tx:
        saved_views.remove(tx, visit.user.id, _LIST, sent.text("Name"))
    return go_to(_back(_query_of(sent)), f"The view {sent.text('Name')} was deleted.")


def _query_of(sent: Fields) -> str:
    """Return the query of the list from which the form was sent, without the place in the list."""
    return "&".join(
        part for part in urlsplit(sent.text("back")).query.split("&") if part and not part.startswith("after=")
    )


def _back(query: str) -> str:
    return f"{_LIST}?{query}" if query else _LIST
