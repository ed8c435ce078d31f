"""The start page, and the way from an empty account to the first received webhook."""

from fastapi import APIRouter
from fastapi.responses import Response

from waybell.db.database import Tx
from waybell.ground.clock import Moment
from waybell.orders import actions as orders
from waybell.orders.requests import NewOrder
from waybell.web.ui.first_request import first_request
from waybell.web.ui.forms import Sent, submit_once
from waybell.web.ui.inbox import contents
from waybell.web.ui.render import go_to, page
from waybell.web.ui.visit import Dispatcher, Viewer
from waybell.webhooks.endpoints import store

router = APIRouter()


@router.get("/")
def start(visit: Viewer) -> Response:
    if visit.is_limited:
        return go_to("/board")
    with visit.read() as tx:
        is_set_up = store.has_endpoint(tx, visit.account.id)
    return go_to(("/board" if visit.may("dispatcher") else "/orders") if is_set_up else "/welcome")


@router.get("/welcome")
def welcome(visit: Viewer) -> Response:
    with visit.read() as tx:
        found = contents(tx, visit, limit=1)
    curl = first_request(visit.settings.base_url)
    return page(visit, "welcome.html", nav="welcome", live="inbox", inbox=found, curl=curl)


@router.post("/welcome/order")
def sample_order(visit: Dispatcher, sent: Sent) -> Response:
    """Add a first order as an ERP would. Its event and webhooks are real."""

    def make(tx: Tx) -> str:
        moment = Moment(tx.now, visit.account.zone)
        order = _FIRST_ORDER | {"Number": f"SAMPLE-{moment.local[11:].replace(':', '')}"}
        return str(orders.add(tx, visit.actor, NewOrder.model_validate(order)).number)

    return go_to("/welcome", f"Order {submit_once(visit, sent, make)} was made. Its event is on the way.")


_FIRST_ORDER = {
    "Client": "Bakery Kalamaja",
    "Address": "Telliskivi 60a, Tallinn",
    "TimeSlotFrom": "09:00",
    "TimeSlotTo": "12:00",
    "Note": "Made by the button on the page Getting started.",
    "GoodsList": [{"OrderLineId": "1", "GoodsName": "Rye flour", "GoodsUnit": "sack", "Quantity": 4}],
}
