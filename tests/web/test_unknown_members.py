"""Our own operations refuse what they do not know, and take back what they answer."""

import copy
from collections.abc import Iterator
from typing import Any, get_args, get_origin

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from support.operations import OPERATIONS as THEIRS
from support.walks import operations
from waybell.accounts import keys
from waybell.accounts.grants import KINDS, Grant
from waybell.accounts.model import Actor
from waybell.accounts.tables import audit_entries
from waybell.events.tables import events
from waybell.web.api.original_operations import ORIGINAL
from waybell.web.app import OPERATIONS
from waybell.webhooks.endpoints.tables import endpoints
from waybell.wire.model import Request
from waybell.wire.xml import bare

ROUTES = {route.operation_id: route for noun in OPERATIONS for route in noun.api.routes}
OURS = {name: route for name, route in ROUTES.items() if name not in THEIRS}


@pytest.fixture
def api(app, web, account):
    """Its key may use all there is, keys too."""
    with app.database.transaction() as tx:
        _, text = keys.create(tx, Actor(account, "tests"), "all", Grant(kinds=KINDS))
    return TestClient(web, headers={"X-API-KEY": text}, raise_server_exceptions=False)


def detail(answer: Any) -> str:
    """What an answer says is wrong; of a bulk, what is wrong with its item."""
    body = answer.json()
    return body["Detail"] if isinstance(body, dict) else body[0]["Error"]


def objects(value: Any, shape: Any, place: tuple = ()) -> Iterator[tuple]:
    """Where in an example the documents stand whose members we know."""
    shape = bare(shape)
    if get_origin(shape) is list:
        for at, part in enumerate(value or []):
            yield from objects(part, get_args(shape)[0], (*place, at))
    elif isinstance(shape, type) and issubclass(shape, Request) and isinstance(value, dict):
        yield place
        by_name = {(field.alias or name): field.annotation for name, field in shape.model_fields.items()}
        for name, part in value.items():
            yield from objects(part, by_name[name], (*place, name))


def test_the_operations_of_that_api_are_known_by_name():
    assert set(THEIRS) == ORIGINAL


def test_each_operation_of_ours_names_a_member_that_it_does_not_know_wherever_it_stands(api):
    tried = 0
    for method, path, names, content, _ in operations(api):
        route = _route(method, path)
        if route.operation_id in THEIRS or not route.body_field:
            continue
        url = path.format(**dict.fromkeys(names, "x"))
        example = content["application/json"].get("example", {})
        for place in objects(example, route.body_field.field_info.annotation):
            body = copy.deepcopy(example)
            inner = body
            for step in place:
                inner = inner[step]
            inner["Unheard"] = 1
            answer = api.request(method, url, json=body)
            assert answer.status_code in (400, 200), (route.operation_id, answer.text)
            assert "Unheard: is not known here." in detail(answer), (route.operation_id, place, answer.text)
            tried += 1
    assert tried > 30


def _route(method: str, path: str) -> Any:
    return next(one for one in ROUTES.values() if method in one.methods and _plain(one.path) == _plain(path))


def _plain(path: str) -> str:
    return path.replace("_", "").lower()


def test_each_operation_of_ours_names_a_parameter_that_it_does_not_know(api):
    for method, path, names, content, _ in operations(api):
        route = _route(method, path)
        url = path.format(**dict.fromkeys(names, "2026-11-23" if "date" in names else "x"))
        body = {"json": content["application/json"].get("example", {})} if "application/json" in content else {}
        answer = api.request(method, url, params={"unheard": ""}, **body)
        refused = answer.status_code == 400 and "unheard: is no parameter of this operation" in answer.text
        assert refused == (route.operation_id not in THEIRS), (route.operation_id, answer.text)


def test_each_operation_of_ours_knows_the_parameters_that_it_publishes(api):
    document = api.get("/api/openapi.json").json()
    for method, path, names, _, _ in operations(api):
        operation = document["paths"][path][method.lower()]
        published = {one["name"].upper(): "x" for one in operation.get("parameters", []) if one["in"] == "query"}
        if published and operation["operationId"] not in THEIRS:
            answer = api.request(method, path.format(**dict.fromkeys(names, "x")), params=published)
            assert "is no parameter" not in answer.text, answer.text


def test_an_operation_of_ours_without_a_body_refuses_one_that_says_something(api):
    made = api.post("/api/Webhook", json={"Url": "http://127.0.0.1:9/"}).json()["Id"]
    answer = api.put(f"/api/Webhook/{made}/Disable", json={"Until": "2026-11-24"})
    assert (answer.status_code, answer.json()["Detail"]) == (400, "body: this operation takes none. Leave it out.")
    assert api.get(f"/api/Webhook/{made}").json()["State"] == "enabled"
    assert api.put(f"/api/Webhook/{made}/Disable", json={}).status_code == 202
    assert api.put(f"/api/Webhook/{made}/Enable").status_code == 202


@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        ("POST", "/api/Webhook", {"Url": "http://127.0.0.1:9/", "EventType": []}, "Did you mean EventTypes?"),
        ("POST", "/api/Webhook", {"Url": "http://127.0.0.1:9/", "Filter": "x"}, "Known are Url, Description, "),
        ("POST", "/api/Webhook?lmit=3", {"Url": "http://127.0.0.1:9/"}, "lmit: is no parameter"),
        ("GET", "/api/Webhook?lmit=3", None, "Did you mean Limit?"),
        ("POST", "/api/Key", {"Name": "n", "expireat": None}, "Did you mean ExpiresAt?"),
    ],
)
def test_the_nearest_known_name_is_told(api, method, path, body, said):
    answer = api.request(method, path, json=body)
    assert answer.status_code == 400
    assert said in answer.json()["Detail"]


def test_many_unknown_members_are_told_in_few_words(api):
    answer = api.post("/api/Webhook", json={f"{'x' * 5000}{at}": at for at in range(100)})
    assert answer.status_code == 400
    assert len(answer.text) < 10_000


def test_an_unknown_member_in_xml_is_named_too(api):
    body = b"<Endpoint><Url>http://127.0.0.1:9/</Url><Filter>x</Filter></Endpoint>"
    answer = api.post("/api/Webhook", content=body, headers={"Content-Type": "application/xml"})
    assert answer.status_code == 400
    assert "Filter: is not known here." in answer.text


def test_names_in_maps_of_the_caller_are_the_callers(api):
    headers = {"X-Token": "a", "Unheard": "b"}
    assert api.post("/api/Webhook", json={"Url": "http://127.0.0.1:9/", "Headers": headers}).status_code == 201
    described = {"Name": "shop.sold", "Meaning": "sold", "Schema": {"title": "x"}, "Sample": {"Unheard": 1}}
    assert api.post("/api/EventType", json=described).status_code == 201
    assert api.post("/api/Event", json={"Event": "shop.sold", "Data": {"Unheard": {"x": 1}}}).status_code == 201


# What our own GET answers can be sent back: nothing changes by it.

TAKEN_BACK = {
    "Webhook": ("/api/Webhook/{Id}", "PUT", "/api/Webhook/{Id}"),
    "Webhook/AlertUrl": ("/api/Webhook/AlertUrl", "PUT", "/api/Webhook/AlertUrl"),
    "Key": ("/api/Key/{Id}", "PUT", "/api/Key/{Id}"),
    "EventType": ("/api/EventType", "POST", "/api/EventType"),
    **{
        noun: (f"/api/{noun}/Id/x1", "POST", f"/api/{noun}") for noun in ("Shipper", "Depot", "Client", "Team", "Goods")
    },
    "CustomField": ("/api/CustomField/Id/cf_1", "POST", "/api/CustomField"),
    "VehicleCheck": ("/api/VehicleCheck/123%20ABC", "POST", "/api/VehicleCheck"),
}
MADE = {
    "Webhook": {
        "Url": "http://127.0.0.1:9/",
        "Headers": {"X-Token": "secret"},
        "EventTypes": ["OrderCreated"],
        "RateLimit": 2.5,
        "HexHeader": "X-Hex",
    },
    "Webhook/AlertUrl": {"Url": "http://127.0.0.1:9/"},
    "Key": {"Name": "n", "Methods": ["GET"], "Networks": ["10.0.0.0/8"], "ExpiresAt": "2027-01-01", "PerSecond": 3},
    "EventType": {"Name": "shop.sold", "Meaning": "sold", "Schema": {"type": "object"}, "Sample": {"a": 1}},
    **{noun: {"Id": "x1", "Name": "One"} for noun in ("Shipper", "Client", "Team")},
    "Depot": {"Id": "x1", "Name": "One", "Lat": 59.1, "Lon": 24.2},
    "Goods": {"GoodsId": "x1", "GoodsName": "One", "Cost": 2.5},
    "CustomField": {"Id": "cf_1", "Label": "Floor", "Kind": "number"},
    "VehicleCheck": {"VehicleNumber": "123 ABC", "Values": [{"Label": "Tyres", "Status": True}]},
}


def test_every_pair_of_operations_of_ours_that_reads_and_writes_one_thing_is_in_the_table():
    """A new one is to be added above."""
    paths = {(method, route.path) for route in OURS.values() for method in route.methods}
    put = {path for method, path in paths if method == "PUT" and ("GET", path) in paths}
    assert put == {"/api/Webhook/{endpoint_id}", "/api/Webhook/AlertUrl", "/api/Key/{key_id}"}
    listed = {path.split("/")[2] for method, path in paths if method == "POST" and ("GET", path) in paths}
    assert listed - set(TAKEN_BACK) == {"Event"}  # an event is a fact: it is published once, in another shape


@pytest.mark.parametrize("noun", TAKEN_BACK)
def test_what_get_answers_can_be_sent_back_and_changes_nothing(api, db, noun):
    read, method, write = TAKEN_BACK[noun]
    made = api.request("PUT" if noun.endswith("AlertUrl") else "POST", f"/api/{noun}", json=MADE[noun])
    assert made.status_code in (201, 202), made.text
    keys = {"Id": made.json().get("Id")}
    shown = api.get(read.format(**keys)).json()
    one = next(item for item in shown["Items"] if item.get("Custom")) if "Items" in shown else shown
    before = _recorded(db)
    answer = api.request(method, write.format(**keys), json=one)
    assert answer.status_code in (200, 201, 202), answer.text
    assert api.get(read.format(**keys)).json() == shown
    assert _recorded(db) == before


def _recorded(db: Any) -> list[Any]:
    """What has been told, written down, and noticed by dispatchers."""
    with db.reading() as tx:
        counted = [tx.execute(select(func.count()).select_from(one)).scalar() for one in (events, audit_entries)]
        return [*counted, *tx.execute(select(endpoints.c.revision)).scalars()]
