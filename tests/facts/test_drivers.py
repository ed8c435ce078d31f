"""These operations find drivers by our uuid and by their username, and add, change and delete them."""

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from support.documents import an_order, get_route, post_route, without_nulls
from support.operations import each
from waybell.accounts.grants import Grant
from waybell.directory.tables import drivers
from waybell.routes import driver_renaming


def a_driver(**members):
    return {"Name": "Driver One", "Username": "driver1", "Password": "secret", **members}


@each("AddDriver")
def test_a_new_driver_is_listed_without_the_password_and_fires_nothing(api, db, told, operation):
    made = operation(api, json=a_driver(Username=" Driver 1/A ", Phone=5550100))
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


@each("GetDrivers")
def test_all_drivers_of_the_account_are_listed_by_number_and_there_are_no_pages(api, other_api, operation):
    for client, username in ((api, "b"), (other_api, "a"), (api, "a")):
        assert client.post("/api/Driver", json=a_driver(Username=username)).status_code == 201
    found = operation(api, limit=1).json()
    assert [(driver["Number"], driver["Username"]) for driver in found] == [(1, "b"), (2, "a")]
    assert [driver["Number"] for driver in operation(other_api).json()] == [1]


@each("AddDriver")
def test_a_new_driver_with_a_username_that_exists_in_any_letter_case_is_not_allowed(api, operation):
    api.post("/api/Driver", json=a_driver())
    assert operation(api, json=a_driver(Username=" DRIVER1")).status_code == 405


@each("AddDriver")
def test_a_new_driver_needs_name_username_and_a_password_of_five_characters(api, operation):
    for change in ({"Name": ""}, {"Username": None}, {"Password": None}, {"Password": "1234"}, {"Active": "perhaps"}):
        assert operation(api, json=a_driver(**change)).status_code == 400, change
        assert api.get("/api/Driver").json() == []


# One driver


@pytest.fixture
def driver(api):
    api.post("/api/Driver", json=a_driver(Phone="1", TeamCodes=["T-1", " T-2", "", "T-1"]))
    return api.get("/api/Driver").json()[0]


@each("GetDriverById", "GetDriverByUsername")
def test_a_driver_is_found_by_uuid_and_by_username_in_any_letter_case_between_blanks(
    api, other_api, told, driver, operation
):
    for names in (driver, {"Id": driver["Id"].upper(), "Username": " Driver1 "}):
        found = operation(api, names)
        assert (found.status_code, found.json()) == (200, driver)
    assert operation(other_api, driver).status_code == 404
    assert told.news() == []


@each("GetDriverById", "GetDriverByUsername", "DeleteDriverById", "DeleteDriverByUsername")
def test_a_driver_that_is_unknown_and_an_id_that_is_no_uuid_are_not_found(api, driver, operation):
    for driver_id in ("17", "7c9e6679-7425-40de-944b-e07fc1f90ae7"):
        assert operation(api, {"Id": driver_id, "Username": "nobody"}).status_code == 404, driver_id
        assert api.get("/api/Driver").json() == [driver]


def test_a_driver_shows_each_team_code_once(driver):
    assert driver["TeamCodes"] == ["T-1", "T-2"]


@each("UpdateDriver")
@pytest.mark.parametrize("name", ["Id", "Username"])
def test_a_driver_named_by_id_or_else_username_keeps_what_a_change_leaves_out(api, told, driver, operation, name):
    changed = operation(api, json={name: driver[name], "Note": "n", "Active": False, "Phone": ""})
    assert (changed.status_code, changed.json()["Status"]) == (202, 202), changed.text
    assert api.get("/api/Driver").json() == [{**driver, "Note": "n", "Active": False}]
    assert told.news() == []


@each("UpdateDriver")
def test_a_driver_named_by_id_gets_another_username_but_none_that_exists(api, driver, operation):
    assert operation(api, json={"Id": driver["Id"], "Username": "Driver1"}).status_code == 202
    assert operation(api, json={"Id": driver["Id"], "Username": "driver9"}).status_code == 202
    assert api.get("/api/Driver/Username/driver9").json()["Number"] == driver["Number"]
    assert api.get("/api/Driver/Username/driver1").status_code == 404
    api.post("/api/Driver", json=a_driver(Username="driver2"))
    assert operation(api, json={"Id": driver["Id"], "Username": "DRIVER2"}).status_code == 405


@each("UpdateDriver")
@pytest.mark.parametrize("change", [{"Name": "Driver Two"}, {"Username": "driver9"}, {"Username": "DRIVER1"}])
def test_routes_still_to_be_driven_follow_their_drivers_new_name_and_are_told(api, told, driver, operation, change):
    """Choice 49."""
    for code, day in (("closed", 23), ("today", 23), ("tomorrow", 24), ("old", 15), ("another", 23)):
        who = {"DriverLogin": "driver2"} if code == "another" else {"DriverLogin": "driver1"}
        post_route(api, {"Code": code, "Date": f"2026-11-{day}", "Orders": [an_order(code)], **who})
    assert api.put("/api/Route/Close/Code/closed").status_code == 202
    before = {code: get_route(api, code) for code in ("closed", "old", "another")}
    told.news()
    assert operation(api, json={"Id": driver["Id"], **change}).status_code == 202
    shown = {"DriverName": "Driver One", "DriverLogin": "driver1"}
    shown |= {{"Name": "DriverName", "Username": "DriverLogin"}[name]: value for name, value in change.items()}
    events = told.news()
    assert [(event.type, event.data["Code"]) for event in events] == [
        ("RouteUpdated", "today"),
        ("RouteUpdated", "tomorrow"),
    ]
    for event in events:
        assert event.data == without_nulls(get_route(api, event.data["Code"]))
        for document in (event.data, *event.data["Orders"]):
            assert {name: document[name] for name in shown} == shown
    assert {code: get_route(api, code) for code in before} == before
    assert operation(api, json={"Id": driver["Id"], **change, "Note": "n"}).status_code == 202
    assert told.news() == []


@each("UpdateDriver")
def test_a_new_name_is_told_of_so_many_orders_at_once_and_by_a_key_of_what_it_sees(
    api, told, key_with, driver, operation, monkeypatch
):
    monkeypatch.setattr(driver_renaming, "MOST_BYTES", 700)  # some two orders
    for code, day, depot in (("c", 26, "D-1"), ("b", 25, "D-1"), ("a", 24, "D-1"), ("foreign", 23, "D-2")):
        orders = [an_order(f"{code}{at}", DepotId=depot) for at in range(1 if code != "a" else 3)]
        route = {"Code": code, "Date": f"2026-11-{day}", "DepotId": depot, "DriverLogin": "driver1", "Orders": orders}
        post_route(api, route)
    told.news()
    scoped = key_with(Grant(depots=("D-1",)))
    assert operation(scoped, json={"Username": "driver1", "Name": "Driver Two"}).status_code == 202
    assert [event.data["Code"] for event in told.news()] == ["a"]  # the first, whatever is on it
    api.delete("/api/Route/Code/a")
    told.news()
    assert operation(scoped, json={"Username": "driver1", "Name": "Driver Three"}).status_code == 202
    assert {event.data["Code"] for event in told.news()} == {"b", "c"}
    assert get_route(api, "foreign")["DriverName"] == "Driver One"
    # The others show the new name with the next word about their driver.
    assert api.put("/api/Route/Code/foreign", json={"DriverLogin": "driver1"}).status_code == 202
    assert told.news()[0].data["DriverName"] == "Driver Three"


@each("AddDriver", "UpdateDriver")
def test_a_home_address_that_cannot_be_resolved_is_kept_as_it_was_sent(api, operation):
    """The API refuses it with 405. Ours looks no address up anywhere, so it cannot tell such a one from a good one."""
    if operation.id == "UpdateDriver":
        api.post("/api/Driver", json=a_driver())
    assert operation(api, json=a_driver(HomeAddress="Nowhere 17")).status_code == operation.statuses[0]
    assert api.get("/api/Driver").json()[0]["HomeAddress"] == "Nowhere 17"


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


@each("UpdateDriver")
def test_a_change_of_a_driver_that_cannot_be_changes_nothing(api, driver, operation):
    for change, status in (
        ({"Note": "n"}, 400),
        ({"Username": "nobody"}, 404),
        ({"Id": "17", "Username": "driver1"}, 404),
        ({"Username": "driver1", "Zone": "x" * 101}, 400),
        ({"Username": "driver1", "TeamCodes": "T"}, 400),
    ):
        assert operation(api, json=change).status_code == status, change
        assert api.get("/api/Driver").json() == [driver]


@each("DeleteDriverById", "DeleteDriverByUsername")
def test_a_deleted_driver_is_gone_and_leaves_the_username_but_not_the_number(api, other_api, told, driver, operation):
    api.post("/api/Vehicle", json={"Number": "123 ABC", "DriverUsername": "driver1", "Depot": "Dock 1"})
    assert operation(other_api, driver).status_code == 404
    deleted = operation(api, driver)
    assert (deleted.status_code, deleted.json()["Status"]) == (200, 200)
    assert api.get("/api/Driver").json() == []
    assert operation(api, driver).status_code == 404
    [vehicle] = api.get("/api/Vehicle").json()
    assert (vehicle["DriverId"], vehicle["DriverUsername"]) == (None, None)
    assert api.put("/api/Vehicle", json={"Id": 1, "Weight": 5}).status_code == 202
    api.post("/api/Driver", json=a_driver())
    assert api.get("/api/Driver").json()[0]["Number"] == 2
    assert api.get("/api/Vehicle").json()[0]["DriverId"] is None
    assert told.news() == []


def a_route_of_theirs(api):
    return post_route(api, {"Code": "R-1", "DriverLogin": "driver1", "Orders": [an_order("A")]})


@each("DeleteDriverById", "DeleteDriverByUsername")
def test_the_routes_that_wait_for_a_deleted_driver_wait_for_another_and_that_is_told(api, told, driver, operation):
    a_route_of_theirs(api)
    told.news()
    assert operation(api, driver).status_code == 200
    [event] = told.news()
    assert (event.type, event.data.get("DriverLogin")) == ("RouteUpdated", None)
    assert [order["DriverLogin"] for order in get_route(api)["Orders"]] == [None]


@each("DeleteDriverById", "DeleteDriverByUsername")
@pytest.mark.parametrize("step", ["Order/Number/A/Complete", "Route/Start/Code/R-1", "Route/Close/Code/R-1"])
def test_a_driver_with_work_that_has_a_status_cannot_be_deleted(api, told, driver, operation, step):
    a_route_of_theirs(api)
    assert api.put(f"/api/{step}").is_success
    told.news()
    answer = operation(api, driver)
    assert answer.status_code == 400
    assert "driver1" in answer.json()["Detail"]
    assert api.get("/api/Driver").json() == [driver]
    assert told.news() == []
