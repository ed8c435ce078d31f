"""The tables of tracks: the points, and for each route the length and the end of its track, which the route shows."""

from sqlalchemy import Column, Float, ForeignKey, ForeignKeyConstraint, Table, Text

from waybell.db.schema import Instant, metadata

# Rows are only ever added. The key includes the place, because two devices may report different places at one time.
track_points = Table(
    "track_points",
    metadata,
    Column("account_id", Text, ForeignKey("accounts.id"), primary_key=True),
    Column("route_id", Text, primary_key=True),
    Column("at", Text, primary_key=True),  # wall-clock
    Column("lat", Float, primary_key=True),
    Column("lng", Float, primary_key=True),
    Column("speed", Float, nullable=False),  # m/s
    Column("created_at", Instant, nullable=False),
    # The columns are those at the beginning of the primary key, so that deleting a route need not read all points.
    ForeignKeyConstraint(["account_id", "route_id"], ["routes.account_id", "routes.id"]),
)

# A row sums up the track of a route, so that reading a route reads none of its points.
tracks = Table(
    "tracks",
    metadata,
    Column("route_id", Text, ForeignKey("routes.id"), primary_key=True),
    Column("account_id", Text, ForeignKey("accounts.id"), nullable=False),
    Column("metres", Float, nullable=False),
    Column("last_at", Text, nullable=False),  # wall-clock, like `at` of the points
    Column("last_lat", Float, nullable=False),
    Column("last_lng", Float, nullable=False),
    Column("changed_at", Instant, nullable=False),
)
