"""Built-in event types may be called otherwise: on the wire, in the catalogue, and where endpoints ask for them."""

import pytest
from fastapi.testclient import TestClient

from support.documents import a_route, an_order, post_route
from support.waiting import wait_for
from waybell.accounts import keys
from waybell.accounts.grants import Grant
from waybell.accounts.model import Actor
from waybell.app import build, build_web
from waybell.ground.errors import SetupError

URL = "http://127.0.0.1:9/"
RENAMED = {"RouteStarted": "RouteDispatched", "OrderDeleted": "OrderRemoved"}


@pytest.fixture
def plain_api(api_with):
    """The same installation, before the operator chose other names."""
    return api_with({})


@pytest.fixture
def api(api_with):
    return api_with(RENAMED)


@pytest.fixture
def api_with(app, account):
    """Makes a client of the same installation, running with other names."""
    made = []

    def make(names, **grant):
        settings = app.settings.model_copy(update={"event_names": names})
        made.append(build(settings, app.clock))
        with made[-1].database.transaction() as tx:
            _, key = keys.create(tx, Actor(account, "tests"), "tests", Grant(**grant))
        return TestClient(build_web(made[-1]), headers={"X-API-KEY": key}, raise_server_exceptions=False)

    yield make
    for one in made:
        one.close()


def items(api, path, count):
    """What is listed, once there is so much: on PostgreSQL the feed ends with the oldest transaction on the server."""
    wait_for(lambda: len(api.get(path).json()["Items"]) == count)
    return api.get(path).json()["Items"]


def start_a_route(api, code="R-1"):
    post_route(api, a_route(Code=code, Id=None))
    assert api.put(f"/api/Route/Start/Code/{code}").status_code == 202


def an_endpoint(api, *event_types):
    answer = api.post("/api/Webhook", json={"Url": URL, "EventTypes": event_types})
    assert answer.status_code == 201, answer.text
    return answer.json()["Id"]


def test_the_feed_and_the_messages_tell_the_other_name_and_are_asked_for_by_it(api):
    endpoint_id = an_endpoint(api, "RouteCreated", "RouteDispatched")
    start_a_route(api)
    feed = items(api, "/api/Event", 2)
    assert [event["Metadata"]["Event"] for event in feed] == ["RouteCreated", "RouteDispatched"]
    assert items(api, "/api/Event?Event=RouteDispatched", 1) == feed[1:]
    of_it = f"/api/Webhook/{endpoint_id}/Message"
    assert sorted(one["Event"] for one in items(api, of_it, 2)) == ["RouteCreated", "RouteDispatched"]
    [message] = items(api, f"{of_it}?Event=RouteDispatched", 1)
    body = api.get(f"/api/Webhook/Message/{message['Id']}").json()
    assert (body["Event"], body["Body"]["Metadata"]["Event"]) == ("RouteDispatched", "RouteDispatched")


def test_endpoints_ask_for_the_other_name_and_who_asks_for_the_first_is_told_so(api):
    names = [one["Name"] for one in api.get("/api/EventType").json()["Items"]]
    assert ("RouteDispatched" in names, "RouteStarted" in names) == (True, False)
    endpoint_id = an_endpoint(api, "RouteDispatched")
    for refused in (
        api.post("/api/Webhook", json={"Url": URL, "EventTypes": ["RouteStarted"]}),
        api.put(f"/api/Webhook/{endpoint_id}", json={"EventTypes": ["RouteStarted"]}),
    ):
        assert refused.status_code == 400
        assert "RouteStarted is called RouteDispatched" in refused.json()["Detail"]


def test_who_asked_for_a_type_goes_on_to_get_it_when_it_is_renamed_and_when_it_is_named_back(plain_api, api):
    endpoint_id = an_endpoint(plain_api, "RouteStarted")
    for at, (client, name) in enumerate([(api, "RouteDispatched"), (plain_api, "RouteStarted")]):
        start_a_route(client, f"R-{at}")
        assert client.get(f"/api/Webhook/{endpoint_id}").json()["EventTypes"] == [name]
        newest = items(client, f"/api/Webhook/{endpoint_id}/Message", at + 1)[0]
        assert client.get(f"/api/Webhook/Message/{newest['Id']}").json()["Body"]["Metadata"]["Event"] == name
        sent = {"Description": "changed", "EventTypes": [name]}
        assert client.put(f"/api/Webhook/{endpoint_id}", json=sent).status_code < 300


def test_what_an_endpoint_missed_is_found_across_a_renaming(plain_api, api):
    start_a_route(plain_api, "R-1")
    start_a_route(api, "R-2")
    endpoint_id = an_endpoint(api, "RouteDispatched")
    job = api.post(f"/api/Webhook/{endpoint_id}/Retry", json={"MissedSince": "2026-11-01T00:00:00Z"})
    assert (job.status_code, job.json()["Total"]) == (202, 2)


def test_a_sample_of_a_renamed_type_is_sent_under_its_other_name(api, app, receiver):
    endpoint_id = api.post("/api/Webhook", json={"Url": receiver.url}).json()["Id"]
    answer = api.post(f"/api/Webhook/{endpoint_id}/Test", json={"EventType": "RouteDispatched"})
    assert answer.status_code == 200, answer.text
    assert b'"Event":"RouteDispatched"' in receiver.received[0].body


def test_a_restricted_key_hears_of_the_deletion_of_its_orders_whatever_that_is_called(api_with, api):
    mine = api_with(RENAMED, shippers=["s-1"])
    assert api.post("/api/Order", json=an_order(ShipperId="s-1")).status_code == 201
    assert api.post("/api/Order", json=an_order("N-2", ShipperId="s-2")).status_code == 201
    for number in ("N-1", "N-2"):
        assert api.delete(f"/api/Order/Number/{number}").status_code == 200
    feed = items(mine, "/api/Event", 2)
    assert [event["Metadata"]["Event"] for event in feed] == ["OrderCreated", "OrderRemoved"]


@pytest.mark.parametrize("name", ["RouteStarted", "routestarted", "RouteDispatched", "routedispatched"])
def test_nobody_registers_a_type_under_either_name(api, name):
    assert api.post("/api/EventType", json={"Name": name, "Meaning": "x"}).status_code == 409


@pytest.mark.parametrize(
    "names",
    [
        {"RouteStopped": "RouteDispatched"},
        {"RouteStarted": "RouteClosed"},
        {"RouteStarted": ""},
        {"RouteStarted": "route started"},
        {"RouteStarted": "RouteMoved", "RouteClosed": "RouteMoved"},
    ],
)
def test_a_name_that_would_mean_none_or_two_stops_the_start(app, names):
    with pytest.raises(SetupError, match="event_names: "):
        build(app.settings.model_copy(update={"event_names": names}), app.clock)
