"""Tombstones go in batches, leave no row behind, and nothing is scanned to find them."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select

from support.documents import a_route, a_stop, post_route
from support.pictures import a_picture
from waybell.db.database import Database
from waybell.schema.tables import metadata
from waybell.upkeep import tombstones

AGES = timedelta(days=400)
# What is there of an account whatever happened to its orders; the rows of events have an age of their own.
STAYS = {"accounts", "addresses", "api_keys", "audit_entries", "events", "names"}


def counts(db):
    with db.reading() as tx:
        rows = {name: tx.execute(select(func.count()).select_from(table)).scalar() for name, table in TABLES.items()}
    return {name: count for name, count in rows.items() if count}


TABLES = {name: table for name, table in metadata.tables.items() if name not in STAYS}


def delete_all(api, routes=1, orders=2):
    """Make routes with orders, tracks and pictures, and delete all of it."""
    for at in range(routes):
        stops = [
            a_stop(f"{at}-{number}", Id=f"{at}-{number}", GoodsList=[{"GoodsName": "x"}]) for number in range(orders)
        ]
        post_route(api, a_route(Code=f"R-{at}", Id=None, Orders=stops))
        points = [{"Lat": 59.0, "Lng": 24.0, "Date": f"2026-11-23T08:{minute:02}:00"} for minute in range(4)]
        assert api.post(f"/api/Route/Track/Code/R-{at}", json=points).status_code == 201
        picture = {"content": a_picture(20, 20), "headers": {"Content-Type": "image/jpeg"}}
        assert api.post(f"/api/Order/Number/{at}-0/Photo", **picture).status_code == 201
        assert api.delete(f"/api/Route/Code/R-{at}").status_code == 200


def test_nothing_is_left_of_what_was_forgotten(db, clock, api, account):
    before = counts(db)
    delete_all(api)
    there = counts(db)
    assert {name: there[name] for name in ("orders", "routes", "tracks", "track_points", "subjects")} == {
        "orders": 2,
        "routes": 1,
        "tracks": 1,
        "track_points": 4,
        "subjects": 3,
    }
    with db.transaction() as tx:
        assert tombstones.forget_orders(tx, tx.now + AGES) == 2
        assert tombstones.forget_routes(tx, tx.now + AGES) == 1 + 4
    assert counts(db) == before


def test_they_go_some_at_a_time_the_oldest_first(db, clock, api, monkeypatch):
    monkeypatch.setattr(tombstones, "_AT_ONCE", 3)
    for at in range(5):
        clock.move_to(clock.now() + timedelta(minutes=1))
        assert api.post("/api/Order", json=a_stop(f"N-{at}")).status_code == 201
        assert api.delete(f"/api/Order/Number/N-{at}").status_code == 200
    with db.transaction() as tx:
        assert tombstones.forget_orders(tx, tx.now + AGES) == 3
    assert [api.get(f"/api/Order/Number/N-{at}").status_code for at in range(5)] == [404, 404, 404, 410, 410]
    with db.transaction() as tx:
        assert tombstones.forget_orders(tx, tx.now + AGES) == 2
        assert tombstones.forget_orders(tx, tx.now + AGES) == 0


def test_a_long_track_goes_in_pieces_and_its_route_with_the_last(db, api, monkeypatch):
    monkeypatch.setattr(tombstones, "_POINTS_AT_ONCE", 3)
    delete_all(api, routes=2)
    left = []
    for _ in range(4):
        with db.transaction() as tx:
            tombstones.forget_routes(tx, tx.now + AGES)
        left.append((counts(db).get("track_points", 0), counts(db).get("routes", 0)))
    assert left == [(5, 2), (2, 2), (0, 0), (0, 0)]


def test_a_round_says_whether_there_is_more(app, clock, api):
    delete_all(api)
    assert not tombstones.run_once(app.database, app.settings)
    clock.move_to(clock.now() + AGES)
    assert tombstones.run_once(app.database, app.settings)
    assert not tombstones.run_once(app.database, app.settings)


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_two_dispatchers_forget_side_by_side(db, database_url, clock, api, monkeypatch):
    monkeypatch.setattr(tombstones, "_AT_ONCE", 2)
    delete_all(api, orders=4)
    other = Database(database_url, clock)
    with db.transaction() as tx:
        assert tombstones.forget_orders(tx, tx.now + AGES) == 2
        found = []

        def forget():
            with other.transaction() as theirs:
                found.append(tombstones.forget_orders(theirs, theirs.now + AGES))

        thread = threading.Thread(target=forget)
        thread.start()
        thread.join(60)
        assert found == [2]
    other.close()
    assert "orders" not in counts(db)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nothing_is_scanned_not_even_by_the_foreign_keys(db, api):
    delete_all(api)
    steps = []

    def explain(connection, _cursor, statement, parameters, _context, _many):
        plan = connection.connection.dbapi_connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        steps.extend(row[3] for row in plan)

    event.listen(db.engine, "before_cursor_execute", explain)
    with db.transaction() as tx:
        tombstones.forget_orders(tx, tx.now + AGES)
        tombstones.forget_routes(tx, tx.now + AGES)
    assert any("orders_deleted (deleted_at<?)" in step for step in steps), steps
    assert any("routes_deleted (deleted_at<?)" in step for step in steps), steps
    assert [step for step in steps if "SCAN" in step or "TEMP B-TREE" in step] == [], steps


def test_whatever_refers_to_a_row_that_can_be_forgotten_is_found_by_an_index():
    """A database asks for these rows when it deletes one: without an index it reads the whole table each time."""
    for table in metadata.tables.values():
        for key in table.foreign_key_constraints:
            if key.referred_table.name not in {"orders", "routes"}:
                continue
            referring = [column.name for column in key.columns]
            begin = [[c.name for c in table.primary_key.columns], *([c.name for c in i.columns] for i in table.indexes)]
            assert any(columns[: len(referring)] == referring for columns in begin), f"{table.name}: {referring}"
