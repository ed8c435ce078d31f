"""These operations find, add, change and delete vehicles by the whole number that we gave each. They fire no events."""

import pytest

from support.operations import each


def a_driver(**members):
    return {"Name": "Driver One", "Username": "driver1", "Password": "secret", **members}


def a_vehicle(**members):
    return {"Number": "123 ABC", "DriverUsername": "driver1", "Depot": "Dock 1", **members}


@pytest.fixture
def driver(api):
    api.post("/api/Driver", json=a_driver())
    return api.get("/api/Driver").json()[0]


@pytest.fixture
def vehicle(api, driver):
    api.post("/api/Vehicle", json=a_vehicle(Weight=900))
    return api.get("/api/Vehicle").json()[0]


@each("GetVehicle")
def test_a_vehicle_is_found_by_its_whole_number_in_its_own_account(api, other_api, vehicle, operation):
    found = operation(api, vehicle)
    assert (found.status_code, found.json()) == (200, vehicle)
    assert operation(other_api, vehicle).status_code == 404


@each("GetVehicle", "DeleteVehicle")
def test_a_vehicle_that_is_unknown_and_an_id_that_is_no_whole_number_are_not_found(api, vehicle, operation):
    for key in ("2", "0", "-1", "one", "1.0", "9" * 30, "\N{SUPERSCRIPT ONE}"):
        assert operation(api, {"Id": key}).status_code == 404, key
        assert api.get("/api/Vehicle").json() == [vehicle]


@each("DeleteVehicle")
def test_a_deleted_vehicle_is_gone_and_leaves_the_number_but_not_the_id(api, other_api, told, vehicle, operation):
    assert operation(other_api, vehicle).status_code == 404
    deleted = operation(api, vehicle)
    assert (deleted.status_code, deleted.json()["Status"]) == (200, 200)
    assert api.get("/api/Vehicle").json() == []
    assert api.get("/api/Vehicle/1").status_code == 404
    assert api.post("/api/Vehicle", json=a_vehicle()).headers["Location"] == "/Vehicle/2"
    assert told.news() == []


@each("DeleteVehicle")
def test_a_vehicle_on_a_route_that_is_not_closed_cannot_be_deleted(api, vehicle, operation):
    """The API does not say what hinders it; ours takes what would leave a route without its vehicle."""
    api.post("/api/Route", json={"Code": "R-1", "DriverVehicle": "123 abc"})
    refused = operation(api, vehicle)
    assert (refused.status_code, "R-1" in refused.json()["Detail"]) == (400, True)
    assert api.get("/api/Vehicle/1").json() == vehicle
    api.put("/api/Route/Close/Code/R-1")
    assert operation(api, vehicle).status_code == 200


@each("GetVehicles")
def test_vehicles_are_listed_all_or_those_with_a_number_in_any_letter_case(api, other_api, vehicle, operation):
    api.post("/api/Vehicle", json=a_vehicle(Number="456 DEF"))
    assert [one["Number"] for one in operation(api).json()] == ["123 ABC", "456 DEF"]
    assert operation(api, NUMBER=" 123 abc").json() == [vehicle]
    assert operation(api, number="123").json() == []
    assert operation(other_api).json() == []


@each("AddVehicle")
@pytest.mark.parametrize("member", ["DriverUsername", "DriverId"])
def test_a_new_vehicle_has_a_driver_named_by_id_or_username(api, told, driver, operation, member):
    named = {"DriverUsername": "DRIVER1", "DriverId": driver["Id"]}[member]
    body = a_vehicle(Weight="900", StartTime="8:30", SpeedRatio="", DriverUsername=None) | {member: named}
    made = operation(api, json=body)
    assert (made.status_code, made.headers["Location"]) == (201, "/Vehicle/1"), made.text
    [vehicle] = api.get("/api/Vehicle").json()
    assert (vehicle["Id"], vehicle["Weight"], vehicle["StartTime"]) == (1, 900, "08:30:00")
    assert (vehicle["DriverUsername"], vehicle["DriverId"]) == ("driver1", driver["Id"])
    assert told.news() == []


@each("AddVehicle")
@pytest.mark.parametrize(
    ("place", "depot"),
    [({"DepotId": "D-1", "Depot": None}, "Dock 7"), ({"Depot": "Dock 2"}, "Dock 2"), ({"Depot": None}, None)],
)
def test_a_new_vehicle_has_a_depot_by_text_or_by_the_id_of_one_that_is_known(api, driver, operation, place, depot):
    api.post("/api/Depot", json={"Id": "D-1", "Name": "Dock 7"})
    assert operation(api, json=a_vehicle(**place)).status_code == (201 if depot else 400)
    assert [one["Depot"] for one in api.get("/api/Vehicle").json()] == ([depot] if depot else [])


@each("AddVehicle")
def test_what_cannot_be_a_vehicle_is_refused(api, driver, operation):
    for change in (
        {"Number": ""},
        {"DriverUsername": None},
        {"DriverUsername": "nobody"},
        {"DriverId": "7c9e6679-7425-40de-944b-e07fc1f90ae7"},
        {"MaxNodes": 201},
        {"SpeedRatio": 0},
        {"StartTime": "25:00"},
        {"VehicleType": 10**30},
    ):
        assert operation(api, json=a_vehicle(**change)).status_code == 400, change
        assert api.get("/api/Vehicle").json() == []


@each("AddVehicle")
def test_the_number_of_a_vehicle_is_given_once(api, vehicle, operation):
    assert operation(api, json=a_vehicle(Number="123 abc")).status_code == 400


@each("AddVehicle")
def test_a_vehicle_does_not_get_another_accounts_driver(api, other_api, driver, operation):
    body = a_vehicle(DriverUsername=None, DriverId=driver["Id"])
    assert operation(other_api, json=body).status_code == 400
    assert other_api.get("/api/Driver").json() == []


@each("UpdateVehicle")
def test_a_change_of_a_vehicle_keeps_what_it_leaves_out(api, other_api, told, vehicle, operation):
    api.post("/api/Driver", json=a_driver(Username="driver2"))
    change = {"Id": "1", "DriverUsername": "DRIVER2", "Pallets": 4, "Weight": None}
    assert operation(other_api, json=change).status_code == 404
    changed = operation(api, json=change)
    assert (changed.status_code, changed.json()["Status"]) == (202, 202)
    other = api.get("/api/Driver/Username/driver2").json()
    after = {**vehicle, "Pallets": 4, "DriverId": other["Id"], "DriverUsername": "driver2"}
    assert api.get("/api/Vehicle/1").json() == after
    assert told.news() == []


@each("UpdateVehicle")
def test_a_change_of_a_vehicle_that_cannot_be_changes_nothing(api, vehicle, operation):
    api.post("/api/Vehicle", json=a_vehicle(Number="456 DEF"))
    for change, status in (
        ({"Weight": 1}, 400),
        ({"Id": 9, "Weight": 1}, 404),
        ({"Id": 10**30, "Weight": 1}, 400),
        ({"Id": 1, "Number": " 456 def"}, 400),
        ({"Id": 1, "DriverUsername": "nobody"}, 400),
        ({"Id": 1, "SpeedRatio": 2.5}, 400),
    ):
        assert operation(api, json=change).status_code == status, change
        assert api.get("/api/Vehicle/1").json() == vehicle
