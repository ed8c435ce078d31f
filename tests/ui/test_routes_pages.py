"""Routes: the list with its filters, and the page of each with its orders, what happened and who was told."""

import html
import re
import sys

import pytest
from sqlalchemy import update

from support.endpoints import an_endpoint, rows_of
from support.pages import text_of
from waybell.orders.tables import routes

SCRIPT = "<script>alert('taken over')</script>"
TODAY, TOMORROW = "2026-11-23", "2026-11-24"  # of the tests' clock, in the account's zone


@pytest.fixture
def add(api, ui):
    """Adds a route with orders of these numbers through the API; answers the path of its page."""

    def add(code, *numbers, **members):
        stops = [{"Number": number, "Client": "Cafe", "Address": f"{number} street"} for number in numbers]
        answer = api.post("/api/Route", json={"Code": code, "Date": TODAY, "Orders": stops, **members})
        assert answer.status_code == 201, answer.text
        return re.findall(r'class="fw-medium" href="(/routes/[^"]+)"', ui.get("/routes").text)[0]

    return add


def listed(ui, **query):
    """The codes that the list shows, in its order."""
    page = ui.get("/routes", params=query)
    assert page.status_code == 200, page.text
    return [
        html.unescape(code) for code in re.findall(r'<a class="fw-medium" href="/routes/[^"]+">([^<]+)<', page.text)
    ]


# The list


def test_without_routes_the_list_says_what_one_is(ui):
    assert "No routes yet" in text_of(ui.get("/routes"))


def test_the_list_shows_how_far_each_route_is(ui, api, add):
    add("R-1", "A", "B", "C", DriverLogin="driver1", DriverName="Driver One", DriverVehicle="123 ABC")
    api.put("/api/Route/Start/Code/R-1")
    api.put("/api/Order/Number/A/Complete")
    api.put("/api/Order/Number/B/Reject")
    page = ui.get("/routes")
    assert "R-1 In Progress 2 of 3 2026-11-23 Driver One 123 ABC now" in text_of(page)
    assert '<progress max="3" value="2"' in page.text


def test_they_are_found_by_day_status_and_the_beginning_of_their_code(ui, api, add):
    add("R-1", Id="ext-1")
    add("R-2", Date=TOMORROW)
    add("X-1")
    api.put("/api/Route/Start/Code/X-1")
    assert listed(ui) == ["X-1", "R-2", "R-1"]
    assert listed(ui, date="today") == ["X-1", "R-1"]
    assert listed(ui, date="tomorrow") == ["R-2"]
    assert listed(ui, date=TOMORROW) == ["R-2"]
    assert listed(ui, state="InProgress") == ["X-1"]
    assert listed(ui, state="Ready") == ["R-2", "R-1"]
    assert listed(ui, q="r-") == ["R-2", "R-1"]
    assert listed(ui, q="EXT") == ["R-1"]
    assert listed(ui, q="%") == []


def test_the_newest_come_first_fifty_on_a_page(ui, add):
    for number in range(52):
        add(f"R-{number}")
    first = ui.get("/routes").text
    assert listed(ui) == [f"R-{number}" for number in range(51, 1, -1)]
    (older,) = re.findall(r'href="(/routes\?after=[^"]+)"', first)
    assert re.findall(r">(R-\d+)</a>", ui.get(html.unescape(older)).text) == ["R-1", "R-0"]


@pytest.mark.parametrize(
    "query", ["date=%00", "date=never", "state=%00", "state=x", "q=%00", "q=" + "x" * 3000, "after="]
)
def test_rubbish_in_the_filters_is_no_fault_of_ours(ui, add, query):
    add("R-1")
    assert ui.get(f"/routes?{query}").status_code == 200


@pytest.mark.parametrize("after", ["x", "LTE", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk"])
def test_a_wrong_cursor_is_refused(ui, after):
    assert ui.get(f"/routes?after={after}").status_code == 400


# The page of a route


def test_a_route_shows_its_orders_in_their_sequence(ui, api, add):
    page = ui.get(add("R-1", "A", "B", DriverLogin="driver1", DriverName="Driver One", DriverVehicle="123 ABC"))
    text = text_of(page)
    for said in ("Route R-1", "Ready", "0 of 2", TODAY, "Driver One", "123 ABC"):
        assert said in text
    assert "1 A Scheduled Cafe A street 2 B Scheduled Cafe B street" in text
    track_id = api.get("/api/Order/Number/B").json()["TrackId"]
    assert f'href="/orders/{track_id}"' in page.text


def test_the_timeline_tells_what_happened_and_who_was_told(ui, api, app, db, account, add):
    endpoint_id = an_endpoint(app, account, url="https://erp.example/hooks", event_types=("RouteCreated",))
    path = add("R-1", "A")
    api.put("/api/Route/Start/Code/R-1")
    page = ui.get(path)
    timeline = text_of(page).partition("What happened, and who was told")[2]
    assert re.findall(r"Route\w+|erp\.example|Waiting|Nobody", timeline) == [
        *("RouteStarted", "Nobody"),
        "RouteReady",  # opt-in: nobody has to be told
        *("RouteCreated", "erp.example", "Waiting"),
    ]
    (row,) = rows_of(db, endpoint_id)
    assert f'href="/settings/web-api/webhooks/{endpoint_id}/messages/{row.id}"' in page.text


def test_a_deleted_route_shows_as_deleted_with_its_timeline(ui, api, add):
    path = add("R-1", "A")
    assert api.delete("/api/Route/Code/R-1").status_code in (200, 202)
    text = text_of(ui.get(path))
    assert "Deleted 14:00:00 EET by erp" in text
    assert "No order is on it" in text
    assert "RouteDeleted" in text
    assert listed(ui) == []


def test_another_account_sees_nothing_of_it(other_ui, add):
    path = add("R-1", "A")
    assert other_ui.get(path).status_code == 404
    assert listed(other_ui) == []
    assert listed(other_ui, q="R-1") == []


@pytest.mark.parametrize("route_id", ["nothing", "%00", "x" * 500])
def test_what_is_no_route_is_not_found(ui, route_id):
    assert ui.get(f"/routes/{route_id}").status_code == 404


def test_scripts_in_a_route_are_shown_and_not_run(ui, add, db):
    path = add("R-1", SCRIPT, DriverLogin="driver1", DriverName=SCRIPT, DriverVehicle="123 ABC")
    with db.transaction() as tx:
        tx.execute(update(routes).values(code=SCRIPT, driver_vehicle=SCRIPT))
    for shown in ("/routes", path, "/events"):
        page = ui.get(shown)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert" in page.text


# Optimising


@pytest.fixture
def zigzag(api, add):
    """The page of a route along one street, of which the stops are in a bad sequence."""
    path = add("R-1")
    places = {"A": 24.6, "B": 24.8, "C": 24.7}
    stops = [
        {"Number": number, "Client": "Cafe", "Address": number, "AddressLat": 59.4, "AddressLon": longitude}
        for number, longitude in places.items()
    ]
    assert api.put("/api/Route/Code/R-1", json={"Orders": stops}).status_code == 202
    return path


def notice_after(ui, path):
    """What the page says after the form was sent there."""
    answer = ui.post(path)
    assert answer.status_code == 303, answer.text
    return text_of(ui.get(answer.headers["location"]))


def test_a_dispatcher_optimises_a_route_and_is_told_what_it_brought(ui_as, zigzag):
    ui = ui_as("dispatcher")
    page = ui.get(zigzag)
    assert f'action="{zigzag}/optimize"' in page.text
    assert "Planned" not in text_of(page)
    text = notice_after(ui, f"{zigzag}/optimize")
    assert "Route R-1 was optimised: 3 stops, 15.3 km and 23 min instead of 22.9 km and 34 min" in text
    assert "straight lines x 1.35, 40 km/h" in text
    assert "Planned 08:00\N{EN DASH}08:22, 15.3 km." in text
    assert "1 A Scheduled 08:00 Cafe A 2 C Scheduled 08:11 Cafe C 3 B Scheduled 08:22 Cafe B" in text
    assert "RouteOptimized" in text


def test_a_viewer_optimises_nothing(ui_as, zigzag):
    viewer = ui_as("viewer")
    assert "optimize" not in viewer.get(zigzag).text
    assert viewer.post(f"{zigzag}/optimize").status_code == 403


def test_what_cannot_be_optimised_is_said_on_the_page(ui, api, add, zigzag, monkeypatch):
    assert "No order left on Route R-2 has coordinates" in notice_after(ui, add("R-2", "X") + "/optimize")
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "pyvrp", None)
        assert "pip install" in notice_after(ui, f"{zigzag}/optimize")
    api.put("/api/Route/Close/Code/R-1")
    assert "optimize" not in ui.get(zigzag).text
    assert "Route R-1 is Closed" in notice_after(ui, f"{zigzag}/optimize")


@pytest.mark.parametrize("route_id", ["nothing", "%00", "x" * 500])
def test_what_is_no_route_is_not_optimised(ui, route_id):
    assert ui.post(f"/routes/{route_id}/optimize").status_code == 404


def test_another_account_optimises_nothing_of_it(other_ui, zigzag):
    assert other_ui.post(f"{zigzag}/optimize").status_code == 404
