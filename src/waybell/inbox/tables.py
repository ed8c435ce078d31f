"""The tables of inboxes and the requests that arrived."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from waybell.db.schema import Instant, Json, metadata

inboxes = Table(
    "inboxes",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("accounts.id"), nullable=False),
    Column("token", Text, nullable=False),  # part of the URL, and the only permission to post
    Column("answer", Integer, nullable=False),  # the status to answer with, so that users can try what a failure does
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("account_id"),
    UniqueConstraint("token"),
)

inbox_requests = Table(
    "inbox_requests",
    metadata,
    Column("id", Text, primary_key=True),
    Column("inbox_id", Text, ForeignKey("inboxes.id"), nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("headers", Json, nullable=False),  # pairs, in their order
    Column("body", LargeBinary, nullable=False),  # the first 64 KiB
    Column("body_bytes", Integer, nullable=False),
    Column("answered", Integer, nullable=False),
    Column("verified", Boolean, nullable=False),  # with a secret of an endpoint that sends here
    Column("verdict", Text, nullable=False),  # of the verification, for people
    Index("inbox_requests_inbox", "inbox_id", "id"),
)
