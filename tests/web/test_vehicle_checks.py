"""The checks of vehicles: added by an extension of ours, read as the Track-POD API has it."""

import pytest


def a_check(**members):
    return {"VehicleNumber": "123 ABC", "Date": "2026-11-23T07:00:00", **members}


def add(api, **members):
    answer = api.post("/api/VehicleCheck", json=a_check(**members))
    assert answer.status_code == 201, answer.text


def get(api, path):
    answer = api.get(f"/api/VehicleCheck/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_check_is_shown_with_its_driver_depot_and_values(api, told):
    driver = {"Name": "Driver One", "Username": "driver1", "Password": "secret", "DepotId": "D-1", "Depot": "Dock 1"}
    api.post("/api/Driver", json=driver)
    values = [{"Label": "Tyres", "Status": True, "Note": "new", "Value": "3.5"}, {"Label": "Lights", "Status": "false"}]
    add(api, DriverLogin="DRIVER1", Odometer=1200, Stage="BeforeRoute", RouteNumber="R-1", Values=values)
    assert get(api, "123%20abc") == {
        "DriverLogin": "driver1",
        "DriverName": "Driver One",
        "DepotId": "D-1",
        "Depot": "Dock 1",
        "Date": "2026-11-23T07:00:00",
        "VehicleNumber": "123 ABC",
        "Odometer": 1200,
        "Values": [
            {"Label": "Tyres", "Status": True, "Photo": None, "Photos": None, "Note": "new", "Value": 3.5},
            {"Label": "Lights", "Status": False, "Photo": None, "Photos": None, "Note": None, "Value": None},
        ],
        "HasSignature": False,
        "SignaturePhoto": None,
        "Stage": "BeforeRoute",
        "RouteNumber": "R-1",
    }
    assert told.news() == []


def test_the_depot_of_a_check_is_the_one_that_is_sent(api):
    api.post("/api/Depot", json={"Id": "D-2", "Name": "Dock 2"})
    api.post("/api/Driver", json={"Name": "D", "Username": "d", "Password": "secret", "Depot": "Dock 1"})
    add(api, DriverLogin="d", DepotId="D-2")
    assert (get(api, "123 ABC")["DepotId"], get(api, "123 ABC")["Depot"]) == ("D-2", "Dock 2")


def test_a_check_without_a_date_was_made_now(api):
    add(api, Date=None)
    assert get(api, "123 ABC")["Date"] == "2026-11-23T14:00:00"  # noon UTC, in Tallinn


def test_another_accounts_driver_is_unknown(api, other_api):
    other_api.post("/api/Driver", json={"Name": "D", "Username": "d", "Password": "secret"})
    assert api.post("/api/VehicleCheck", json=a_check(DriverLogin="d")).status_code == 400


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"VehicleNumber": " "}, "VehicleNumber"),
        ({"VehicleNumber": "x" * 31}, "VehicleNumber: "),
        ({"DriverLogin": "nobody"}, "DriverLogin: "),
        ({"Date": "soon"}, "Date: "),
        ({"Odometer": "far"}, "Odometer: "),
        ({"Odometer": -1}, "Odometer: "),
        ({"Stage": "OnRoute"}, "Stage: "),
        ({"Values": {}}, "Values: "),
        ({"Values": [{}] * 201}, "Values: "),
        ({"Values": [{}, {"Value": "x"}]}, "Values[1].Value: "),
        ({"Values": [{"Note": "x" * 501}]}, "Values[0].Note: "),
    ],
)
def test_what_cannot_be_a_check_is_refused_naming_the_member(api, change, named):
    answer = api.post("/api/VehicleCheck", json=a_check(**change))
    assert answer.status_code == 400
    assert named in answer.json()["Detail"]
    assert get(api, "Date/2026-11-23") == []
