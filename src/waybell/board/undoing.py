"""Undoing acts: the rows of orders and routes as they were, and putting them back.

The images travel with the browser, sealed, so that nothing is stored for an undo that nobody asks for, and nobody can
make one up. An image holds only the columns and members that the acts have changed, so a later change of anything else
stays. An undo is refused when the plan of one of its rows was changed since, unless it was changed back: who undoes two
steps one after the other meets the rows of the first as the second had found them.
"""

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from waybell.accounts.model import Actor
from waybell.board import finding, plans
from waybell.db.database import Tx
from waybell.events.outbox import record
from waybell.ground.errors import Invalid, NotAllowedNow, Raced, SetupError
from waybell.orders import store as order_rows
from waybell.orders.model import Order
from waybell.routes import model
from waybell.routes import store as route_rows
from waybell.routes.event_types import ROUTE_CREATED, ROUTE_UPDATED, route_deleted, route_event
from waybell.routes.model import Route
from waybell.routes.moments import became_ready, route_ready
from waybell.routes.order_changes import OrderChanges
from waybell.vault import Vault

Image = dict[str, Any]  # columns of a row; `document` has members, null for one that was missing


@dataclass(frozen=True, slots=True)
class Images:
    """The images that put everything back, by our own ids, and the versions that the rows must still have."""

    account: str
    orders: Mapping[str, Image] = field(default_factory=dict)
    routes: Mapping[str, Image] = field(default_factory=dict)
    remove: Sequence[str] = ()  # routes that are to go
    restore: Sequence[str] = ()  # deleted routes that are to come back
    expected: Mapping[str, int] = field(default_factory=dict)  # planned versions, by our own ids
    plans: Mapping[str, str] = field(default_factory=dict)  # digests of the plans, by the same ids


def images_of(
    tx: Tx,
    account_id: str,
    orders: Sequence[tuple[Order, Order]],
    routes: Sequence[tuple[Route, Route]],
    *,
    watched: Sequence[str],
    remove: Sequence[str] = (),
    restore: Sequence[str] = (),
) -> Images:
    """Return the images of orders and routes, given as before and after; the changes are stored already.

    `watched` are all routes whose plan must not change before the undo.
    """
    order_images = {
        before.track_id: image
        for before, after in orders
        if (image := _difference(order_rows.row_of(tx, before), order_rows.row_of(tx, after)))
    }
    route_images = {
        before.route_id: image
        for before, after in routes
        if (image := _difference(route_rows.row_of(tx, before), route_rows.row_of(tx, after)))
    }
    expected = finding.planned_versions(tx, account_id, list(order_images), [*watched, *route_images])
    standing = plans.of_routes(route_rows.get_many(tx, account_id, sorted({*watched, *route_images})))
    standing |= plans.of_orders(after for _, after in orders if after.track_id in order_images)
    return Images(account_id, order_images, route_images, remove, restore, expected, standing)


_OF_THE_CHANGE = ("changed_at",)
_OF_THE_CHANGE_IN_DOCUMENT = ("ChangeDate",)


def _difference(before: Image, after: Image) -> Image:
    image = {
        name: value
        for name, value in before.items()
        if name not in (*_OF_THE_CHANGE, "document") and value != after[name]
    }
    was, now = before["document"], after["document"]
    members = {
        name: was.get(name)
        for name in was.keys() | now.keys()
        if was.get(name) != now.get(name) and name not in _OF_THE_CHANGE_IN_DOCUMENT
    }
    return image | ({"document": members} if members else {})


def _put_back(now: Image, image: Image) -> Image:
    document = now["document"] | image.get("document", {})
    return now | image | {"document": {name: value for name, value in document.items() if value is not None}}


def sealed(vault: Vault, images: Images) -> str:
    return vault.seal(b64encode(zlib.compress(json.dumps(asdict(images)).encode(), 6)).decode())


def opened(vault: Vault, text: str, account_id: str) -> Images:
    """Return the images of an undo. Raise `Invalid` when this installation did not make it for this account."""
    try:
        images = Images(**json.loads(zlib.decompress(b64decode(vault.open(text)))))
    except (SetupError, ValueError, TypeError, zlib.error):
        raise Invalid("Undo: this text was not made here. Send it as it came.") from None
    if images.account != account_id:
        raise Invalid("Undo: this text belongs to another account.")
    return images


def undo(tx: Tx, actor: Actor, images: Images) -> tuple[list[str], list[str], Images]:
    """Put the rows back, and return the ids of the orders and routes, and the images that do it again.

    Raise `Outdated` when the plan of one of the rows was changed since, and `NotAllowedNow` for one that cannot be put
    back.
    """
    account_id = actor.account.id
    back = route_rows.undelete(tx, account_id, images.restore)
    if len(back) < len(images.restore):
        raise NotAllowedNow("A route of this step was deleted for good, so it cannot come back.")
    wanted = sorted(
        {*images.routes, *images.remove, *images.restore, *(one for one in images.expected if one not in images.orders)}
    )
    stood_on = finding.routes_of(tx, account_id, list(images.orders))
    routes_then = {image["route_id"] for image in images.orders.values() if image.get("route_id")}
    wanted = sorted({*wanted, *routes_then, *(one for one in stood_on.values() if one)})
    routes = {route.route_id: route for route in route_rows.lock(tx, account_id, wanted)} if wanted else {}
    beside = {order.track_id for route in routes.values() for order in route.orders or []}
    locked = {order.track_id: order for order in order_rows.lock(tx, account_id, sorted({*images.orders, *beside}))}
    now = plans.of_routes(routes.values()) | plans.of_orders(locked.values())
    moved = {one: version for one, version in images.expected.items() if now.get(one) != images.plans.get(one)}
    finding.check_planned(tx, actor, moved)
    if images.orders.keys() - locked.keys() or (routes_then | images.routes.keys()) - routes.keys():
        raise Raced("Somebody changed one of these orders at the same moment. Try again.")
    pairs = []
    for track_id, image in images.orders.items():
        before = locked[track_id]
        pairs.append((before, order_rows.order_of(tx, _put_back(order_rows.row_of(tx, before), image))))
    headers = [
        (
            model.header(routes[one]),
            model.header(route_rows.route_of(_put_back(route_rows.row_of(tx, routes[one]), image) | {"id": one})),
        )
        for one, image in images.routes.items()
    ]
    for _, after in headers:
        route_rows.save(tx, account_id, after)
    changes = OrderChanges(tx, actor)
    changes.save(pairs)
    for route_id in images.remove:
        if order_rows.on_routes(tx, account_id, [route_id])[route_id]:
            raise NotAllowedNow(f"{routes[route_id]} has orders by now, so it stays.")
        route_rows.soft_delete(tx, account_id, route_id, actor.name)
        record(tx, route_deleted(account_id, routes[route_id]))
    touched = {one for before, after in pairs for one in (before.route_id, after.route_id) if one}
    changed = sorted({*images.routes, *images.restore, *touched} - set(images.remove))
    made = route_rows.get_many(tx, account_id, changed)
    told = {route_id for route_id, image in images.routes.items() if image.keys() - {"locked"}}
    for route in made:
        if route.route_id in images.restore:
            record(tx, route_event(account_id, ROUTE_CREATED, route))
        elif route.route_id in told | touched:
            _tell_changed(tx, account_id, routes.get(route.route_id, route), route)
    changes.record_events(*made)
    again = images_of(tx, account_id, pairs, headers, watched=changed, remove=images.restore, restore=images.remove)
    return sorted(images.orders), sorted({*changed, *images.remove}), again


def _tell_changed(tx: Tx, account_id: str, before: Route, after: Route) -> None:
    record(tx, route_event(account_id, ROUTE_UPDATED, after))
    if became_ready(before, after):
        record(tx, route_ready(account_id, after, tx.now))
