"""The board shows what is open of its day, and is told when that changes."""

from support.boards import a_day
from waybell.orders import actions as orders
from waybell.orders.model import OrderKey
from waybell.orders.requests import StatusRequest


def test_the_board_shows_what_is_open_and_tells_of_changes(app, db, actor, ui):
    a_day(db, actor, many_routes=1, on_each=2, pool=1)
    app.watch.sweep(db)
    told = ui.get("/board/day", params={"day": "2026-11-23"}).json()
    assert told["Columns"]["Exceptions"] == ["Id", "Kind", "Severity", "Order", "Route", "Since", "Text"]
    pool = next(one[0] for one in told["Orders"] if one[1] == "DL-000002")
    row = next(one for one in told["Exceptions"] if one[3] == pool)
    assert row == [row[0], "unassigned", 3, pool, None, 14 * 60, "Not on a route after the cut-off"]
    assert ui.get("/board/day", params={"day": "2026-11-22"}).json()["Exceptions"] == []

    canceled = StatusRequest(status="NotDelivered", reject_reason="Canceled")
    with db.transaction() as tx:
        orders.set_status(tx, actor, OrderKey("Number", "DL-000002"), canceled)
    app.watch.sweep(db)
    news = ui.get("/board/changes", params={"day": "2026-11-23", "after": told["Cursor"], "wait": 20}).json()
    assert news["Exceptions"] == []
    assert news["Gone"]["Exceptions"] == [row[0]]
