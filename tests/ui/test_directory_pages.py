"""The lists of the directory on pages: each is read, added to, changed and deleted by the actions of the API."""

import pytest

from ui.test_order_entry import fields_of
from waybell.web.ui.directory_registers import REGISTERS

DRIVER = {"Name": "Driver One", "Username": "d1", "Password": "secret", "TeamCodes": "T1, T2", "Active": "yes"}
VEHICLE = {"Number": "VAN 1", "DriverUsername": "d1", "DepotId": "D1", "Weight": "900", "StartTime": "07:30"}
# A new entry of each list, and a change of it.
ENTRIES = {
    "drivers": (DRIVER, {"Phone": "12"}),
    "vehicles": (VEHICLE, {"Weight": "850.5"}),
    "depots": ({"Id": "D2", "Name": "North", "Lat": "59.4"}, {"Lat": "", "Name": "South"}),
    "clients": ({"Id": "C1", "Name": "Cafe", "Note": "Ring"}, {"Note": ""}),
    "goods": ({"GoodsId": "G1", "GoodsName": "Milk", "Cost": "1.5"}, {"GoodsUnit": "l"}),
    "shippers": ({"Id": "S1", "Name": "Mill"}, {"Name": "Mill & Sons"}),
    "teams": ({"Id": "T9", "Name": "Morning"}, {"Name": "Evening"}),
    "reasons": ({"Id": "900", "Name": "Dog", "List": "SiteIssue"}, {"Name": "Big dog"}),
    "custom-fields": ({"Id": "cf_1", "Label": "Floor", "Kind": "number"}, {"Kind": "text"}),
}


@pytest.fixture
def furnished(ui, api):
    """A driver and a depot, which vehicles need."""
    assert api.post("/api/Depot", json={"Id": "D1", "Name": "Depot"}).status_code < 300


def keys_on(page: str) -> list[str]:
    return [part.split('"')[0] for part in page.split("/edit?key=")[1:]]


def test_every_list_is_tried():
    assert ENTRIES.keys() == REGISTERS.keys()


@pytest.mark.parametrize("word", ENTRIES)
def test_an_entry_is_added_changed_and_deleted(word, ui, furnished):
    fresh, change = ENTRIES[word]
    path = f"/directory/{word}"
    if word == "vehicles":
        assert ui.post("/directory/drivers/new", data=DRIVER).status_code == 303
    before = keys_on(ui.get(path).text)
    added = ui.post(f"{path}/new", data=fresh)
    assert added.status_code == 303, added.text
    [key] = set(keys_on(ui.get(path).text)) - set(before)
    form = f"{path}/edit?key={key}"
    shown = fields_of(ui.get(form).text)
    for name, value in fresh.items():
        assert shown[name] == ([""] if name == "Password" else [value]), name
    assert ui.post(form, data=shown | change).status_code == 303
    after = fields_of(ui.get(form).text)
    assert {name: after[name] for name in change} == {name: [value] for name, value in change.items()}
    assert {name: after[name] for name in fresh if name not in change} == {
        name: shown[name] for name in fresh if name not in change
    }
    assert ui.post(f"{path}/delete?key={key}").headers["location"] == path
    assert sorted(keys_on(ui.get(path).text)) == sorted(before)
    assert ui.get(form).status_code == 404


def test_what_is_wrong_is_said_and_nothing_typed_is_lost(ui, furnished):
    refused = ui.post("/directory/drivers/new", data=DRIVER | {"Password": "x"})
    assert (refused.status_code, 'value="Driver One"' in refused.text) == (400, True)
    assert "secret" not in refused.text
    assert ui.post("/directory/drivers/new", data=DRIVER).status_code == 303
    taken = ui.post("/directory/drivers/new", data=DRIVER)
    assert (taken.status_code, "exists already" in taken.text) == (400, True)
    assert ui.post("/directory/depots/new", data={"Id": "D1", "Name": "Other"}).status_code == 400
    assert ui.get("/directory/pigeons").status_code == 404


def test_a_key_may_hold_any_character(ui):
    odd = 'a/b?c=d&e"<f>'
    assert ui.post("/directory/clients/new", data={"Id": odd, "Name": "Odd"}).status_code == 303
    [key] = keys_on(ui.get("/directory/clients").text)
    assert fields_of(ui.get(f"/directory/clients/edit?key={key}").text)["Id"] == [odd]
    assert ui.post(f"/directory/clients/delete?key={key}").headers["location"] == "/directory/clients"


def test_viewers_look_and_others_see_nothing(ui, ui_as, other_ui):
    assert ui.post("/directory/clients/new", data={"Id": "C1", "Name": "Cafe"}).status_code == 303
    viewer = ui_as("viewer")
    assert "Cafe" in viewer.get("/directory/clients").text
    assert viewer.get("/directory/clients/new").status_code == 403
    assert viewer.post("/directory/clients/delete?key=C1").status_code == 403
    assert "Cafe" not in other_ui.get("/directory/clients").text
    assert other_ui.get("/directory/clients/edit?key=C1").status_code == 404
