"""`/api/Key`: keys that are managed by a key that may."""

import pytest
from fastapi.testclient import TestClient

from waybell.accounts import audit, keys
from waybell.accounts.actions import create_account
from waybell.accounts.grants import KINDS, Grant
from waybell.accounts.model import Actor
from waybell.ground.rates import Rates


@pytest.fixture
def manager_of(app, web):
    """Makes a client with a key that manages keys, of this grant."""

    def make(account, grant: Grant) -> TestClient:
        with app.database.transaction() as tx:
            _, text = keys.create(tx, Actor(account, "tests"), "manager", grant)
        return TestClient(web, headers={"X-API-KEY": text}, raise_server_exceptions=False)

    return make


@pytest.fixture
def manager(manager_of, account):
    return manager_of(account, Grant(kinds=KINDS))


@pytest.fixture
def lesser(manager_of, account):
    return manager_of(account, Grant(kinds=("Orders", "Keys"), shippers=("S1",), rates=Rates(per_second=50)))


def add(manager, **wanted) -> dict:
    answer = manager.post("/api/Key", json={"Name": "erp"} | wanted)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/api/Key/{answer.json()['Id']}"
    return answer.json()


def opens(manager, text: str) -> bool:
    return manager.get("/api/Test", headers={"X-API-KEY": text}).status_code == 200


def test_a_made_key_lets_in_and_its_text_is_shown_once(manager):
    made = add(manager, Methods=["GET"], Kinds=["Orders"], Networks=["0.0.0.0/0", "::/0"])
    assert manager.get("/api/Test", headers={"X-API-KEY": made["Key"]}).status_code == 403  # "testclient" is nowhere
    made = add(manager, Methods=["GET"], Kinds=["Orders"])
    assert opens(manager, made["Key"])
    shown = manager.get(f"/api/Key/{made['Id']}").json()
    assert shown["Methods"] == ["GET"]
    assert shown["State"] == "enabled"
    assert set(made) - set(shown) == {"Key"}
    assert made["Key"] not in manager.get("/api/Key").text
    assert made["Id"] in [one["Id"] for one in manager.get("/api/Key").json()["Items"]]


def test_a_key_is_changed_member_by_member(manager):
    made = add(manager, Methods=["GET"], Shippers=["S1"], PerSecond=5, ExpiresAt="2027-01-01T00:00:00Z")
    path = f"/api/Key/{made['Id']}"
    changed = manager.put(path, json={"Name": "crm", "Shippers": ["S2", "S3"]})
    assert changed.status_code == 202
    now = changed.json()
    assert (now["Name"], now["Methods"], now["Shippers"]) == ("crm", ["GET"], ["S2", "S3"])
    assert (now["PerSecond"], now["ExpiresAt"]) == (5, "2027-01-01T00:00:00.000000Z")
    now = manager.put(path, json={"Methods": [], "Shippers": None, "ExpiresAt": None}).json()
    assert (now["Methods"], now["Shippers"], now["ExpiresAt"]) == ([], [], None)
    assert manager.get(path).json() == now


def test_a_key_is_disabled_enabled_and_deleted(manager):
    made = add(manager)
    path = f"/api/Key/{made['Id']}"
    assert manager.put(f"{path}/Disable").status_code == 202
    assert manager.get(path).json()["State"] == "disabled"
    assert not opens(manager, made["Key"])
    assert manager.put(f"{path}/Enable").status_code == 202
    assert opens(manager, made["Key"])
    assert manager.delete(path).status_code == 200
    assert not opens(manager, made["Key"])
    assert manager.get(path).status_code == 404


def test_what_is_done_is_on_record(manager, app, account):
    made = add(manager)
    path = f"/api/Key/{made['Id']}"
    manager.put(path, json={"Name": "crm", "Methods": ["GET"]})
    manager.put(f"{path}/Disable")
    manager.delete(path)
    with app.database.reading() as tx:
        entries = audit.entries(tx, account, made["Id"])
    assert [(one.who, one.act) for one in entries] == [
        ("manager", "deleted the key crm"),
        ("manager", "disabled the key crm"),
        ("manager", "changed what the key crm may do"),
        ("manager", "renamed the key erp"),
        ("manager", "made the key erp"),
    ]
    assert not [one for one in entries if made["Key"] in one.detail]


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"Name": ""}, "Name"),
        ({"Name": "x" * 101}, "Name"),
        ({"Name": "a\nb"}, "Name"),
        ({"Name": None}, "Name"),
        ({"Methods": ["TRACE"]}, "Methods"),
        ({"Methods": "GET"}, "Methods"),
        ({"Kinds": ["All"]}, "Kinds"),
        ({"Kinds": ["Webhooks"], "Depots": ["D"]}, "Kinds"),
        ({"Shippers": ["x" * 51]}, "Shippers"),
        ({"Shippers": [{}]}, "Shippers"),
        ({"Depots": ["a\0b"]}, "Depots"),
        ({"Networks": ["10.0.0.1/8"]}, "Networks"),
        ({"Networks": ["localhost"]}, "Networks"),
        ({"ExpiresAt": "2026-11-23T11:00:00Z"}, "ExpiresAt"),
        ({"ExpiresAt": "soon"}, "ExpiresAt"),
        ({"PerSecond": 0}, "PerSecond"),
        ({"PerMinute": 10**9}, "PerMinute"),
        ({"PdfPerSecond": 10**30}, "PdfPerSecond"),
        ({"LabelPerSecond": "ten"}, "LabelPerSecond"),
    ],
)
def test_bad_input_is_refused_and_the_field_named(manager, wanted, field):
    answer = manager.post("/api/Key", json={"Name": "erp"} | wanted)
    assert answer.status_code == 400, answer.text
    assert answer.json()["Detail"].startswith(field)
    made = add(manager)
    changed = manager.put(f"/api/Key/{made['Id']}", json=wanted)
    assert changed.status_code == (202 if wanted == {"Name": None} else 400)  # null is as if it were not sent
    assert len(manager.get("/api/Key").json()["Items"]) == 2


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"Shippers": ["S1"]}, "Kinds"),
        ({"Kinds": ["Orders"]}, "Shippers"),
        ({"Kinds": ["Orders"], "Shippers": ["S2"]}, "Shippers"),
        ({"Kinds": ["Orders"], "Shippers": ["S1"], "PerSecond": 51}, "PerSecond"),
    ],
)
def test_a_key_gives_no_more_than_it_has(manager, lesser, wanted, field):
    answer = lesser.post("/api/Key", json={"Name": "more"} | wanted)
    assert answer.status_code == 403
    assert answer.json()["Detail"].startswith(f"{field}: ")
    inside = add(lesser, Kinds=["Orders"], Shippers=["S1"])
    assert inside["PerSecond"] == 50  # as its maker
    everything = {"Kinds": [], "Shippers": []} | wanted if field != "Kinds" else {"Kinds": []}
    assert lesser.put(f"/api/Key/{inside['Id']}", json=everything).status_code == 403
    assert manager.get(f"/api/Key/{inside['Id']}").json()["Shippers"] == ["S1"]


def test_a_key_changes_no_key_that_may_do_more(manager, lesser):
    above = add(manager)
    path = f"/api/Key/{above['Id']}"
    for method, where, body in (
        ("PUT", path, {"Name": "taken"}),
        ("PUT", f"{path}/Disable", None),
        ("PUT", f"{path}/Enable", None),
        ("DELETE", path, None),
    ):
        assert lesser.request(method, where, json=body).status_code == 403
    assert manager.get(path).json() == {name: value for name, value in above.items() if name != "Key"}


def test_keys_of_another_account_are_not_found(app, manager, manager_of):
    made = add(manager)
    with app.database.transaction() as tx:
        other = create_account(tx, "Elsewhere Ltd")
    stranger = manager_of(other, Grant(kinds=KINDS))
    path = f"/api/Key/{made['Id']}"
    for method, where in (
        ("GET", path),
        ("PUT", path),
        ("DELETE", path),
        ("PUT", f"{path}/Enable"),
        ("PUT", f"{path}/Disable"),
    ):
        body = {"json": {"Name": "mine"}} if where == path and method == "PUT" else {}
        assert stranger.request(method, where, **body).status_code == 404
    assert made["Id"] not in stranger.get("/api/Key").text
    assert opens(manager, made["Key"])
    for odd in ("key_0", "%00", "%E2%98%83", "a%2Fb"):
        assert manager.get(f"/api/Key/{odd}").status_code == 404
