"""The visit of a driver at a stop, as phones report it: late, twice, in any order, for several orders at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from waybell.accounts.grants import Grant

HERE = {"Lat": 59.4446, "Lon": 24.7453}
TIMES = ("ArrivedDate", "DepartedDate")
PLACE = ("StatusLat", "StatusLon")


@pytest.fixture
def day(api, told):
    """A started route: two orders at one stop, and one at another."""
    harbour = {"Client": "Blue Harbour Cafe", "Address": "Kalasadama 4, Tallinn"}
    orders = [
        harbour | {"Number": "N-1", "Id": "ext-1", "ShipperId": "S-1"},
        harbour | {"Number": "N-2", "ShipperId": "S-2"},
        {"Number": "N-3", "Client": "Roastery North", "Address": "Telliskivi 60, Tallinn"},
    ]
    assert api.post("/api/Route", json={"Code": "R-1", "Date": "2026-11-23", "Orders": orders}).status_code == 201
    start = {"statusDate": "2026-11-23T09:00:00"}
    assert api.put("/api/Route/Start/Code/R-1", params=start).status_code == 202
    told.news()
    return api


def get(api, number="N-1"):
    return api.get(f"/api/Order/Number/{number}").json()


def members(api, names, number="N-1"):
    order = get(api, number)
    return tuple(order[name] for name in names)


def report(api, what, number="N-1", status=200, **body):
    answer = api.put(f"/api/Order/Number/{number}/{what}", json=body or None)
    assert answer.status_code == status, answer.text
    return answer.json()["Detail"]


def refused(api, what, number="N-1", **body):
    return report(api, what, number, 400, **body)


def test_the_times_of_a_visit_are_shown_by_the_orders_of_the_stop_and_told(day, told):
    assert report(day, "Arrive", Date="2026-11-23T10:02:00", **HERE)
    for number in ("N-1", "N-2"):
        assert members(day, (*TIMES, *PLACE), number) == ("2026-11-23T10:02:00", None, *HERE.values())
    assert members(day, TIMES, "N-3") == (None, None)
    arrived = told.news()
    assert [(event.type, event.data["Number"], event.data["ArrivedDate"]) for event in arrived] == [
        ("OrderUpdated", number, "2026-11-23T10:02:00") for number in ("N-1", "N-2")
    ]
    report(day, "Complete")
    report(day, "Depart", "N-2", Date="2026-11-23T10:09:00")
    for number in ("N-1", "N-2"):
        assert members(day, TIMES, number) == ("2026-11-23T10:02:00", "2026-11-23T10:09:00")
    assert members(day, ("StatusId",), "N-2") == (1,)
    assert told.types() == ["OrderStatusUpdated", "OrderUpdated", "OrderUpdated"]


@pytest.mark.parametrize("way", ["Number/N-1", "Id/ext-1", "TrackId"])
def test_an_order_is_named_in_any_way_and_the_body_may_be_left_out(day, way):
    path = f"/api/Order/{way}" + (f"/{get(day)['TrackId']}" if way == "TrackId" else "")
    assert day.put(f"{path}/Arrive").status_code == 200
    assert day.put(f"{path}/Depart").status_code == 200
    assert members(day, TIMES) == ("2026-11-23T14:00:00",) * 2  # now, in the zone of the account


def test_a_time_is_read_as_it_is_written(day):
    for sent, local in (
        ("2026-11-23T10:02:00+02:00", "2026-11-23T10:02:00"),
        ("2026-11-23T08:02:00Z", "2026-11-23T10:02:00"),
        ("2026-11-23T10:02:00.987", "2026-11-23T10:02:00"),
        ("10:02", "2026-11-23T10:02:00"),
    ):
        report(day, "Arrive", "N-3", Date=sent)
        assert members(day, TIMES, "N-3") == (local, None), sent
        report(day, "Reject", "N-3")
        assert day.put("/api/Route/Code/R-1/Order/Number/N-3?allowReschedule=true").status_code == 202


def test_a_report_that_comes_again_gets_its_answer_again_and_changes_nothing(day, told, clock):
    first = report(day, "Arrive", Date="2026-11-23T10:02:00", **HERE)
    told.news()
    clock.move_to(clock.now() + timedelta(minutes=5))
    before = get(day)
    assert report(day, "Arrive", Date="2026-11-23T10:02:00", **HERE) == first
    assert report(day, "Arrive", Date="2026-11-23T09:30:00") == first
    assert report(day, "Arrive") == first
    assert (get(day), told.news()) == (before, [])
    left = report(day, "Depart", Date="2026-11-23T10:09:00")
    assert report(day, "Depart", Date="2026-11-23T10:20:00") == left
    report(day, "Complete")
    assert report(day, "Arrive") == first
    assert members(day, TIMES) == ("2026-11-23T10:02:00", "2026-11-23T10:09:00")


def test_reports_in_the_wrong_order_end_up_right(day):
    """What a phone kept back: the outcome and the departure are there before the arrival."""
    report(day, "Complete", StatusDate="2026-11-23T10:08:00", **HERE)
    report(day, "Depart", Date="2026-11-23T10:09:00")
    assert "is required" in refused(day, "Arrive")
    assert "after the DepartedDate" in refused(day, "Arrive", Date="2026-11-23T10:30:00")
    report(day, "Arrive", Date="2026-11-23T10:02:00", Lat=1, Lon=1)
    assert members(day, (*TIMES, *PLACE)) == ("2026-11-23T10:02:00", "2026-11-23T10:09:00", *HERE.values())


def test_a_driver_comes_again_to_an_order_that_was_left_open(day):
    report(day, "Arrive", Date="2026-11-23T10:02:00")
    report(day, "Complete", "N-2")
    report(day, "Depart", Date="2026-11-23T10:09:00")
    report(day, "Arrive", Date="2026-11-23T12:30:00")
    assert members(day, TIMES) == ("2026-11-23T12:30:00", None)
    assert members(day, TIMES, "N-2") == ("2026-11-23T10:02:00", "2026-11-23T10:09:00")
    report(day, "Depart", Date="2026-11-23T12:40:00")
    assert members(day, TIMES, "N-2") == ("2026-11-23T10:02:00", "2026-11-23T10:09:00")


def test_a_driver_does_not_come_to_what_was_canceled_or_left_behind(day):
    report(day, "Status", "N-2", Status="NotDelivered", RejectReason="Canceled")
    report(day, "Arrive")
    report(day, "Depart")
    assert members(day, TIMES, "N-2") == (None, None)
    report(day, "Depart", "N-3")  # without an arrival
    assert members(day, TIMES, "N-3") == (None, "2026-11-23T14:00:00")


def test_a_departure_is_never_before_the_arrival(day, clock):
    report(day, "Arrive", Date="2026-11-23T14:05:00")  # by a phone that is ahead of the server
    assert "before the ArrivedDate" in refused(day, "Depart", Date="2026-11-23T14:04:59")
    report(day, "Depart")
    assert members(day, TIMES) == ("2026-11-23T14:05:00", "2026-11-23T14:05:00")


def test_nothing_is_visited_before_the_route_starts_or_off_a_route(day):
    for number, route in (("N-8", True), ("N-9", False)):
        order = {"Number": number, "Client": "C", "Address": "A"}
        if route:
            assert day.post("/api/Route", json={"Code": "R-2", "Orders": [order]}).status_code == 201
        else:
            assert day.post("/api/Order", json=order).status_code == 201
        for what in ("Arrive", "Depart"):
            assert ("has not started" if route else "on no route") in refused(day, what, number)
    assert day.put("/api/Route/Close/Code/R-1").status_code == 202
    report(day, "Arrive", Date="2026-11-23T10:02:00")  # the phone was offline when the office closed the route
    assert members(day, TIMES) == ("2026-11-23T10:02:00", None)


@pytest.mark.parametrize(
    "body",
    [
        {"Date": "soon"},
        {"Date": 1},
        {"Date": "2026-11-24T14:00:01"},
        {"Date": "2199-01-01T00:00:00"},
        {"Date": "2026-11-22T08:59:59"},
        {"Date": "1900-01-01"},
        {"Date": "9999-12-31T23:59:59"},
        {"Lat": 59},
        {"Lon": 24},
        {"Lat": 91, "Lon": 0},
        {"Lat": 0, "Lon": -181},
        {"Lat": "north", "Lon": 0},
        {"Lat": [1], "Lon": {}},
    ],
)
def test_rubbish_is_refused_and_changes_nothing(day, told, body):
    before = get(day)
    for what in ("Arrive", "Depart"):
        refused(day, what, **body)
    if "Date" not in body:
        for what in ("Complete", "Reject"):
            refused(day, what, **body)
    assert (get(day), told.news()) == (before, [])


def test_an_outcome_has_its_position_and_another_attempt_begins_without(day):
    report(day, "Arrive", Lat=1.5, Lon=2.5)
    report(day, "Reject", RejectReasonId=1, **HERE)
    assert members(day, PLACE) == tuple(HERE.values())
    assert day.put("/api/Route/Code/R-1/Order/Number/N-1?allowReschedule=true").status_code == 202
    assert members(day, (*TIMES, *PLACE)) == (None,) * 4
    report(day, "Arrive", "N-3", **HERE)
    report(day, "Complete", "N-3")
    assert members(day, PLACE, "N-3") == tuple(HERE.values())  # the driver stood there


def test_an_order_that_goes_to_another_route_leaves_its_visit(day):
    report(day, "Arrive", **HERE)
    assert day.post("/api/Route", json={"Code": "R-2", "Date": "2026-11-23"}).status_code == 201
    assert day.put("/api/Route/Code/R-2/Order/Number/N-1?allowTransfer=true").status_code == 202
    assert members(day, (*TIMES, *PLACE)) == (None,) * 4
    assert members(day, ("ArrivedDate",), "N-2") == ("2026-11-23T14:00:00",)


def test_others_and_restricted_keys_reach_no_order_but_their_own(day, told, other_api, key_with):
    for what in ("Arrive", "Depart"):
        assert other_api.put(f"/api/Order/Number/N-1/{what}").status_code == 404
    shipper = key_with(Grant(shippers=("S-1",)))
    assert shipper.put("/api/Order/Number/N-2/Arrive").status_code == 404
    assert shipper.put("/api/Order/Number/N-1/Arrive").status_code == 200
    assert members(day, ("ArrivedDate",)) == ("2026-11-23T14:00:00",)
    assert members(day, ("ArrivedDate",), "N-2") == (None,)


def test_many_phones_report_the_same_stop_at_once(day, told):
    def send(at: int) -> int:
        number, what = f"N-{at % 2 + 1}", ("Arrive", "Arrive", "Depart")[at // 2 % 3]
        return day.put(f"/api/Order/Number/{number}/{what}", json={"Date": f"10:{2 + (at // 2 % 3)}0"}).status_code

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(send, range(12))) <= {200, 400}  # a departure may come before the arrival that it follows
    for number in ("N-1", "N-2"):
        arrived, left = members(day, TIMES, number)
        assert (arrived, left) == ("2026-11-23T10:20:00", "2026-11-23T10:40:00") or left == "2026-11-23T10:40:00"


def sequence(api, *numbers, status=202):
    ids = [get(api, number)["TrackId"] if number.startswith("N") else number for number in numbers]
    answer = api.put("/api/Route/DriverSequence/Code/R-1", json={"Orders": ids})
    assert answer.status_code == status, answer.text
    return [members(api, ("SeqNumberDriver", "SeqNumber"), number) for number in ("N-1", "N-2", "N-3")]


def test_the_driver_has_a_sequence_of_their_own_beside_the_planned_one(day, told):
    assert sequence(day, "N-3") == [(2, 1), (2, 1), (1, 2)]
    assert told.types() == ["OrderUpdated"] * 3
    assert sequence(day, "N-3", "N-2", "N-3") == [(2, 1), (2, 1), (1, 2)]
    assert told.news() == []
    report(day, "Complete", "N-3")
    assert sequence(day, "N-3", "N-2") == [(2, 1), (2, 1), (1, 2)]  # done meanwhile
    assert sequence(day) == [(2, 1), (2, 1), (1, 2)]


def test_a_sequence_of_strangers_is_refused(day, told, other_api):
    before = day.get("/api/Route/Code/R-1").json()
    for wrong in ("", "nothing", "7c9e6679-7425-40de-944b-e07fc1f90ae7"):
        sequence(day, "N-3", wrong, status=400)
    for body in ({"Orders": "N-1"}, {"Orders": [[]]}, {"Orders": ["x"] * 501}, []):
        assert day.put("/api/Route/DriverSequence/Code/R-1", json=body).status_code == 400, body
    assert other_api.put("/api/Route/DriverSequence/Code/R-1", json={"Orders": []}).status_code == 404
    assert (day.get("/api/Route/Code/R-1").json(), told.news()) == (before, [])
    assert day.put("/api/Route/Close/Code/R-1").status_code == 202
    sequence(day, "N-3", status=405)
