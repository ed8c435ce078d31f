"""Built-in event types may be called otherwise: on the wire, in the catalogue, and where endpoints ask for them."""

import pytest

from support.documents import a_route, post_route
from support.waiting import wait_for
from waybell.app import build
from waybell.errors import SetupError


@pytest.fixture
def app(app):
    """The same installation, with another name for one event type."""
    settings = app.settings.model_copy(update={"event_names": {"RouteStarted": "RouteDispatched"}})
    renaming = build(settings, app.clock)
    yield renaming
    renaming.close()


def test_the_feed_tells_the_other_name(api):
    post_route(api, a_route())
    api.put("/api/Route/Start/Code/R-1")

    def feed():  # on PostgreSQL it ends with the oldest transaction on the server: others may hold it back
        return [event["Metadata"]["Event"] for event in api.get("/api/Event").json()["Items"]]

    wait_for(lambda: len(feed()) == 2)
    assert feed() == ["RouteCreated", "RouteDispatched"]


def test_endpoints_ask_for_the_other_name(api):
    names = [one["Name"] for one in api.get("/api/EventType").json()["Items"]]
    assert ("RouteDispatched" in names, "RouteStarted" in names) == (True, False)
    url = "http://127.0.0.1:9/"
    assert api.post("/api/Webhook", json={"Url": url, "EventTypes": ["RouteDispatched"]}).status_code == 201
    assert api.post("/api/Webhook", json={"Url": url, "EventTypes": ["RouteStarted"]}).status_code == 400


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
