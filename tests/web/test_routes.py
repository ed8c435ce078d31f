"""The route operations of the API, and the events that each of them fires."""

import pytest


def an_order(number, **members):
    return {"Number": number, "Client": "Blue Harbour Cafe", "Address": f"{number} street", **members}


def a_route(*numbers, **members):
    orders = {"Orders": [an_order(number) for number in numbers]} if numbers else {}
    return {"Code": "R-1", "Id": "ext-r", "Date": "2026-11-23", **orders, **members}


def without_nulls(document):
    if isinstance(document, dict):
        return {name: without_nulls(value) for name, value in document.items() if value is not None}
    return [without_nulls(one) for one in document] if isinstance(document, list) else document


def get(api, code="R-1"):
    answer = api.get(f"/api/Route/Code/{code}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def stops(api, code="R-1"):
    return [(order["Number"], order["SeqNumber"]) for order in get(api, code)["Orders"]]


def post(api, body, **query):
    answer = api.post("/api/Route", json=body, params=query)
    assert answer.status_code in (201, 202), answer.text
    return answer


@pytest.fixture
def posted(api, told):
    """A route with two orders, its events read."""
    post(api, a_route("A", "B"))
    told.news()
    return get(api)


# Adding


def test_a_new_route_is_told_with_each_of_its_orders(api, told):
    made = post(api, a_route("A", "B", DriverLogin="driver1", DriverName="Driver One"))
    assert (made.status_code, made.headers["Location"]) == (201, "/Route/Code/R-1")
    route, *orders = told.news()
    assert route.type == "RouteCreated"
    assert [(event.type, event.data["Number"], event.data["SeqNumber"]) for event in orders] == [
        ("OrderCreated", "A", 1),
        ("OrderCreated", "B", 2),
    ]
    assert route.data == without_nulls(get(api))
    assert orders[0].data == route.data["Orders"][0]
    assert route.data["Status"] == "Ready"
    first = orders[0].data
    assert (first["RouteNumber"], first["RouteStatus"], first["RouteDate"]) == ("R-1", "Ready", "2026-11-23T00:00:00")
    assert (first["DriverLogin"], first["DriverName"], first["DriverNumber"]) == ("driver1", "Driver One", 1)


def test_a_route_is_found_by_code_id_and_date_in_any_letter_case_of_the_path(api, posted):
    assert api.get("/API/route/CODE/R-1").json() == posted
    assert api.get("/api/Route/Id/ext-r").json() == posted
    assert api.get("/api/Route/Date/2026-11-23").json() == [posted]
    assert api.get("/api/Route/Date/2026-11-24").json() == []


def test_the_same_code_and_date_again_is_refused_unless_it_is_an_update(api, told, posted):
    assert api.post("/api/Route", json=a_route("C")).status_code == 400
    assert told.news() == []
    assert post(api, a_route("A", "C"), UPDATE="true").status_code == 202
    assert stops(api) == [("A", 1), ("C", 2)]


def test_the_same_code_on_another_day_is_another_route_and_the_newest_is_meant(api, posted):
    post(api, a_route(Date="2026-11-24"))
    assert get(api)["Date"] == "2026-11-24T00:00:00"


def test_orders_at_one_address_share_a_stop_unless_told_not_to(api):
    orders = [an_order("A"), an_order("B"), an_order("C", Address="a  STREET")]
    post(api, {"Code": "R-1", "Orders": orders})
    assert stops(api) == [("A", 1), ("C", 1), ("B", 2)]
    post(api, {"Code": "R-2", "Orders": orders}, mergeAddresses="false")
    assert stops(api, "R-2") == [("A", 1), ("B", 2), ("C", 3)]


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ({"Date": "2026-11-23"}, "Code: "),
        (a_route(Orders=[an_order("A"), an_order("B", Client="")]), "Orders[1].Client: "),
        (a_route(Orders=[an_order("A", Weight="x")]), "Orders[0].Weight: "),
        (a_route(Orders={}), "Orders: "),
        (a_route(Date="1066-10-14"), "Date: "),
        (a_route(StartTimePlan="25:00"), "StartTimePlan: "),
        (a_route(Vehicle={"Number": "x" * 31}), "Vehicle.Number: "),
        (a_route(StartFromDepot="perhaps"), "StartFromDepot: "),
    ],
)
def test_what_cannot_be_is_refused_naming_the_member(api, told, body, line):
    answer = api.post("/api/Route", json=body)
    assert answer.status_code == 400
    assert answer.json()["Detail"].startswith(line)
    assert told.news() == []
    assert api.get("/api/Order/Date/2026-11-23").json() == []


def test_an_unknown_driver_is_made_on_the_fly_once(api):
    post(api, {"Code": "R-1", "DriverLogin": "driver1", "DriverName": "Driver One", "DriverPassword": "x"})
    post(api, {"Code": "R-2", "DriverLogin": "DRIVER1", "DriverName": "Somebody Else"})
    [driver] = api.get("/api/Driver").json()
    assert (driver["Username"], driver["Name"], driver["Number"]) == ("driver1", "Driver One", 1)
    assert get(api, "R-2")["DriverName"] == "Driver One"


def test_a_route_takes_its_vehicle_from_the_directory(api):
    api.post("/api/Driver", json={"Name": "D", "Username": "d", "Password": "secret", "Vehicle": "123 ABC"})
    api.post("/api/Vehicle", json={"Number": "123 ABC", "Weight": 900, "DriverUsername": "d", "Depot": "Dock 1"})
    post(api, {"Code": "R-1", "DriverLogin": "d"})
    assert get(api)["DriverVehicle"] == "123 ABC"
    post(api, {"Code": "R-2", "DriverVehicle": "123 abc"})
    assert get(api, "R-2")["Vehicle"]["Weight"] == 900


# Changing


def test_a_changed_header_is_told_once_and_not_for_the_orders(api, told, posted):
    assert (
        api.put("/api/Route/Id/ext-r", json={"DriverVehicle": "123 ABC", "StartTimePlan": "08:00"}).status_code == 202
    )
    [event] = told.news()
    assert (event.type, event.data["DriverVehicle"]) == ("RouteUpdated", "123 ABC")
    assert event.data["StartTimePlan"] == "2026-11-23T08:00:00"
    assert event.data == without_nulls(get(api))
    assert event.data["Orders"][0]["DriverVehicle"] == "123 ABC"


@pytest.mark.parametrize(
    "body", [{}, {"Orders": None}, a_route("A", "B"), {"Orders": [{"Number": "A"}, {"Number": "B"}]}]
)
def test_a_change_that_changes_nothing_is_not_told(api, told, posted, body):
    assert api.put("/api/Route/Code/R-1", json=body).status_code == 202
    assert told.news() == []
    assert get(api) == posted


def test_orders_that_are_sent_become_the_orders_of_the_route(api, told, posted):
    body = {"Orders": [an_order("C"), an_order("B", Note="x")]}
    assert api.put("/api/Route/Code/R-1", json=body).status_code == 202
    assert stops(api) == [("C", 1), ("B", 2)]
    news = [(event.type, event.data.get("Number")) for event in told.news()]
    assert news == [("RouteUpdated", None), ("OrderCreated", "C"), ("OrderUpdated", "B"), ("OrderUpdated", "A")]
    left = api.get("/api/Order/Number/A").json()
    assert (left["RouteNumber"], left["SeqNumber"]) == (None, None)


def test_another_sequence_is_a_change_of_the_route_and_of_the_moved_orders(api, told, posted):
    api.put("/api/Route/Code/R-1", json={"Orders": [{"Number": "B"}, {"Number": "A"}]})
    assert stops(api) == [("B", 1), ("A", 2)]
    assert sorted(told.types()) == ["OrderUpdated", "OrderUpdated", "RouteUpdated"]


def test_a_change_of_an_order_by_its_route_is_no_change_of_the_route(api, told, posted):
    api.put("/api/Route/Code/R-1", json={"Orders": [{"Number": "A"}, {"Number": "B", "Note": "x"}]})
    assert told.types() == ["OrderUpdated"]


def test_an_order_with_an_outcome_stays_on_its_route(api, told, posted):
    api.put("/api/Order/Number/A/Complete")
    told.news()
    api.put("/api/Route/Code/R-1", json={"Orders": [{"Number": "B"}]})
    assert stops(api) == [("A", 1), ("B", 2)]
    assert told.news() == []


def test_a_code_and_date_that_another_route_has_is_refused(api, told, posted):
    post(api, {"Code": "R-2", "Date": "2026-11-23"})
    told.news()
    assert api.put("/api/Route/Code/R-2", json={"Code": "R-1"}).status_code == 400
    assert told.news() == []


# The way of a route


def test_a_start_takes_the_orders_along(api, told, posted):
    answer = api.put("/api/Route/Start/Code/R-1", params={"STATUSDATE": "2026-11-23T08:01:00"})
    assert answer.status_code == 202, answer.text
    route, *orders = told.news()
    assert (route.type, route.data["Status"], route.data["StartDate"]) == (
        "RouteStarted",
        "InProgress",
        "2026-11-23T08:01:00",
    )
    assert [(event.type, event.data["Number"], event.data["StatusId"]) for event in orders] == [
        ("OrderStatusUpdated", "A", 1),
        ("OrderStatusUpdated", "B", 1),
    ]
    assert orders[0].data["Status"] == "In Progress"
    assert orders[0].data["RouteStatus"] == "InProgress"
    assert route.data == without_nulls(get(api))


def test_a_close_ends_the_route_and_leaves_its_orders(api, told, posted):
    api.put("/api/Route/Start/Id/ext-r")
    told.news()
    assert api.put("/api/Route/Close/Id/ext-r").status_code == 202
    [event] = told.news()
    assert (event.type, event.data["Status"], event.data["CloseDate"]) == (
        "RouteClosed",
        "Closed",
        "2026-11-23T12:00:00",
    )


@pytest.mark.parametrize("way", ["Code/R-1", "Id/ext-r"])
def test_ready_is_what_a_new_route_is(api, told, posted, way):
    assert api.put(f"/api/Route/Ready/{way}").status_code == 202
    assert told.news() == []


@pytest.mark.parametrize(
    ("before", "refused"), [("Start", "Start"), ("Start", "Ready"), ("Close", "Close"), ("Close", "Start")]
)
def test_a_route_goes_forward_only(api, told, posted, before, refused):
    api.put(f"/api/Route/{before}/Code/R-1")
    told.news()
    assert api.put(f"/api/Route/{refused}/Code/R-1").status_code == 400
    assert told.news() == []


@pytest.mark.parametrize("what", ["Ready", "Start", "Close"])
def test_a_status_date_must_be_one(api, told, posted, what):
    answer = api.put(f"/api/Route/{what}/Code/R-1?statusDate=then")
    assert (answer.status_code, answer.json()["Detail"][:12]) == (400, "statusDate: ")
    assert told.news() == []


# Orders onto routes


@pytest.fixture
def loose(api, told, posted):
    """An unscheduled order beside the route."""
    api.post("/api/Order", json=an_order("C"))
    told.news()


def test_an_order_is_put_at_the_end_of_a_route(api, told, loose):
    assert api.put("/api/route/code/R-1/order/number/C").status_code == 202
    assert stops(api) == [("A", 1), ("B", 2), ("C", 3)]
    route, order = told.news()
    assert (route.type, len(route.data["Orders"])) == ("RouteUpdated", 3)
    assert (order.type, order.data["RouteNumber"]) == ("OrderUpdated", "R-1")


def test_an_order_that_is_on_the_route_already_changes_nothing(api, told, posted):
    assert api.put("/api/Route/Code/R-1/Order/Number/A").status_code == 202
    assert told.news() == []


def test_an_order_that_joins_a_started_route_is_in_progress(api, told, loose):
    api.put("/api/Route/Start/Code/R-1")
    told.news()
    api.put("/api/Route/Code/R-1/Order/Number/C")
    assert told.types() == ["RouteUpdated", "OrderUpdated", "OrderStatusUpdated"]
    assert api.get("/api/Order/Number/C").json()["StatusId"] == 1


def test_an_order_leaves_its_route_only_by_transfer(api, told, posted):
    post(api, {"Code": "R-2"})
    told.news()
    assert api.put("/api/Route/Code/R-2/Order/Number/A").status_code == 405
    assert told.news() == []
    assert api.put("/api/Route/Code/R-2/Order/Number/A?allowTransfer=true").status_code == 202
    news = told.news()
    assert [(event.type, event.data.get("Code")) for event in news] == [
        ("RouteUpdated", "R-1"),
        ("RouteUpdated", "R-2"),
        ("OrderUpdated", None),
    ]
    assert (stops(api), stops(api, "R-2")) == ([("B", 2)], [("A", 1)])


def test_a_failed_order_is_tried_again_only_by_reschedule(api, told, posted):
    post(api, {"Code": "R-2"})
    api.put("/api/Order/Number/A/Reject", json={"RejectReasonId": 101})
    told.news()
    assert api.put("/api/Route/Code/R-2/Order/Number/A?allowTransfer=true").status_code == 405
    assert told.news() == []
    assert api.put("/api/Route/Code/R-2/Order/Number/A?allowreschedule=true").status_code == 202
    assert told.types() == ["RouteUpdated", "RouteUpdated", "OrderUpdated", "OrderStatusUpdated"]
    order = api.get("/api/Order/Number/A").json()
    assert (order["StatusId"], order["RejectReason"], order["RescheduledTimes"]) == (None, None, 1)


@pytest.mark.parametrize("flags", ["", "?allowTransfer=true&allowReschedule=true"])
def test_a_delivered_order_is_not_put_on_a_route(api, told, posted, flags):
    api.put("/api/Order/Number/A/Complete")
    post(api, {"Code": "R-2"})
    told.news()
    assert api.put(f"/api/Route/Code/R-2/Order/Number/A{flags}").status_code == 405
    assert told.news() == []


def test_nothing_is_put_on_a_closed_route(api, told, loose):
    api.put("/api/Route/Close/Code/R-1")
    told.news()
    assert api.put("/api/Route/Code/R-1/Order/Number/C").status_code == 405
    assert api.put("/api/Route/Code/R-1", json={"Orders": [an_order("D")]}).status_code == 405
    assert told.news() == []


def test_unknown_routes_and_orders_are_not_found(api, posted):
    assert api.put("/api/Route/Code/?/Order/Number/A").status_code == 404
    assert api.put("/api/Route/Code/R-1/Order/Number/X").status_code == 404
    for way in ("Code/X", "Id/X"):
        assert api.get(f"/api/Route/{way}").status_code == 404
        assert api.put(f"/api/Route/{way}", json={}).status_code == 404
        assert api.delete(f"/api/Route/{way}").status_code == 404
        for what in ("Ready", "Start", "Close"):
            assert api.put(f"/api/Route/{what}/{way}").status_code == 404


# Deleting


def test_a_deleted_route_takes_its_orders_along(api, told, posted):
    assert api.delete("/api/Route/Code/R-1").status_code == 200
    assert sorted(told.types()) == ["OrderDeleted", "OrderDeleted", "RouteDeleted"]
    assert api.get("/api/Route/Code/R-1").status_code == 404
    assert api.get("/api/Order/Number/A").status_code == 410


def test_a_deleted_route_may_leave_its_orders(api, told, posted):
    assert api.delete("/api/Route/Id/ext-r?deleteOrders=false").status_code == 200
    route, *orders = told.news()
    assert (route.type, route.data) == (
        "RouteDeleted",
        {"Code": "R-1", "Date": "2026-11-23T00:00:00", "Id": "ext-r"},
    )
    assert [event.type for event in orders] == ["OrderUpdated", "OrderUpdated"]
    assert api.get("/api/Order/Number/A").json()["RouteNumber"] is None


def test_a_deleted_route_that_had_started_leaves_no_order_in_progress(api, told, posted):
    api.put("/api/Route/Start/Code/R-1")
    told.news()
    api.delete("/api/Route/Code/R-1?deleteOrders=false")
    assert sorted(told.types()) == ["OrderStatusUpdated"] * 2 + ["OrderUpdated"] * 2 + ["RouteDeleted"]
    assert api.get("/api/Order/Number/A").json()["StatusId"] is None


def test_a_route_with_an_outcome_is_not_deleted(api, told, posted):
    api.put("/api/Order/Number/A/Complete")
    told.news()
    assert api.delete("/api/Route/Code/R-1").status_code == 400
    assert told.news() == []


def test_the_code_of_a_deleted_route_is_free_again(api, posted):
    api.delete("/api/Route/Code/R-1")
    assert post(api, a_route("A")).status_code == 201


def test_nobody_sees_or_changes_the_routes_of_another_account(api, other_api, told, posted):
    assert other_api.get("/api/Route/Date/2026-11-23").json() == []
    for way in ("Code/R-1", "Id/ext-r"):
        assert other_api.get(f"/api/Route/{way}").status_code == 404
        assert other_api.put(f"/api/Route/{way}", json={"DriverVehicle": "x"}).status_code == 404
        assert other_api.delete(f"/api/Route/{way}").status_code == 404
        assert other_api.put(f"/api/Route/Start/{way}").status_code == 404
    assert other_api.post("/api/Route", json={"Code": "R-1", "Date": "2026-11-23"}).status_code == 201
    assert other_api.put("/api/Route/Code/R-1/Order/Number/A").status_code == 404
    assert told.types() == ["RouteCreated"]
