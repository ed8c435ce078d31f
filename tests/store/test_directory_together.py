"""The directory under several callers at once, with few statements for many rows, and through its migration."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic import command
from sqlalchemy import event, select, text

from support.postgres import fresh_database
from waybell.db.database import Database
from waybell.directory import entry_actions, entry_store
from waybell.directory.entry_kinds import CLIENT, GOODS, REJECT_REASON, Client, GoodsItem, RejectReasonEntry
from waybell.directory.model import NewAddress
from waybell.directory.tables import addresses
from waybell.orders import actions as orders
from waybell.orders.requests import NewOrder, NewOrderGoods
from waybell.routes import actions as routes
from waybell.routes.model import RouteKey
from waybell.routes.requests import NewRoute
from waybell.schema import migrate
from waybell.tracks import actions as tracks
from waybell.tracks.model import NewTrackPoint


def together(db, act, times=8):
    def one(number):
        with db.transaction() as tx:
            return act(tx, number)

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


@pytest.fixture
def statements(db):
    found = []
    event.listen(db.engine, "before_cursor_execute", lambda *call: found.append(call[2]))
    return found


def test_an_entry_that_many_add_at_once_is_new_once(db, actor):
    made = together(db, lambda tx, number: entry_actions.keep(tx, actor, CLIENT, Client(id="C-1", name=f"n{number}")))
    assert sorted(made) == [False] * 7 + [True]


def test_an_address_that_many_add_at_once_is_new_once(db, actor):
    made = together(db, lambda tx, number: entry_actions.keep_address(tx, actor, NewAddress(full_address="Dock 1")))
    assert sorted(made) == [False] * 7 + [True]
    with db.reading() as tx:
        assert len(tx.execute(select(addresses)).all()) == 1


def test_the_first_changes_of_the_reject_reasons_at_once_keep_all_that_were_there(db, actor):
    def add(tx, number):
        entry = RejectReasonEntry(id=str(1000 + number), name="n", list_="SiteIssue")
        entry_actions.keep(tx, actor, REJECT_REASON, entry)

    together(db, add)
    with db.reading() as tx:
        assert len(entry_store.reject_reasons(tx, actor.account.id).site_issue) == 4 + 8


def test_points_that_many_add_at_once_make_one_track(db, actor):
    with db.transaction() as tx:
        routes.add(tx, actor, NewRoute(code="R-1"))
    key = RouteKey("Code", "R-1")

    def add(tx, number):
        points = [NewTrackPoint(lat=number / 100, lng=0, date=f"2026-11-23T08:0{number}:00")]
        tracks.add_points(tx, actor, key, points)

    together(db, add)
    with db.reading() as tx:
        assert routes.get(tx, actor, key).track == pytest.approx(7783.6, abs=0.5)


def test_many_entries_take_no_statement_for_each(db, actor, statements):
    with db.transaction() as tx:
        entry_actions.keep_many(tx, actor, CLIENT, [Client(id=f"C-{at}", name="n") for at in range(500)])
    assert len(statements) < 12


def test_orders_with_many_goods_take_no_statement_for_each(db, actor, statements):
    def an_order(at):
        goods = [NewOrderGoods(goods_id=f"G-{at}-{line}", goods_name="n", cost=1) for line in range(50)]
        return NewOrder(number=f"N-{at}", client="C", address="A", goods_list=goods)

    with db.transaction() as tx:
        orders.add_many(tx, actor, [an_order(at) for at in range(5)])
    assert len(statements) < 20
    with db.reading() as tx:
        assert len(entry_store.listed(tx, actor.account.id, GOODS, "", 500)) == 250
        assert isinstance(entry_store.listed(tx, actor.account.id, GOODS, "", 1)[0], GoodsItem)


def test_points_behind_the_end_of_a_track_do_not_read_it_all(db, actor, statements):
    key = RouteKey("Code", "R-1")
    with db.transaction() as tx:
        routes.add(tx, actor, NewRoute(code="R-1"))
        tracks.add_points(tx, actor, key, [NewTrackPoint(lat=1, lng=0, date="2026-11-23T08:00:00")])
        statements.clear()
        tracks.add_points(tx, actor, key, [NewTrackPoint(lat=1, lng=0, date="2026-11-23T08:00:01")])
        assert [one for one in statements if one.startswith("SELECT") and "FROM track_points" in one] == []
        tracks.add_points(tx, actor, key, [NewTrackPoint(lat=1, lng=0, date="2026-11-23T07:00:00")])
        assert [one for one in statements if one.startswith("SELECT") and "FROM track_points" in one]


def test_the_migration_to_tombstones_keeps_drivers_and_who_refers_to_them(tmp_path, database_url):
    """SQLite makes the tables anew for it, which must not be taken for deleting drivers that routes refer to."""
    if database_url.startswith("sqlite"):
        _migrate_with_rows(f"sqlite:///{tmp_path}/old.db")
    else:
        with fresh_database(database_url) as url:
            _migrate_with_rows(url)


def _migrate_with_rows(url):
    database = Database(url)
    config = migrate._config()
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        connection.commit()
    rows = [
        "INSERT INTO accounts VALUES ('a', 'n', 'UTC', 0)",
        """INSERT INTO drivers
        (id, account_id, number, username, username_key, name, active, document, created_at, changed_at)
        VALUES ('d', 'a', 1, 'U', 'u', 'n', '1', '{}', 0, 0)""",
        """INSERT INTO routes (id, account_id, date, status, driver_id, document, created_at, changed_at)
        VALUES ('r', 'a', '2026-11-23T00:00:00', 'Ready', 'd', '{}', 0, 0)""",
        """INSERT INTO vehicles (account_id, id, number, number_key, driver_id, document, created_at, changed_at)
        VALUES ('a', 1, 'N', 'n', 'd', '{}', 0, 0)""",
        "INSERT INTO names VALUES ('a', 'client', 'C-1', 'Blue', 0)",
    ]
    with database.transaction() as tx:
        for row in rows:
            tx.execute(text(row))
    migrate.upgrade(database)
    with database.reading() as tx:
        kept = text(
            "SELECT d.username, v.number, r.status, n.name FROM routes r JOIN drivers d ON d.id = r.driver_id"
            " JOIN vehicles v ON v.driver_id = d.id JOIN names n ON n.account_id = r.account_id"
        )
        assert tx.execute(kept).all() == [("U", "N", "Ready", "Blue")]
        if database.is_sqlite:
            assert tx.execute(text("PRAGMA foreign_key_check")).all() == []
            assert tx.execute(text("PRAGMA foreign_keys")).scalar_one() == 1
    database.close()
