"""The rules of exceptions: when each kind begins, gets worse and ends, and that the list does not flicker."""

import time
from dataclasses import replace

import pytest

from waybell.eta.model import Position
from waybell.exceptions.comparing import Open, compare
from waybell.exceptions.model import SEVERITY, Found, Item, Way, exceptions_of
from waybell.exceptions.words import ADVICE, text_of
from waybell.orders.model import DELIVERED, IN_PROGRESS, ORDER_FAILED, PARTIALLY, SITE_FAILED

NOW = 1_800_000_000
MIN = 60
PLACED = {"AddressLat": 59.4, "AddressLon": 24.7}
HERE, NEARBY, DEPOT = (59.4, 24.8), (59.4005, 24.8), (59.5, 24.7)
WAY = Way("r", stops=[(59.4, 24.7), DEPOT])


def an_item(status_id=IN_PROGRESS, *, late=None, track_id="t", stop=5, **members):
    closes = None if late is None else NOW
    return Item(track_id, stop, status_id, {**PLACED, **members}, None if late is None else NOW + late, closes)


def texts(items=(), way=WAY, cut_off=None):
    return {one.kind: text_of(one.kind, one.facts) for one in exceptions_of(items, way, NOW, cut_off)}


def at(place, ago):
    return Position(place, NOW - ago)


@pytest.mark.parametrize(
    ("late", "kind", "text"),
    [
        (-10 * MIN - 1, None, None),
        (-10 * MIN, "at-risk", "Only 10 min before the time slot ends"),
        (0, "at-risk", "Only 0 min before the time slot ends"),
        (1, "late", "Late by 1 min at stop 5"),
        (14 * MIN, "late", "Late by 14 min at stop 5"),
        (30 * MIN, "late", "Late by 30 min at stop 5"),
        (30 * MIN + 1, "very-late", "Very late, by 31 min at stop 5"),
        (159 * MIN, "very-late", "Very late, by 2 h 39 min at stop 5"),
    ],
)
def test_lateness_is_one_of_three_kinds(late, kind, text):
    assert texts([an_item(late=late)]) == ({} if kind is None else {kind: text})


@pytest.mark.parametrize(
    ("item", "kind", "text"),
    [
        (an_item(SITE_FAILED, RejectReason="Nobody there"), "failed", "Failed: Nobody there"),
        (an_item(ORDER_FAILED, late=3600), "failed", "Failed"),
        (an_item(ORDER_FAILED, RejectReason="Canceled"), None, None),
        (an_item(PARTIALLY, COD=10, CODActual="5.00"), "partial", "Delivered in part"),
        (an_item(ORDER_FAILED, LoadStatus="not-loaded", RejectReason="Not loaded"), "not-loaded", "Not loaded"),
        (an_item(LoadStatus="not-loaded"), None, None),
        (an_item(DELIVERED, LoadStatus="not-loaded", late=3600), None, None),
        (an_item(AddressLat=None), "no-coordinates", "The address has no position"),
        (an_item(DELIVERED, AddressLat=None), None, None),
        (an_item(DELIVERED, COD=39.12, CODActual="39.12"), None, None),
        (an_item(DELIVERED, COD=39.12), None, None),
        (an_item(DELIVERED, COD=39.12, CODActual="38"), "cod-differs", "Cash: 38.00 taken, 39.12 due"),
        (an_item(DELIVERED, CODActual="5"), "cod-differs", "Cash: 5.00 taken, 0.00 due"),
    ],
)
def test_what_the_order_says(item, kind, text):
    assert texts([item]) == ({} if kind is None else {kind: text})


def test_an_order_without_a_route_is_an_exception_from_the_cut_off_on_until_it_has_an_outcome():
    assert texts([an_item(None)], None, NOW + 1) == {}
    assert texts([an_item(None)], None, NOW) == {"unassigned": "Not on a route after the cut-off"}
    assert texts([an_item(None)], WAY, NOW) == {}
    assert texts([an_item(ORDER_FAILED)], None, NOW) == {"failed": "Failed"}


def test_nothing_of_the_way_is_an_exception_once_the_route_is_closed():
    closed = replace(WAY, is_closed=True, vehicle={"Weight": 1}, position=at(HERE, 3600))
    assert texts([an_item(late=3600, Weight=2)], closed) == {}


@pytest.mark.parametrize(
    ("way", "kind", "text"),
    [
        (replace(WAY, position=None), None, None),
        (replace(WAY, position=at(HERE, 15 * MIN - 1)), None, None),
        (replace(WAY, position=at(HERE, 15 * MIN)), "no-position", "No position for 15 min"),
        (replace(WAY, position=at(HERE, 22 * MIN)), "no-position", "No position for 22 min"),
        (replace(WAY, position=at(HERE, 646 * MIN)), "no-position", "No position for 10 h 46 min"),
        (replace(WAY, position=at(HERE, 22 * MIN), is_left=False), None, None),
        (replace(WAY, position=at(HERE, -2 * MIN)), None, None),
        (replace(WAY, position=at(HERE, -3 * MIN)), "clock-off", "The phone's clock is 3 min ahead"),
        (
            replace(WAY, position=at(HERE, 0), points=[at(HERE, 0), at(NEARBY, 20 * MIN)]),
            "standing-still",
            "Standing still for 20 min, away from a stop",
        ),
        (replace(WAY, position=at(HERE, 0), points=[at(HERE, 0), at(NEARBY, 20 * MIN - 1)]), None, None),
        (replace(WAY, position=at(HERE, 0), points=[at(HERE, 0), at(DEPOT, 10 * MIN), at(HERE, 30 * MIN)]), None, None),
        (replace(WAY, position=at(DEPOT, 0), points=[at(DEPOT, 0), at(DEPOT, 30 * MIN)]), None, None),
        (replace(WAY, position=at(HERE, 0), points=[at(HERE, 30 * MIN)], is_at_a_stop=True), None, None),
    ],
)
def test_what_positions_say(way, kind, text):
    assert texts([an_item()], way) == ({} if kind is None else {kind: text})


def test_what_is_delivered_and_what_is_collected_do_not_ride_together():
    way = replace(WAY, vehicle={"Weight": 10, "Volume": None, "Pallets": 0})
    both = [an_item(Weight=8, Pallets=9), an_item(Weight=9, Type=1), an_item(DELIVERED, Weight=5)]
    assert texts(both, way) == {}
    assert texts([*both, an_item(Weight=3.5)], way) == {"over-capacity": "Over capacity: weight 11.5 of 10"}
    assert texts([an_item(Weight=0.1)] * 3, replace(way, vehicle={"Weight": 0.3})) == {}


def test_each_kind_has_a_severity_and_advice():
    assert SEVERITY.keys() == ADVICE.keys()


# Over time


def an_open(kind, id=1, **more):  # noqa: A002
    return Open(id, kind, "t", "r", {}, **more)


def found(kind, **facts):
    return Found(kind, "t", "r", facts)


def test_what_stays_as_it_is_changes_nothing():
    assert not compare([an_open("failed")], [found("failed")], NOW)


def test_what_begins_is_opened_and_new_facts_are_kept_under_the_same_id():
    assert compare([], [found("failed")], NOW).opened == [found("failed")]
    more = found("late", Minutes=7)
    changes = compare([an_open("late")], [more], NOW)
    assert (changes.opened, changes.kept, changes.cleared) == ([], [(1, more)], [])


@pytest.mark.parametrize(
    "kind", ["failed", "partial", "not-loaded", "over-capacity", "no-coordinates", "unassigned", "cod-differs"]
)
def test_what_somebody_settles_is_cleared_at_once(kind):
    assert compare([an_open(kind)], [], NOW).cleared == [1]


@pytest.mark.parametrize("kind", ["at-risk", "late", "very-late", "no-position", "standing-still", "clock-off"])
def test_what_moves_by_itself_is_cleared_after_a_minute(kind):
    first = compare([an_open(kind)], [], NOW)
    assert (first.gone, first.cleared) == ([1], [])
    still = compare([an_open(kind, gone_at=NOW)], [], NOW + 59)
    assert not still
    assert compare([an_open(kind, gone_at=NOW)], [], NOW + 60).cleared == [1]
    again = compare([an_open(kind, gone_at=NOW)], [found(kind)], NOW + 30)
    assert (again.kept, again.opened) == ([(1, found(kind))], [])
    clock_set_back = compare([an_open(kind, gone_at=NOW + 3600)], [], NOW)
    assert clock_set_back.cleared == [1]


def test_an_order_goes_up_the_ladder_at_once_and_down_after_a_minute():
    up = compare([an_open("at-risk")], [found("late")], NOW)
    assert (up.cleared, up.opened) == ([1], [found("late")])
    down = compare([an_open("very-late")], [found("late")], NOW)
    assert (down.gone, down.cleared, down.opened) == ([1], [], [])
    later = compare([an_open("very-late", gone_at=NOW)], [found("late")], NOW + 60)
    assert (later.cleared, later.opened) == ([1], [found("late")])


def test_a_route_of_500_stops_takes_a_few_milliseconds():
    items = [an_item(late=20 * MIN, track_id=str(at), AddressLat=None, Weight=1) for at in range(500)]
    points = [at(HERE, ago) for ago in range(500)]
    way = replace(WAY, vehicle={"Weight": 10}, position=at(HERE, 0), points=points)
    known = [Open(number, "late", str(number), "r", {"Stop": 5, "Minutes": 1}) for number in range(500)]
    begun = time.process_time()
    changes = compare(known, exceptions_of(items, way, NOW), NOW)
    assert time.process_time() - begun < 0.2
    assert (len(changes.kept), len(changes.opened)) == (500, 501)
