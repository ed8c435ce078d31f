"""The list of exceptions as callers and the board see it: what opens, keeps, and clears its rows."""

from datetime import timedelta

import pytest

from waybell.accounts.grants import Grant

LAT, A_KM = 59.40, 0.01768  # degrees of longitude at this latitude
DAY = "2026-11-23"  # the clock stands at 12:00 UTC, which is 14:00 in the zone of the account


def an_order(number, km=10, **members):
    where = {} if km is None else {"AddressLat": LAT, "AddressLon": 24.0 + km * A_KM}
    return {"Number": number, "Date": DAY, "Client": "Cafe", "Address": f"{number} street", **where, **members}


def post(api, *orders, code="R-1", **members):
    api.post("/api/Depot", json={"Id": "D", "Name": "Dock", "Lat": LAT, "Lon": 24.0})
    answer = api.post("/api/Route", json={"Code": code, "Date": DAY, "DepotId": "D", "Orders": orders, **members})
    assert answer.status_code == 201, answer.text


def do(api, path, body=None):
    answer = api.put(f"/api{path}", json=body) if body is not None else api.put(f"/api{path}")
    assert answer.status_code in (200, 202), answer.text


def at(api, time, km, code="R-1"):
    point = {"Date": f"{DAY}T{time}:00", "Lat": LAT, "Lng": 24.0 + km * A_KM}
    answer = api.post(f"/api/Route/Track/Code/{code}", json=[point])
    assert answer.status_code == 201, answer.text


def listed(api, **query):
    answer = api.get("/api/Exception", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["Items"]


def texts(api, **query):
    return {(one["Kind"], one["Number"] or one["RouteCode"]): one["Text"] for one in listed(api, **query)}


@pytest.fixture
def later(app, clock):
    def later(**by):
        clock.move_to(clock.now() + timedelta(**by))
        app.etas.pass_time(app.database)
        app.watch.sweep(app.database)

    return later


def test_a_late_order_gets_worse_and_is_cleared_by_its_outcome(api, later):
    post(api, an_order("A", TimeSlotTo=f"{DAY}T14:30:00"), an_order("B", 20))
    do(api, "/Route/Start/Code/R-1")
    assert texts(api) == {("at-risk", "A"): "Only 9 min before the time slot ends"}
    later(minutes=35)
    first = listed(api)
    assert [one["Text"] for one in first] == ["Late by 5 min at stop 1"]
    later(minutes=5)
    assert [(one["Id"], one["Since"]) for one in listed(api)] == [(first[0]["Id"], first[0]["Since"])]
    assert texts(api) == {("late", "A"): "Late by 10 min at stop 1"}
    later(minutes=25)
    assert texts(api) == {("very-late", "A"): "Very late, by 35 min at stop 1"}

    do(api, "/Order/Number/A/Reject", {"DriverComment": "Nobody there"})
    assert texts(api)[("failed", "A")] == "Failed"
    later(minutes=1)
    later(minutes=1)
    assert texts(api) == {("failed", "A"): "Failed"}
    cleared = [one for one in listed(api, ClearedSince=f"{DAY}T12:00:00Z") if one["ClearedAt"]]
    assert [one["Kind"] for one in cleared] == ["at-risk", "late", "very-late"]
    assert listed(api, ClearedSince=f"{DAY}T23:00:00Z") == listed(api)


def test_a_vehicle_that_is_silent_or_stands_still_is_told_until_it_moves(api, later):
    post(api, an_order("A"), an_order("B", 20))
    do(api, "/Route/Start/Code/R-1")
    at(api, "14:00", 5)
    later(minutes=14)
    assert texts(api) == {}
    later(minutes=8)
    assert texts(api) == {("no-position", "R-1"): "No position for 22 min"}
    at(api, "14:22", 5)
    later(minutes=1)
    later(minutes=1)
    assert texts(api) == {("standing-still", "R-1"): "Standing still for 24 min, away from a stop"}
    at(api, "14:24", 6)
    later(minutes=1)
    later(minutes=1)
    assert texts(api) == {}
    at(api, "15:00", 7)
    later(minutes=1)
    assert texts(api) == {("clock-off", "R-1"): "The phone's clock is 33 min ahead"}


def test_what_is_on_no_route_under_way_is_swept(api, later):
    assert api.post("/api/Order", json=an_order("Pool", None)).status_code == 201
    vehicle = {"Number": "V-1", "Weight": 10}
    post(api, an_order("A", Weight=8, TimeSlotTo=f"{DAY}T13:30:00"), an_order("B", Weight=8), Vehicle=vehicle)
    assert listed(api) == []
    later(minutes=0)
    assert texts(api) == {
        ("unassigned", "Pool"): "Not on a route after the cut-off",
        ("no-coordinates", "Pool"): "The address has no position",
        ("late", "A"): "Late by 30 min at stop 1",
        ("over-capacity", "R-1"): "Over capacity: weight 16 of 10",
    }
    known = {one["Kind"]: one["Id"] for one in listed(api)}
    do(api, "/Route/Start/Code/R-1")
    started = {one["Kind"]: one["Id"] for one in listed(api)}
    assert started.pop("very-late")
    assert started == {kind: id for kind, id in known.items() if kind != "late"}  # noqa: A001
    do(api, "/Order/Number/B/Load", {"LoadStatus": "not-loaded"})
    later(minutes=1)
    assert {one["Kind"] for one in listed(api)} == {*started, "very-late", "not-loaded"} - {"over-capacity"}
    later(days=1)
    later(minutes=1)
    assert {one["Number"] for one in listed(api)} == {"A", "B"}


def test_an_assignment_ends_the_waiting_at_once(api, later):
    assert api.post("/api/Order", json=an_order("Pool")).status_code == 201
    post(api, an_order("A"))
    later(minutes=0)
    assert [one["Kind"] for one in listed(api)] == ["unassigned"]
    do(api, "/Route/Code/R-1/Order/Number/Pool")
    assert listed(api) == []


def test_cash_and_parts_are_told_after_the_last_stop_too(api, later):
    post(api, an_order("A", COD=39.12), an_order("B"))
    do(api, "/Route/Start/Code/R-1")
    do(api, "/Order/Number/A/Complete", {"CODActual": 38})
    do(api, "/Order/Number/B/Complete", {})
    assert texts(api) == {("cod-differs", "A"): "Cash: 38.00 taken, 39.12 due"}
    do(api, "/Route/Close/Code/R-1")
    later(minutes=1)
    assert texts(api) == {("cod-differs", "A"): "Cash: 38.00 taken, 39.12 due"}
    later(days=1)
    assert texts(api) == {}
    later(days=8)
    assert listed(api, ClearedSince=f"{DAY}T00:00:00Z") == []


def test_pages_follow_the_cursor(api, later):
    for number in "ABC":
        assert api.post("/api/Order", json=an_order(number)).status_code == 201
    later(minutes=0)
    first = api.get("/api/Exception", params={"Limit": 2}).json()
    second = api.get("/api/Exception", params={"Limit": 2, "After": first["Cursor"]}).json()
    assert [one["Number"] for one in first["Items"] + second["Items"]] == ["A", "B", "C"]
    assert second["Cursor"] is None
    assert api.get("/api/Exception", params={"After": "m7"}).status_code == 400


def test_a_key_sees_its_own_orders_and_no_route_that_holds_others(api, key_with, later, other_api):
    shop = key_with(Grant(kinds=("Orders",), shippers=("S1",)))
    mine = an_order("Mine", Weight=8, ShipperId="S1", TimeSlotTo=f"{DAY}T13:00:00")
    post(api, mine, an_order("Other", None, Weight=8), Vehicle={"Number": "V-1", "Weight": 10})
    later(minutes=0)
    assert {one["Kind"] for one in listed(api)} == {"very-late", "no-coordinates", "over-capacity"}
    assert [(one["Kind"], one["Number"]) for one in listed(shop)] == [("very-late", "Mine")]
    assert listed(other_api) == []
