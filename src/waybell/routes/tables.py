"""Tracks as rows: the points, and for each route how far they lead and where they end, which the route shows."""

from sqlalchemy import Column, Float, ForeignKey, ForeignKeyConstraint, Table, Text

from waybell.db.schema import Instant, metadata

# Only ever appended to. The key holds the place too: two devices may report different places at one time.
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
    # By both, as the key begins: so whether a route may go is seen without reading all points.
    ForeignKeyConstraint(["account_id", "route_id"], ["routes.account_id", "routes.id"]),
)

# Read with each route, so that no point is.
tracks = Table(
    "tracks",
    metadata,
    Column("route_id", Text, ForeignKey("routes.id"), primary_key=True),
    Column("account_id", Text, ForeignKey("accounts.id"), nullable=False),
    Column("metres", Float, nullable=False),
    Column("last_at", Text, nullable=False),  # wall-clock, as that of the points
    Column("last_lat", Float, nullable=False),
    Column("last_lng", Float, nullable=False),
    Column("changed_at", Instant, nullable=False),
)
