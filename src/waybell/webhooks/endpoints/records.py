"""The rows of endpoints and secrets as typed values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from waybell.db.records import Records
from waybell.ground.event_names import EventName
from waybell.webhooks.endpoints.tables import endpoint_secrets, endpoints
from waybell.webhooks.model import EndpointState, Scheme


@dataclass(frozen=True, slots=True)
class StoredEndpoint:
    """An endpoint with its settings and its state; its headers are encrypted."""

    id: str
    account_id: str
    url: str
    description: str
    event_types: Sequence[EventName]  # empty stands for all
    headers: str | None
    ordered: bool
    concurrency: int
    rate_limit: float | None
    schemes: Sequence[Scheme]
    hex_header: str | None
    state: EndpointState
    disabled_reason: str | None
    created_at: datetime
    changed_at: datetime
    parked_at: datetime | None
    parked_reason: str | None
    probe_at: datetime | None
    paused_until: datetime | None
    alerts: bool


@dataclass(frozen=True, slots=True)
class ParkedEndpoint:
    """An endpoint that is down, and how often its account was warned of that."""

    id: str
    account_id: str
    parked_at: datetime
    warnings: int


@dataclass(frozen=True, slots=True)
class StoredSecret:
    scheme: Scheme
    secret: str  # encrypted
    created_at: datetime
    expires_at: datetime | None


ENDPOINTS = Records(StoredEndpoint, endpoints)
PARKED = Records(ParkedEndpoint, endpoints)
SECRETS = Records(StoredSecret, endpoint_secrets)
