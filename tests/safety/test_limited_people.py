"""People who are limited to teams, depots, shippers or carriers: every page and every door, tried as each of them.

Pages are asked of the application itself, so that a new one cannot be forgotten.
"""

import json
import re

import pytest
from sqlalchemy import select

from safety.conftest import DAY, MARK
from support.documents import a_stop, post_route
from support.pages import URL, signed_in
from support.walks import page_routes, path_of
from waybell.accounts import actions as accounts
from waybell.accounts.model import Role
from waybell.accounts.passwords import hashed
from waybell.ground.scope import Scope
from waybell.orders.tables import orders, routes
from waybell.web.ui import live
from waybell.web.ui.visit import OPEN_TO_LIMITED

PEOPLE: dict[str, tuple[Role, Scope]] = {
    "a dispatcher of a team": ("dispatcher", Scope(teams=("T-1",))),
    "a dispatcher of a depot": ("dispatcher", Scope(depots=("D-1",))),
    "a viewer of two shippers": ("viewer", Scope(shippers=("S-1", "S-2"))),
    "a shipper manager": ("shipper-manager", Scope(shippers=("S-1",))),
    "a carrier": ("carrier", Scope(carriers=("C-1",))),
}
ENTERS = {"dispatcher", "shipper-manager"}
SHARED = re.compile(rf"{MARK} (Depot|Shipper|Team|field|driver)")  # names in directories that a scope does not divide
CHOICES = ("Drivers", "Vehicles", "Depots")


@pytest.fixture(params=PEOPLE)
def person(request, app, web, account):
    role, scope = PEOPLE[request.param]
    with app.database.transaction() as tx:
        user_id = accounts.create_user(
            tx, account, email="p@example.com", name="P", role=role, password=hashed("correct horse"), scope=scope
        )
    return role, signed_in(app, web, user_id)


def rows(db):
    with db.reading() as tx:
        return [tuple(row) for table in (orders, routes) for row in tx.execute(select(table))]


def is_public(web, method, path):
    """Whether somebody who is not signed in may ask for it."""
    from fastapi.testclient import TestClient  # noqa: PLC0415

    anybody = TestClient(web, base_url=URL, follow_redirects=False, raise_server_exceptions=False)
    answer = anybody.request(method, path)
    return answer.status_code != 401 and not answer.headers.get("location", "").startswith("/sign-in")


def test_nothing_of_others_is_on_any_page_and_nothing_of_theirs_is_changed(person, web, db, furnished):
    role, ui = person
    before = rows(db)
    asked = 0
    for method, path in page_routes():
        to = path_of(path, furnished.ids)
        if path.startswith("/sign-") or is_public(web, method, to):
            continue
        asked += 1
        answer = ui.request(method, to, headers={"Origin": URL} if method == "POST" else {})
        where = (role, method, path, answer.status_code)
        if path not in OPEN_TO_LIMITED:
            assert answer.status_code == 403, where
        elif "{" in path:
            assert answer.status_code in (403, 404, 400), where
        assert answer.status_code < 500, where
        text = answer.text
        if path in ("/board/day", "/board/changes"):
            board = answer.json()
            assert board["Orders"] == board["Routes"] == [], where
            assert board["Counts"]["Day"] == 0, where
            # A dispatcher chooses among all drivers and vehicles that are not another team's or carrier's.
            text = json.dumps({name: value for name, value in board.items() if name not in CHOICES})
        if path.endswith("/export.csv"):
            headers, *lines = text.splitlines()
            assert lines == [], where
            text = headers
        text = SHARED.sub("", text)
        assert MARK not in text, where
        assert "zyx-N" not in text, where
    assert asked > 40
    assert rows(db) == before


def test_only_own_clients_are_suggested_and_only_own_orders_entered(person, api, furnished):
    role, ui = person
    assert ui.get(f"/orders/clients.json?q={MARK}").status_code == (200 if role in ENTERS else 403)
    if role not in ENTERS:
        return
    assert ui.get(f"/orders/clients.json?q={MARK}").json() == []
    form = ui.get("/orders/new").text
    assert MARK not in SHARED.sub("", form)
    assert (f"{MARK} Shipper" in form) == (role == "dispatcher")
    entered = {"Kind": "delivery", "Number": "F-1", "Date": DAY, "Client": "Cafe", "Address": "Weg 1"}
    made = ui.post("/orders/new", data=entered, headers={"Origin": URL})
    assert made.status_code == 303, made.text
    order = api.get("/api/Order/Number/F-1").json()
    assert order["TeamCode"] == "T-1" or order["DepotId"] == "D-1" or order["ShipperId"] == "S-1"
    assert ui.get(made.headers["location"]).status_code == 200
    given = {"ShipperId": "S-9", "DepotId": "D-9", "TeamCode": "T-9"}
    refused = ui.post("/orders/new", data=entered | given | {"Number": "F-2"}, headers={"Origin": URL})
    assert (refused.status_code, api.get("/api/Order/Number/F-2").status_code) == (400, 404)
    of_others = f"/orders/{furnished.ids['trackId']}"
    for path in (f"{of_others}/edit", f"{of_others}/delete", f"/orders/new?like={furnished.ids['trackId']}"):
        assert ui.request("POST" if path.endswith("delete") else "GET", path, headers={"Origin": URL}).status_code in (
            303,
            404,
        )
    assert api.get("/api/Order/Number/zyx-N").status_code == 200


def test_no_stream_tells_of_changes_in_the_whole_account(person, furnished):
    _, ui = person
    for kind in live.KINDS:
        for path in (f"/live/{kind}", f"/live/{kind}/{furnished.ids['importId']}"):
            assert ui.get(path).status_code in (403, 404), path


def test_what_is_theirs_is_there(app, web, account, api, person):
    role, ui = person
    inside = {"TeamCode": "T-1", "DepotId": "D-1", "ShipperId": "S-1"}
    vehicle = {"Number": "V-1", "CarrierCode": "C-1"}
    mine = a_stop("mine", **inside)
    post_route(api, {"Code": "R-mine", "Date": DAY, "DepotId": "D-1", "Vehicle": vehicle, "Orders": [mine]})
    post_route(api, {"Code": "R-theirs", "Date": DAY, "DepotId": "D-2", "Orders": [a_stop("theirs", DepotId="D-2")]})
    order = api.get("/api/Order/Number/mine").json()
    listed = ui.get(f"/orders?date={DAY}").text
    assert ">mine<" in listed
    assert "theirs" not in listed
    assert "1 order" in listed.replace("&nbsp;", " ")
    assert "R-theirs" not in ui.get("/routes").text
    assert "R-mine" in ui.get("/routes").text
    found = ui.get("/orders?q=theirs").text
    assert "theirs street" not in found
    page = ui.get(f"/orders/{order['TrackId']}").text
    assert "What happened" in page
    assert "who was told" not in page
    assert "/events" not in page
    assert ui.get(f"/orders/{order['TrackId']}/proof.pdf").status_code == 200
    for file in (f"/orders/export.csv?date={DAY}", f"/routes/export.csv?date={DAY}"):
        exported = ui.get(file).text
        assert ",mine," in exported
        assert "theirs" not in exported
    day = ui.get(f"/board/day?day={DAY}").json()
    assert (len(day["Orders"]), len(day["Routes"]), day["Counts"]["Day"]) == (1, 1, 1)
    assert ui.get("/import").status_code == (200 if role in ENTERS else 403)
    assert ui.get("/").headers["location"] == "/board"


def test_a_limited_person_manages_the_own_name_and_password(person):
    _, ui = person
    page = ui.get("/settings/account").text
    assert "you see" in page
    assert "Alert URL" not in page
    assert ui.post("/settings/account/name", data={"Name": "Pat"}, headers={"Origin": URL}).status_code == 303
    assert ui.post("/settings/account", data={"Name": "Mine"}, headers={"Origin": URL}).status_code == 403
