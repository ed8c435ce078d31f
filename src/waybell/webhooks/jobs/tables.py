"""The table of jobs: a person asks to send many messages again, or to cancel them."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
)

from waybell.db.schema import Instant, Json, metadata, partial_index

retry_jobs = Table(
    "retry_jobs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, nullable=False),
    Column("endpoint_id", Text, ForeignKey("endpoints.id"), nullable=False),
    Column("act", Text, nullable=False, server_default="retry"),  # what is done to these messages
    CheckConstraint("act IN ('retry', 'cancel')", name="act"),
    Column("what", Text, nullable=False),
    CheckConstraint("what IN ('failed', 'missed', 'selected', 'waiting')", name="what"),
    Column("since", Instant),
    Column("until", Instant),
    Column("message_ids", Json),  # for 'selected'
    Column("narrowed", Json),  # for 'failed' and 'waiting': a filter by type, subjects and outcome
    Column("state", Text, nullable=False),
    CheckConstraint("state IN ('running', 'succeeded', 'canceled')", name="state"),
    Column("total", Integer, nullable=False),
    Column("done", Integer, nullable=False),  # messages that the job has dealt with
    Column("retried", Integer, nullable=False),  # of `done`: messages set to be sent, or canceled
    Column("position", Text),  # how far it has come; opaque
    Column("resume_at", Instant),  # set while it waits for attempts that are under way
    Column("created_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Index("retry_jobs_endpoint", "endpoint_id", "id"),
    partial_index("retry_jobs_running", "id", where="state = 'running'"),
)
