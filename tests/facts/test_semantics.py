"""What holds over many operations: which status means what, which object is meant, when no is the answer.

Bulks, coordinates, prices and shared stops are rules of few operations and tested with those.
"""

import pytest

from support.documents import a_route, an_order, get_order, post_route
from support.operations import OPERATIONS, each

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # nothing is stored
DRIVER = {"Name": "D", "Username": "d", "Password": "secret"}
CANCELED = {"Status": "NotDelivered", "RejectReason": "Canceled"}
OUTCOMES = ("Complete", "Reject", "Status")


def test_201_is_created_202_changed_and_200_read_deleted_or_an_outcome(published):
    for one in OPERATIONS.values():
        method, path, operation = published.operations[one.id]
        usual = {"GET": 200, "DELETE": 200, "POST": 201, "PUT": 202, "PATCH": 202}[method]
        expected = 200 if path.endswith(OUTCOMES) else usual
        answers = [int(status) for status in operation["responses"] if status < "300"]
        assert expected in answers, one.id
        if len(answers) > 1:  # brought in line with what was there, or made in part
            assert one.id in {"AddAddress", "AddRoute", "AddOrderBulk"}


def test_a_deleted_order_is_gone_by_number_and_id_and_in_its_list_and_not_found_elsewhere(api, published, routed):
    """410 is listed for four operations and is answered by no other."""
    api.delete("/api/Order/Number/N-1")
    gone = {"UpdateOrder", "GetOrderByNumber", "GetOrderById", "GetOrdersByNumber"}
    assert gone == {name for name in OPERATIONS if "410" in published.operations[name][2]["responses"]}
    assert api.put("/api/Order", json={"Number": "N-1"}).status_code == 410
    for one in OPERATIONS.values():
        if any(key in one.path for key in ("Number/{number}", "Order/Id/{", "{trackId}")) and "Date" not in one.path:
            body = CANCELED if one.path.endswith("Status") else None
            answer = one(api, *([a_route()] if one.path.startswith("/Route") else []), routed, json=body or {})
            assert answer.status_code == (410 if one.id in gone else 404), one.id


def test_405_says_what_is_not_allowed_now(api, told, routed):
    """Of the API's causes only the limit of a plan is missing: there are no plans here."""
    api.post("/api/Driver", json=DRIVER)
    post_route(api, a_route(Code="R-2", Id="ext-2"))
    api.put("/api/Route/Close/Code/R-2")
    api.post("/api/Order", json=an_order("N-2"))
    api.put("/api/Order/Number/N-1/Complete")
    told.news()
    for refused, why in (
        (api.post("/api/Driver", json=DRIVER), "d exists already"),
        (api.put("/api/Order", json={"Number": "N-1", "Note": "x"}), "forceUpdate=true"),
        (api.put("/api/Route/Code/R-2/Order/Number/N-2"), "is Closed"),
        (api.put("/api/Route/Code/R-1/Order/Number/N-1"), "is Delivered already"),
        (api.put("/api/Order/Number/N-2/Status", json=CANCELED | {"Status": "Delivered"}), "NotDelivered"),
    ):
        assert refused.status_code == 405
        assert why in refused.json()["Detail"]
    assert told.news() == []


def test_400_names_what_stands_against_a_deletion_or_an_outcome(api, told):
    api.post("/api/Driver", json=DRIVER)
    post_route(api, a_route("A", DriverLogin="d"))
    api.post("/api/Order", json=an_order())
    api.put("/api/Order/Number/A/Complete")
    told.news()
    for refused, why in (
        (api.delete("/api/Driver/Username/d"), "Delivered"),
        (api.delete("/api/Order/Number/A"), "Delivered already"),
        (api.delete("/api/Route/Code/R-1"), "Delivered already"),
        (api.put("/api/Order/Number/A/Status", json=CANCELED), "has the status Delivered already"),
        (api.put("/api/Order/Number/A/Complete"), "has the status Delivered already"),
        (api.put("/api/Order/Number/A/Reject"), "has the status Delivered already"),
        (api.put("/api/Order/Number/N-1/Complete"), "is on no route"),
        (api.put("/api/Order/Number/N-1/Reject"), "is on no route"),
    ):
        assert refused.status_code == 400
        assert why in refused.json()["Detail"]
    assert told.news() == []


@each(
    "CompleteOrderByNumber",
    "CompleteOrderById",
    "RejectOrderByNumber",
    "RejectOrderById",
    "SetOrderStatusByNumber",
    "SetOrderStatusById",
    "MoveOrderToRouteByCodeByNumber",
    "MoveOrderToRouteByCodeById",
    "MoveOrderToRouteByIdByNumber",
    "MoveOrderToRouteByIdById",
)
def test_of_several_orders_with_a_name_the_most_recent_is_meant(api, told, operation):
    """An outcome is for the newest too, whether or not an older one with that name waits for it."""
    route = a_route(Orders=[an_order(Id="ext-1", Note="old"), an_order(Id="ext-1", Note="new")])
    post_route(api, route)
    target = {"Code": "R-2", "Id": "ext-2"}
    post_route(api, target)
    told.news()
    order = {"Number": "N-1", "Id": "ext-1"}
    if operation.id.startswith("Move"):
        answer = operation(api, target, order, allowTransfer="true")
    else:
        answer = operation(api, order, json=CANCELED if "Status" in operation.id else {})
    assert answer.is_success, answer.text
    assert {event.data["Note"] for event in told.news() if event.type.startswith("Order")} == {"new"}


@each(
    "AddOrderToRouteByCode",
    "AddOrderToRouteById",
    "UpdateRouteCustomValuesByCode",
    "UpdateRouteCustomValuesById",
    "StartRouteByCode",
    "StartRouteById",
    "CloseRouteByCode",
    "CloseRouteById",
)
def test_of_several_routes_with_a_name_the_most_recent_is_meant(api, told, operation):
    for date in ("2026-11-24", "2026-11-23"):
        post_route(api, a_route(Date=date))
    told.news()
    body = [{"Id": "cf_1", "Value": "x"}] if "Custom" in operation.id else an_order() if "Add" in operation.id else {}
    assert operation(api, a_route(), json=body).status_code == 202
    assert [event.data["Date"][:10] for event in told.news() if event.type.startswith("Route")] == ["2026-11-23"]


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_an_order_is_processed_once_it_has_an_outcome_and_not_while_it_is_in_progress(api, routed, outcome):
    change = {"Number": "N-1", "Note": "x"}
    api.put("/api/Route/Start/Code/R-1")
    assert get_order(api)["StatusId"] == 1
    assert api.put("/api/Order", json=change).status_code == 202
    assert api.put(f"/api/Order/Number/N-1/{outcome}", json=CANCELED if outcome == "Status" else {}).is_success
    assert api.put("/api/Order", json=change | {"Note": "y"}).status_code == 405


def test_what_the_api_has_no_operation_for_has_one_of_ours(published):
    ours = set(published.operations) - set(OPERATIONS)
    assert ours >= {
        "AddVehicleCheck",
        *(f"AddRouteTrackBy{way}" for way in ("Code", "Id")),
        *(f"OptimizeRouteBy{way}" for way in ("Code", "Id")),
        *(
            f"{what}By{way}"
            for what in ("AddOrderPhoto", "AddOrderSignature", "NoteOrderLoading")
            for way in ("Number", "Id", "TrackId")
        ),
        *(
            f"{verb}{noun}{way}"
            for noun in ("Goods", "Client", "Shipper", "Depot", "Team")
            for verb, way in (("Add", ""), ("Get", "List"), ("Get", "ById"), ("Delete", "ById"))
        ),
        "AddRejectReason",
        "DeleteRejectReasonById",
    }
