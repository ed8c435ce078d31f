"""Opt-in event types: recorded like all events, in the order of their object, and sent only to those who name them."""

from datetime import timedelta

import pytest

from support.endpoints import an_endpoint, rows_of
from support.pictures import a_picture
from support.waiting import wait_for
from waybell.accounts.grants import Grant
from waybell.app import EVENT_TYPES
from waybell.orders.moments import ORDER_MOMENT_TYPES
from waybell.routes.moments import ROUTE_MOMENT_TYPES
from waybell.webhooks.history import jobs

# Estimates have opt-in types of their own, which tests/web/test_estimates.py knows.
MOMENTS = {one.name for one in (*ORDER_MOMENT_TYPES, *ROUTE_MOMENT_TYPES)}
OPT_IN = {one.name: one for one in EVENT_TYPES if one.opt_in}
THE_TEN = {
    *("OrderCreated", "OrderUpdated", "OrderDeleted", "OrderStatusUpdated"),
    *("RouteCreated", "RouteUpdated", "RouteDeleted", "RouteStarted", "RouteClosed", "RouteOptimized"),
}
OF_A_DAY = [
    *("RouteReady", "OrderLoaded", "OrderOutForDelivery", "OrderArrived", "OrderProofAdded", "OrderDeparted"),
    "OrderFeedbackGiven",
]


def news(told):
    return [event for event in told.news(opt_in=True) if event.type in MOMENTS]


def do(api, method, path, body=None, **more):
    answer = api.request(method, f"/api/{path}", json=body, **more)
    assert answer.status_code < 300, (path, answer.text)
    return answer


def a_day(api):
    """A route with two orders of different shippers, of which the second stays behind."""
    orders = [
        {"Number": f"N-{at}", "Client": "C", "Address": f"A {at}", "ShipperId": f"S-{at}", "TeamCode": "T-1"}
        for at in (1, 2)
    ]
    route = {"Code": "R-1", "Date": "2026-11-23", "Orders": orders, "DriverLogin": "driver1", "DepotId": "D-1"}
    do(api, "POST", "Route", route)
    do(api, "PUT", "Order/Number/N-1/Load", {"LoadStatus": "loaded"})
    do(api, "PUT", "Route/Start/Code/R-1")
    do(api, "PUT", "Order/Number/N-1/Arrive", {"Date": "2026-11-23T10:02:00", "Lat": 59.4, "Lon": 24.7})
    do(api, "PUT", "Order/Number/N-1/Complete")
    jpeg = {"content": a_picture(), "headers": {"Content-Type": "image/jpeg"}}
    assert api.post("/api/Order/Number/N-1/Photo", **jpeg).status_code == 201
    do(api, "PUT", "Order/Number/N-1/Depart", {"Date": "2026-11-23T10:09:00"})
    do(api, "PUT", "Order/Number/N-1/Feedback", {"Rating": 4})


def feed(api, count, **params):
    """The first events of the feed, once it has so many: on PostgreSQL other transactions hold it back."""

    def items():
        found = api.get("/api/Event", params={"Limit": 1000, **params}).json()["Items"]
        return found if len(found) >= count else None

    return wait_for(items) if count else api.get("/api/Event", params=params).json()["Items"]


def test_a_day_tells_each_moment_once_with_keys_and_facts(api, told):
    a_day(api)
    events = news(told)
    assert [event.type for event in events] == OF_A_DAY
    track_id = api.get("/api/Order/Number/N-1").json()["TrackId"]
    keys = {"TrackId": track_id, "Number": "N-1", "RouteNumber": "R-1", "DriverLogin": "driver1", "ShipperId": "S-1"}
    for event in events[1:]:
        assert event.subject == f"order:{track_id}"
        assert event.data.items() >= (keys | {"TeamCode": "T-1"}).items()
        assert event.data["ReceivedDate"] == "2026-11-23T12:00:00.000000Z"
    by_type = {event.type: event.data for event in events}
    assert by_type["OrderArrived"]["ArrivedDate"] == "2026-11-23T10:02:00"  # the time of the door
    assert (by_type["OrderArrived"]["StatusLat"], by_type["OrderDeparted"]["StatusId"]) == (59.4, 3)
    assert by_type["OrderProofAdded"]["Photos"] == api.get("/api/Order/Number/N-1").json()["Photos"]
    assert by_type["RouteReady"]["OrderCount"] == 2
    do(api, "PUT", "Order/Number/N-2/Load", {"LoadStatus": "not-loaded"})
    [left] = news(told)
    assert (left.type, left.data["StatusId"], left.data["RejectReason"]) == ("OrderNotLoaded", 5, "Not loaded")


def test_every_opt_in_type_fits_its_schema_and_its_sample(api, told):
    a_day(api)
    do(api, "PUT", "Order/Number/N-2/Load", {"LoadStatus": "not-loaded"})
    happened = {event.type: event.data for event in news(told)}
    for name, one in OPT_IN.items():
        schema = one.data_schema
        assert one.sample.keys() <= schema["properties"].keys(), name
        assert set(schema.get("required", ())) <= one.sample.keys(), name
        if name in happened:
            assert happened[name].keys() <= one.sample.keys() | {"StatusLat", "StatusLon"}, name


def test_a_reader_that_names_no_types_gets_what_it_got_before(api, app, told):
    a_day(api)
    usual = len(told.news())
    assert {one["Metadata"]["Event"] for one in feed(api, usual)} <= THE_TEN
    named = feed(api, 2, Event="OrderArrived,OrderDeparted")
    assert [one["Metadata"]["Event"] for one in named] == ["OrderArrived", "OrderDeparted"]
    both = feed(api, 2, Event="OrderArrived,OrderStatusUpdated")
    versions = [
        (one["Metadata"]["Event"], one["Metadata"]["Version"]) for one in both if one["Data"]["Number"] == "N-1"
    ]
    assert [name for name, _ in versions] == ["OrderStatusUpdated", "OrderArrived", "OrderStatusUpdated"]
    assert sorted(version for _, version in versions) == [version for _, version in versions]


def test_an_endpoint_that_names_no_types_gets_what_it_got_before(api, app, account):
    everything = an_endpoint(app, account)
    chosen = an_endpoint(app, account, event_types=["OrderArrived", "OrderStatusUpdated"])
    a_day(api)

    def sent(endpoint_id):
        return [row.event_type for row in rows_of(app.database, endpoint_id)]

    assert set(sent(everything)) <= THE_TEN
    assert "OrderUpdated" in sent(everything)
    assert set(sent(chosen)) == {"OrderArrived", "OrderStatusUpdated"}


def test_what_an_endpoint_missed_is_what_it_asks_for(api, app, account, clock):
    everything = an_endpoint(app, account)
    chosen = an_endpoint(app, account, event_types=["OrderArrived"])
    for endpoint_id in (everything, chosen):
        do(api, "PUT", f"Webhook/{endpoint_id}/Disable")
    since = clock.now() - timedelta(minutes=1)
    a_day(api)
    for endpoint_id in (everything, chosen):
        do(api, "PUT", f"Webhook/{endpoint_id}/Enable")
    for endpoint_id, missed in ((everything, "OrderUpdated"), (chosen, "OrderArrived")):
        do(api, "POST", f"Webhook/{endpoint_id}/Retry", {"MissedSince": since.isoformat()})
        while jobs.run_once(app.database, lambda _: None, 100):
            pass
        found = {row.event_type for row in rows_of(app.database, endpoint_id)}
        assert missed in found
        assert found <= (THE_TEN if endpoint_id == everything else {"OrderArrived"})


def test_a_restricted_key_reads_the_moments_of_its_own_orders_and_no_route_of_others(api, key_with, told):
    a_day(api)
    shipper = key_with(Grant(shippers=("S-1",)))
    names = ",".join(MOMENTS)
    mine = feed(shipper, len(OF_A_DAY) - 1, Event=names)
    assert [one["Metadata"]["Event"] for one in mine] == OF_A_DAY[1:]
    for other in (Grant(shippers=("S-2",)), Grant(depots=("D-1",))):
        assert feed(key_with(other), 0, Event=names) == []


def test_the_deletion_of_a_route_is_still_told_to_its_key(api, key_with):
    order = {"Number": "N-1", "Client": "C", "Address": "A", "ShipperId": "S-1"}
    do(api, "POST", "Route", {"Code": "R-1", "Date": "2026-11-23", "Orders": [order]})
    do(api, "DELETE", "Route/Code/R-1")
    found = feed(key_with(Grant(shippers=("S-1",))), 1, Event="RouteDeleted")
    assert [one["Metadata"]["Event"] for one in found] == ["RouteDeleted"]


def test_the_catalogue_says_which_are_opt_in_and_nobody_can_take_their_names(api):
    listed = {one["Name"]: one["OptIn"] for one in api.get("/api/EventType").json()["Items"]}
    assert {name for name, opt_in in listed.items() if opt_in} == set(OPT_IN)
    assert not THE_TEN & set(OPT_IN)
    for name in ("OrderArrived", "orderARRIVED"):
        answer = api.post("/api/EventType", json={"Name": name, "Meaning": "something of ours"})
        assert answer.status_code == 409, answer.text


@pytest.mark.parametrize("state", ["Ready", "Draft"])
def test_a_route_is_ready_once(api, told, state):
    settings = api.app.state.settings
    api.app.state.settings = settings.model_copy(update={"new_route_status": state})
    do(api, "POST", "Route", {"Code": "R-1", "Date": "2026-11-23"})
    do(api, "PUT", "Route/Ready/Code/R-1")
    do(api, "PUT", "Route/Ready/Code/R-1")
    assert [event.type for event in news(told)] == ["RouteReady"]
