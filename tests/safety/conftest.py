"""Fixtures of the walks: an account that has one of everything, every text of it marked, and another account."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from support.documents import get_order, get_route
from support.endpoints import finish_all
from support.pages import URL, signed_in
from support.pictures import a_picture
from support.waiting import wait_for
from waybell.accounts import actions as accounts
from waybell.accounts import audit, keys, sessions
from waybell.accounts.grants import KINDS, METHODS, Grant
from waybell.accounts.model import Account, Actor
from waybell.accounts.passwords import hashed
from waybell.importing import actions as imports
from waybell.importing import reading
from waybell.importing.reading import Reading, Task
from waybell.inbox import actions as inbox
from waybell.webhooks.history import jobs

MARK = "Zyxwood"  # stands in every text of the first account that is no key of its objects
DAY = "2026-11-23"


@dataclass(frozen=True)
class Furnished:
    """What the first account has. `keys` are what callers name its objects by, `ids` what we have made up for them."""

    account: Account
    keys: dict[str, str]
    ids: dict[str, str]


@pytest.fixture
def furnished(app, web, api, account) -> Furnished:
    actor = Actor(account, f"{MARK} tests")
    tools = web.state.tools
    with app.database.transaction() as tx:
        box = inbox.open_inbox(tx, actor)
        user_id = accounts.create_user(
            tx,
            account,
            email="zyx@example.com",
            name=f"{MARK} user",
            role="viewer",
            password=hashed("correct horse battery"),
        )
        sessions.begin(tx, user_id, timedelta(days=7))
        sessions.make_link(tx, user_id)
        key, _ = keys.create(tx, actor, f"{MARK} key")
    _post(api, "EventType", {"Name": "zyx.paid", "Meaning": f"{MARK} meaning"})
    for noun in ("Shipper", "Depot", "Client", "Team"):
        _post(api, noun, {"Id": f"zyx-{noun}", "Name": f"{MARK} {noun}"})
    _post(api, "Goods", {"GoodsId": "zyx-Goods", "GoodsName": f"{MARK} goods"})
    _post(api, "CustomField", {"Id": "cf_17", "Label": f"{MARK} field", "Kind": "text"})
    _post(api, "RejectReason", {"Id": 1717, "Name": f"{MARK} reason", "List": "OrderIssue"})
    _post(api, "Address", {"Id": "zyx-Address", "FullAddress": f"{MARK} street", "Name": MARK})
    _post(api, "Driver", {"Name": f"{MARK} driver", "Username": "zyx-driver", "Password": "correct horse battery"})
    _post(api, "Vehicle", {"Number": "ZYX 1", "Depot": f"{MARK} depot", "DriverUsername": "zyx-driver"})
    _post(api, "VehicleCheck", {"VehicleNumber": "ZYX 1", "DriverLogin": "zyx-driver", "Depot": MARK, "Date": DAY})
    webhook = {"Url": f"https://{MARK}.example/", "Headers": {"X-Token": f"{MARK} token"}, "Description": MARK}
    endpoint_id = _post(api, "Webhook", webhook)["Id"]
    order = {"Number": "zyx-N", "Id": "zyx-O", "Client": MARK, "Address": f"{MARK} street", "Note": MARK, "Date": DAY}
    _post(api, "Order", order)
    _post(api, "Route", {"Code": "zyx-R", "Id": "zyx-RI", "Date": DAY, "Depot": f"{MARK} depot", "Driver": MARK})
    assert api.put("/api/Route/Code/zyx-R/Order/Number/zyx-N").status_code == 202
    points = [{"Lat": 59.4, "Lng": 24.7, "Date": f"{DAY}T10:00:00"}]
    _post(api, "Route/Track/Code/zyx-R", points)
    for kind in ("Photo", "Signature"):
        answer = api.post(
            f"/api/Order/Number/zyx-N/{kind}", content=a_picture(), headers={"Content-Type": "image/jpeg"}
        )
        assert answer.status_code < 300, answer.text
    nothing = {"WaitingSince": f"{DAY}T00:00:00Z", "Subject": "order:none"}
    cancel = _post(api, f"Webhook/{endpoint_id}/Cancel", nothing)
    while jobs.run_once(app.database, tools.hint):  # an endpoint has one job at a time
        pass
    finish_all(app.database, endpoint_id, "failed")
    message = api.get(f"/api/Webhook/{endpoint_id}/Message").json()["Items"][0]
    job = _post(api, f"Webhook/{endpoint_id}/Retry", {"MissedSince": f"{DAY}T00:00:00Z"})
    assert api.put("/api/Webhook/AlertUrl", json={"Url": f"https://{MARK}.example/alerts"}).status_code < 300
    # On PostgreSQL the feed waits for whoever writes on the server, as other tests do.
    event = wait_for(lambda: api.get("/api/Event").json()["Items"])[0]
    with app.database.transaction() as tx:
        inbox.receive(tx, tools, box, f"{URL}/in/{box.token}", [("X-Zyx", MARK)], f"{MARK} body".encode())
        [request] = inbox.requests(tx, box, 1)
        audit.record(tx, actor, f"did {MARK}", endpoint_id)
    driver, [vehicle] = api.get("/api/Driver/Username/zyx-driver").json(), api.get("/api/Vehicle").json()
    named = {"driverId": str(driver["Id"]), "vehicleId": str(vehicle["Id"])}
    named |= {"number": "zyx-N", "orderId": "zyx-O", "code": "zyx-R", "date": DAY, "username": "zyx-driver"}
    file = f"Number,Client,Address\n{MARK},{MARK},{MARK}\n".encode()
    import_id = imports.keep(app.database, actor, f"{MARK}.csv", file, reading.looked(Task(file, Reading())))
    ids = {
        "importId": import_id,
        "trackId": get_order(api, "zyx-N")["TrackId"],
        "routeId": _route_id(app, account),
        "endpointId": endpoint_id,
        "messageId": message["Id"],
        "jobId": job["Id"],
        "cancelId": cancel["Id"],
        "eventId": event["Metadata"]["Id"],
        "keyId": key.id,
        "userId": user_id,
        "requestId": request.id,
        "token": box.token,
    }
    assert get_route(api, "zyx-R")["Orders"]
    return Furnished(account, named, ids)


def _post(api: TestClient, noun: str, body) -> dict:
    answer = api.post(f"/api/{noun}", json=body)
    assert answer.status_code in (200, 201, 202), (noun, answer.text)
    return answer.json()


def _route_id(app, account: Account) -> str:
    from waybell.routes import store  # noqa: PLC0415
    from waybell.routes.model import RouteKey  # noqa: PLC0415

    with app.database.reading() as tx:
        return store.find(tx, account.id, RouteKey("Code", "zyx-R"))


@pytest.fixture
def almighty(app, web) -> Callable[[Account], TestClient]:
    """Makes a client whose key may do everything in the account, managing keys too."""

    def make(account: Account) -> TestClient:
        with app.database.transaction() as tx:
            _, text = keys.create(tx, Actor(account, "tests"), "almighty", Grant(METHODS, KINDS))
        return TestClient(web, headers={"X-API-KEY": text}, raise_server_exceptions=False)

    return make


@pytest.fixture
def api(almighty, account: Account) -> TestClient:
    return almighty(account)


@pytest.fixture
def visitor(app, web) -> Callable[[Account], TestClient]:
    """Makes a client that is signed in as an admin of the account."""

    def make(account: Account) -> TestClient:
        with app.database.transaction() as tx:
            user_id = accounts.create_user(
                tx,
                account,
                email=f"admin@{account.id}.example",
                name="Admin",
                role="admin",
                password=hashed("correct horse battery"),
            )
        return signed_in(app, web, user_id)

    return make


@pytest.fixture
def other(app) -> Account:
    """Another account, which is to see and change nothing of the first."""
    with app.database.transaction() as tx:
        return accounts.create_account(tx, "Elsewhere Ltd")
