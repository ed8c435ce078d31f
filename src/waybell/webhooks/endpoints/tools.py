"""The tools of the actions on endpoints."""

from dataclasses import dataclass
from datetime import timedelta

from waybell.db.database import Database
from waybell.events import types
from waybell.vault import Vault
from waybell.webhooks.address import Policy
from waybell.webhooks.model import Hint


@dataclass(frozen=True)
class WebhookTools:
    """The components and settings that actions on endpoints need beside a transaction; `app.py` makes them."""

    database: Database  # for work after the commit, in transactions of its own
    vault: Vault
    policy: Policy
    catalogue: types.Catalogue  # the built-in event types, under the names that the operator gave them
    hint: Hint
    default_concurrency: int
    secret_overlap: timedelta
    batch: int
