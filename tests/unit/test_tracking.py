"""How an order stands, in words and steps."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from conftest import NOON
from waybell.orders import tracking
from waybell.orders.samples import sample_order
from waybell.orders.tracking import Step

ZONE = ZoneInfo("Europe/Tallinn")


def an_order(**members):
    return sample_order().model_copy(update={"create_date_utc": "2026-11-23T08:15:30", **members})


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({}, "Received"),
        ({"route_id": "r"}, "Planned"),
        ({"route_id": "r", "load_status": "loaded"}, "Loaded"),
        ({"route_id": "r", "load_status": "not-loaded"}, "Planned"),
        ({"status_id": 1, "load_status": "loaded"}, "On its way"),
        ({"status_id": 2}, "Not delivered"),
        ({"status_id": 3}, "Delivered"),
        ({"status_id": 4}, "Partially delivered"),
        ({"status_id": 5}, "Not delivered"),
        ({"type": 1, "status_id": 1}, "The driver is on the way"),
        ({"type": 1, "status_id": 3}, "Collected"),
        ({"type": 1, "status_id": 4}, "Partially collected"),
        ({"type": 1, "status_id": 5}, "Not collected"),
    ],
)
def test_an_order_stands_as_its_receiver_would_say_it(members, words):
    assert tracking.status_in_words(an_order(**members)) == words


@pytest.mark.parametrize(
    ("members", "day"),
    [
        ({}, "2026-11-23"),
        ({"route_date": "2026-11-22T00:00:00"}, "2026-11-23"),
        ({"time_slot_from": None, "time_slot_to": "2026-11-24T01:30:00"}, "2026-11-24"),
        ({"time_slot_from": None, "time_slot_to": None, "route_date": "2026-11-25T00:00:00"}, "2026-11-25"),
        ({"time_slot_from": None, "time_slot_to": None}, "2026-11-23"),
    ],
)
def test_the_driver_comes_on_the_day_of_the_time_slot(members, day):
    assert tracking.due(an_order(**members))[:10] == day


def test_steps_that_are_still_to_come_follow_those_that_are_done():
    assert tracking.steps(an_order(), ZONE) == [
        Step("Order received", "2026-11-23T10:15:30"),
        Step("Planned", done=False),
        Step("On its way", done=False),
        Step("Delivered", done=False),
    ]
    members = {
        "route_id": "r",
        "route_date": "2026-11-24T00:00:00",
        "load_status": "loaded",
        "load_date": "2026-11-24T07:00:00",
        "status_id": 5,
        "status_date": "2026-11-24T09:30:00",
        "arrived_date": "2026-11-24T09:20:00",
    }
    assert tracking.steps(an_order(**members), ZONE) == [
        Step("Order received", "2026-11-23T10:15:30"),
        Step("Planned", "2026-11-24"),
        Step("Loaded", "2026-11-24T07:00:00"),
        Step("On its way"),
        Step("The driver has arrived", "2026-11-24T09:20:00"),
        Step("Not delivered", "2026-11-24T09:30:00"),
    ]


@pytest.mark.parametrize(
    ("status_id", "rating", "may"),
    [(None, None, False), (1, None, False), (2, None, False), (3, None, True), (4, None, True), (3, 5, False)],
)
def test_goods_that_were_handed_over_are_rated_once(status_id, rating, may):
    assert tracking.may_be_rated(an_order(status_id=status_id, feedback_rating=rating)) is may


def test_a_time_that_was_sent_stays_and_one_that_was_not_is_shown_by_the_wall_clock():
    by_default = an_order(status_id=3, status_date="2026-11-23T12:00:00")
    assert tracking.with_local_status(by_default, NOON, ZONE).status_date == "2026-11-23T14:00:00"
    assert tracking.with_local_status(by_default, NOON + timedelta(minutes=1), ZONE) == by_default
    assert tracking.with_local_status(by_default, None, ZONE) == by_default


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({}, ""),
        ({"updated_eta": "2026-11-23T12:00:00"}, ""),
        ({"updated_eta": "2026-11-23T12:00:01"}, "The driver is late, and is expected 1 minute after the agreed time."),
        (
            {"updated_eta": "2026-11-23T13:25:00"},
            "The driver is late, and is expected 1 hour and 25 minutes after the agreed time.",
        ),
        ({"updated_eta": "2026-11-23T13:25:00", "arrived_date": "2026-11-23T11:00:00"}, ""),
        ({"updated_eta": "2026-11-23T13:25:00", "status_id": 3}, ""),
        ({"eta": "2026-11-23T13:25:00"}, ""),
        ({"time_slot_to": None, "eta": "2026-11-23T11:00:00", "updated_eta": "2026-11-23T11:14:00"}, ""),
        (
            {"time_slot_to": None, "eta": "2026-11-23T11:00:00", "updated_eta": "2026-11-23T13:00:00"},
            "The driver is expected 2 hours later than planned.",
        ),
        (
            {
                "time_slot_from": "2026-11-23T23:00:00",
                "time_slot_to": "2026-11-23T01:00:00",
                "updated_eta": "2026-11-24T00:30:00",
            },
            "",
        ),
    ],
)
def test_a_receiver_is_told_that_the_driver_is_late(members, said):
    assert tracking.lateness(an_order(**members)) == said
