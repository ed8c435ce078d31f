"""These operations report the outcome of an order: as complete, as rejected, or as a status in the older form."""

import pytest

from support.documents import a_route, an_order, get_order, post_route, without_nulls
from support.operations import each

UNKNOWN = dict.fromkeys(("Number", "Id", "TrackId"), "unknown")
LINES = [{"OrderLineId": "1", "GoodsName": "Cups", "Quantity": 10}, {"OrderLineId": "2", "GoodsName": "Plates"}]


@pytest.fixture
def laden(api, told):
    """A collection of goods on a route, its events read."""
    post_route(api, a_route() | {"Orders": [an_order(Id="ext-1", Type=1, GoodsList=LINES)]})
    told.news()
    return get_order(api)


@each("CompleteOrderByNumber", "CompleteOrderById", "CompleteOrderByTrackId")
def test_an_order_on_a_route_is_completed_and_told_in_full(api, told, routed, operation):
    body = {"StatusDate": "2026-11-23T15:31:00", "SignatureName": "Front desk", "CODActual": 5, "DriverComment": "c"}
    answer = operation(api, routed, json=body)
    assert (answer.status_code, answer.json()["Status"]) == (200, 200), answer.text
    [event] = told.news()
    assert event.type == "OrderStatusUpdated"
    assert (event.data["StatusId"], event.data["Status"], event.data["CODActual"]) == (3, "Delivered", "5")
    assert (event.data["StatusDate"], event.data["SignatureName"]) == ("2026-11-23T15:31:00", "Front desk")
    assert (event.data["RouteNumber"], event.data["DriverComment"]) == ("R-1", "c")
    assert without_nulls(get_order(api)) == event.data


@each("CompleteOrderByNumber", "CompleteOrderById", "CompleteOrderByTrackId")
@pytest.mark.parametrize(
    ("body", "fact", "status_id", "status"),
    [
        (None, 10, 3, "Collected"),
        ({"GoodsList": []}, 10, 3, "Collected"),
        ({"GoodsList": [{"OrderLineId": "1", "QuantityFact": 9.5}]}, 9.5, 4, "Partially"),
    ],
)
def test_without_goods_all_were_taken_in_full_and_with_less_of_a_line_it_is_partial(
    api, told, laden, operation, body, fact, status_id, status
):
    assert operation(api, laden, json=body).status_code == 200
    [event] = told.news()
    assert (event.type, event.data["StatusId"], event.data["Status"]) == ("OrderStatusUpdated", status_id, status)
    assert event.data["GoodsList"][0]["QuantityFact"] == fact


@each("CompleteOrderByNumber", "CompleteOrderById", "CompleteOrderByTrackId")
def test_an_order_is_not_completed_with_an_unknown_line_or_a_reason_that_is_no_goods_issue(api, told, laden, operation):
    for fact in ({"OrderLineId": "9"}, {"OrderLineId": "1", "GoodsRejectReasonId": 101}):
        answer = operation(api, laden, json={"GoodsList": [fact]})
        assert (answer.status_code, answer.json()["Detail"][:12]) == (400, "GoodsList[0]"), fact
        assert told.news() == []


@each("CompleteOrderByNumber", "CompleteOrderById", "CompleteOrderByTrackId")
def test_what_is_told_of_two_lines_of_the_same_goods_is_of_each_its_own(api, told, operation):
    """Choice 46."""
    lines = [{"GoodsName": "Cola", "Quantity": 5, "Cost": 1}, {"GoodsName": "Cola", "Quantity": 3, "Cost": 0}]
    post_route(api, a_route() | {"Orders": [an_order(Id="ext-1", GoodsList=lines)]})
    order = get_order(api)
    told.news()
    facts = [{"GoodsName": "Cola", "QuantityFact": fact} for fact in (5, 1, 2)]
    refused = operation(api, order, json={"GoodsList": facts})
    assert (refused.status_code, refused.json()["Detail"][:13]) == (400, "GoodsList[2]:"), refused.text
    assert operation(api, order, json={"GoodsList": facts[:2]}).status_code == 200
    [event] = told.news()
    assert [(line["Quantity"], line["QuantityFact"]) for line in event.data["GoodsList"]] == [(5, 5), (3, 1)]
    assert (event.data["StatusId"], without_nulls(get_order(api))) == (4, event.data)
    api.put("/api/Order?forceUpdate=true", json={"Id": "ext-1", "GoodsList": lines[::-1]})
    assert [line["QuantityFact"] for line in get_order(api)["GoodsList"]] == [1, 5]


@each("CompleteOrderByNumber", "CompleteOrderById", "CompleteOrderByTrackId")
def test_no_fact_is_negative_or_beyond_all_numbers(api, told, laden, operation):
    url = operation.url(laden)
    for number in ("-1", "-1e-9", '"-1"', "1e400", "-1e400", '"1e400"', "NaN", '"NaN"', '"Infinity"'):
        plain = number.strip('"')
        lines = (
            f"<CompleteOrderGoods><OrderLineId>1</OrderLineId><QuantityFact>{plain}</QuantityFact></CompleteOrderGoods>"
        )
        for kind, body in (
            ("json", f'{{"GoodsList": [{{"OrderLineId": "1", "QuantityFact": {number}}}]}}'),
            ("json", f'{{"CODActual": {number}}}'),
            ("xml", f"<CompleteOrder><GoodsList>{lines}</GoodsList></CompleteOrder>"),
            ("xml", f"<CompleteOrder><CODActual>{plain}</CODActual></CompleteOrder>"),
        ):
            answer = api.put(url, content=body, headers={"Content-Type": f"application/{kind}"})
            assert answer.status_code == 400, body
    assert told.news() == []


@each("RejectOrderByNumber", "RejectOrderById", "RejectOrderByTrackId")
@pytest.mark.parametrize(
    ("body", "status_id", "reason"),
    [
        ({"RejectReasonId": 101, "DriverComment": "c"}, 5, "Refused by the customer"),
        ({"RejectReasonId": 1}, 2, "Nobody there"),
        (None, 5, None),
    ],
)
def test_a_rejected_order_failed_by_the_kind_of_its_reason_and_without_one_by_itself(
    api, told, routed, operation, body, status_id, reason
):
    answer = operation(api, routed, json=body)
    assert (answer.status_code, answer.json()["Status"]) == (200, 200), answer.text
    [event] = told.news()
    assert (event.type, event.data["StatusId"]) == ("OrderStatusUpdated", status_id)
    assert (event.data["Status"], event.data.get("RejectReason")) == ("Not delivered", reason)
    assert without_nulls(get_order(api)) == event.data


@each("RejectOrderByNumber", "RejectOrderById", "RejectOrderByTrackId")
def test_an_order_is_not_rejected_for_an_unknown_reason_or_one_of_goods(api, told, routed, operation):
    for reason_id in (201, 999):
        assert operation(api, routed, json={"RejectReasonId": reason_id}).status_code == 400, reason_id
        assert told.news() == []


@each("RejectOrderByNumber", "RejectOrderById", "RejectOrderByTrackId")
def test_a_rejected_collection_was_not_collected(api, laden, operation):
    operation(api, laden)
    assert get_order(api)["Status"] == "Not collected"


@each(
    "CompleteOrderByNumber",
    "CompleteOrderById",
    "CompleteOrderByTrackId",
    "RejectOrderByNumber",
    "RejectOrderById",
    "RejectOrderByTrackId",
)
def test_an_order_off_a_route_cannot_be_completed_or_rejected(api, told, posted, operation):
    assert operation(api, posted).status_code == 400
    assert told.news() == []


@each(
    "CompleteOrderByNumber",
    "CompleteOrderById",
    "CompleteOrderByTrackId",
    "RejectOrderByNumber",
    "RejectOrderById",
    "RejectOrderByTrackId",
)
def test_an_outcome_needs_no_body_and_is_said_once(api, told, routed, operation):
    url = operation.url(routed)
    assert api.put(url, headers={"Content-Type": "application/json"}).status_code == 200
    assert told.types() == ["OrderStatusUpdated"]
    for what in ("Complete", "Reject"):
        assert api.put(url.rpartition("/")[0] + f"/{what}").status_code == 400
    assert told.news() == []


# Canceled, in the older words

CANCELED = {"Status": "NotDelivered", "RejectReason": "Canceled"}


@each("SetOrderStatusByNumber", "SetOrderStatusByTrackId", "SetOrderStatusById")
def test_an_order_is_canceled_in_the_older_words_on_a_route_or_not(api, told, posted, operation):
    answer = operation(api, posted, json=CANCELED)
    assert (answer.status_code, answer.json()["Status"]) == (200, 200)
    [event] = told.news()
    assert event.type == "OrderStatusUpdated"
    assert (event.data["StatusId"], event.data["Status"]) == (5, "Not delivered")
    assert (event.data["RejectReason"], event.data["StatusDate"]) == ("Canceled", "2026-11-23T12:00:00")


@each("SetOrderStatusByNumber", "SetOrderStatusByTrackId", "SetOrderStatusById")
def test_no_other_status_can_be_said_in_the_older_words(api, told, posted, operation):
    for body in (
        None,
        {},
        {"Status": "Unknown", "RejectReason": "Canceled"},
        {"Status": "NotDelivered", "RejectReason": "None"},
        {"Status": "NotDelivered"},
        {"Status": "Delivered", "RejectReason": "Canceled"},
    ):
        assert operation(api, posted, json=body).status_code == 405, body
        assert told.news() == []


@each("SetOrderStatusByNumber", "SetOrderStatusByTrackId", "SetOrderStatusById")
@pytest.mark.parametrize("before", ["Status", "Complete", "Reject"])
def test_an_order_with_a_status_cannot_be_given_one_in_the_older_words(api, told, routed, operation, before):
    said = {"status": "notdelivered", "REJECTREASON": "canceled"}
    assert api.put(f"/api/Order/Number/N-1/{before}", json=said if before == "Status" else {}).is_success
    told.news()
    assert operation(api, routed, json=CANCELED).status_code == 400
    assert told.news() == []


@each("SetOrderStatusByNumber", "SetOrderStatusByTrackId", "SetOrderStatusById")
def test_an_older_status_that_is_none_is_refused(api, told, posted, operation):
    for body in ([], "x", {"Status": {}}, {"RejectReason": ["Canceled"]}):
        assert operation(api, posted, json=body).status_code == 400, body
        assert told.news() == []


@each(
    "CompleteOrderByNumber",
    "CompleteOrderById",
    "CompleteOrderByTrackId",
    "RejectOrderByNumber",
    "RejectOrderById",
    "RejectOrderByTrackId",
    "SetOrderStatusByNumber",
    "SetOrderStatusByTrackId",
    "SetOrderStatusById",
)
def test_an_order_that_is_unknown_deleted_or_anothers_has_no_outcome(api, other_api, told, routed, operation):
    assert operation(api, UNKNOWN, json=CANCELED).status_code == 404
    assert operation(other_api, routed, json=CANCELED).status_code == 404
    api.delete("/api/Order/Number/N-1")
    told.news()
    assert operation(api, routed, json=CANCELED).status_code == 404
    assert told.news() == []
