"""The rules of orders: what came of them, and where they stand."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from waybell.ground.clock import Moment
from waybell.ground.errors import Invalid
from waybell.orders import editing, outcome
from waybell.orders.event_types import ORDER_EVENT_TYPES
from waybell.orders.model import Order
from waybell.orders.outcome import Stop
from waybell.orders.requests import CompleteOrder, NewOrder, RejectOrder, StatusRequest
from waybell.routes.event_types import ROUTE_EVENT_TYPES

MOMENT = Moment(datetime(2026, 11, 23, 22, 30, tzinfo=UTC), ZoneInfo("Europe/Tallinn"))
LINES = [
    {"OrderLineId": "1", "GoodsId": "G-1", "GoodsName": "Cups", "Quantity": 10},
    {"OrderLineId": "2", "GoodsId": "G-2", "GoodsName": "Plates", "Quantity": 4},
]


def an_order(*, order_type: int = 0, goods: list | None = None, route: str | None = "r1") -> Order:
    request = NewOrder.model_validate({"Number": "N-1", "Type": order_type, "GoodsList": goods})
    order = editing.draft(request, "7c9e6679-7425-40de-944b-e07fc1f90ae7", MOMENT)
    return outcome.placed(order, Stop(route, 1, "Ready"), MOMENT.local) if route else order


@pytest.mark.parametrize(
    ("order_type", "facts", "status_id", "status"),
    [
        (0, None, 3, "Delivered"),
        (1, None, 3, "Collected"),
        (0, [], 3, "Delivered"),
        (0, [{"OrderLineId": "1", "QuantityFact": 10}], 3, "Delivered"),
        (0, [{"OrderLineId": "1", "QuantityFact": 12}], 3, "Delivered"),
        (0, [{"OrderLineId": "1"}], 3, "Delivered"),
        (0, [{"OrderLineId": "1", "QuantityFact": 9.5}], 4, "Partially"),
        (0, [{"GoodsId": "G-2", "QuantityFact": 0}], 4, "Partially"),
        (1, [{"GoodsName": "Plates", "QuantityFact": "3"}], 4, "Partially"),
        (0, [{"OrderLineId": "?", "GoodsId": "G-1", "QuantityFact": 1}], 4, "Partially"),
        (0, [{"OrderLineId": "1", "QuantityFact": 10 - 1e-9}], 3, "Delivered"),
        (0, [{"OrderLineId": "1", "QuantityFact": 10 - 1e-6}], 4, "Partially"),
    ],
)
def test_how_much_was_taken_decides_the_status(order_type, facts, status_id, status):
    request = CompleteOrder.model_validate({"GoodsList": facts})
    after = outcome.completed(an_order(order_type=order_type, goods=LINES), request, MOMENT)
    assert (after.status_id, after.status) == (status_id, status)


@pytest.mark.parametrize(
    ("ordered", "taken"),
    [(8.4, 12 * 0.7), (0.1 + 0.2, 0.3), (0.3, 0.1 + 0.2), (1e12 + 0.1, 1e12), (1e-7, 0.7e-7 + 0.3e-7)],
)
def test_a_quantity_is_not_short_by_its_last_bits(ordered, taken):
    told = CompleteOrder.model_validate({"GoodsList": [{"GoodsName": "g", "QuantityFact": taken}]})
    after = outcome.completed(an_order(goods=[{"GoodsName": "g", "Quantity": ordered}]), told, MOMENT)
    assert (after.status_id, [line.quantity_fact for line in after.goods_list or []]) == (3, [taken])


@pytest.mark.parametrize(
    ("cod", "collected", "refused"), [(5, -1, True), (0, -1, True), (-5, -5, False), (5, 0, False)]
)
def test_what_was_collected_is_negative_only_where_it_was_to_be(cod, collected, refused):
    order, told = an_order().model_copy(update={"cod": cod}), CompleteOrder.model_validate({"CODActual": collected})
    if refused:
        with pytest.raises(Invalid, match=r"^CODActual: must not be negative"):
            outcome.completed(order, told, MOMENT)
    else:
        assert outcome.completed(order, told, MOMENT).cod_actual == str(collected)


def test_each_line_says_what_was_taken_and_why_not_all():
    request = CompleteOrder.model_validate(
        {"GoodsList": [{"OrderLineId": "1", "QuantityFact": 9, "GoodsRejectReasonId": 201}]}
    )
    after = outcome.completed(an_order(goods=LINES), request, MOMENT)
    assert [(line.quantity_fact, line.reject_reason) for line in after.goods_list or []] == [(9, "Damaged"), (4, None)]


@pytest.mark.parametrize(
    "fact", [{"OrderLineId": "3"}, {}, {"QuantityFact": 1}, {"OrderLineId": "1", "GoodsRejectReasonId": 101}]
)
def test_lines_and_reasons_that_are_not_there_are_refused(fact):
    request = CompleteOrder.model_validate({"GoodsList": [fact]})
    with pytest.raises(Invalid, match=r"^GoodsList\[0\]"):
        outcome.completed(an_order(goods=LINES), request, MOMENT)


@pytest.mark.parametrize(
    ("order_type", "reason_id", "status_id", "status", "reason"),
    [
        (0, 101, 5, "Not delivered", "Refused by the customer"),
        (1, 1, 2, "Not collected", "Nobody there"),
        (0, None, 5, "Not delivered", None),
    ],
)
def test_the_kind_of_reason_decides_the_status(order_type, reason_id, status_id, status, reason):
    after = outcome.rejected(an_order(order_type=order_type), RejectOrder(reject_reason_id=reason_id), MOMENT)
    assert (after.status_id, after.status, after.reject_reason) == (status_id, status, reason)


@pytest.mark.parametrize("reason_id", [0, 201, 301, 999])
def test_a_reason_of_neither_kind_is_refused(reason_id):
    with pytest.raises(Invalid, match="RejectReasonId"):
        outcome.rejected(an_order(), RejectOrder(reject_reason_id=reason_id), MOMENT)


@pytest.mark.parametrize(("order_type", "status"), [(0, "Not delivered"), (1, "Not collected")])
@pytest.mark.parametrize("route", ["r1", None])
def test_a_canceled_order_failed_because_of_the_order_on_a_route_or_not(order_type, status, route):
    request = StatusRequest(status="NotDelivered", reject_reason="Canceled")
    after = outcome.canceled(an_order(order_type=order_type, route=route), request, MOMENT)
    assert (after.status_id, after.status, after.reject_reason) == (5, status, "Canceled")


def test_a_status_has_the_time_that_was_sent_or_else_now_in_utc():
    given = outcome.completed(an_order(), CompleteOrder(status_date="2026-11-23T15:31:00"), MOMENT)
    none = outcome.completed(an_order(), CompleteOrder(), MOMENT)
    assert (given.status_date, none.status_date) == ("2026-11-23T15:31:00", "2026-11-23T22:30:00")


def test_a_new_order_is_for_today_where_the_account_lives():
    assert an_order().date == "2026-11-24T00:00:00"


@pytest.mark.parametrize(
    ("status", "status_id"), [("Draft", None), ("Ready", None), ("InProgress", 1), ("Closed", None)]
)
def test_an_order_is_in_progress_on_a_started_route_only(status, status_id):
    assert outcome.placed(an_order(), Stop("r2", 4, status), MOMENT.local).status_id == status_id


@pytest.mark.parametrize("route", ["r2", None])
def test_what_a_route_planned_goes_with_the_route(route):
    plan = {"eta": "2026-11-24T09:00:00", "updated_eta": "2026-11-24T09:05:00", "distance_from_depot_plan": 5.0}
    planned = an_order().model_copy(update=plan)
    assert outcome.placed(planned, Stop("r1", 2, "Ready"), "").eta == plan["eta"]
    after = outcome.placed(planned, Stop(route, 1, "Ready") if route else None, "")
    assert {name: getattr(after, name) for name in plan} == dict.fromkeys(plan)


def test_an_outcome_outlives_the_route():
    done = outcome.completed(an_order(), CompleteOrder(), MOMENT)
    assert outcome.placed(done, None, MOMENT.local).status_id == 3


@pytest.mark.parametrize(("amount", "text"), [(5.0, "5"), (12.5, "12.5"), (0.0, "0")])
def test_amounts_as_text(amount, text):
    assert outcome.amount_text(amount) == text


@pytest.mark.parametrize("event_type", [*ORDER_EVENT_TYPES, *ROUTE_EVENT_TYPES], ids=lambda one: one.name)
def test_a_sample_has_only_members_of_its_schema_and_no_nulls(event_type):
    assert set(event_type.sample) <= set(event_type.data_schema["properties"])
    assert None not in event_type.sample.values()
    assert not {"RouteId", "DriverId"} & set(event_type.data_schema["properties"])
