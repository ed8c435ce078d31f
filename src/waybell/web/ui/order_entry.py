"""The pages on which people enter, change, duplicate and delete an order, by the same actions as the API."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from waybell.db.database import Tx
from waybell.directory import entry_store
from waybell.directory.entry_kinds import CUSTOM_FIELD, DEPOT, GOODS, SHIPPER, TEAM, CustomFieldDefinition, Kind
from waybell.ground.clock import Moment
from waybell.ground.errors import Conflict, Forbidden, Invalid, NotAllowedNow, within
from waybell.orders import actions
from waybell.orders.known_clients import known_clients
from waybell.orders.model import Order, OrderKey
from waybell.orders.requests import NewOrder
from waybell.routes import order_actions
from waybell.web.ui import order_form as form
from waybell.web.ui.entry_form import Choices, Input
from waybell.web.ui.forms import Asked, Fields, Sent, check_unchanged, faults, stamp, submit_once
from waybell.web.ui.render import go_to, page
from waybell.web.ui.visit import OrderEntry, Visit

router = APIRouter()

_MOST_CHOICES = 500
_MOST_SUGGESTED = 8
_REFUSALS = (Invalid, NotAllowedNow, Conflict, Forbidden)


@router.get("/orders/new")
def show_new(visit: OrderEntry, asked: Asked) -> Response:
    """Show an empty form; `like` names an order to begin from, and `date` a day."""
    with visit.read() as tx:
        today = Moment(tx.now, visit.account.zone).today
        like = asked.text("like")
        if like:
            order = actions.get_live(tx, visit.actor, OrderKey("TrackId", like))
            begun = form.alike(order, today, _definitions(tx, visit))
        else:
            begun = form.blank(_day(asked.text("date")) or today)
    return _page(visit, begun)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@router.post("/orders/new")
def add(visit: OrderEntry, sent: Sent) -> Response:
    if sent.flag("more"):
        return _page(visit, sent)
    made: list[Order] = []

    def make(tx: Tx) -> str:
        wanted = [_filled(tx, one) for one in form.requests(sent, Fields([]), _definitions(tx, visit), new=True)]
        for place, outcome in zip(("", form.LEG.rstrip(".")), actions.add_many(tx, visit.actor, wanted), strict=False):
            if isinstance(outcome, Invalid):
                with within(place):
                    raise outcome
            made.append(outcome)
        return made[0].track_id

    try:
        track_id = submit_once(visit, sent, make)
    except _REFUSALS as error:
        return _page(visit, sent, wrong=faults(error))
    notice = f"{made[0]} was added." if made else "The order was added by the first click."
    if sent.text("next") == "another":
        return go_to(f"/orders/new?date={quote(sent.text('Date'))}", notice)
    return go_to(f"/orders/{quote(track_id)}", notice)


def _filled(tx: Tx, wanted: NewOrder) -> NewOrder:
    """Return the request with the only shipper, depot and team that the user may write, where it names none."""
    named = {"ShipperId": wanted.shipper_id, "DepotId": wanted.depot_id, "TeamCode": wanted.team_code}
    tx.scope.fill_order(named)
    names = {"shipper_id": "ShipperId", "depot_id": "DepotId", "team_code": "TeamCode"}
    return wanted.model_copy(update={name: named[member] for name, member in names.items() if named[member]})


@router.get("/orders/clients.json")
def suggest(visit: OrderEntry, asked: Asked) -> Response:
    """Return the known clients whose name holds the text `q`, each with the members that a form takes over."""
    text = asked.text("q")[:255]
    with visit.read() as tx:
        found = known_clients(tx, visit.account.id, text, _MOST_SUGGESTED) if text else []
    return JSONResponse([{"Text": one.client, "More": one.address, "Members": one.members} for one in found])


@router.get("/orders/{track_id}/edit")
def show_edit(visit: OrderEntry, track_id: str) -> Response:
    with visit.read() as tx:
        order = actions.get_live(tx, visit.actor, OrderKey("TrackId", track_id))
        stored = form.shown(order, _definitions(tx, visit))
    return _page(visit, stored, order)


@router.post("/orders/{track_id}/edit")
def change(visit: OrderEntry, track_id: str, sent: Sent) -> Response:
    key = OrderKey("TrackId", track_id)
    with visit.read() as tx:
        order = actions.get_live(tx, visit.actor, key)
    if sent.flag("more"):
        return _page(visit, sent, order)
    try:
        with visit.change() as tx:
            order = actions.get_live(tx, visit.actor, key)
            definitions = _definitions(tx, visit)
            stored = form.shown(order, definitions)
            check_unchanged(sent, stored)
            [wanted] = form.requests(sent, stored, definitions, new=False)
            after = actions.change_named(tx, visit.actor, key, wanted, overwrite_gps=bool(order.route_id))
    except _REFUSALS as error:
        return _page(visit, sent, order, wrong=faults(error))
    lost = order.address_lat is not None and after.address_lat is None
    unlocated = " Its new address has no coordinates yet: enter them, so that it can be planned." if lost else ""
    return go_to(f"/orders/{quote(track_id)}", f"{after} was changed.{unlocated}")


@router.post("/orders/{track_id}/delete")
def delete(visit: OrderEntry, track_id: str) -> Response:
    path = f"/orders/{quote(track_id)}"
    try:
        with visit.change() as tx:
            gone = order_actions.delete(tx, visit.actor, OrderKey("TrackId", track_id))
    except _REFUSALS as error:
        return go_to(path, str(error), failed=True)
    return go_to("/orders", f"{gone} was deleted.")


def _definitions(tx: Tx, visit: Visit) -> list[CustomFieldDefinition]:
    found = entry_store.listed(tx, visit.account.id, CUSTOM_FIELD, "", _MOST_CHOICES)
    return [one for one in found if isinstance(one, CustomFieldDefinition)]


def _page(visit: Visit, now: Fields, order: Order | None = None, *, wrong: Mapping[str, str] | None = None) -> Response:
    """Return the form with these fields, for a new order or for `order`."""
    with visit.read() as tx:
        definitions = _definitions(tx, visit)
        choices = {name: _choices(tx, visit, kind) for name, kind in _CHOSEN.items()}
        # The goods of the directory are everybody's, and their names may tell of other shippers.
        known = [] if visit.is_limited else entry_store.listed(tx, visit.account.id, GOODS, "", _MOST_CHOICES)
        goods = [one.name for one in known if one.name]
    facts: dict[str, Any] = {
        "order": order,
        "sent": now,
        "faults": wrong or {},
        "kinds": [one for one in form.KINDS.items() if order is None or one[0] != "pickup-hub-delivery"],
        "seen": stamp(form.shown(order, definitions)) if order else "",
        "goods": goods,
        "lines": form.lines(now),
        "keeps_lines": order is not None and form.too_many_lines(order.goods_list),
        "custom_fields": definitions,
    }
    for name, inputs in _GROUPS.items():
        facts[name] = form.with_choices(inputs, choices, now)
    return page(visit, "order_form.html", 400 if wrong else 200, nav="orders", **facts)


_CHOSEN = {"DepotId": DEPOT, "ShipperId": SHIPPER, "TeamCode": TEAM}  # the inputs with choices of the directory
_GROUPS: dict[str, Sequence[Input]] = {
    "head": form.HEAD,
    "client": form.CLIENT,
    "when": form.WHEN,
    "note": (form.NOTE,),
    "load": form.LOAD,
    "keys": form.KEYS,
    "belongs": form.BELONGS,
    "pickup": form.pickup_inputs(),
    "pickup_date": (Input(f"{form.LEG}Date", "Date", "date", form.PICKUP_DATE.hint),),
    "goods_inputs": form.GOODS,
}


def _choices(tx: Tx, visit: Visit, kind: Kind) -> Choices:
    found = entry_store.listed(tx, visit.account.id, kind, "", _MOST_CHOICES)
    return tuple((one.id or "", one.name or one.id or "") for one in found)
