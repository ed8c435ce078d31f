"""All tables in one metadata, which only migrations need."""

import waybell.accounts.tables
import waybell.checks.tables
import waybell.directory.tables
import waybell.events.tables
import waybell.exceptions.tables
import waybell.importing.tables
import waybell.inbox.tables
import waybell.installation.tables
import waybell.orders.tables
import waybell.pictures.tables
import waybell.routes.tables
import waybell.webhooks.endpoints.tables
import waybell.webhooks.jobs.tables
import waybell.webhooks.messages.tables  # noqa: F401
from waybell.db.schema import metadata

__all__ = ["metadata"]
