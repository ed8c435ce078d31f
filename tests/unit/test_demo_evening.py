"""What the demo does after its day: gentle, endless, and in an order in which the API takes it."""

from datetime import timedelta
from itertools import islice

from waybell.demo.evening import evening
from waybell.demo.orders import read_orders
from waybell.demo.story import Change, Receiver

ACTS = list(islice(evening(read_orders()), 400))
CHANGES = [act for act in ACTS if isinstance(act, Change)]


def test_it_never_ends_and_never_repeats_an_order():
    made = [change.body["Number"] for change in CHANGES if change.path == "/api/Order" and change.method == "POST"]
    assert len(made) > len(read_orders()) // 2
    assert len(set(made)) == len(made)
    assert not set(made) & {order["Number"] for order in read_orders()}


def test_changes_come_one_at_a_time_and_seconds_apart():
    assert all(timedelta(seconds=1) <= change.pause <= timedelta(seconds=4) for change in CHANGES)
    assert all(change.objects == 1 for change in CHANGES)


def test_every_order_is_planned_driven_and_finished_in_this_order():
    steps: dict[str, list[str]] = {}
    for change in CHANGES:
        for event, (kind, key) in change.expects:
            if kind == "order" and event != "OrderUpdated":
                steps.setdefault(key, []).append(event)
    finished = [told for told in steps.values() if len(told) == 3]
    assert len(finished) > 20
    assert all(told == ["OrderCreated", "OrderStatusUpdated", "OrderStatusUpdated"] for told in finished)


def test_now_and_then_the_receiver_is_down_for_long_enough_to_be_parked_and_comes_back():
    switches = [(place, act) for place, act in enumerate(ACTS) if isinstance(act, Receiver)]
    assert [act.goes for _, act in switches] == ["down", "up"] * (len(switches) // 2)
    for (down, _), (up, _) in zip(switches[::2], switches[1::2], strict=True):
        away = [act for act in ACTS[down + 1 : up] if isinstance(act, Change)]
        assert len(away) == up - down - 1
        assert timedelta(seconds=8) < sum((act.pause for act in away), timedelta()) < timedelta(seconds=25)
        assert len({subject for act in away for _, subject in act.expects}) >= 3  # messages, so that it is parked
    assert len(switches) >= 6
