"""The driver, vehicle and address operations of the API."""

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from waybell.directory.tables import addresses, drivers


def a_driver(**members):
    return {"Name": "Driver One", "Username": "driver1", "Password": "secret", **members}


def a_vehicle(**members):
    return {"Number": "123 ABC", "DriverUsername": "driver1", "Depot": "Dock 1", **members}


def test_a_new_driver_is_listed_without_the_password(api, db, told):
    made = api.post("/api/Driver", json=a_driver(Username=" Driver 1/A ", Phone=5550100))
    assert (made.status_code, made.headers["Location"]) == (201, "/Driver/Username/Driver%201%2FA")
    [driver] = api.get("/api/driver").json()
    assert (driver["Number"], driver["Username"], driver["Active"], driver["Phone"]) == (
        1,
        "Driver 1/A",
        True,
        "5550100",
    )
    assert "Password" not in driver
    with db.reading() as tx:
        assert tx.execute(select(drivers.c.password_hash)).scalar_one().startswith("$argon2id$")
        assert "secret" not in str(tx.execute(select(drivers)).one())
    assert told.news() == []


def test_drivers_are_numbered_in_each_account(api, other_api):
    for client, username in ((api, "a"), (other_api, "a"), (api, "b")):
        assert client.post("/api/Driver", json=a_driver(Username=username)).status_code == 201
    assert [driver["Number"] for driver in api.get("/api/Driver").json()] == [1, 2]
    assert [driver["Number"] for driver in other_api.get("/api/Driver").json()] == [1]


def test_a_username_is_taken_in_every_letter_case(api):
    api.post("/api/Driver", json=a_driver())
    assert api.post("/api/Driver", json=a_driver(Username=" DRIVER1")).status_code == 405


@pytest.mark.parametrize(
    "change", [{"Name": ""}, {"Username": None}, {"Password": None}, {"Password": "1234"}, {"Active": "perhaps"}]
)
def test_a_driver_lacks_nothing_that_is_required(api, change):
    assert api.post("/api/Driver", json=a_driver(**change)).status_code == 400
    assert api.get("/api/Driver").json() == []


def test_a_new_vehicle_is_listed_with_its_driver(api):
    api.post("/api/Driver", json=a_driver())
    made = api.post("/api/Vehicle", json=a_vehicle(Weight="900", StartTime="8:30", SpeedRatio=""))
    assert (made.status_code, made.headers["Location"]) == (201, "/Vehicle/1"), made.text
    [vehicle] = api.get("/api/Vehicle?Number=123%20abc").json()
    assert (vehicle["Id"], vehicle["Weight"], vehicle["StartTime"]) == (1, 900, "08:30:00")
    assert vehicle["DriverUsername"] == "driver1"
    assert vehicle["DriverId"] == api.get("/api/Driver").json()[0]["Id"]
    assert api.get("/api/Vehicle?number=other").json() == []


@pytest.mark.parametrize(
    "change",
    [
        {"Number": ""},
        {"DriverUsername": None},
        {"DriverUsername": "nobody"},
        {"DriverId": "7c9e6679-7425-40de-944b-e07fc1f90ae7"},
        {"Depot": None},
        {"MaxNodes": 201},
        {"SpeedRatio": 0},
        {"StartTime": "25:00"},
        {"VehicleType": 10**30},
    ],
)
def test_what_cannot_be_a_vehicle_is_refused(api, change):
    api.post("/api/Driver", json=a_driver())
    assert api.post("/api/Vehicle", json=a_vehicle(**change)).status_code == 400
    assert api.get("/api/Vehicle").json() == []


def test_the_number_of_a_vehicle_is_given_once(api):
    api.post("/api/Driver", json=a_driver())
    api.post("/api/Vehicle", json=a_vehicle())
    assert api.post("/api/Vehicle", json=a_vehicle(Number="123 abc")).status_code == 400


def test_a_vehicle_does_not_get_another_accounts_driver(api, other_api):
    api.post("/api/Driver", json=a_driver())
    driver_id = api.get("/api/Driver").json()[0]["Id"]
    body = a_vehicle(DriverUsername=None, DriverId=driver_id)
    assert other_api.post("/api/Vehicle", json=body).status_code == 400
    assert other_api.get("/api/Driver").json() == []


# One driver


@pytest.fixture
def driver(api):
    api.post("/api/Driver", json=a_driver(Phone="1", TeamCodes=["T-1", " T-2", "", "T-1"]))
    return api.get("/api/Driver").json()[0]


def test_a_driver_is_found_by_id_and_by_username_in_any_letter_case(api, other_api, driver):
    assert api.get(f"/api/Driver/Id/{driver['Id'].upper()}").json() == driver
    assert api.get("/api/driver/USERNAME/%20Driver1").json() == driver
    for path in (f"Id/{driver['Id']}", "Username/driver1"):
        assert other_api.get(f"/api/Driver/{path}").status_code == 404
        assert other_api.delete(f"/api/Driver/{path}").status_code == 404


@pytest.mark.parametrize("key", ["Id/17", "Id/7c9e6679-7425-40de-944b-e07fc1f90ae7", "Username/nobody"])
def test_an_unknown_driver_and_what_is_no_uuid_is_not_found(api, driver, key):
    assert api.get(f"/api/Driver/{key}").status_code == 404
    assert api.delete(f"/api/Driver/{key}").status_code == 404


def test_a_driver_shows_each_team_code_once(driver):
    assert driver["TeamCodes"] == ["T-1", "T-2"]


@pytest.mark.parametrize("name", ["Id", "Username"])
def test_a_change_of_a_driver_keeps_what_it_leaves_out(api, driver, name):
    changed = api.put("/api/Driver", json={name: driver[name], "Note": "n", "Active": False, "Phone": ""})
    assert changed.status_code == 202, changed.text
    assert api.get("/api/Driver").json() == [{**driver, "Note": "n", "Active": False}]


def test_a_driver_found_by_id_gets_another_username(api, driver):
    assert api.put("/api/Driver", json={"Id": driver["Id"], "Username": "Driver1"}).status_code == 202
    assert api.put("/api/Driver", json={"Id": driver["Id"], "Username": "driver9"}).status_code == 202
    assert api.get("/api/Driver/Username/driver9").json()["Number"] == driver["Number"]
    assert api.get("/api/Driver/Username/driver1").status_code == 404
    api.post("/api/Driver", json=a_driver(Username="driver2"))
    assert api.put("/api/Driver", json={"Id": driver["Id"], "Username": "DRIVER2"}).status_code == 405


def test_a_password_is_only_ever_written_and_kept_as_a_hash(api, db, driver):
    def stored():
        with db.reading() as tx:
            return tx.execute(select(drivers.c.password_hash)).scalar_one()

    first = stored()
    api.put("/api/Driver", json={"Id": driver["Id"], "Note": "n"})
    assert stored() == first
    assert api.put("/api/Driver", json={"Id": driver["Id"], "Password": "1234"}).json()["Detail"].startswith("Password")
    api.put("/api/Driver", json={"Id": driver["Id"], "Password": "another"})
    assert PasswordHasher().verify(stored(), "another")
    assert "Password" not in api.get("/api/Driver").text


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"Note": "n"}, 400),
        ({"Username": "nobody"}, 404),
        ({"Id": "17", "Username": "driver1"}, 404),
        ({"Username": "driver1", "Zone": "x" * 101}, 400),
        ({"Username": "driver1", "TeamCodes": "T"}, 400),
    ],
)
def test_a_change_of_a_driver_that_cannot_be_changes_nothing(api, driver, change, status):
    assert api.put("/api/Driver", json=change).status_code == status
    assert api.get("/api/Driver").json() == [driver]


@pytest.mark.parametrize("name", ["Id", "Username"])
def test_a_deleted_driver_is_gone_and_leaves_the_username_but_not_the_number(api, driver, name):
    api.post("/api/Vehicle", json=a_vehicle())
    assert api.delete(f"/api/Driver/{name}/{driver[name]}").status_code == 200
    assert api.get("/api/Driver").json() == []
    assert api.delete(f"/api/Driver/{name}/{driver[name]}").status_code == 404
    [vehicle] = api.get("/api/Vehicle").json()
    assert (vehicle["DriverId"], vehicle["DriverUsername"]) == (None, None)
    assert api.put("/api/Vehicle", json={"Id": 1, "Weight": 5}).status_code == 202
    api.post("/api/Driver", json=a_driver())
    assert api.get("/api/Driver").json()[0]["Number"] == 2
    assert api.get("/api/Vehicle").json()[0]["DriverId"] is None


def an_order(number):
    return {"Number": number, "Client": "C", "Address": f"{number} street"}


def test_the_routes_that_wait_for_a_deleted_driver_wait_for_another_and_that_is_told(api, told, driver):
    api.post("/api/Route", json={"Code": "R-1", "DriverLogin": "driver1", "Orders": [an_order("A")]})
    told.news()
    assert api.delete("/api/Driver/Username/driver1").status_code == 200
    [event] = told.news()
    assert (event.type, event.data.get("DriverLogin")) == ("RouteUpdated", None)
    assert [order["DriverLogin"] for order in api.get("/api/Route/Code/R-1").json()["Orders"]] == [None]


@pytest.mark.parametrize("steps", [["Order/Number/A/Complete"], ["Route/Start/Code/R-1"], ["Route/Close/Code/R-1"]])
def test_a_driver_with_work_that_has_a_status_is_not_deleted(api, told, driver, steps):
    api.post("/api/Route", json={"Code": "R-1", "DriverLogin": "driver1", "Orders": [an_order("A")]})
    for step in steps:
        assert api.put(f"/api/{step}").status_code in (200, 202)
    told.news()
    answer = api.delete("/api/Driver/Username/driver1")
    assert answer.status_code == 400
    assert "driver1" in answer.json()["Detail"]
    assert api.get("/api/Driver").json() == [driver]
    assert told.news() == []


# One vehicle


@pytest.fixture
def vehicle(api, driver):
    api.post("/api/Vehicle", json=a_vehicle(Weight=900))
    return api.get("/api/Vehicle").json()[0]


def test_a_vehicle_is_found_by_its_id_in_its_own_account(api, other_api, vehicle):
    assert api.get("/api/VEHICLE/1").json() == vehicle
    assert other_api.get("/api/Vehicle/1").status_code == 404
    assert other_api.put("/api/Vehicle", json={"Id": 1, "Weight": 1}).status_code == 404
    assert other_api.delete("/api/Vehicle/1").status_code == 404


@pytest.mark.parametrize("key", ["2", "0", "-1", "one", "1.0", "9" * 30, "\N{SUPERSCRIPT ONE}"])
def test_an_unknown_vehicle_and_what_is_no_number_is_not_found(api, vehicle, key):
    assert api.get(f"/api/Vehicle/{key}").status_code == 404
    assert api.delete(f"/api/Vehicle/{key}").status_code == 404


def test_a_change_of_a_vehicle_keeps_what_it_leaves_out(api, vehicle):
    api.post("/api/Driver", json=a_driver(Username="driver2"))
    change = {"Id": "1", "DriverUsername": "DRIVER2", "Pallets": 4, "Weight": None}
    assert api.put("/api/Vehicle", json=change).status_code == 202
    other = api.get("/api/Driver/Username/driver2").json()
    after = {**vehicle, "Pallets": 4, "DriverId": other["Id"], "DriverUsername": "driver2"}
    assert api.get("/api/Vehicle/1").json() == after


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"Weight": 1}, 400),
        ({"Id": 9, "Weight": 1}, 404),
        ({"Id": 10**30, "Weight": 1}, 400),
        ({"Id": 1, "Number": " 456 def"}, 400),
        ({"Id": 1, "DriverUsername": "nobody"}, 400),
        ({"Id": 1, "SpeedRatio": 2.5}, 400),
    ],
)
def test_a_change_of_a_vehicle_that_cannot_be_changes_nothing(api, vehicle, change, status):
    api.post("/api/Vehicle", json=a_vehicle(Number="456 DEF"))
    assert api.put("/api/Vehicle", json=change).status_code == status
    assert api.get("/api/Vehicle/1").json() == vehicle


def test_a_deleted_vehicle_is_gone_and_leaves_the_number_but_not_the_id(api, vehicle):
    assert api.delete("/api/Vehicle/1").status_code == 200
    assert api.get("/api/Vehicle").json() == []
    assert api.get("/api/Vehicle/1").status_code == 404
    assert api.post("/api/Vehicle", json=a_vehicle()).headers["Location"] == "/Vehicle/2"


def test_a_vehicle_on_a_route_that_is_not_closed_is_not_deleted(api, vehicle):
    api.post("/api/Route", json={"Code": "R-1", "DriverVehicle": "123 abc"})
    assert "R-1" in api.delete("/api/Vehicle/1").json()["Detail"]
    assert api.get("/api/Vehicle/1").json() == vehicle
    api.put("/api/Route/Close/Code/R-1")
    assert api.delete("/api/Vehicle/1").status_code == 200


# Addresses


def test_an_address_is_added_and_then_changed_by_its_id_and_by_its_text(api, other_api):
    assert api.post("/api/Address", json={"Id": "A-1", "FullAddress": "Dock 1", "Lat": 1, "Lon": 2}).status_code == 201
    assert api.post("/api/Address", json={"Id": "A-1", "FullAddress": "Dock 2", "Zone": "Z"}).status_code == 202
    assert api.post("/api/Address", json={"FullAddress": "  DOCK  2", "Lat": 3, "Lon": 4}).status_code == 202
    assert api.post("/api/Address", json={"FullAddress": "Dock 3"}).status_code == 201
    assert api.post("/api/Address", json={"Id": "A-3", "FullAddress": "Dock 3"}).status_code == 201
    assert other_api.post("/api/Address", json={"Id": "A-1", "FullAddress": "Dock 1"}).status_code == 201
    api.post("/api/Order", json={"Number": "N-1", "Client": "C", "AddressId": "A-1"})
    order = api.get("/api/Order/Number/N-1").json()
    assert (order["AddressLat"], order["AddressLon"], order["AddressZone"]) == (3, 4, "Z")


def test_all_members_of_an_address_are_kept(api, db):
    first = {"Id": "A-1", "FullAddress": "Dock 1", "Name": "n", "Street": "s", "City": "c", "State": "t"}
    api.post("/api/Address", json=first)
    api.post("/api/Address", json={"Id": "A-1", "FullAddress": "Dock 1", "PostalCode": 10111, "TimeSlotFrom": "09:00"})
    with db.reading() as tx:
        kept = tx.execute(select(addresses.c.document)).scalar_one()
    assert kept == {
        "Name": "n",
        "Street": "s",
        "City": "c",
        "State": "t",
        "PostalCode": "10111",
        "TimeSlotFrom": "09:00",
    }


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"FullAddress": " "}, "FullAddress: "),
        ({"FullAddress": None}, "FullAddress: "),
        ({"FullAddress": "x" * 256}, "FullAddress: "),
        ({"Id": "x" * 51}, "Id: "),
        ({"Street": "x" * 96}, "Street: "),
        ({"City": "x" * 46}, "City: "),
        ({"State": "x" * 96}, "State: "),
        ({"PostalCode": "x" * 16}, "PostalCode: "),
        ({"Zone": "x" * 101}, "Zone: "),
        ({"Lat": 91}, "Lat: "),
        ({"Lon": "x"}, "Lon: "),
        ({"TimeSlotTo": "soon"}, "TimeSlotTo: "),
    ],
)
def test_what_cannot_be_an_address_is_refused_naming_the_member(api, change, line):
    answer = api.post("/api/Address", json={"FullAddress": "Dock 1", **change})
    assert answer.status_code == 400
    assert answer.json()["Detail"].startswith(line)
