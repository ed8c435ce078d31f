"""Alembic's entry: runs the migrations on the connection that `waybell.schema.migrate` hands over."""

from alembic import context

from waybell.schema.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transaction_per_migration=True,
)
context.run_migrations()
