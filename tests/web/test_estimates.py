"""Estimates as callers see them: what moves them, what carries them, and what they never do."""

from datetime import datetime, timedelta

import pytest

LAT = 59.40
_NOON = datetime.fromisoformat("2026-11-23T14:00:00")
A_KM = 0.01768  # degrees of longitude at this latitude


def an_order(number, km, **members):
    where = {} if km is None else {"AddressLat": LAT, "AddressLon": 24.0 + km * A_KM}
    return {"Number": number, "Client": "Cafe", "Address": f"{number} street", **where, **members}


def post(api, *orders, **members):
    """Add a route that begins at a depot; 2 km take 4 min 3 s."""
    api.post("/api/Depot", json={"Id": "D", "Name": "Dock", "Lat": LAT, "Lon": 24.0})
    body = {"Code": "R-1", "Date": "2026-11-23", "DepotId": "D", "Orders": orders, **members}
    answer = api.post("/api/Route", json=body)
    assert answer.status_code == 201, answer.text


def do(api, path, body=None):
    answer = api.put(f"/api{path}", json=body) if body is not None else api.put(f"/api{path}")
    assert answer.status_code in (200, 202), answer.text


def etas(api, code="R-1"):
    """Return ETA and UpdatedETA of the orders, in minutes since noon in UTC, when the clock stands at first."""
    found = api.get(f"/api/Route/Code/{code}").json()["Orders"]
    return {one["Number"]: (_minutes(one["ETA"]), _minutes(one["UpdatedETA"])) for one in found}


def updated(api, code="R-1"):
    return {number: eta for number, (_, eta) in etas(api, code).items()}


def _minutes(text):
    return None if text is None else round((datetime.fromisoformat(text) - _NOON).total_seconds() / 60)


def pass_time(app, clock, **by):
    clock.move_to(clock.now() + timedelta(**by))
    app.etas.pass_time(app.database)


@pytest.fixture
def street(api, told):
    """A route with three stops along a street, 20 minutes from each to the next, which has started."""
    post(api, an_order("A", 10, ServiceTime=10), an_order("B", 20), an_order("C", 30))
    do(api, "/Route/Start/Code/R-1")
    told.news()


def test_a_route_that_nobody_optimised_has_estimates_from_its_start_on(api, told):
    post(api, an_order("A", 10, ServiceTime=10), an_order("B", 20), an_order("Nowhere", None))
    assert etas(api)["A"] == (None, None)
    told.news()
    do(api, "/Route/Start/Code/R-1")
    assert etas(api) == {"A": (20, 20), "B": (51, 51), "Nowhere": (None, None)}
    news = told.news()
    by_number = {one.data["Number"]: one.data for one in news if one.type == "OrderStatusUpdated"}
    assert by_number["B"]["ETA"] == by_number["B"]["UpdatedETA"] == "2026-11-23T14:50:32"
    [route] = [one.data for one in news if one.type == "RouteStarted"]
    assert [one.get("UpdatedETA") for one in route["Orders"]] == ["2026-11-23T14:20:16", "2026-11-23T14:50:32", None]
    order = api.get("/api/Order/Number/B").json()
    members = list(order)
    assert [name for name in members if name in by_number["B"]] == list(by_number["B"]), "the members keep their order"
    assert {name: order[name] for name in by_number["B"]} == by_number["B"]


def test_an_outcome_moves_the_later_stops_and_no_order_is_told_of_it(api, told, clock, street):
    clock.move_to(clock.now() + timedelta(minutes=50))
    do(api, "/Order/Number/A/Complete")
    assert [one.type for one in told.news() if one.type in ("OrderUpdated", "RouteUpdated")] == []
    first, b, c = etas(api).values()
    assert first == (20, 20), "the estimate of an order with an outcome stays"
    assert b == (51, pytest.approx(50 + 20 * 1.5, abs=6))
    assert c[1] > b[1]
    body = {one["Number"]: one["UpdatedETA"] for one in api.get("/api/Order/Date/2026-11-23").json()}
    assert body["B"] == api.get("/api/Order/Number/B").json()["UpdatedETA"]


def test_arrival_and_departure_count(api, clock, street):
    clock.move_to(clock.now() + timedelta(minutes=20))
    do(api, "/Order/Number/A/Arrive")
    assert updated(api) == {"A": 20, "B": 51, "C": 71}
    clock.move_to(clock.now() + timedelta(minutes=30))
    do(api, "/Order/Number/A/Depart")
    assert updated(api)["B"] == 70


def test_another_sequence_moves_estimates(api, street):
    orders = [{"Number": number} for number in "CBA"]
    do(api, "/Route/Code/R-1", {"Orders": orders})
    assert updated(api) == {"C": 61, "B": 81, "A": 101}


def test_a_position_counts_a_minute_after_the_last_run(api, clock, street):
    def report(minute, km):
        clock.move_to(clock.now() + timedelta(minutes=minute))
        local = (clock.now() + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%S")
        point = {"Lat": LAT, "Lng": 24.0 + km * A_KM, "Date": local}
        assert api.post("/api/Route/Track/Code/R-1", json=[point]).status_code == 201

    report(0.5, 9)
    assert updated(api)["A"] == 20
    report(1, 9)
    assert updated(api) == {"A": 4, "B": 34, "C": 54}


def test_a_driver_who_stands_still_is_late_without_a_word(api, app, clock, street):
    pass_time(app, clock, minutes=60)
    assert updated(api) == {"A": 60, "B": 90, "C": 111}
    pass_time(app, clock, seconds=30)
    pass_time(app, clock, minutes=90)
    assert updated(api)["A"] == 150


def test_a_slot_is_waited_for_also_on_another_day(api, told):
    post(
        api, an_order("A", 10), an_order("B", 20, TimeSlotFrom="2026-11-24T09:00:00", TimeSlotTo="2026-11-24T10:00:00")
    )
    do(api, "/Route/Start/Code/R-1")
    assert api.get("/api/Order/Number/B").json()["UpdatedETA"] == "2026-11-24T09:00:00"


def test_an_order_of_the_next_day_is_expected_on_that_day(api):
    later = an_order("B", 20, Date="2026-11-24")
    post(api, an_order("A", 10), later, StartTimePlan="2026-11-23T08:00:00")
    do(api, "/Route/Start/Code/R-1")
    assert api.get("/api/Order/Number/B").json()["UpdatedETA"] == "2026-11-24T08:00:00"


def test_an_order_that_leaves_its_route_loses_its_estimate(api, told, street):
    do(api, "/Route/Code/R-1", {"Orders": [{"Number": "A"}, {"Number": "C"}]})
    assert updated(api) == {"A": 20, "C": 71}
    order = api.get("/api/Order/Number/B").json()
    assert (order["ETA"], order["UpdatedETA"]) == (None, None)
    events = [one for one in told.news() if one.data.get("Number") == "B"]
    assert {one.type for one in events} == {"OrderUpdated", "OrderStatusUpdated"}
    assert all("UpdatedETA" not in one.data for one in events)
    do(api, "/Route/Code/R-1/Order/Number/B")
    assert updated(api) == {"A": 20, "C": 71, "B": 91}


def test_a_closed_route_is_left_alone(api, app, clock, street):
    do(api, "/Route/Close/Code/R-1")
    before = etas(api)
    pass_time(app, clock, minutes=60)
    assert etas(api) == before


def test_time_adds_no_version_to_an_order(api, app, clock, told, street):
    pass_time(app, clock, minutes=60)
    assert [one.type for one in told.news() if one.type in ("OrderUpdated", "RouteUpdated")] == []
    do(api, "/Order/Number/A/Complete")
    [event] = [one for one in told.news() if one.type == "OrderStatusUpdated"]
    assert _minutes(event.data["UpdatedETA"]) == 60


def test_a_faster_vehicle_is_expected_earlier(api):
    api.post("/api/Driver", json={"Name": "Driver", "Username": "d", "Password": "secret"})
    vehicle = {"Number": "V", "SpeedRatio": 2, "DriverUsername": "d", "Depot": "Dock"}
    assert api.post("/api/Vehicle", json=vehicle).status_code == 201
    post(api, an_order("A", 10), DriverVehicle="V")
    do(api, "/Route/Start/Code/R-1")
    assert updated(api) == {"A": 10}


# What is told to those who ask for it


@pytest.fixture
def tight(api, told):
    """A route of which the second order is expected ten minutes before the end of its slot."""
    orders = an_order("A", 10, ServiceTime=10), an_order("B", 20, TimeSlotTo="2026-11-23T15:00:00")
    post(api, *orders, DriverLogin="d1")
    do(api, "/Route/Start/Code/R-1")
    told.news(opt_in=True)


def of_type(told, name):
    return [one.data for one in told.news(opt_in=True) if one.type == name]


def test_an_estimate_that_moves_far_is_told_with_its_facts(api, told, app, clock, tight):
    pass_time(app, clock, minutes=40)
    news = told.news(opt_in=True)
    [a, b] = [one.data for one in news if one.type == "OrderEtaChanged"]
    keys = {"Number": "B", "RouteNumber": "R-1", "DriverLogin": "d1", "DepotId": "D"}
    assert {name: b.get(name) for name in keys} == {**keys, "DepotId": None}
    assert b["TrackId"] == api.get("/api/Order/Number/B").json()["TrackId"]
    facts = {name: b[name] for name in ("EtaPlan", "EtaBefore", "Eta", "TimeSlotTo", "LateBy", "StopsBefore", "Cause")}
    assert facts == {
        "EtaPlan": "2026-11-23T14:50:32",
        "EtaBefore": "2026-11-23T14:50:32",
        "Eta": "2026-11-23T15:10:16",
        "TimeSlotTo": "2026-11-23T15:00:00",
        "LateBy": 11,
        "StopsBefore": 1,
        "Cause": "Time",
    }
    assert b["Eta"] == api.get("/api/Order/Number/B").json()["UpdatedETA"]
    assert (a["Number"], a["LateBy"]) == ("A", 0)
    [delay] = [one.data for one in news if one.type == "RouteDelayed"]
    assert (delay["Code"], delay["LateOrders"], delay["LateBy"], delay["BehindBy"]) == ("R-1", 1, 11, 19)


def test_a_small_move_is_shown_and_not_told(api, told, app, clock, tight):
    pass_time(app, clock, minutes=23)
    assert updated(api) == {"A": 23, "B": 53}
    assert told.news(opt_in=True) == []


def test_to_become_late_is_told_at_once_and_nothing_more_for_five_minutes(api, told, app, clock, tight):
    pass_time(app, clock, minutes=29)
    assert [one["LateBy"] for one in of_type(told, "OrderEtaChanged") if one["Number"] == "B"] == [0]
    pass_time(app, clock, minutes=2)
    assert of_type(told, "OrderEtaChanged") == [], "it is late by now, and was told of two minutes ago"
    pass_time(app, clock, minutes=3)
    assert [(one["Number"], one["LateBy"]) for one in of_type(told, "OrderEtaChanged")] == [("B", 5)]


def test_a_driver_who_stands_still_all_night_is_told_of_ever_less(told, app, clock, tight):
    for _ in range(14 * 60):
        pass_time(app, clock, minutes=1)
    assert len([one for one in of_type(told, "OrderEtaChanged") if one["Number"] == "B"]) <= 14


def test_a_delay_is_told_once_and_again_after_it_has_ended(api, told, app, clock, tight):
    for _ in range(25):
        pass_time(app, clock, minutes=1)
    assert of_type(told, "RouteDelayed") == []
    for _ in range(20):
        pass_time(app, clock, minutes=1)
    assert len(of_type(told, "RouteDelayed")) == 1
    do(api, "/Order?forceUpdate=true", {"Number": "B", "TimeSlotTo": "2026-11-23T18:00:00", "Type": 0})
    do(api, "/Route/Code/R-1", {"Orders": [{"Number": "B"}, {"Number": "A"}]})
    assert of_type(told, "RouteDelayed") == []
    clock.move_to(clock.now() + timedelta(hours=4))
    app.etas.pass_time(app.database)
    assert len(of_type(told, "RouteDelayed")) <= 1


def test_progress_is_told_at_most_once_a_minute(api, told, app, clock, street):
    clock.move_to(clock.now() + timedelta(minutes=20))
    do(api, "/Order/Number/A/Complete")
    [progress] = of_type(told, "RouteProgress")
    assert (progress["StopsDone"], progress["StopsTotal"], progress["Code"]) == (1, 3, "R-1")
    clock.move_to(clock.now() + timedelta(seconds=30))
    do(api, "/Order/Number/B/Complete")
    do(api, "/Order/Number/C/Complete")
    assert of_type(told, "RouteProgress") == []
    pass_time(app, clock, minutes=1)
    assert [one["StopsDone"] for one in of_type(told, "RouteProgress")] == [3]
    pass_time(app, clock, hours=1)
    assert of_type(told, "RouteProgress") == []


def test_an_order_that_goes_out_is_told_with_its_estimate(api, told):
    post(api, an_order("A", 10))
    do(api, "/Order/Number/A/Load", {"LoadStatus": "loaded"})
    told.news(opt_in=True)
    do(api, "/Route/Start/Code/R-1")
    [out] = of_type(told, "OrderOutForDelivery")
    assert out["ETA"] == "2026-11-23T14:20:16"


def test_a_clock_that_was_set_back_stops_nothing(api, told, app, clock, tight):
    pass_time(app, clock, hours=5)
    clock.move_to(clock.now() - timedelta(hours=5))
    do(api, "/Order/Number/A/Complete")
    assert 0 < updated(api)["B"] <= 20
    assert [one["Number"] for one in of_type(told, "OrderEtaChanged")] != []
