"""What is to be done with each order of a part: the database decides what is there already."""

from collections.abc import Mapping, Sequence

from waybell.accounts.model import Actor
from waybell.db.database import Tx
from waybell.ground.clock import Moment
from waybell.ground.errors import Forbidden, Invalid
from waybell.importing.assembling import FileOrder
from waybell.orders import actions as orders
from waybell.orders import editing, store
from waybell.orders.model import DELIVERED, FAILED, PARTIALLY, Order, midnight
from waybell.orders.requests import NewOrder
from waybell.orders.store import Named
from waybell.routes import store as routes
from waybell.routes.model import RouteKey

_FINISHED = (DELIVERED, PARTIALLY, *FAILED)


def match(tx: Tx, actor: Actor, columns: Mapping[str, str], part: Sequence[FileOrder]) -> None:
    """Set the act of each order, and note what the database speaks against.

    `columns` says by which `key` orders are recognised, and what is done with `existing` and with `missing` ones.
    """
    usable = [order for order in part if not order.is_wrong]
    for order in part:
        order.act, order.about = "refuse" if order.is_wrong else "create", ""
    _find(tx, actor, columns, usable)
    _check_routes(tx, actor, usable)
    for order in usable:
        if order.act == "create":
            _check_scope(tx, order)
    _check_new(tx, actor, [order for order in usable if order.act == "create"])
    for order in usable:
        if order.is_wrong:
            order.act = "refuse"


def _find(tx: Tx, actor: Actor, columns: Mapping[str, str], part: Sequence[FileOrder]) -> None:
    key = columns["key"]
    if not key:
        return
    member = key.partition("+")[0]
    values = {value for order in part if (value := _value(order, member))}
    there = store.named(tx, actor.account.id, member, values)
    for order in part:
        value = _value(order, member)
        found = [one for one in there.get(value, ()) if _is_meant(order, one, key)]
        if found:
            _meet(order, member, value, found, columns["existing"])
        elif columns["missing"] == "refuse" or (member == "TrackId" and value):
            order.add(order.rows[0], "", "error", f"there is no order with {member} {value}")


def _value(order: FileOrder, member: str) -> str:
    return order.track_id.lower() if member == "TrackId" else str(order.request.get(member, ""))


def _is_meant(order: FileOrder, one: Named, key: str) -> bool:
    """Return whether the file can mean this order: a delivery and a collection may share a Number."""
    if key == "Number+Date" and one.date[:10] != order.request["Date"]:
        return False
    return key == "TrackId" or order.request.get("Type") in (None, one.type)


def _meet(order: FileOrder, member: str, value: str, found: Sequence[Named], existing: str) -> None:
    order.about = found[0].track_id
    order.act = "update" if existing == "update" else "skip"
    if order.act == "update":
        if found[0].status_id in _FINISHED:
            order.act = "skip"
            order.add(
                order.rows[0], "", "warning", f"the order with {member} {value} has an outcome and stays as it is"
            )
        elif len(found) > 1:
            order.add(order.rows[0], "", "warning", f"{len(found)} orders have {member} {value}; the newest is changed")


def _check_routes(tx: Tx, actor: Actor, part: Sequence[FileOrder]) -> None:
    seen: dict[tuple[str, str], tuple[str, str]] = {}
    for order in part:
        code = order.route.get("Code")
        if not code or order.act != "create":
            continue
        place = route_place(tx, actor, order)
        if place not in seen:
            seen[place] = _judge_route(tx, actor, *place)
        level, words = seen[place]
        if words:
            order.add(order.rows[0], "", "error" if level == "error" else "warning", words)


def _judge_route(tx: Tx, actor: Actor, code: str, date: str) -> tuple[str, str]:
    found = routes.find(tx, actor.account.id, RouteKey("Code", code), date)
    there = routes.get_many(tx, actor.account.id, [found]) if found else []
    if not there:
        return "", ""
    if there[0].status == "Closed":
        return "error", f"route {code} of {date[:10]} is closed"
    if there[0].started:
        return "warning", f"route {code} of {date[:10]} is under way"
    return "", ""


def route_place(tx: Tx, actor: Actor, order: FileOrder, before: Order | None = None) -> tuple[str, str]:
    """Return the Code and the date of the route that the file names for an order.

    Without a date in the file it is that of the order as it is, else today.
    """
    day = order.request.get("Date")
    if day:
        return str(order.route["Code"]), f"{day}T00:00:00"
    return str(order.route["Code"]), before.date if before else midnight(Moment(tx.now, actor.account.zone).today)


def _check_scope(tx: Tx, order: FileOrder) -> None:
    try:
        tx.scope.fill_order(order.request)
        tx.scope.check_order(*[order.request.get(name) for name in ("ShipperId", "DepotId", "TeamCode")])
    except Forbidden as error:
        order.add(order.rows[0], "", "error", str(error))


def _check_new(tx: Tx, actor: Actor, part: Sequence[FileOrder]) -> None:
    """Refuse new orders without a client or an address, unless the directory knows it by its id."""
    lacking = [order for order in part if not (order.request.get("Client") and order.request.get("Address"))]
    moment = Moment(tx.now, actor.account.zone)
    drafts = [editing.draft(NewOrder.model_validate(order.request), "", moment) for order in lacking]
    book = orders.book_for(tx, actor, drafts) if drafts else None
    for order, draft in zip(lacking, drafts, strict=True):
        assert book
        try:
            editing.settled(draft, book)
        except Invalid as error:
            for line in str(error).splitlines():
                order.add(order.rows[0], "", "error", line)
