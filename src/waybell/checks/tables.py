"""The table of vehicle checks: columns for what is searched, and one document for the rest."""

from sqlalchemy import Column, ForeignKey, Index, Table, Text

from waybell.db.schema import Instant, Json, RowNumber, metadata

vehicle_checks = Table(
    "vehicle_checks",
    metadata,
    Column("seq", RowNumber, primary_key=True, autoincrement=True),
    Column("account_id", Text, ForeignKey("accounts.id"), nullable=False),
    Column("vehicle_key", Text, nullable=False),  # the vehicle's number with letter case folded
    Column("date", Text, nullable=False),  # wall-clock time
    Column("document", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    Index("vehicle_checks_by_vehicle", "account_id", "vehicle_key", "date", "seq"),
    Index("vehicle_checks_by_date", "account_id", "date", "seq"),
    sqlite_autoincrement=True,
)
