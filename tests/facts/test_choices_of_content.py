"""What Waybell chose where the Track-POD API leaves it open, 1 to 12: what is told, what is meant, what comes back."""

import hashlib
import hmac
from base64 import b64decode

import pytest
from fastapi.testclient import TestClient
from pydantic_core import to_json

from support.documents import a_route, a_stop, an_order, get_order, get_route, post_route, stops, without_nulls
from waybell.accounts import keys
from waybell.accounts.model import Actor
from waybell.app import build, build_web
from waybell.settings import Settings

# 1


def test_the_four_event_names_that_are_not_public_are_guessed_from_the_pattern(api, told):
    """Choice 1."""
    post_route(api, a_route("A", "B"))
    told.news()
    api.put("/api/Route/Start/Code/R-1")
    api.put("/api/Route/Close/Code/R-1")
    assert told.types() == ["RouteStarted", "OrderStatusUpdated", "OrderStatusUpdated", "RouteClosed"]
    assert "RouteOptimized" in [one["Name"] for one in api.get("/api/EventType").json()["Items"]]


def test_a_setting_renames_events_for_who_knows_the_right_names(app, account, told):
    """Choice 1."""
    renaming = build(app.settings.model_copy(update={"event_names": {"RouteStarted": "RouteDispatched"}}), app.clock)
    with renaming.database.transaction() as tx:
        _, key = keys.create(tx, Actor(account, "tests"), "tests")
    api = TestClient(build_web(renaming), headers={"X-API-KEY": key})
    post_route(api, a_route())
    api.put("/api/Route/Start/Code/R-1")
    renaming.close()
    assert told.types() == ["RouteCreated", "RouteDispatched"]


# 2


def test_webhooks_are_signed_as_standard_webhooks_has_it_and_by_a_hex_hmac_in_a_header_of_ones_choice(api, receiver):
    """Choice 2. The body is nothing but Metadata and Data."""
    made = api.post("/api/Webhook", json={"Url": receiver.url, "HexHeader": "X-Signature"}).json()
    secret = api.get(f"/api/Webhook/{made['Id']}/Secret").json()["Items"][0]["Secret"]
    assert api.post(f"/api/Webhook/{made['Id']}/Test", json={"EventType": "OrderCreated"}).json()["Succeeded"]
    [got] = receiver.received
    assert list(got.document) == ["Metadata", "Data"]
    key = b64decode(secret.removeprefix("whsec_"))
    signed = f"{got.headers['webhook-id']}.{got.headers['webhook-timestamp']}.".encode() + got.body
    expected = hmac.digest(key, signed, "sha256")
    assert [b64decode(one.removeprefix("v1,")) for one in got.headers["webhook-signature"].split()] == [expected]
    assert got.headers["x-signature"] == hmac.new(key, got.body, hashlib.sha256).hexdigest()


# 3


@pytest.mark.parametrize("kind", [None, "omit", "send"])
def test_null_members_are_left_out_of_answers_as_of_webhooks_unless_a_setting_sends_them(api, told, kind):
    """Choice 3. Typed clients made from the original's document crash on null references. See safety/test_nulls.py."""
    in_force = {"null_members": kind or Settings().null_members}
    api.app.state.settings = api.app.state.settings.model_copy(update=in_force)
    api.post("/api/Order", json=an_order(PickupOrder={"Client": "Mill"}))
    order = get_order(api)
    [event] = told.news()
    assert "Note" not in event.data
    assert "Note" not in event.data["PickupOrder"]
    assert event.data == without_nulls(order)
    assert (order == event.data) == (kind != "send")
    assert ("Note" in order, "Note" in order["PickupOrder"]) == (kind == "send", kind == "send")


# 4


def test_the_number_and_id_of_another_order_may_be_given_again(api, told):
    """Choice 4."""
    for note in ("first", "second"):
        assert api.post("/api/Order", json=an_order(Id="x", Note=note)).status_code == 201
    assert api.post("/api/Order/Bulk", json=[an_order(Id="x")] * 2).status_code == 201
    assert told.types() == ["OrderCreated"] * 4


# 5


def test_of_several_orders_the_newest_is_meant(api):
    """Choice 5."""
    for note in ("older", "newer"):
        api.post("/api/Order", json=an_order(Id="x", Note=note))
    assert get_order(api)["Note"] == "newer"
    api.put("/api/Order", json={"Number": "N-1", "Phone": "1"})
    assert [order["Phone"] for order in api.get("/api/Order/Number/N-1/List").json()] == ["1", None]
    assert api.delete("/api/Order/Id/x").status_code == 200
    assert get_order(api)["Note"] == "older"


def test_a_put_looks_for_the_id_before_the_number(api):
    """Choice 5."""
    api.post("/api/Order", json=an_order("N-1", Id="x"))
    api.post("/api/Order", json=an_order("N-2"))
    assert api.put("/api/Order", json={"Id": "x", "Number": "N-2", "Note": "by its Id"}).status_code == 202
    notes = [order["Note"] for order in api.get("/api/Order/Date/2026-11-23").json()]
    assert notes == ["by its Id", None]


def test_of_orders_of_both_types_the_one_of_the_type_that_is_sent_is_meant(api):
    """Choice 5."""
    for order_type in (0, 1):
        api.post("/api/Order", json=an_order(Type=order_type))
    api.put("/api/Order", json={"Number": "N-1", "Type": 0, "Note": "delivery"})
    assert [order["Note"] for order in api.get("/api/Order/Date/2026-11-23").json()] == ["delivery", None]


# 6


@pytest.mark.parametrize("said", [{}, {"Client": None, "Weight": None, "GoodsList": None, "CustomFields": None}])
def test_what_a_put_leaves_out_or_sends_as_null_stays_and_lists_that_are_there_are_replaced(api, said):
    """Choice 6."""
    lists = {"GoodsList": [{"GoodsName": "Cups"}], "CustomFields": [{"Id": "cf_1", "Value": "a"}]}
    api.post("/api/Order", json=an_order(Weight=5, **lists))
    before = get_order(api)
    api.put("/api/Order", json={"Number": "N-1", "Note": "x", **said})
    assert get_order(api) == before | {"Note": "x"}
    api.put("/api/Order", json={"Number": "N-1", "GoodsList": [], "CustomFields": [{"Id": "cf_2", "Value": "b"}]})
    after = get_order(api)
    assert (after["GoodsList"], [field["Id"] for field in after["CustomFields"]]) == ([], ["cf_2"])


def test_a_put_of_a_route_replaces_its_orders_only_when_there_is_a_list(api, posted_route):
    """Choice 6."""
    for body in ({"DriverVehicle": "123 ABC"}, {"Orders": None}):
        api.put("/api/Route/Code/R-1", json=body)
        assert stops(api) == [("A", 1), ("B", 2)]
    api.put("/api/Route/Code/R-1", json={"Orders": [a_stop("C")]})
    assert stops(api) == [("C", 1)]


# 7


def test_a_new_order_needs_a_client_and_an_address_or_the_ids_of_known_ones(api):
    """Choice 7."""
    api.post("/api/Order", json=an_order(ClientId="C-1", AddressId="A-1"))
    for lacking in ("Client", "Address"):
        answer = api.post("/api/Order", json=an_order(**{lacking: None, f"{lacking}Id": "unknown"}))
        assert (answer.status_code, answer.json()["Detail"].partition(":")[0]) == (400, lacking)
    assert api.post("/api/Order", json={"Number": "N-2", "ClientId": "C-1", "AddressId": "A-1"}).status_code == 201
    order = get_order(api, "N-2")
    assert (order["Client"], order["Address"]) == ("Blue Harbour Cafe", "Kalasadama 4, Tallinn")


def test_a_changed_order_needs_neither_client_nor_address(api, posted):
    """Choice 7."""
    assert api.put("/api/Order", json={"Id": "ext-1", "Note": "x"}).status_code == 202


# 8


def test_without_a_date_orders_and_routes_are_for_today_where_the_account_is(api, clock):
    """Choice 8."""
    clock.move_to(clock.now().replace(hour=22, minute=30))  # past midnight in Tallinn
    api.post("/api/Order", json=an_order())
    post_route(api, {"Code": "R-1"})
    assert (get_order(api)["Date"], get_route(api)["Date"]) == ("2026-11-24T00:00:00",) * 2


# 9


@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_text_stands_for_a_member_that_is_absent(api, empty):
    """Choice 9."""
    members = dict.fromkeys(("Id", "Date", "Weight", "Type", "TimeSlotFrom", "AddressLat", "Priority", "Phone"), empty)
    assert api.post("/api/Order", json=an_order(**members)).status_code == 201
    order = get_order(api)
    assert (order["Date"], order["Weight"], order["Type"]) == ("2026-11-23T00:00:00", 0, 0)
    assert {order[name] for name in ("Id", "TimeSlotFrom", "AddressLat", "Priority", "Phone")} == {None}


# 10


def test_a_bulk_is_201_when_all_were_made_and_200_when_some_carry_an_error(api, told):
    """Choice 10."""
    answer = api.post("/api/Order/Bulk", json=[an_order("N-1"), an_order("N-2")])
    assert (answer.status_code, [one["Error"] for one in answer.json()]) == (201, [None, None])
    answer = api.post("/api/Order/Bulk", json=[an_order("N-3", Weight="x"), an_order("N-4"), 5])
    assert (answer.status_code, [one["Error"] is None for one in answer.json()]) == (200, [False, True, False])
    assert api.post("/api/Order/Bulk", json=[an_order(Client=None)]).status_code == 200
    assert told.types() == ["OrderCreated"] * 3


@pytest.mark.parametrize(
    "body",
    [b"{}", b"[]", b"null", b"7", b'"x"', b"", to_json({"Orders": [an_order()]}), to_json([an_order()] * 501)],
    ids=["object", "nothing in it", "null", "number", "text", "no body", "envelope", "501"],
)
def test_a_bulk_is_400_only_when_it_is_no_array_of_1_to_500(api, told, body):
    """Choice 10."""
    answer = api.post("/api/Order/Bulk", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["Status"]) == (400, 400)
    assert told.news() == []


# 11


def test_where_200_and_202_are_both_listed_it_is_202(api, posted_route):
    """Choice 11."""
    fields = [{"Id": "cf_1", "Value": "a"}]
    for answer in (
        api.put("/api/Route/Code/R-1", json={"DriverVehicle": "123 ABC"}),
        api.put("/api/Route/Id/ext-r", json={}),
        api.patch("/api/Route/Code/R-1/CustomFields", json=fields),
        api.put("/api/Route/Ready/Code/R-1"),
        api.put("/api/Route/Start/Code/R-1"),
        api.put("/api/Route/Close/Id/ext-r"),
        api.put("/api/Route/Export/Code/R-1"),
    ):
        assert (answer.status_code, answer.json()["Status"]) == (202, 202)


# 12


@pytest.mark.parametrize(
    ("names", "location"),
    [
        ({"Number": "N/1 ä", "Id": "7"}, "/Order/Number/N%2F1%20%C3%A4"),
        ({"Number": None, "Id": "7/8"}, "/Order/Id/7%2F8"),
        ({"Number": "", "Id": ""}, "/Order/TrackId/"),
    ],
)
def test_the_location_of_an_order_is_by_its_number_else_its_id_else_its_track_id_encoded(api, names, location):
    """Choice 12."""
    made = api.post("/api/Order", json=an_order(**names))
    assert made.headers["Location"].startswith(location)
    assert api.get(f"/api{made.headers['Location']}").json()["Number"] == (names["Number"] or None)


def test_new_routes_drivers_and_vehicles_have_a_location_bulks_and_addresses_none(api):
    """Choice 12."""
    driver = {"Name": "Driver One", "Username": "driver/1", "Password": "secret"}
    vehicle = {"Number": "123 ABC", "DriverUsername": "driver/1", "Depot": "Dock 1"}
    for path, body, location in (
        ("Route", {"Code": "R 1"}, "/Route/Code/R%201"),
        ("Route", {"Id": "r/1"}, "/Route/Id/r%2F1"),
        ("Driver", driver, "/Driver/Username/driver%2F1"),
        ("Vehicle", vehicle, "/Vehicle/1"),
        ("Order/Bulk", [an_order()], None),
        ("Address", {"FullAddress": "Kalasadama 4"}, None),
    ):
        made = api.post(f"/api/{path}", json=body)
        assert (made.status_code, made.headers.get("Location")) == (201, location), made.text
        assert location is None or api.get(f"/api{location}").status_code == 200
