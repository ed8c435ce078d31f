"""The orders of the demo are plausible, and the day made of them is the same every time."""

import re
from datetime import timedelta
from itertools import groupby

from waybell.demo.orders import read_orders
from waybell.demo.story import Change, Receiver, day

# The limits of the API (characters), and a box around the city.
LIMITS = {"Number": 50, "Id": 50, "Client": 255, "Address": 255, "AddressZone": 100, "Phone": 50, "Note": 500}
LATITUDES, LONGITUDES = (59.35, 59.50), (24.55, 24.93)

ORDERS = read_orders()
CHANGES = [act for act in day(ORDERS) if isinstance(act, Change)]


def test_there_are_sixty_orders_of_different_customers_at_different_places():
    assert len(ORDERS) == 60
    for name in ("Number", "Id", "Client", "Address", "Phone", "Email"):
        assert len({order[name] for order in ORDERS}) == 60, name
    assert len({(order["AddressLat"], order["AddressLon"]) for order in ORDERS}) == 60


def test_every_order_fits_the_limits_of_the_api():
    for order in ORDERS:
        for name, most in LIMITS.items():
            assert len(order.get(name, "")) <= most, (order["Number"], name)


def test_addresses_have_street_house_and_postal_code_and_lie_in_the_city():
    for order in ORDERS:
        assert re.fullmatch(r"[\w -]+ \d+[a-z]?, 1[0-3]\d{3} Tallinn, Estonia", order["Address"])
        assert LATITUDES[0] < order["AddressLat"] < LATITUDES[1]
        assert LONGITUDES[0] < order["AddressLon"] < LONGITUDES[1]


def test_nobody_can_be_reached_under_the_given_numbers_and_addresses():
    """555-0100 to 555-0199 and the domain .example are kept free for fiction."""
    for order in ORDERS:
        assert re.fullmatch(r"\+1 202 555 01\d\d", order["Phone"])
        assert re.fullmatch(r"orders@[a-z-]+\.example", order["Email"])


def test_goods_and_time_slots_make_sense():
    for order in ORDERS:
        assert order["TimeSlotFrom"] < order["TimeSlotTo"]
        assert order["Weight"] > 0
        assert order["GoodsList"]
        assert all(line["Quantity"] >= 1 and line["GoodsName"] for line in order["GoodsList"])
        assert len({line["OrderLineId"] for line in order["GoodsList"]}) == len(order["GoodsList"])


def test_the_day_is_the_same_every_time():
    assert day(read_orders()) == day(read_orders())


def test_the_day_has_all_that_it_promises():
    done = {(change.method, re.sub(r"(Number|Code)/[^/]+", r"\1/..", change.path)) for change in CHANGES}
    assert done == {
        ("POST", "/api/Order/Bulk"),
        ("POST", "/api/Route"),
        ("PUT", "/api/Route/Code/../Order/Number/.."),
        ("PUT", "/api/Order"),
        ("DELETE", "/api/Order/Number/.."),
        ("PUT", "/api/Route/Start/Code/.."),
        ("PUT", "/api/Order/Number/../Complete"),
        ("PUT", "/api/Order/Number/../Reject"),
        ("PUT", "/api/Route/Close/Code/.."),
    }
    assert sum(change.path == "/api/Route" for change in CHANGES) == 4
    assert sum(change.path.endswith("/Reject") for change in CHANGES) >= 3
    assert sum("GoodsList" in (change.body or {}) for change in CHANGES if change.path.endswith("/Complete")) >= 3


def test_every_order_but_the_deleted_one_is_finished_exactly_once():
    finished = [c.expects[0][1][1] for c in CHANGES if c.path.endswith(("/Complete", "/Reject"))]
    deleted = [c.expects[0][1][1] for c in CHANGES if c.method == "DELETE"]
    assert len(deleted) == 1
    assert sorted(finished + deleted) == [order["Number"] for order in ORDERS]


def test_the_receiver_is_down_for_a_part_of_the_day_in_which_one_object_changes_twice():
    acts = [act for act in day(ORDERS) if not isinstance(act, Change) or act.method != "POST"]
    spans = [list(group) for down, group in groupby(acts, key=_DownSwitch()) if down]
    assert len(spans) == 1
    subjects = [expected[1] for act in spans[0] if isinstance(act, Change) for expected in act.expects]
    assert len(subjects) > len(set(subjects)) > 10


def test_the_pauses_leave_room_in_a_minute():
    assert sum((getattr(act, "pause", timedelta()) for act in day(ORDERS)), timedelta()) < timedelta(seconds=20)


class _DownSwitch:
    def __init__(self):
        self.down = False

    def __call__(self, act):
        if isinstance(act, Receiver):
            self.down = act.goes == "down"
        return self.down
