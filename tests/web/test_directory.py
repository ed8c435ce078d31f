"""The driver and vehicle operations of the API."""

import pytest
from sqlalchemy import select

from waybell.directory.tables import drivers


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
