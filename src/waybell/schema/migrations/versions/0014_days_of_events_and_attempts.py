"""days of events and attempts on PostgreSQL, and publishers' keys in a table of their own"""

from datetime import UTC, datetime, time, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "event_keys",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "key", name=op.f("event_keys_pk")),
    )
    op.execute("INSERT INTO event_keys SELECT account_id, key, id FROM events WHERE key IS NOT NULL")
    op.create_index("event_keys_event", "event_keys", ["event_id"])
    op.drop_index("events_key", table_name="events")
    op.drop_column("events", "key")
    if op.get_bind().dialect.name != "postgresql":
        return

    op.execute("ALTER TABLE events DROP CONSTRAINT events_pk, DROP CONSTRAINT events_id_key")
    op.execute("DROP INDEX events_feed, events_subject")
    divide("events", "id", "evt")
    op.execute("ALTER TABLE events ADD CONSTRAINT events_pk PRIMARY KEY (id)")
    op.create_index("events_seq", "events", ["seq"])
    op.create_index("events_feed", "events", ["account_id", "horizon", "seq"])
    op.create_index("events_subject", "events", ["account_id", "subject", "version"])
    op.execute("ALTER SEQUENCE events_seq_seq OWNED BY events.seq")
    op.execute("DROP TABLE events_old")

    op.execute("ALTER TABLE attempts DROP CONSTRAINT attempts_pk")
    op.execute("DROP INDEX attempts_endpoint, attempts_failed")
    divide("attempts", "message_id", "msg")
    op.execute("ALTER TABLE attempts ADD CONSTRAINT attempts_pk PRIMARY KEY (message_id, number)")
    op.create_index("attempts_endpoint", "attempts", ["endpoint_id", "started_at"])
    op.create_index(
        "attempts_failed", "attempts", ["endpoint_id", "started_at"], postgresql_where=sa.text("error IS NOT NULL")
    )
    op.execute("DROP TABLE attempts_old")


def divide(table: str, key: str, prefix: str) -> None:
    """Copy the rows into days; the indexes come behind it, which is quicker."""
    op.execute(f"ALTER TABLE {table} RENAME TO {table}_old")
    op.execute(
        f"CREATE TABLE {table} (LIKE {table}_old INCLUDING DEFAULTS INCLUDING CONSTRAINTS) PARTITION BY RANGE ({key})"
    )
    op.execute(f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT")
    # An id is a prefix and a UUIDv7, which begins with its milliseconds.
    number = f"('x' || lpad(substr({key}, {len(prefix) + 2}, 12), 16, '0'))::bit(64)::bigint / 86400000"
    found = op.get_bind().execute(
        sa.text(f"SELECT DISTINCT {number} FROM {table}_old WHERE {key} ~ '^{prefix}_[0-9a-f]{{32}}$'")  # noqa: S608
    )
    today = datetime.now(UTC).date()
    days = {datetime.fromtimestamp(day * 86400, UTC).date() for day in found.scalars()}
    for day in sorted(days | {today + timedelta(days=ahead) for ahead in range(3)}):
        begin = datetime.combine(day, time(), UTC)
        low, high = (f"{prefix}_{int(at.timestamp() * 1000):012x}" for at in (begin, begin + timedelta(days=1)))
        op.execute(f"CREATE TABLE {table}_{day:%Y%m%d} PARTITION OF {table} FOR VALUES FROM ('{low}') TO ('{high}')")
    op.execute(f"INSERT INTO {table} SELECT * FROM {table}_old")  # noqa: S608
