"""Carrying out a part of an import: each order by the actions that the API uses, so with the same rules and events."""

from collections.abc import Iterator, Mapping, Sequence

from waybell.accounts.model import Actor
from waybell.db.advisory_locks import take_lock
from waybell.db.database import Tx
from waybell.ground.errors import Conflict, Forbidden, Gone, Invalid, NotAllowedNow, NotFound, TooLarge, WaybellError
from waybell.importing.assembling import FileOrder
from waybell.importing.matching import match, route_place
from waybell.importing.records import Change
from waybell.importing.traces import digest_of, earlier_members
from waybell.orders import actions as orders
from waybell.orders import store
from waybell.orders.model import Order, OrderKey
from waybell.orders.requests import NewCustomField, NewOrder
from waybell.routes import actions as routes
from waybell.routes import store as route_rows
from waybell.routes.model import RouteKey
from waybell.routes.requests import NewRoute
from waybell.wire import sizes

_REFUSALS = (Conflict, Forbidden, Gone, Invalid, NotAllowedNow, NotFound, TooLarge)


class Writer:
    """The writing of one part in one transaction. `changes` holds what was changed, for taking it back."""

    def __init__(self, tx: Tx, actor: Actor, import_id: str, first_change: int, max_lines: int) -> None:
        self._tx, self._actor = tx, actor
        self._import_id = import_id
        self._next = first_change
        self._max_lines = max_lines
        self.changes: list[Change] = []

    def write(self, columns: Mapping[str, str], part: Sequence[FileOrder]) -> None:
        """Write the orders of the part; one that is refused gets the reason as a problem.

        Keys are looked up anew, because the preview may be old.
        """
        match(self._tx, self._actor, columns, part)
        self._lock(part)
        for place, group in _by_route(self._tx, self._actor, part):
            if place is None:
                self._create(group)
            else:
                self._create_on_route(place, group)
        self._update([order for order in part if order.act == "update"])

    def _lock(self, part: Sequence[FileOrder]) -> None:
        """Take all locks in the common order: the names of routes, routes, orders."""
        tx, account_id = self._tx, self._actor.account.id
        updating = [order.about for order in part if order.act == "update"]
        now = {one.track_id: one for one in store.get_many(tx, account_id, updating)}
        named = {
            route_place(tx, self._actor, order, now.get(order.about))
            for order in part
            if order.route.get("Code") and _acts(order)
        }
        for code, date in sorted(named):
            take_lock(tx, "route", account_id, code, date)
        now_on = {order.route_id for order in now.values() if order.route_id}
        there = {route_rows.find(tx, account_id, RouteKey("Code", code), date) for code, date in named}
        if route_ids := sorted(now_on | {one for one in there if one}):
            route_rows.lock(tx, account_id, route_ids)

    def _refuse(self, order: FileOrder, error: WaybellError) -> None:
        order.act = "refuse"
        for line in str(error).splitlines():
            order.add(order.rows[0], "", "error", line)

    def _request(self, order: FileOrder) -> NewOrder:
        with sizes.limiting_lines(self._max_lines):  # an order counts for itself, as if it had been sent alone
            return NewOrder.model_validate(order.request)

    def _note(self, order: FileOrder, kind: str, made: Order, before: Order | None = None) -> None:
        order.about = made.track_id
        change = Change(
            self._import_id,
            self._next,
            order.rows[0],
            kind,  # type: ignore[arg-type]
            made.track_id,
            earlier_members(before, made) if before else None,
            digest_of(made),
            None,
        )
        self.changes.append(change)
        self._next += 1

    def _create(self, group: Sequence[FileOrder]) -> None:
        made = orders.add_many(self._tx, self._actor, [self._request(order) for order in group])
        self._note_made(group, made)

    def _note_made(self, group: Sequence[FileOrder], made: Sequence[Order | Invalid]) -> None:
        for order, one in zip(group, made, strict=True):
            if isinstance(one, Order):
                self._note(order, "created", one)
            else:
                self._refuse(order, one)

    def _create_on_route(self, place: tuple[str, str], group: Sequence[FileOrder]) -> None:
        changes, number = len(self.changes), self._next
        try:
            with self._tx.savepoint():
                key = self._route(place, group)
                made = routes.add_orders(self._tx, self._actor, key, [self._request(order) for order in group])
                self._note_made(group, made)
        except _REFUSALS as error:
            del self.changes[changes:]
            self._next = number
            for order in group:
                self._refuse(order, error)

    def _route(self, place: tuple[str, str], group: Sequence[FileOrder]) -> RouteKey:
        """Return the key of the route; add the route when there is none."""
        code, date = place
        found = route_rows.find(self._tx, self._actor.account.id, RouteKey("Code", code), date)
        if found is None:
            header: dict[str, object] = {"Code": code, "Date": date, "DepotId": group[0].request.get("DepotId")}
            for order in group:
                header |= {name: value for name, value in order.route.items() if header.get(name) is None}
            route, _ = routes.add(self._tx, self._actor, NewRoute.model_validate(header))
            found = route.route_id
            about = Change(self._import_id, self._next, group[0].rows[0], "route", found, None, None, None)
            self.changes.append(about)
            self._next += 1
        return RouteKey("RouteId", found)

    def _update(self, part: Sequence[FileOrder]) -> None:
        there = {
            one.track_id: one for one in store.lock(self._tx, self._actor.account.id, [order.about for order in part])
        }
        for order in part:
            before = there.get(order.about)
            changes, number = len(self.changes), self._next
            try:
                if before is None:
                    raise NotFound("The order was deleted meanwhile.")
                with self._tx.savepoint():
                    self._update_one(order, before)
            except _REFUSALS as error:
                del self.changes[changes:]
                self._next = number
                self._refuse(order, error)

    def _update_one(self, order: FileOrder, before: Order) -> None:
        request = self._request(order)
        if request.custom_fields is not None:
            fields = {one.id: NewCustomField(id=one.id, value=one.value) for one in before.custom_fields or []}
            fields |= {one.id: one for one in request.custom_fields}
            request = request.model_copy(update={"custom_fields": list(fields.values())})
        key = OrderKey("TrackId", before.track_id)
        after = orders.change_named(self._tx, self._actor, key, request)
        if order.route.get("Code") not in (None, before.route_number):
            route = self._route(route_place(self._tx, self._actor, order, before), [order])
            if route.value != before.route_id:
                routes.put_order(self._tx, self._actor, route, key, transfer=True)
                [after] = store.get_many(self._tx, self._actor.account.id, [before.track_id])
        if after == before:
            order.act, order.about = "skip", before.track_id
            return
        self._note(order, "updated", after, before)


def _acts(order: FileOrder) -> bool:
    return order.act in ("create", "update")


def _by_route(
    tx: Tx, actor: Actor, part: Sequence[FileOrder]
) -> Iterator[tuple[tuple[str, str] | None, list[FileOrder]]]:
    """Yield the new orders of the part by the route that the file names, first those without one."""
    groups: dict[tuple[str, str] | None, list[FileOrder]] = {None: []}
    for order in part:
        if order.act == "create":
            place = route_place(tx, actor, order) if order.route.get("Code") else None
            groups.setdefault(place, []).append(order)
    yield from ((place, group) for place, group in groups.items() if group)


def counted(part: Sequence[FileOrder]) -> dict[str, int]:
    """Return how many orders have each act, by the column of the table of imports."""
    names = {"create": "created", "update": "updated", "skip": "skipped", "refuse": "refused"}
    counts = dict.fromkeys(names.values(), 0)
    for order in part:
        counts[names[order.act]] += 1
    return counts
