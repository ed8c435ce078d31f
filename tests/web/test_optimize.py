"""Optimising a route by the API: what changes, what is told of it, and when it is refused."""

import sys
from dataclasses import replace
from datetime import timedelta

import pytest

from waybell.optimizing.solver import AT_ONCE, WAITING, Solver

WEST, MIDDLE, EAST, FAR_EAST = 24.60, 24.70, 24.80, 24.90
LAT = 59.40


def an_order(number, lon=None, **members):
    place = {} if lon is None else {"AddressLat": LAT, "AddressLon": lon}
    return {"Number": number, "Client": "Cafe", "Address": f"{number} street", **place, **members}


def post(api, *orders, **members):
    body = {"Code": "R-1", "Id": "ext-r", "Date": "2026-11-23", "StartTimePlan": "08:00", "Orders": orders, **members}
    answer = api.post("/api/Route", json=body)
    assert answer.status_code == 201, answer.text


def get(api):
    return api.get("/api/Route/Code/R-1").json()


def optimise(api, way="Code/R-1"):
    answer = api.put(f"/api/Route/Optimize/{way}")
    assert answer.status_code == 202, answer.text
    return answer.json()["Detail"]


def stops(api):
    return [(order["Number"], order["SeqNumber"]) for order in get(api)["Orders"]]


def without_nulls(document):
    if isinstance(document, dict):
        return {name: without_nulls(value) for name, value in document.items() if value is not None}
    return [without_nulls(one) for one in document] if isinstance(document, list) else document


@pytest.fixture
def zigzag(api, told):
    """A route along one street, of which the stops are in a bad sequence."""
    post(api, an_order("A", WEST), an_order("B", EAST), an_order("C", MIDDLE), an_order("D", FAR_EAST))
    told.news()


@pytest.mark.parametrize("way", ["Code/R-1", "Id/ext-r"])
def test_the_stops_come_in_a_better_sequence_and_all_of_it_is_told(api, told, zigzag, way):
    detail = optimise(api, way)
    assert detail.startswith("Route R-1 was optimised: 4 stops, 22.9 km and 34 min instead of 38.2 km and 57 min ")
    assert "straight lines x 1.35, 40 km/h" in detail
    assert stops(api) == [("A", 1), ("C", 2), ("B", 3), ("D", 4)]
    route, *orders = told.news()
    assert route.type == "RouteOptimized"
    assert route.data == without_nulls(get(api))
    assert sorted((event.type, event.data["Number"]) for event in orders) == [("OrderUpdated", one) for one in "ABCD"]
    assert route.data["StartTimePlan"] == "2026-11-23T08:00:00"
    assert route.data["FinishTimePlan"] == "2026-11-23T08:34:24"
    assert route.data["DistancePlan"] == pytest.approx(22_932, abs=10)
    planned = [(order["ETA"][11:], order["DistanceFromDepotPlan"]) for order in route.data["Orders"]]
    assert planned[0] == ("08:00:00", 0)
    assert planned[-1] == ("08:34:24", route.data["DistancePlan"])


def test_the_best_sequence_is_kept_and_not_told_again(api, told, zigzag):
    optimise(api)
    before = get(api)
    told.news()
    assert optimise(api).startswith("Route R-1 keeps its sequence, none better was found: 4 stops")
    assert told.news() == []
    assert get(api) == before


def test_what_was_carried_out_stays_first_and_as_it_was(api, told, zigzag):
    api.put("/api/Route/Start/Code/R-1")
    api.put("/api/Order/Number/B/Complete")
    done = api.get("/api/Order/Number/B").json()
    told.news()
    optimise(api)
    assert stops(api)[0] == ("B", 2)
    assert [number for number, _ in stops(api)[1:]] == ["D", "C", "A"]
    assert api.get("/api/Order/Number/B").json() == done
    etas = [order["ETA"] for order in get(api)["Orders"][1:]]
    assert etas == sorted(etas)
    assert etas[0] > "2026-11-23T14:00:00"  # it is two o'clock, and the vehicle stands at B
    assert get(api)["StartTimePlan"] == "2026-11-23T08:00:00"


def test_orders_without_coordinates_stay_behind_and_are_named(api, told):
    post(api, an_order("A"), an_order("B", EAST), an_order("C", WEST), an_order("D", MIDDLE), an_order("E"))
    told.news()
    assert "At the end, for want of coordinates: Order A, Order E." in optimise(api)
    assert [number for number, _ in stops(api)] in (["C", "D", "B", "A", "E"], ["B", "D", "C", "A", "E"])
    assert [seq for _, seq in stops(api)] == [1, 2, 3, 4, 5]
    assert get(api)["Orders"][-1]["ETA"] is None


def test_orders_that_shared_a_stop_still_do(api):
    post(api, an_order("A", WEST), an_order("B", EAST), an_order("C", WEST, Address="A street"), an_order("D", MIDDLE))
    optimise(api)
    assert stops(api) == [("A", 1), ("C", 1), ("D", 2), ("B", 3)]


def test_time_slots_that_cannot_be_kept_are_said(api):
    slots = [{"TimeSlotFrom": "08:00", "TimeSlotTo": "08:05"}, {"TimeSlotFrom": "08:00", "TimeSlotTo": "08:10"}]
    post(api, an_order("A", WEST, **slots[0]), an_order("B", FAR_EAST, **slots[1]))
    detail = optimise(api)
    assert "Later than its time slot: Order B by 24 min." in detail


def test_the_vehicle_and_the_depot_count(api, told):
    api.post("/api/Driver", json={"Name": "D", "Username": "d", "Password": "secret"})
    prices = {"CostPerDistance": 2, "CostPerHour": 30, "BaseFare": 5, "SpeedRatio": 0.5}
    vehicle = {"Number": "123 ABC", "Weight": 10, "DriverUsername": "d", "Depot": "Dock 1", "StartTime": "06:30"}
    assert api.post("/api/Vehicle", json=vehicle | prices).status_code == 201
    depot = an_order("Depot", FAR_EAST, Address="Dock 1")
    assert api.post("/api/Order", json=depot).status_code == 201
    orders = [an_order("A", WEST, Weight=6), an_order("B", MIDDLE, Weight=6)]
    post(api, *orders, StartTimePlan=None, DriverVehicle="123 ABC", Depot="Dock 1", ReturnToDepot=True)
    detail = optimise(api)
    assert "20 km/h" in detail
    assert "More than the vehicle holds: weight 12 of 10." in detail
    route = get(api)
    assert route["StartTimePlan"] == "2026-11-23T06:30:00"
    assert route["DistancePlan"] == pytest.approx(45_800, rel=0.01)  # there and back
    assert route["CostPlan"] == pytest.approx(5 + 45.8 * 2 + 45.8 / 20 * 30, rel=0.01)
    assert route["Orders"][0]["DistanceFromDepotPlan"] > 0


DOCK = {"Id": "D-1", "Name": "Dock 1", "Lat": LAT, "Lon": FAR_EAST}


@pytest.mark.parametrize(
    ("depots", "sent"),
    [
        pytest.param([DOCK], {"DepotId": "D-1"}, id="by its id"),
        pytest.param([DOCK], {"DepotId": "D-1", "Depot": "as it is called here"}, id="by its id whatever its text"),
        pytest.param([DOCK], {"Depot": " dock  1"}, id="by its name"),
        pytest.param([DOCK | {"Lat": None, "Lon": None}], {"DepotId": "D-1"}, id="by the address book"),
        pytest.param(
            [DOCK | {"Id": "D-0", "Lat": None, "Lon": None}, DOCK], {"DepotId": "D-0"}, id="by another's name"
        ),
        pytest.param(
            [DOCK | {"Lon": MIDDLE, "Name": "Dock 2"}, DOCK | {"Id": "D-2"}], {"Depot": "Dock 1"}, id="by name"
        ),
    ],
)
def test_a_depot_is_where_the_directory_has_it_or_else_where_the_address_book_does(api, told, depots, sent):
    for depot in depots:
        assert api.post("/api/Depot", json=depot).status_code == 201
    in_the_book = FAR_EAST if all(depot["Lat"] is None for depot in depots) else WEST  # which the directory overrules
    assert api.post("/api/Order", json=an_order("Depot", in_the_book, Address="Dock 1")).status_code == 201
    post(api, an_order("A", WEST), an_order("B", MIDDLE), **sent)
    assert optimise(api).startswith("Route R-1 was optimised")
    assert stops(api) == [("B", 1), ("A", 2)]
    route = get(api)
    assert route["Orders"][0]["DistanceFromDepotPlan"] == pytest.approx(1.35 * 11_320, rel=0.01)


@pytest.mark.parametrize("way", ["Code/X", "Id/X"])
def test_an_unknown_route_is_not_found(api, way):
    assert api.put(f"/api/Route/Optimize/{way}").status_code == 404


def test_another_account_cannot_touch_it(other_api, told, zigzag):
    assert other_api.put("/api/Route/Optimize/Code/R-1").status_code == 404
    assert told.news() == []


def test_a_closed_route_is_left_alone(api, told, zigzag):
    api.put("/api/Route/Close/Code/R-1")
    told.news()
    assert api.put("/api/Route/Optimize/Code/R-1").status_code == 405
    assert told.news() == []


@pytest.mark.parametrize("orders", [[], [an_order("A"), an_order("B")]])
def test_without_an_order_that_can_be_placed_it_is_refused(api, told, orders):
    post(api, *orders)
    told.news()
    answer = api.put("/api/Route/Optimize/Code/R-1")
    assert answer.status_code == 400
    assert told.news() == []


def test_amounts_and_times_out_of_this_world_are_no_fault_of_ours(api):
    rubbish = {
        "Weight": 1e300,
        "Volume": -1e300,
        "ServiceTime": 1e300,
        "TimeSlotFrom": "1900-01-01",
        "TimeSlotTo": "2199-12-31",
    }
    late = {"TimeSlotTo": "1900-01-01", "ServiceTime": -5}
    never = {"TimeSlotFrom": "2199-12-31T23:59:59"}
    post(api, an_order("A", WEST, **rubbish), an_order("B", EAST, **late), an_order("C", -179.9, **never))
    optimise(api)
    assert get(api)["Orders"][-1]["ETA"] == "2199-12-31T23:59:59"


def test_a_route_that_changes_meanwhile_is_not_held_up_and_not_overwritten(api, web, told, zigzag):
    class Interrupted(Solver):
        def solve(self, problem):
            assert api.put("/api/Order", json={"Number": "A", "Note": "x"}).status_code == 202
            return super().solve(problem)

    web.state.optimizing = replace(web.state.optimizing, solver=Interrupted(timedelta(seconds=2)))
    answer = api.put("/api/Route/Optimize/Code/R-1")
    assert answer.status_code == 409
    assert answer.json()["Detail"].endswith("Try again.")
    assert told.types() == ["OrderUpdated"]
    assert stops(api) == [("A", 1), ("B", 2), ("C", 3), ("D", 4)]


def test_without_the_optional_part_the_answer_says_how_to_get_it(api, told, zigzag, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyvrp", None)
    answer = api.put("/api/Route/Optimize/Code/R-1")
    assert answer.status_code == 501
    assert "pip install 'waybell[optimize]'" in answer.json()["Detail"]
    assert told.news() == []


def test_more_than_can_wait_are_refused_at_once(api, web, zigzag):
    places = web.state.optimizing.solver._processes._bulkhead._places
    for _ in range(AT_ONCE + WAITING):
        places.acquire()
    assert api.put("/api/Route/Optimize/Code/R-1").status_code == 503
    places.release()
    assert api.put("/api/Route/Optimize/Code/R-1").status_code == 202
