"""A simulated day must not be called good when something was lost, told twice, told late, or shown wrongly."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from waybell.ground.errors import Invalid
from waybell.simulating.acts import completed
from waybell.simulating.asked import Asked
from waybell.simulating.board_look import board_differences, kept_differences, kept_up
from waybell.simulating.erp import Erp, differences
from waybell.simulating.judge import Fact
from waybell.simulating.ledger import Ledger
from waybell.simulating.verdict import Looks, Told, judge_day

NOON = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
DAY = "2026-11-30"


def order(**members):
    return {"Number": "1", "TrackId": "t", "Date": f"{DAY}T00:00:00", "RouteNumber": "R", "StatusId": 1} | members


def event(name, version, data):
    return {"Metadata": {"Event": name, "Version": version, "Id": f"evt_{version}"}, "Data": data}


@pytest.fixture
def erp():
    erp = Erp()
    erp.take(event("OrderCreated", 1, order(RouteStatus="Ready")))
    return erp


def test_the_erp_keeps_the_newest_version_whatever_comes_first(erp):
    erp.take(event("OrderStatusUpdated", 3, order(StatusId=3)))
    erp.take(event("OrderUpdated", 2, order(Note="late")))
    assert erp.day(f"{DAY}T00:00:00")["1"]["StatusId"] == 3
    assert erp.outcomes == {"1": [3]}
    erp.take(event("OrderDeleted", 4, {"Number": "1"}))
    assert erp.day(f"{DAY}T00:00:00") == {}


def test_what_an_order_shows_of_its_route_is_taken_from_the_route(erp):
    erp.take(event("RouteClosed", 9, {"Code": "R", "Status": "Closed", "DriverName": "Driver 1"}))
    known = erp.day(f"{DAY}T00:00:00")
    assert known["1"]["RouteStatus"] == "Closed"
    assert not differences(known, [order(RouteStatus="Closed", DriverName="Driver 1")])
    assert [one.member for one in differences(known, [order(RouteStatus="Closed", Note="x")])] == ["DriverName", "Note"]


def test_links_are_compared_without_their_end_and_open_estimates_not_at_all(erp):
    known = {"1": order(ReportUrl="https://w.example/report/t.pdf?until=1&sig=a", UpdatedETA="10:00")}
    shown = order(ReportUrl="https://w.example/report/t.pdf?until=2&sig=b", UpdatedETA="10:03")
    assert not differences(known, [shown])
    assert [one.member for one in differences(known, [shown | {"StatusId": 3}])] == ["StatusId", "UpdatedETA"]


def test_an_update_for_an_estimate_alone_is_counted(erp):
    erp.take(event("OrderUpdated", 2, order(RouteStatus="Ready", UpdatedETA="10:00")))
    erp.take(event("OrderUpdated", 3, order(RouteStatus="Ready", UpdatedETA="10:05", Note="and more")))
    assert erp.told_for_estimates == 1


def a_good_day():
    ledger = Ledger(orders={"1"})
    ledger.done(completed(1, 1, "R", "1", DAY, {}, short=False, conflict=False))
    fact = Fact("evt_1", "OrderStatusUpdated", ("order", "1"), 1, NOON)
    told = Told([fact], [timedelta(milliseconds=4)] * 2, 0, 0, {"1": order(StatusId=3)}, {"1": [3]}, 0)
    return ledger, [fact], told, [order(StatusId=3)], Looks(2)


def wrong(*parts):
    return [check.name for check in judge_day(*parts).checks if check.good is False]


def test_a_good_day_passes():
    assert judge_day(*a_good_day()).passed


@pytest.mark.parametrize(
    ("spoilt", "name"),
    [
        ({"first": []}, "Lost"),
        ({"unverified": 1}, "Not verified"),
        ({"for_estimates": 1}, "Events for an estimate alone"),
        ({"outcomes": {"1": [3, 3]}}, "Outcomes told once"),
        ({"outcomes": {}}, "Outcomes told once"),
        ({"orders": {"1": order(StatusId=3, Note="old")}}, "ERP differs from API"),
        ({"orders": {}}, "ERP differs from API"),
    ],
)
def test_a_fault_of_what_was_told_fails_the_day(spoilt, name):
    ledger, feed, told, api, looks = a_good_day()
    assert wrong(ledger, feed, replace(told, **spoilt), api, looks) == [name]


def test_a_fault_of_the_server_or_of_the_board_fails_the_day():
    ledger, feed, told, api, looks = a_good_day()
    assert wrong(ledger, feed, told, api, Looks(1, ["another row"])) == ["Board differs from API"]
    assert "Events" in wrong(ledger, feed * 1511, told, api, looks)
    assert "Changes without event" in wrong(ledger, [], told, api, looks)
    ledger.orders.add("2")
    assert wrong(ledger, feed, told, api, looks) == ["Orders as reported"]
    ledger.fault("refused")
    assert "Requests that failed" in wrong(ledger, feed, told, api, looks)


def board(**changes):
    columns = ["Number", "Type", "Seq", "Status", "From", "Route", "To", "Plan", "Eta", "Arrived", "Departed"]
    row = {"Number": "1", "Type": 0, "Seq": 1, "Status": 1, "From": 480, "Route": "r"} | changes
    return {
        "Columns": {"Orders": columns, "Routes": ["Id", "Code", "Status"]},
        "Orders": [[row.get(name) for name in columns[:6]]],
        "Routes": [["r", "R", "InProgress"]],
        "Counts": {"Day": 1, "OnRoutes": 1, "Pool": 0},
    }


def test_the_board_is_compared_with_the_api():
    orders = [order(Type=0, SeqNumber=1, TimeSlotFrom=f"{DAY}T08:00:00")]
    routes = [{"Code": "R", "Status": "InProgress"}]

    def differing(shown):
        return board_differences(shown, orders, routes, DAY)

    assert differing(board()) == []
    assert differing(board(Status=3)) == ["1 Status: the board has 3, the API 1"]
    assert differing(board(Route=None)) == ["1 Route: the board has None, the API 'R'"]
    assert differing(board(Number="2")) == ["1 stands on the board 0 times"]
    assert differing(board() | {"Orders": board()["Orders"] * 2}) == ["1 stands on the board 2 times"]
    assert differing(board() | {"Routes": [["r", "R", "Closed"]]}) == [
        "route R: the board has Closed, the API InProgress"
    ]
    assert len(differing(board() | {"Counts": {"Day": 2, "OnRoutes": 1, "Pool": 0}})) == 1


def test_a_board_is_kept_up_by_the_rows_that_change_and_that_go():
    first = {"Cursor": "a", "Counts": {"Day": 2}, "Orders": [["o1", 1], ["o2", 1]], "Routes": [], "Exceptions": []}
    changes = {"Cursor": "b", "Counts": {"Day": 2}, "Orders": [["o2", 2], ["o3", 1]], "Routes": [], "Exceptions": []}
    changes |= {"Gone": {"Orders": ["o1"], "Routes": [], "Exceptions": []}}
    kept = kept_up(first, changes)
    assert (kept["Cursor"], kept["Orders"]) == ("b", [["o2", 2], ["o3", 1]])
    assert kept_differences(kept, kept) == []
    assert len(kept_differences(kept, first)) == 3
    assert kept_up(first, changes | {"Full": True})["Orders"] == [["o2", 2], ["o3", 1]]


def test_options_that_say_nothing_are_refused():
    plain = {"speed": "max", "until": "", "faults": ""}
    assert Asked.read(**plain).speed is None
    assert Asked.read(**plain | {"speed": "60", "until": "9:30"}).until == 34_200
    for bad in (
        {"speed": "fast"},
        {"speed": "0"},
        {"until": "25:00"},
        {"faults": "rain"},
        {"url": "http://one.example"},
        {"url": "one.example", "key": "wb"},
        {"url": "http://one.example", "key": "wb", "faults": "kill"},
        {"sign_in": "http://one.example/sign-in/link?token=a"},
        {"drivers": 3, "orders": 2},
    ):
        with pytest.raises(Invalid):
            Asked.read(**plain | bad)
