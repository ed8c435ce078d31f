"""Migrations end at the tables as they are described, and take along what is there."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from support.postgres import fresh_database
from waybell.db import day_partitions
from waybell.db.database import Database
from waybell.events.tables import events_by_day
from waybell.ground.ids import first_id
from waybell.schema import migrate
from waybell.schema.tables import metadata
from waybell.webhooks.endpoints import hourly_counts
from waybell.webhooks.messages.pruning import attempts_by_day

DIVIDED = (events_by_day, attempts_by_day)


@pytest.fixture(params=["sqlite", "postgres"])
def database(request, tmp_path) -> Iterator[Database]:
    """A database without any table."""
    if request.param == "sqlite":
        made = Database(f"sqlite:///{tmp_path}/old.db")
        yield made
        made.close()
        return
    with fresh_database(request.getfixturevalue("postgres_server")) as url:
        made = Database(url)
        yield made
        made.close()


def _upgrade(database: Database, revision: str) -> None:
    config = migrate._config()
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()


def _is_described(database: Database) -> Callable[..., bool]:
    """All but partitions, and the keys of events, which the two databases have differently."""

    def described(_thing, name, kind, reflected, _other) -> bool:
        if database.is_sqlite:
            return True
        if kind == "table" and reflected:
            return re.fullmatch(r"(events|attempts)_(\d{8}|default)", name) is None
        return (kind, name) not in {("unique_constraint", "events_id_key"), ("index", "events_seq")}

    return described


def test_migrations_end_at_the_tables_as_they_are_described(database):
    migrate.upgrade(database)
    with database.engine.connect() as connection:
        options = {"include_object": _is_described(database), "compare_type": True}
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    assert differences == [], 'a table differs from what the migrations make: `make migration M="what changes"`'
    look = inspect(database.engine)
    assert look.get_pk_constraint("attempts")["constrained_columns"] == ["message_id", "number"]
    assert look.get_pk_constraint("events")["constrained_columns"] == ["seq" if database.is_sqlite else "id"]
    if not database.is_sqlite:
        [of_seq] = [index for index in look.get_indexes("events") if index["column_names"] == ["seq"]]
        assert of_seq["name"] == "events_seq"


def test_a_partition_has_all_that_its_table_has(database):
    migrate.upgrade(database)
    if database.is_sqlite:
        return
    day_partitions.make_ahead(database, DIVIDED)
    for divided in DIVIDED:
        with database.reading() as tx:
            parts = [divided.name(day) for day in day_partitions.made(tx, divided)] + [f"{divided.table}_default"]
        look = inspect(database.engine)
        assert len(parts) >= 4
        for part in parts:
            for ask in (look.get_indexes, look.get_check_constraints):
                assert len(ask(part)) == len(ask(divided.table)), (part, ask)
            assert str(look.get_columns(part)) == str(look.get_columns(divided.table))


def test_what_is_on_record_stays_without_an_id_of_who_did_it(database):
    _upgrade(database, "0014")
    with database.transaction() as tx:
        tx.execute(
            text("""INSERT INTO audit_entries (id, account_id, at, who, act, about, detail)
            VALUES ('aud_1', 'a', 0, 'Anna', 'was here', 'x', '')""")
        )
    migrate.upgrade(database)
    with database.reading() as tx:
        assert tx.execute(text("SELECT id, who, actor_id FROM audit_entries")).all() == [("aud_1", "Anna", "")]


def test_routes_keep_how_their_driver_was_called(database):
    _upgrade(database, "0018")
    with database.transaction() as tx:
        for statement in (
            "INSERT INTO accounts (id, name, time_zone, created_at) VALUES ('a', 'A', 'UTC', 0)",
            """INSERT INTO drivers (id, account_id, number, username, username_key, name, active, document, created_at,
            changed_at) VALUES ('d', 'a', 7, 'D1', 'd1', 'Driver One', true, '{}', 0, 0)""",
            """INSERT INTO routes (id, account_id, date, status, driver_id, document, created_at, changed_at) VALUES
            ('r', 'a', '2026-11-23T00:00:00', 'Ready', 'd', '{}', 0, 0),
            ('s', 'a', '2026-11-23T00:00:00', 'Ready', NULL, '{}', 0, 0)""",
        ):
            tx.execute(text(statement))
    migrate.upgrade(database)
    with database.reading() as tx:
        rows = tx.execute(text("SELECT driver_login, driver_name, driver_number FROM routes ORDER BY id")).all()
    assert rows == [("D1", "Driver One", 7), (None, None, None)]


def test_how_long_attempts_took_is_still_known(database):
    _upgrade(database, "0015")
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    bounds = ("2", "5", "10", "20", "50", "100", "200", "500", "1000", "2000", "5000", "10000", "more")
    columns = ", ".join(f"ms_{bound}" for bound in bounds)
    hour = {"hour": round(now.timestamp() * 1_000_000)}
    with database.transaction() as tx:
        tx.execute(
            text(f"""INSERT INTO endpoint_hours (endpoint_id, hour, slot, succeeded, failed, {columns})
            VALUES ('ep_1', :hour, 3, 95, 6, 0, 95, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6)"""),
            hour,
        )
    migrate.upgrade(database)
    with database.reading() as tx:
        pulse = hourly_counts.pulses(tx, ["ep_1"])["ep_1"]
    assert (pulse.succeeded, pulse.failed, pulse.durations) == (95, 6, {5_000: 95, 15_000_000: 6})


def test_events_keys_and_attempts_are_taken_into_days(database):
    _upgrade(database, "0013")
    now = datetime.now(UTC)
    moments = [now - timedelta(days=40), now - timedelta(days=1), now, now + timedelta(days=9)]
    ids = [first_id("evt", moment) + "7" + "0" * 19 for moment in moments] + ["evt_odd"]
    with database.transaction() as tx:
        for number, event_id in enumerate(ids):
            row = {
                "id": event_id,
                "key": f"k{number}" if number % 2 else None,
                "message": event_id.replace("evt", "msg"),
            }
            tx.execute(
                text("""INSERT INTO events (id, account_id, type, subject, version, created_at, body, horizon, key)
                VALUES (:id, 'a', 'OrderUpdated', 'order:1', 1, 0, '{}', 0, :key)"""),
                row,
            )
            tx.execute(
                text("""INSERT INTO attempts (message_id, number, account_id, endpoint_id, kind, started_at,
                request_headers, dns_us, connect_us, tls_us, wait_us, total_us)
                VALUES (:message, 1, 'a', 'e', 'automatic', 0, '', 0, 0, 0, 0, 0)"""),
                row,
            )
    migrate.upgrade(database)
    with database.transaction() as tx:
        assert tx.execute(text("SELECT seq, id FROM events ORDER BY seq")).all() == list(enumerate(ids, 1))
        assert tx.execute(text("SELECT key, event_id FROM event_keys ORDER BY key")).all() == [
            ("k1", ids[1]),
            ("k3", ids[3]),
        ]
        assert tx.execute(text("SELECT count(*) FROM attempts")).scalar() == len(ids)
        tx.execute(
            text("""INSERT INTO events (id, account_id, type, subject, version, created_at, body, horizon)
            VALUES ('evt_next', 'a', 'OrderUpdated', 'order:1', 2, 0, '{}', 0)""")
        )
        assert tx.execute(text("SELECT max(seq) FROM events")).scalar() == len(ids) + 1
        if database.is_sqlite:
            return
        for divided in DIVIDED:
            assert {moment.date() for moment in moments} < set(day_partitions.made(tx, divided))
            query = f"SELECT tableoid::regclass::text FROM {divided.table} ORDER BY {divided.key}"
            found = tx.execute(text(query)).scalars().all()
            assert found[: len(moments)] == [divided.name(moment.date()) for moment in moments]
            assert set(found[len(moments) :]) == {f"{divided.table}_default"}
