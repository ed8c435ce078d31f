"""Routes that people enter and run on a page, by the same rules and with the same events as through the API."""

import pytest

from support.documents import a_route
from ui.test_order_entry import fields_of

NEW = "/routes/new"
MORNING = {"Code": "R-1", "Date": "2026-11-23", "StartTimePlan": "07:30", "StartFromDepot": "yes"}


@pytest.fixture
def path(ui, api) -> str:
    """The page of a route that was entered, with a driver."""
    driver = {"Name": "Driver One", "Username": "d1", "Password": "secret"}
    assert api.post("/api/Driver", json=driver).status_code == 201
    answer = ui.post(NEW, data=MORNING | {"DriverLogin": "d1", "DriverVehicle": "VAN 1"})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def test_a_route_is_entered_and_told_like_one_of_the_api(path, api, told):
    told.exactly("RouteCreated")
    route = api.get("/api/Route/Code/R-1").json()
    assert (route["DriverName"], route["DriverVehicle"], route["Status"]) == ("Driver One", "VAN 1", "Draft")
    assert (route["StartTimePlan"], route["StartFromDepot"]) == ("2026-11-23T07:30:00", True)
    assert route["ReturnToDepot"] is False


def test_an_unchanged_form_changes_nothing_and_a_change_is_told_once(path, ui, api, told):
    told.news()
    fields = fields_of(ui.get(f"{path}/edit").text)
    assert ui.post(f"{path}/edit", data=fields).status_code == 303
    told.exactly()
    assert ui.post(f"{path}/edit", data=fields | {"DriverLogin": "", "StartTimePlan": "08:00"}).status_code == 303
    told.exactly("RouteUpdated")
    route = api.get("/api/Route/Code/R-1").json()
    assert (route.get("DriverLogin"), route["StartTimePlan"]) == (None, "2026-11-23T08:00:00")


def test_a_route_is_started_and_closed_and_then_stays(path, ui, told):
    told.news()
    assert ui.post(f"{path}/ready").status_code == 303
    assert told.types() == ["RouteUpdated"]
    assert ui.post(f"{path}/start").status_code == 303
    assert ui.post(f"{path}/close").status_code == 303
    assert told.types() == ["RouteStarted", "RouteClosed"]
    refused = ui.post(f"{path}/start")
    assert "waybell-notice" in refused.headers["set-cookie"]
    assert told.types() == []


def test_a_deleted_route_leaves_its_orders(ui, api):
    assert api.post("/api/Route", json=a_route("17", Code="R-2")).status_code == 201
    number = api.get("/api/Route/Code/R-2").json()["Orders"][0]["Number"]
    page = ui.get("/routes?q=R-2").text
    path = _path(page)
    assert ui.post(f"{path}/delete").headers["location"] == "/routes"
    assert api.get("/api/Route/Code/R-2").status_code == 404
    assert api.get(f"/api/Order/Number/{number}").json().get("RouteNumber") is None


def _path(page: str) -> str:
    return "/routes/" + page.split('<tr id="route-')[1].split('"', maxsplit=1)[0]


@pytest.mark.parametrize(
    ("fields", "words"),
    [({"Code": ""}, "is required"), ({"Date": "soon"}, "must be a date"), ({"Code": "x" * 60}, "no longer than 50")],
)
def test_what_is_wrong_stands_beside_its_input(ui, fields, words):
    refused = ui.post(NEW, data=MORNING | fields)
    assert refused.status_code == 400
    assert words in refused.text.lower()
    assert 'value="07:30"' in refused.text


def test_viewers_do_not_enter_and_others_do_not_see(path, ui_as, other_ui):
    viewer = ui_as("viewer")
    assert [viewer.get(NEW).status_code, viewer.post(f"{path}/start").status_code] == [403, 403]
    assert [other_ui.get(f"{path}/edit").status_code, other_ui.post(f"{path}/start").status_code] == [404, 404]
