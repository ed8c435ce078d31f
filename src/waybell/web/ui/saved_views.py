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

LISTS = ("/orders", "/routes")


@router.post("/views")
def save(visit: Viewer, sent: Sent) -> Response:
    """Save the query of the list from which the form was sent."""
    path, query = _list_of(sent)
    back = f"{path}?{query}" if query else path
    try:
        with visit.change() as tx:
            saved_views.save(tx, visit.user.id, path, SavedView(sent.text("Name"), query))
    except Invalid as error:
        return go_to(back, str(error), failed=True)
    return go_to(back, f"The view {sent.text('Name')} was saved. You find it above the list.")


@router.post("/views/delete")
def remove(visit: Viewer, sent: Sent) -> Response:
    path, query = _list_of(sent)
    with visit.change() as tx:
        saved_views.remove(tx, visit.user.id, path, sent.text("Name"))
    return go_to(f"{path}?{query}" if query else path, f"The view {sent.text('Name')} was deleted.")


def _list_of(sent: Fields) -> tuple[str, str]:
    """Return the path and the query of the list, without the place in it."""
    asked = urlsplit(sent.text("back"))
    parts = [part for part in asked.query.split("&") if part and not part.startswith("after=")]
    return asked.path if asked.path in LISTS else LISTS[0], "&".join(parts)
