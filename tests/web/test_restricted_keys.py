"""Restricted keys: what they may not do is refused, what is not theirs is not there."""

import re
from datetime import timedelta
from typing import Any

import pytest
from fastapi.routing import APIRoute

from support.waiting import wait_for
from waybell.accounts.grants import FULL, KINDS, METHODS, Grant, read_networks
from waybell.web.api.routing import ApiRoute
from waybell.web.app import OPERATIONS

OPERATIONS_OF_ALL = [
    (method, route)
    for module in OPERATIONS
    for route in module.api.routes
    if isinstance(route, ApiRoute)
    for method in sorted(route.methods)
]
ORDER: dict[str, Any] = {"Client": "Kalamaja", "Address": "Telliskivi 60a, Tallinn", "Date": "2026-11-23"}
DAY = "2026-11-23"


def path_of(route: APIRoute) -> str:
    return re.sub(r"\{\w+[^}]*\}", "x", route.path)


def refused(answer) -> str:
    assert answer.status_code == 403, answer.text
    assert set(answer.json()) == {"Status", "Title", "Detail"}
    assert answer.json()["Status"] == 403
    return answer.json()["Detail"]


def test_every_operation_is_refused_to_a_key_of_another_kind(key_with):
    clients = {kind: key_with(Grant(kinds=tuple(one for one in KINDS if one != kind))) for kind in KINDS}
    for method, route in OPERATIONS_OF_ALL:
        kind = route._kind
        if kind:
            assert f"may not use {kind}" in refused(clients[kind].request(method, path_of(route))), route.path
        else:
            assert clients["Orders"].request(method, path_of(route)).status_code == 200


def test_every_operation_is_refused_to_a_key_without_its_method(key_with):
    clients: dict[str, Any] = {
        method: key_with(Grant(methods=tuple(one for one in METHODS if one != method), kinds=KINDS))
        for method in METHODS
    }
    for method, route in OPERATIONS_OF_ALL:
        assert f"may not use {method}" in refused(clients[method].request(method, path_of(route))), route.path


def test_what_is_refused_is_refused_before_the_body_is_read(key_with):
    api = key_with(Grant(methods=("GET",)))
    refused(api.post("/api/Order", content=b"no json", headers={"Content-Type": "application/json"}))


@pytest.mark.parametrize("methods", [("GET",), ("GET", "PATCH", "DELETE")])
def test_secrets_are_not_shown_to_a_key_that_may_not_change_the_endpoint(api, key_with, methods):
    """Signing secrets and values of headers: what a key that only reads could pass off as ours."""
    wanted = {"Url": "https://e.example/", "Headers": {"Authorization": "Bearer t0ken"}}
    path = f"/api/Webhook/{api.post('/api/Webhook', json=wanted).json()['Id']}"
    reader = key_with(Grant(methods=methods))
    assert reader.get(path).status_code == 200
    answer = reader.get(f"{path}/Secret")
    assert "may not see secrets" in refused(answer)
    assert "whsec_" not in answer.text
    assert "t0ken" not in answer.text
    for more in ("POST", "PUT"):
        shown = key_with(Grant(methods=("GET", more))).get(f"{path}/Secret")
        assert shown.json()["Headers"] == wanted["Headers"]
        assert "whsec_" in shown.text


def test_a_key_is_refused_from_elsewhere(key_with):
    grant = Grant(networks=read_networks(["10.0.0.0/8"]))
    assert key_with(grant, "10.1.2.3").get("/api/Test").status_code == 200
    assert "192.0.2.1" in refused(key_with(grant).get("/api/Test"))


def test_a_key_that_has_ended_is_unknown(key_with, clock):
    api = key_with(Grant(expires_at=clock.now() + timedelta(hours=1)))
    assert api.get("/api/Test").status_code == 200
    clock.move_to(clock.now() + timedelta(hours=1))
    assert api.get("/api/Test").status_code == 401


@pytest.fixture
def mine(key_with):
    return key_with(Grant(shippers=("S1",), depots=("D1",)))


@pytest.fixture
def of_depot(key_with):
    return key_with(Grant(depots=("D1",)))


def add_order(api, number: str, shipper: str | None = "S1", depot: str | None = "D1", **more) -> None:
    body = ORDER | {"Number": number, "Id": f"id-{number}", "ShipperId": shipper, "DepotId": depot} | more
    answer = api.post("/api/Order", json=body)
    assert answer.status_code == 201, answer.text


def add_route(api, code: str, *orders: tuple[str, str, str], depot: str | None = "D1") -> None:
    wanted = [
        ORDER | {"Number": number, "ShipperId": shipper, "DepotId": its_depot} for number, shipper, its_depot in orders
    ]
    answer = api.post("/api/Route", json={"Code": code, "Date": DAY, "DepotId": depot, "Orders": wanted})
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(("shipper", "depot"), [("S2", "D1"), ("S1", "D2"), (None, "D1"), ("S1", None)])
def test_orders_of_others_are_not_found_and_cannot_be_changed(api, mine, shipper, depot):
    add_order(api, "1", shipper, depot)
    add_order(api, "2")
    track_id = api.get("/api/Order/Number/1").json()["TrackId"]
    for path in ("Number/1", "Id/id-1", f"TrackId/{track_id}"):
        assert mine.get(f"/api/Order/{path}").status_code == 404
        assert mine.put(f"/api/Order/{path}/Complete").status_code == 404
    assert mine.delete("/api/Order/Number/1").status_code == 404
    assert mine.put("/api/Order", json={"Number": "1", "Note": "mine now"}).status_code == 404
    assert [one["Number"] for one in mine.get(f"/api/Order/Date/{DAY}").json()] == ["2"]
    assert mine.get("/api/Order/Number/2").status_code == 200
    assert api.get("/api/Order/Number/1").json()["Note"] is None


def test_the_newest_order_with_a_number_is_the_newest_of_ones_own(api, mine):
    add_order(api, "7", Note="mine")
    add_order(api, "7", "S2", Note="theirs")
    assert mine.get("/api/Order/Number/7").json()["Note"] == "mine"
    assert api.get("/api/Order/Number/7").json()["Note"] == "theirs"


def test_a_deleted_order_of_others_was_never_there(api, mine):
    for number, shipper in (("1", "S2"), ("2", "S1")):
        add_order(api, number, shipper)
        api.delete(f"/api/Order/Number/{number}")
    assert mine.get("/api/Order/Number/1").status_code == 404
    assert mine.get("/api/Order/Number/2").status_code == 410


def test_a_new_order_outside_is_refused_and_none_leaves(api, mine):
    for shipper, depot, member in (("S2", "D1", "ShipperId"), (None, "D1", "ShipperId"), ("S1", "D2", "DepotId")):
        body = ORDER | {"Number": "1", "ShipperId": shipper, "DepotId": depot}
        assert refused(mine.post("/api/Order", json=body)).startswith(f"{member}: ")
        assert refused(mine.post("/api/Order/Bulk", json=[body])).startswith(f"{member}: ")
    add_order(mine, "1")
    assert refused(mine.put("/api/Order", json={"Number": "1", "ShipperId": "S2"})).startswith("ShipperId: ")
    assert mine.put("/api/Order", json={"Number": "1", "Note": "x"}).status_code == 202
    assert [one["Number"] for one in api.get(f"/api/Order/Date/{DAY}").json()] == ["1"]


def test_a_route_with_orders_of_others_is_not_found(api, mine):
    add_route(api, "R1", ("1", "S1", "D1"), ("2", "S2", "D1"))
    add_route(api, "R2", ("3", "S1", "D1"))
    add_route(api, "R3", ("4", "S1", "D1"), depot="D2")
    for code in ("R1", "R3"):
        assert mine.get(f"/api/Route/Code/{code}").status_code == 404
        assert mine.put(f"/api/Route/Code/{code}", json={"Orders": []}).status_code == 404
        assert mine.put(f"/api/Route/Start/Code/{code}").status_code == 404
        assert mine.delete(f"/api/Route/Code/{code}").status_code == 404
    assert [one["Code"] for one in mine.get(f"/api/Route/Date/{DAY}").json()] == ["R2"]
    assert mine.put("/api/Route/Start/Code/R2").status_code == 202
    assert api.get("/api/Route/Code/R1").json()["Status"] == "Ready"


@pytest.mark.parametrize("code", ["R1", "R3"])
def test_a_route_of_others_is_not_exported_tracked_or_optimised(api, mine, code):
    add_route(api, "R1", ("1", "S1", "D1"), ("2", "S2", "D1"))
    add_route(api, "R2", ("3", "S1", "D1"))
    add_route(api, "R3", ("4", "S1", "D1"), depot="D2")
    assert mine.get("/api/Route/Export/Code?status=0").json() == ["R2"]
    assert mine.put(f"/api/Route/Export/Code/{code}").status_code == 404
    points = [{"Lat": 59.4, "Lng": 24.7, "Speed": 1, "Date": DAY}]
    assert mine.post(f"/api/Route/Track/Code/{code}", json=points).status_code == 404
    assert mine.put(f"/api/Route/Optimize/Code/{code}").status_code == 404
    assert api.get("/api/Route/Export/Code?status=0").json() == ["R1", "R2", "R3"]


def test_a_new_route_outside_is_refused_whole(api, mine):
    body: dict[str, Any] = {"Code": "R", "Date": DAY, "DepotId": "D2"}
    assert refused(mine.post("/api/Route", json=body)).startswith("DepotId: ")
    body = {"Code": "R", "Date": DAY, "DepotId": "D1", "Orders": [ORDER | {"ShipperId": "S2", "DepotId": "D1"}]}
    assert refused(mine.post("/api/Route", json=body)).startswith("ShipperId: ")
    assert api.get("/api/Route/Code/R").status_code == 404
    add_route(mine, "R", ("1", "S1", "D1"))
    assert refused(mine.put("/api/Route/Code/R", json={"DepotId": "D2"})).startswith("DepotId: ")


def test_a_route_that_serves_others_too_is_not_changed_through_ones_own_order(api, mine):
    add_route(api, "R1", ("1", "S1", "D1"), ("2", "S2", "D1"))
    add_route(api, "R2", ("3", "S1", "D1"))
    before = api.get("/api/Route/Code/R1").json()
    assert "may not change that route" in refused(mine.delete("/api/Order/Number/1"))
    refused(mine.put("/api/Route/Code/R2/Order/Number/1?allowTransfer=true"))
    assert api.get("/api/Route/Code/R1").json() == before
    assert mine.put("/api/Order/Number/1/Complete").status_code == 200


def read_feed(api) -> list[dict]:
    """To its end, which on PostgreSQL is that of the oldest transaction on the server: others may hold it back."""
    told, cursor = [], None
    while True:
        page = api.get("/api/Event", params={"Limit": 2} | ({"After": cursor} if cursor else {})).json()
        told += page["Items"]
        if page["Cursor"] == cursor:
            return told
        cursor = page["Cursor"]


def test_the_feed_tells_of_ones_own_only_deletions_too(api, mine):
    for number, shipper in (("1", "S1"), ("2", "S2")):
        add_order(api, number, shipper)
        api.delete(f"/api/Order/Number/{number}")
    add_route(api, "R1", ("3", "S1", "D1"), ("4", "S2", "D1"))
    add_route(api, "R2", ("5", "S1", "D1"))
    wait_for(lambda: len(read_feed(mine)) >= 5)
    told = [(one["Metadata"]["Event"], one["Data"].get("Number") or one["Data"].get("Code")) for one in read_feed(mine)]
    assert told == [
        ("OrderCreated", "1"),
        ("OrderDeleted", "1"),
        ("OrderCreated", "3"),
        ("RouteCreated", "R2"),
        ("OrderCreated", "5"),
    ]


def test_events_of_ones_own_types_name_their_shipper(api, mine):
    api.post("/api/EventType", json={"Name": "invoice.paid", "Meaning": "x"})
    outside = {"Event": "invoice.paid", "Data": {"Sum": 1}}
    assert refused(mine.post("/api/Event", json=outside)).startswith("ShipperId: ")
    inside = outside | {"Data": {"ShipperId": "S1", "DepotId": "D1"}}
    assert mine.post("/api/Event", json=inside).status_code == 201
    api.post("/api/Event", json=outside)
    wait_for(lambda: len(read_feed(api)) == 2)
    assert [one["Data"] for one in read_feed(mine)] == [inside["Data"]]


def test_a_type_of_ones_own_whose_name_ends_as_that_of_a_deletion_is_judged_by_its_own_data(api, mine):
    api.post("/api/EventType", json={"Name": "invoiceDeleted", "Meaning": "x"})
    theirs, ours = {"ShipperId": "S2", "DepotId": "D1"}, {"ShipperId": "S1", "DepotId": "D1"}
    for number, data in ((1, ours), (2, ours), (2, theirs), (3, theirs), (3, ours)):
        wanted = {"Event": "invoiceDeleted", "Subject": f"invoice:{number}", "Data": data | {"Number": number}}
        assert api.post("/api/Event", json=wanted).status_code == 201
    wait_for(lambda: len(read_feed(api)) == 5)
    assert [one["Data"] for one in read_feed(mine)] == [ours | {"Number": number} for number in (1, 2, 3)]


def test_webhooks_tell_of_the_whole_account_so_a_scoped_key_has_none(mine):
    for method, path in (("GET", "/api/Webhook"), ("POST", "/api/Webhook")):
        assert "may not use Webhooks" in refused(mine.request(method, path))


def test_a_full_key_is_restricted_in_nothing_but_keys(key_with):
    api = key_with(FULL)
    for method, route in OPERATIONS_OF_ALL:
        assert (api.request(method, path_of(route)).status_code == 403) == (route._kind == "Keys"), route.path
