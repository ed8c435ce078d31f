"""These operations read what drivers found when they checked their vehicles. Operations of our own bring it in."""

from itertools import count

import pytest

from support.operations import each


@pytest.fixture
def add(api):
    """Adds a check whose Odometer is the number of checks so far."""
    numbers = count(1)

    def check(number, date):
        body = {"VehicleNumber": number, "Date": date, "Odometer": next(numbers)}
        assert api.post("/api/VehicleCheck", json=body).status_code == 201

    return check


def which(answer):
    assert answer.status_code == 200, answer.text
    return [check["Odometer"] for check in answer.json()]


@each("GetCheckByVehicle")
def test_the_last_check_of_a_vehicle_is_the_one_with_the_latest_date(api, told, add, operation):
    add("123 ABC", "2026-11-23T17:00:00")
    add("123 ABC", "2026-11-23T07:00:00")
    add("456 DEF", "2026-11-23T18:00:00")
    last = operation(api, {"Number": " 123 abc"})
    assert (last.status_code, last.json()["VehicleNumber"], last.json()["Odometer"]) == (200, "123 ABC", 1)
    assert told.news() == []


@each("GetCheckByVehicle")
def test_a_vehicle_without_a_check_has_no_last_one(api, other_api, add, operation):
    """The API lists no 404 here, but no check could be answered otherwise."""
    add("123 ABC", "2026-11-23T17:00:00")
    for client, number in ((api, "9"), (other_api, "123 ABC")):
        assert operation(client, {"Number": number}).status_code == 404


@each("GetChecksByVehicle", "GetVehicleChecksByDate")
@pytest.mark.parametrize("date", ["2026-11-23", "2026-11-23T10:00:00"])
def test_the_checks_of_a_day_are_listed_by_time_those_of_one_vehicle_or_all(api, other_api, told, add, operation, date):
    add("123/ABC", "2026-11-23T17:00:00")
    add("123/ABC", "2026-11-23T00:00:00")
    add("456 DEF", "2026-11-23T23:59:59")
    add("123/ABC", "2026-11-24T00:00:00")
    about = {"Number": "123/abc", "Date": date}
    assert which(operation(api, about)) == ([2, 1] if operation.id == "GetChecksByVehicle" else [2, 1, 3])
    assert which(operation(api, about | {"Date": "2026-11-25"})) == which(operation(other_api, about)) == []
    assert told.news() == []


@each("GetChecksByVehicle")
def test_a_vehicle_that_nobody_knows_has_no_checks(api, add, operation):
    add("123 ABC", "2026-11-23T17:00:00")
    assert which(operation(api, {"Number": "9", "Date": "2026-11-23"})) == []
