"""Getting started: from an empty account to the first received webhook, by buttons."""

import re

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from waybell.accounts import keys
from waybell.app import build_web
from waybell.events.tables import events
from waybell.inbox import actions as inbox
from waybell.orders.tables import orders
from waybell.web.ui.first_request import first_request

SAMPLE = "Create a sample order"


def done(page: str) -> list[bool]:
    """Whether each of the four steps is ticked off."""
    return ["step-done" in one for one in re.findall(r'<li class="step[^"]*"', page)]


def token(page: str) -> str:
    """What makes a second press of the button the same as the first."""
    found = re.search(r'name="form" value="([^"]+)"', page)
    assert found
    return found[1]


def test_the_start_page_of_an_empty_account_is_getting_started(ui):
    assert ui.get("/").headers["location"] == "/welcome"
    ui.post("/inbox/start")
    assert ui.get("/").headers["location"] == "/board"


def test_every_step_is_ticked_off_as_it_is_done(ui, stranger, app, account):
    assert done(ui.get("/welcome").text) == [False] * 4

    assert ui.post("/inbox/start", data={"to": "/welcome"}).headers["location"] == "/welcome"
    page = ui.get("/welcome").text
    assert done(page) == [True, False, False, False]

    made = ui.post("/welcome/order", data={"form": token(page)})
    assert made.headers["location"] == "/welcome"
    with app.database.reading() as tx:
        [order] = tx.execute(select(orders.c.number).where(orders.c.account_id == account.id)).scalars()
        [event] = tx.execute(select(events.c.type).where(events.c.account_id == account.id)).scalars()
        box = inbox.find(tx, account)
    assert order.startswith("SAMPLE-")
    assert event == "OrderCreated"

    stranger.post(f"/in/{box.token}", json={"Metadata": {"Event": event, "Id": "evt_1"}, "Data": {"Number": order}})
    page = ui.get("/welcome").text
    assert done(page) == [True, True, True, False]
    assert f"OrderCreated {order}" in page


def test_a_double_click_makes_one_order(ui, app, account):
    form = {"form": token(ui.get("/welcome").text)}
    first, second = ui.post("/welcome/order", data=form), ui.post("/welcome/order", data=form)
    assert first.cookies["waybell-notice"] == second.cookies["waybell-notice"]
    with app.database.reading() as tx:
        assert len(tx.execute(select(orders.c.number).where(orders.c.account_id == account.id)).all()) == 1


def test_the_command_to_copy_holds_the_address_of_this_server(ui):
    page = ui.get("/welcome").text
    assert "https://waybell.example/api/Order" in page
    assert "X-API-KEY: &lt;your key&gt;" in page


def test_the_command_to_copy_is_one_that_the_api_takes(app, actor):
    with app.database.transaction() as tx:
        _, key = keys.create(tx, actor, "tests")
    command = first_request("https://waybell.example")
    found = re.search(r"-d '(.*)'", command)
    assert found
    headers = dict(re.findall(r"-H '([^:]+): ([^']+)'", command)) | {"X-API-KEY": key}
    assert TestClient(build_web(app)).post("/api/Order", content=found[1], headers=headers).is_success


@pytest.mark.parametrize(("role", "seen"), [("viewer", []), ("dispatcher", [SAMPLE])])
def test_who_may_not_do_a_step_is_told_who_may(ui_as, role, seen):
    page = ui_as(role).get("/welcome").text
    assert [text for text in ("Open the inbox</button>", SAMPLE) if text in page] == seen
    assert "An admin of Northwind Deliveries" in page


def test_a_viewer_makes_no_order(ui_as):
    assert ui_as("viewer").post("/welcome/order").status_code == 403
