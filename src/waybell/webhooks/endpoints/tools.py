"""What managing endpoints needs beside a transaction."""

from dataclasses import dataclass
from datetime import timedelta

from waybell.db.database import Database
from waybell.events import types
from waybell.vault import Vault
from waybell.webhooks.address import Policy
from waybell.webhooks.model import Hint


@dataclass(frozen=True)
class WebhookTools:
    """The parts and settings that actions on endpoints use; made where the app is assembled."""

    database: Database  # for work after the commit, in transactions of its own
    vault: Vault
    policy: Policy
    catalogue: types.Catalogue  # with the names that event types have outside
    hint: Hint
    default_concurrency: int
    secret_overlap: timedelta
    batch: int
