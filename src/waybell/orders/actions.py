"""Actions on orders. Each records the events of the orders that it changed."""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime, timedelta

from waybell.accounts.model import Actor
from waybell.db.database import Tx
from waybell.directory import entry_store
from waybell.directory.address_book import Book
from waybell.directory.book_store import open_book, save_book
from waybell.directory.entry_kinds import KindName
from waybell.events.outbox import record
from waybell.ground.clock import Moment, utc_text
from waybell.ground.errors import Conflict, Gone, Invalid, NotAllowedNow, NotFound, within
from waybell.ground.ids import new_id, new_uuid
from waybell.orders import editing, model, outcome, route_days, store, tracking
from waybell.orders.days import Span
from waybell.orders.eta_notes import note
from waybell.orders.event_types import (
    ORDER_CREATED,
    ORDER_STATUS_UPDATED,
    ORDER_UPDATED,
    order_deleted,
    order_event,
)
from waybell.orders.model import Order, OrderKey, PickupOrder, PictureKind
from waybell.orders.moments import moment_event, moments
from waybell.orders.order_links import linked
from waybell.orders.requests import (
    CompleteOrder,
    GoodsLine,
    NewOrder,
    OrderFeedback,
    RejectOrder,
    StatusRequest,
)
from waybell.pictures import store as pictures
from waybell.pictures.model import Photo

MAX_BY_NUMBER = 25
STATUS_CHANGES_REACH = timedelta(days=1)


def add(
    tx: Tx, actor: Actor, request: NewOrder, *, overwrite_gps: bool = False, overwrite_price: bool = False
) -> Order:
    """Add an unscheduled order; the flags are those of `draft`.

    Raise `Invalid` when the order lacks its client or its address.

    Operation: AddOrder.
    """
    made = add_many(tx, actor, [request], overwrite_gps=overwrite_gps, overwrite_price=overwrite_price)[0]
    if isinstance(made, Invalid):
        raise made
    return made


def add_many(
    tx: Tx,
    actor: Actor,
    requests: Sequence[NewOrder],
    *,
    overwrite_gps: bool = False,
    overwrite_price: bool = False,
) -> list[Order | Invalid]:
    """Add unscheduled orders one by one; return each order, or the refusal. The flags are those of `draft`.

    Operation: AddOrderBulk.
    """
    drafted = draft(tx, actor, requests, overwrite_gps=overwrite_gps, overwrite_price=overwrite_price)
    new = [order for order in drafted if isinstance(order, Order)]
    store.insert(tx, actor.account.id, new)
    for order in new:
        record(tx, order_event(actor.account.id, ORDER_CREATED, order))
    return drafted


def draft(
    tx: Tx,
    actor: Actor,
    requests: Sequence[NewOrder],
    *,
    overwrite_gps: bool = False,
    overwrite_price: bool = False,
    route: Span | None = None,
) -> list[Order | Invalid]:
    """Return the requested orders, completed from the directory but not yet stored; the directory learns from them.

    With `overwrite_gps` known addresses take over the sent coordinates; with `overwrite_price` known goods take over
    the sent price. An order without a Date gets that of `route`, the route for which it is made.
    """
    moment = Moment(tx.now, actor.account.zone)
    blank = [_blank(request, moment, route) for request in requests]
    book = book_for(tx, actor, [order for order in blank if isinstance(order, Order)])
    drafted: list[Order | Invalid] = []
    for order in blank:
        try:
            if isinstance(order, Invalid):
                raise order
            settled = editing.settled(
                order,
                book,
                overwrite_gps=overwrite_gps,
                overwrite_price=overwrite_price,
                starts=route.starts if route else None,
            )
            drafted.append(linked(settled, tx.links, tx.now))
        except Invalid as error:
            drafted.append(error)
    save_book(tx, actor.account.id, book)
    return drafted


def _blank(request: NewOrder, moment: Moment, route: Span | None) -> Order | Invalid:
    try:
        return editing.draft(request, new_uuid(), moment, leg_id=new_uuid(), route=route)
    except Invalid as error:
        return error


def book_for(tx: Tx, actor: Actor, mentioning: Sequence[Order]) -> Book:
    """Open the directory with the entries that these orders mention."""
    return open_book(
        tx,
        actor.account.id,
        [(end.address_id, end.address) for order in mentioning for end in _ends(order)],
        [name for order in mentioning for name in _named(order)],
    )


def _without_known_goods(before: Order, after: Order) -> Order:
    """Return the order without unchanged lines: they need no look-up, and there may be thousands."""
    return after.model_copy(update={"goods_list": None}) if after.goods_list == before.goods_list else after


def _named(order: Order) -> Iterator[tuple[KindName, str | None]]:
    """Yield the kinds and ids of the directory entries that an order names."""
    yield from (("depot", order.depot_id), ("shipper", order.shipper_id))
    for line in order.goods_list or []:
        yield "goods", line.goods_id
    for end in _ends(order):
        yield "client", end.client_id
        for field in end.custom_fields or []:
            yield "custom_field", field.id


def _ends(order: Order) -> list[Order | PickupOrder]:
    """Return the order, followed by the pick-up leg if there is one."""
    return [order, order.pickup_order] if order.pickup_order else [order]


def change(
    tx: Tx, actor: Actor, request: NewOrder, *, overwrite_gps: bool = False, processed_too: bool = False
) -> Order:
    """Change the order that the request names by Id, or else by Number.

    A Number does not match an order with another Id than the sent one. Raise `NotFound` for an unknown order, `Gone`
    for a deleted one, `NotAllowedNow` for a finished one unless `processed_too` is set, and `Invalid` for an unusable
    request.

    Operation: UpdateOrder.
    """
    before = _lock_meant(tx, actor, request)
    return _change(tx, actor, before, request, overwrite_gps=overwrite_gps, processed_too=processed_too)


def change_named(tx: Tx, actor: Actor, key: OrderKey, request: NewOrder, *, overwrite_gps: bool = False) -> Order:
    """Change the order with this key; the request may give it another Number and Id.

    Raise `NotFound` for an unknown order, `NotAllowedNow` for a finished one, and `Invalid` for an unusable request.

    Operation: UpdateOrderByTrackId.
    """
    before = lock(tx, actor, key)
    return _change(tx, actor, before, request, overwrite_gps=overwrite_gps, processed_too=False)


def _change(
    tx: Tx, actor: Actor, before: Order, request: NewOrder, *, overwrite_gps: bool, processed_too: bool
) -> Order:
    if before.finished and not processed_too:
        raise NotAllowedNow(
            f"{before} is {before.status} already. PUT /api/Order?forceUpdate=true changes it all the same."
        )
    after = edit(tx, actor, [(before, request)], overwrite_gps=overwrite_gps)[0]
    save(tx, actor, before, after, ORDER_UPDATED)
    return after


def edit(
    tx: Tx,
    actor: Actor,
    pairs: Sequence[tuple[Order, NewOrder]],
    *,
    overwrite_gps: bool = False,
    overwrite_price: bool = False,
    places: Sequence[str] | None = None,
) -> list[Order]:
    """Return the orders as changed by their requests and completed from the directory, but not yet stored.

    Raise `Invalid` when a change is impossible; with `places` its message begins with the order's place in the request.
    """
    moment = Moment(tx.now, actor.account.zone)
    spans = route_days.spans(tx, actor.account.id, {before.route_id for before, _ in pairs if before.route_id})
    starts = [spans[before.route_id].starts if before.route_id else None for before, _ in pairs]
    edited = []
    for (before, request), place, start in zip(pairs, places or [""] * len(pairs), starts, strict=True):
        with within(place):
            edited.append(
                editing.edited(
                    before,
                    request,
                    moment,
                    leg_id=new_uuid(),
                    move_on_route=overwrite_gps,
                    starts=start,
                )
            )
    book = book_for(
        tx, actor, [_without_known_goods(before, after) for (before, _), after in zip(pairs, edited, strict=True)]
    )
    settled = [
        editing.emptied(
            editing.settled(
                after, book, before=before, overwrite_gps=overwrite_gps, overwrite_price=overwrite_price, starts=start
            ),
            request,
        )
        for (before, request), after, start in zip(pairs, edited, starts, strict=True)
    ]
    save_book(tx, actor.account.id, book)
    return settled


def _lock_meant(tx: Tx, actor: Actor, request: NewOrder) -> Order:
    named = (OrderKey("Id", request.id or ""), OrderKey("Number", request.number or ""))
    keys = [key for key in named if key.value]
    if not keys:
        raise Invalid("Id or Number: say which order is to be changed")
    for key in keys:
        found = store.find(tx, actor.account.id, key, request.type)
        if found and (key.member == "Id" or request.id is None or found.id is None):
            locked = store.lock(tx, actor.account.id, [found.track_id])
            if locked:
                return locked[0]
    for key in keys:
        _check_not_gone(tx, actor, key)
    raise NotFound(f"There is no order with {' or '.join(map(str, keys))}.")


def moment_of(tx: Tx, actor: Actor) -> Moment:
    return Moment(tx.now, actor.account.zone)


def lock(tx: Tx, actor: Actor, key: OrderKey) -> Order:
    """Lock the newest live order with this key until the commit, and return its present state.

    Raise `NotFound` when there is none.
    """
    found = store.find(tx, actor.account.id, key)
    locked = store.lock(tx, actor.account.id, [found.track_id]) if found else []
    if not locked:
        raise unknown(key)
    return locked[0]


def unknown(key: OrderKey) -> NotFound:
    """Return the error for an unknown order."""
    return NotFound(f"There is no order with {key}.")


def get(tx: Tx, actor: Actor, key: OrderKey) -> Order:
    """Return the newest live order with this key.

    Raise `NotFound` when there is none, and `Gone` when only a deleted order has the key.

    Operations: GetOrderByNumber, GetOrderById, GetOrderByTrackId.
    """
    found = store.find(tx, actor.account.id, key)
    if found:
        return found
    if key.member != "TrackId":
        _check_not_gone(tx, actor, key)
    raise unknown(key)


def get_live(tx: Tx, actor: Actor, key: OrderKey) -> Order:
    """Return the newest live order with this key. Raise `NotFound` when there is none, also for a deleted order.

    Operations: GetOrderPodByNumber, GetOrderPodById, GetOrderShippingLabelByNumber, GetOrderShippingLabelById.
    """
    found = store.find(tx, actor.account.id, key)
    if found is None:
        raise unknown(key)
    return found


def _check_not_gone(tx: Tx, actor: Actor, key: OrderKey) -> None:
    if removed := store.find_removed(tx, actor.account.id, key):
        raise Gone(f"The order with {key} was deleted.", removed)


def list_by_number(tx: Tx, actor: Actor, number: str) -> list[Order]:
    """Return the newest orders with this Number, newest first.

    Raise `Gone` when all of them were deleted.

    Operation: GetOrdersByNumber.
    """
    found = store.with_number(tx, actor.account.id, number, MAX_BY_NUMBER)
    if not found:
        _check_not_gone(tx, actor, OrderKey("Number", number))
    return found


def list_by_status_change(tx: Tx, actor: Actor, after: datetime) -> list[Order]:
    """Return all orders whose status changed after this instant, in the order of the changes.

    Raise `Invalid` when the instant is more than a day ago.

    Operation: GetOrderByStatusDate.
    """
    earliest = tx.now - STATUS_CHANGES_REACH
    if after < earliest:
        raise Invalid(f"date: must not be before {utc_text(earliest)}, a day ago. GET /api/Event reaches further back.")
    return store.with_status_since(tx, actor.account.id, after)


def complete(tx: Tx, actor: Actor, key: OrderKey, request: CompleteOrder) -> Order:
    """Record that an order was carried out.

    Raise `NotFound` for an unknown order, and `Invalid` as `outcome.completed` does.

    Operations: CompleteOrderByNumber, CompleteOrderById, CompleteOrderByTrackId.
    """
    reasons = entry_store.reject_reasons(tx, actor.account.id)

    def rule(order: Order, moment: Moment) -> Order:
        return outcome.completed(order, request, moment, reasons, span=span_of(tx, actor, order))

    return _change_status(tx, actor, key, rule)


def reject(tx: Tx, actor: Actor, key: OrderKey, request: RejectOrder) -> Order:
    """Record that an order could not be carried out.

    Raise `NotFound` for an unknown order, and `Invalid` as `outcome.rejected` does.

    Operations: RejectOrderByNumber, RejectOrderById, RejectOrderByTrackId.
    """
    reasons = entry_store.reject_reasons(tx, actor.account.id)

    def rule(order: Order, moment: Moment) -> Order:
        return outcome.rejected(order, request, moment, reasons, span=span_of(tx, actor, order))

    return _change_status(tx, actor, key, rule)


def set_status(tx: Tx, actor: Actor, key: OrderKey, request: StatusRequest) -> Order:
    """Record that an order was canceled, by the older request for it.

    Raise `NotFound` for an unknown order, and the errors of `outcome.canceled`.

    Operations: SetOrderStatusByNumber, SetOrderStatusByTrackId, SetOrderStatusById.
    """
    return _change_status(tx, actor, key, lambda order, moment: outcome.canceled(order, request, moment))


def span_of(tx: Tx, actor: Actor, order: Order) -> Span | None:
    """Return the days of the order's route, or None for an order on no route."""
    return route_days.spans(tx, actor.account.id, [order.route_id])[order.route_id] if order.route_id else None


def _change_status(tx: Tx, actor: Actor, key: OrderKey, rule: Callable[[Order, Moment], Order]) -> Order:
    return apply(tx, actor, key, rule, ORDER_STATUS_UPDATED)


def apply(
    tx: Tx, actor: Actor, key: OrderKey, rule: Callable[[Order, Moment], Order], event_type: str = ORDER_UPDATED
) -> Order:
    """Lock the order, change it by the rule, store it and record the event; return the order.

    Raise `NotFound` for an unknown order.
    """
    before = lock(tx, actor, key)
    after = rule(before, moment_of(tx, actor))
    save(tx, actor, before, after, event_type)
    return after


def save(tx: Tx, actor: Actor, before: Order, after: Order, event_type: str) -> None:
    """Store a locked order if it has changed, and record the event."""
    if after != before:
        after = linked(model.stamped(after, Moment(tx.now, actor.account.zone)), tx.links, tx.now)
        store.save(tx, actor.account.id, [(before, after)])
        if after.route_id and len(after.goods_list or ()) > len(before.goods_list or ()):
            store.check_room(tx, actor.account.id, [after.route_id])
        record(tx, order_event(actor.account.id, event_type, after))
        for name in moments(before, after):
            record(tx, moment_event(actor.account.id, name, after, tx.now))


def add_picture(tx: Tx, actor: Actor, key: OrderKey, kind: PictureKind, photo: Photo) -> Order:
    """Add a photo or a signature to an order, unless it came before: phones send a file again when no answer came.

    Raise `NotFound` for an unknown order, and `Invalid` when it has too many pictures.
    """
    stored: pictures.Kind = "photo" if kind == "photo" else "signature"
    return _add_picture(
        tx, actor, key, stored, photo, lambda order, new, same: outcome.pictured(order, kind, new, same=same)
    )


def add_goods_photo(tx: Tx, actor: Actor, key: OrderKey, meant: GoodsLine, photo: Photo) -> Order:
    """Add a photo to a line of goods, unless the same file came before.

    Raise `NotFound` for an unknown order, and `Invalid` when no line matches or there are too many photos.
    """
    return _add_picture(
        tx, actor, key, "photo", photo, lambda order, new, same: outcome.goods_pictured(order, meant, new, same=same)
    )


def _add_picture(
    tx: Tx,
    actor: Actor,
    key: OrderKey,
    kind: pictures.Kind,
    photo: Photo,
    rule: Callable[[Order, str, Collection[str]], Order],
) -> Order:
    """Store a picture if the rule adds it to the order; the rule gets its id and those of the same file."""
    before, picture_id = lock(tx, actor, key), new_id("pic")
    after = rule(before, picture_id, pictures.sent_as(tx, actor.account.id, before.track_id, photo.sent_hash))
    if after != before:
        save(tx, actor, before, after, ORDER_UPDATED)
        pictures.insert(tx, actor.account.id, picture_id, kind, photo.jpeg, after.track_id, photo.sent_hash)
    return after


def give_feedback(tx: Tx, actor: Actor, key: OrderKey, request: OrderFeedback, *, only_first: bool = False) -> Order:
    """Store the feedback of the receiver.

    Raise `NotFound` for an unknown order, `Invalid` without a rating, and `Conflict` when `only_first` is set and the
    order has feedback already or was not handed over.
    """

    def rule(order: Order, _moment: Moment) -> Order:
        if only_first and not tracking.may_be_rated(order):
            raise Conflict("Feedback is taken once, after the goods have been handed over.")
        return outcome.rated(order, request)

    return apply(tx, actor, key, rule)


def soft_delete(tx: Tx, actor: Actor, locked: Sequence[Order]) -> None:
    """Delete locked orders with their pictures; the caller has checked that they may be deleted."""
    pictures.delete_of(tx, actor.account.id, [order.track_id for order in locked])
    store.soft_delete(tx, actor.account.id, [order.track_id for order in locked], actor.name)
    for order in locked:
        note(tx, order.route_id, "Sequence")
        record(tx, order_deleted(actor.account.id, order.track_id, model.removed(order, actor.name, tx.now)))
