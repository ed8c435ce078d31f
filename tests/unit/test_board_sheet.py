"""The sheet on which a board tries acts: whatever is tried, no order gets lost, and what is done stays."""

import random
from contextlib import suppress

from waybell.board.sheet import Sheet, has_begun
from waybell.ground.errors import Conflict, NotAllowedNow
from waybell.orders.model import Order
from waybell.routes.model import Route

WHEN = "2026-11-23T12:00:00"
STATUSES = ("Draft", "Ready", "InProgress", "Closed")


def a_sheet(chance):
    """Return a sheet of a few routes in any state, with open, done, failed, visited, pinned and waiting orders."""
    routes = {
        f"r{at}": Route(
            route_id=f"r{at}",
            code=f"R-{at}",
            date="2026-11-23T00:00:00",
            create_date_utc=WHEN,
            status=chance.choice(STATUSES),
            locked=chance.random() < 0.2,
        )
        for at in range(4)
    }
    orders = {}
    last = dict.fromkeys(routes, 0)
    for at in range(24):
        route_id = chance.choice([*routes, None])
        began = route_id and chance.random() < 0.3
        if route_id and (not last[route_id] or chance.random() < 0.8):
            last[route_id] += 1
        orders[f"o{at:02}"] = Order(
            track_id=f"o{at:02}",
            track_key=f"o{at:02}",
            number=str(at),
            date="2026-11-23T00:00:00",
            create_date_utc=WHEN,
            change_date=WHEN,
            address=f"Street {chance.randrange(8)}",
            route_id=route_id,
            seq_number=route_id and last[route_id],
            status_id=chance.choice([3, 4, 5, 2]) if began else None,
            arrived_date=WHEN if route_id and chance.random() < 0.1 else None,
            pinned=True if route_id and chance.random() < 0.1 else None,
        )
    return Sheet(orders, routes, lambda _route, stops, _new: chance.randrange(len(stops) + 1))


def try_something(sheet, chance):
    orders, (one, other) = list(sheet.orders), chance.sample(list(sheet.routes), 2)
    shuffled = [track_id for stop in sheet.open_stops(one) for track_id in stop]
    chance.shuffle(shuffled)
    some = chance.sample(orders, chance.randrange(1, 5))
    acts = (
        lambda: sheet.assign(some, one, chance.choice([None, "best", 1, 3, 99])),
        lambda: sheet.unassign(some),
        lambda: sheet.move(some[0], chance.randrange(1, 9)),
        lambda: sheet.swap(one, other),
        lambda: sheet.put_behind(other, sheet.take_from(one, chance.randrange(1, 6))),
        lambda: sheet.take_from(one),
        lambda: sheet.pin(some[0], pinned=chance.random() < 0.5),
        lambda: sheet.sequence(
            one, chance.sample(flat := [x for stop in sheet.open_stops(one) for x in stop], len(flat)), plan=False
        ),
    )
    with suppress(NotAllowedNow, Conflict):
        chance.choice(acts)()


def test_whatever_is_tried_no_order_is_lost_and_what_is_done_stays():
    for seed in range(300):
        chance = random.Random(seed)
        sheet = a_sheet(chance)
        locked = {one for one, route in sheet.routes.items() if route.locked}
        for _ in range(12):
            try_something(sheet, chance)
        changed = sheet.changed_orders(WHEN)
        now = dict(sheet.orders) | {after.track_id: after for _, after in changed}
        assert now.keys() == sheet.orders.keys()
        for before, after in changed:
            assert before.status_id not in (3, 4), (seed, before)
            assert not {before.route_id, after.route_id} & locked, (seed, before)
            assert (after.route_id is None) == (after.seq_number is None)
            if has_begun(before) and before.route_id == after.route_id and after.finished:
                assert before.seq_number == after.seq_number
        for route_id in sheet.routes:
            begun = {one.seq_number for one in now.values() if one.route_id == route_id and has_begun(one)}
            for stop in sheet.open_stops(route_id):
                numbers = {now[one].seq_number for one in stop}
                assert len(numbers) == 1, seed
                assert {now[one].route_id for one in stop} == {route_id}
                assert not numbers & begun, seed
