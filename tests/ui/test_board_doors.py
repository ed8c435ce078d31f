"""The doors of the board: the rows of a day, the wait for changes, and who may ask."""

import threading

import pytest
from sqlalchemy import text

from support.boards import a_day
from waybell.accounts import actions as accounts
from waybell.accounts import people, sessions
from waybell.ground.scope import Scope
from waybell.orders import actions as orders
from waybell.orders.model import OrderKey
from waybell.routes import order_actions
from waybell.web.ui import board_feed


def day_of(client, **query):
    answer = client.get("/board/day", params={"day": "2026-11-23", **query})
    assert answer.status_code == 200, answer.text
    return answer.json()


def changes_of(client, after, wait=20):
    return client.get("/board/changes", params={"day": "2026-11-23", "after": after, "wait": wait})


def test_a_day_has_rows_and_what_can_be_chosen(db, actor, ui_as):
    a_day(db, actor, many_routes=2, on_each=2, pool=1)
    told = day_of(ui_as("dispatcher"))
    assert told["Day"] == "2026-11-23"
    assert told["Zone"] == "Europe/Tallinn"
    assert told["Counts"] == {"Day": 5, "OnRoutes": 4, "Pool": 1, "Earlier": 0}
    assert len(told["Orders"]) == 5
    assert told["Columns"]["Orders"][0] == "Id"
    assert told["Drivers"][0] == ["driver0", "Driver 0", None]
    assert told["Exceptions"] == []


def test_a_waiting_board_is_told_of_a_change_by_any_door(db, actor, ui):
    """The answer comes while it waits, has the changed rows alone, and goes on from there."""
    a_day(db, actor, many_routes=1, on_each=2, pool=1)
    cursor = day_of(ui)["Cursor"]
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(changes_of(ui, cursor)))
    waiting.start()
    with db.transaction() as tx:
        order = orders.get(tx, actor, OrderKey("Number", "DL-000002"))
    with db.transaction() as tx:
        order_actions.delete(tx, actor, OrderKey("TrackId", order.track_id))
    waiting.join(60)
    told = answers[0].json()
    assert told["Orders"] == []
    assert len(told["Gone"]["Orders"]) == 1
    assert told["Counts"]["Pool"] == 0
    nothing = changes_of(ui, told["Cursor"], wait=0).json()
    assert (nothing["Orders"], nothing["Gone"]["Orders"]) == ([], [])


@pytest.mark.parametrize("after", ["", "x", "abc.7", "\0", "x" * 5000])
def test_an_unknown_cursor_is_answered_with_everything(db, actor, ui, after):
    a_day(db, actor, many_routes=1, on_each=2, pool=1)
    told = changes_of(ui, after).json()
    assert told["Full"] is True
    assert len(told["Orders"]) == 3


@pytest.mark.parametrize("day", ["tomorrow", "2026-02-30", "9999-99-99", "2026-11-23T00:00:00", "-1"])
def test_a_text_that_is_no_day_is_refused_in_a_sentence(ui, day):
    answer = ui.get("/board/day", params={"day": day})
    assert answer.status_code == 400
    assert "no day" in answer.json()["Detail"]


def test_nobody_sees_a_day_without_a_session(db, actor, ui, stranger, other_ui):
    a_day(db, actor, many_routes=1, on_each=2, pool=1)
    for path in ("/board/day", "/board/changes"):
        answer = stranger.get(path)
        assert answer.status_code == 401
        assert "signed out" in answer.json()["Detail"]
    assert day_of(other_ui)["Orders"] == []
    cursor = day_of(ui)["Cursor"]
    stolen = changes_of(other_ui, cursor).json()
    assert stolen["Full"] is True
    assert stolen["Orders"] == []


def test_a_wait_ends_with_its_session(db, actor, ui, account):
    cursor = day_of(ui)["Cursor"]
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(changes_of(ui, cursor)))
    waiting.start()
    with db.transaction() as tx:
        sessions.end(tx, ui.cookies["__Host-waybell"])
    a_day(db, actor, many_routes=1, on_each=1, pool=0)
    waiting.join(60)
    assert answers[0].status_code == 401


def test_a_wait_ends_when_an_admin_changes_what_its_user_may_see(db, actor, ui_as, account):
    viewer = ui_as("viewer")
    cursor = day_of(viewer)["Cursor"]
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(changes_of(viewer, cursor)))
    waiting.start()
    with db.transaction() as tx:
        [user] = [one for one in accounts.list_users(tx, account) if one.role == "viewer"]
        people.change_role(tx, actor, user.id, "viewer", Scope(shippers=("S-1",)))
    a_day(db, actor, many_routes=1, on_each=1, pool=0)
    waiting.join(60)
    assert answers[0].status_code in (200, 403)
    if answers[0].status_code == 200:  # the change came before the request did
        assert answers[0].json()["Full"] is True
    assert day_of(viewer)["Orders"] == []


def test_too_many_waiting_boards_are_told_to_come_again(ui, monkeypatch):
    monkeypatch.setattr(board_feed, "MOST_WAITING_OF_ACCOUNT", 0)
    answer = changes_of(ui, day_of(ui)["Cursor"])
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


def test_days_that_nobody_asks_for_are_forgotten(ui, web, monkeypatch):
    monkeypatch.setattr(board_feed, "MOST_DAYS", 3)
    for day in range(1, 10):
        assert ui.get("/board/day", params={"day": f"2026-11-{day:02}"}).status_code == 200
    assert len(web.state.board_feed._days) == 3


def test_a_short_id_leads_to_its_page(db, actor, ui, other_ui):
    a_day(db, actor, many_routes=1, on_each=1, pool=0)
    told = day_of(ui)
    [order], [route] = told["Orders"], told["Routes"]
    assert ui.get(f"/board/open/{order[0]}").headers["location"].startswith("/orders/")
    assert ui.get(f"/board/open/{route[0]}").headers["location"].startswith("/routes/")
    assert other_ui.get(f"/board/open/{order[0]}").status_code == 404
    assert ui.get("/board/open/o9999999999999999999").status_code == 404


def test_a_board_that_cannot_be_read_is_not_shown_as_live(db, actor, ui):
    """While the database cannot be read, a wait ends with 503 instead of an answer without changes."""
    a_day(db, actor, many_routes=1, on_each=1, pool=0)
    cursor = day_of(ui)["Cursor"]
    with db.engine.begin() as connection:
        connection.execute(text("ALTER TABLE eta_runs RENAME TO away"))
    try:
        answer = changes_of(ui, cursor, wait=1)
    finally:
        with db.engine.begin() as connection:
            connection.execute(text("ALTER TABLE away RENAME TO eta_runs"))
    assert answer.status_code == 503
    assert "may be old" in answer.json()["Detail"]
    assert ui.get("/board/day", params={"day": "2026-11-23"}).status_code == 200
    assert changes_of(ui, cursor, wait=0).status_code == 200
