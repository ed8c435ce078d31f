"""What people do with several orders of the list at once: all of it, or none."""

from urllib.parse import urlsplit

from fastapi import APIRouter
from fastapi.responses import Response

from waybell.board import acting, finding
from waybell.board.lean import Day
from waybell.board.requests import MOST_ORDERS, Acts
from waybell.db.database import Tx
from waybell.ground.clock import Moment
from waybell.ground.errors import Conflict, Forbidden, Invalid, NotAllowedNow, NotFound
from waybell.orders.model import OrderKey
from waybell.routes import order_actions
from waybell.web.ui.forms import Fields, Sent
from waybell.web.ui.render import go_to
from waybell.web.ui.visit import Dispatcher, Visit

router = APIRouter()

_REFUSALS = (Invalid, NotAllowedNow, Conflict, Forbidden, NotFound)


@router.post("/orders/bulk")
def act(visit: Dispatcher, sent: Sent) -> Response:
    """Put the chosen orders on a route, take them off their routes, or delete them."""
    back = _back(sent)
    chosen = list(dict.fromkeys(sent.all("Order")))
    try:
        if not chosen:
            raise Invalid("Choose orders first, by the boxes in front of them.")
        if len(chosen) > MOST_ORDERS:
            raise Invalid(f"At most {MOST_ORDERS} orders can be changed at once.")
        with visit.change() as tx:
            notice = _carry_out(tx, visit, sent, chosen)
            tx.after_commit(visit.request.app.state.board_feed.hint)
    except _REFUSALS as error:
        return go_to(back, f"Nothing was changed. {error}", failed=True)
    return go_to(back, notice)


def _carry_out(tx: Tx, visit: Visit, sent: Fields, chosen: list[str]) -> str:
    count = f"{len(chosen)} {'order' if len(chosen) == 1 else 'orders'}"
    if sent.text("act") == "delete":
        for track_id in chosen:
            order_actions.delete(tx, visit.actor, OrderKey("TrackId", track_id))
        return f"{count} deleted."
    route_id = sent.text("Route")
    if sent.text("act") not in ("assign", "unassign"):
        raise Invalid("There is no such act.")
    if sent.text("act") == "assign" and not route_id:
        raise Invalid("Choose a route for the orders.")
    ids = finding.short_ids(tx, visit.account.id, chosen, [route_id] if route_id else [])
    if missing := [one for one in (*chosen, route_id) if one and one not in ids]:
        raise NotFound(f"{missing[0]} is not there any more. Load the page anew.")
    orders = [ids[one] for one in chosen]
    wanted = (
        {"Act": "assign", "Orders": orders, "Route": ids[route_id]}
        if sent.text("act") == "assign"
        else {"Act": "unassign", "Orders": orders}
    )
    day = Day(Moment(tx.now, visit.account.zone).today, visit.account.zone)
    road = visit.request.app.state.optimizing.road
    done = acting.carry_out(tx, visit.actor, day, Acts.model_validate({"Acts": [wanted]}), visit.tools.vault, road)
    warned = "".join(f" {one.text}" for one in done.warnings)
    moved = "put on the route" if sent.text("act") == "assign" else "taken off their routes"
    return f"{count} {moved}.{warned}"


def _back(sent: Fields) -> str:
    """Return the list from which the form was sent, and no other address."""
    asked = urlsplit(sent.text("back"))
    return f"/orders?{asked.query}" if asked.path == "/orders" and asked.query else "/orders"
