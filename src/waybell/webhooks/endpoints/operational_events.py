"""Events about an endpoint, which Waybell sends to the other endpoints of the account."""

from datetime import datetime

from sqlalchemy import select

from waybell.db.database import Tx
from waybell.events import outbox
from waybell.events.catalogue import EventType
from waybell.events.model import Event
from waybell.events.subjects import Subject
from waybell.ground.clock import utc_text
from waybell.webhooks.endpoints.tables import endpoints
from waybell.wire.model import ApiModel


class DisabledEndpoint(ApiModel):
    """The data of the event: the endpoint that was disabled, and why."""

    id: str
    url: str
    description: str | None
    reason: str
    disabled_at: str


ENDPOINT_DISABLED = EventType(
    name="EndpointDisabled",
    meaning="an endpoint was disabled because its receiver answered 410, or was down for too long",
    data_schema=DisabledEndpoint.model_json_schema(by_alias=True),
    sample=DisabledEndpoint(
        id="ep_019c2f0e8a7b7c4d9e8f0a1b2c3d4e5f",
        url="https://erp.example.com/webhooks",
        description="The warehouse",
        reason="parked too long",
        disabled_at="2026-11-23T10:15:30.123456Z",
    ).as_data(),
    about="endpoint",
)


class EndpointDown(ApiModel):
    """The data of the event: the endpoint that is down, and when it will be disabled if it stays down."""

    id: str
    url: str
    description: str | None
    reason: str
    parked_at: str
    disabled_at: str


ENDPOINT_DOWN = EventType(
    name="EndpointDown",
    meaning="the receiver of an endpoint has been down for long; if it stays down, the endpoint is disabled",
    data_schema=EndpointDown.model_json_schema(by_alias=True),
    sample=EndpointDown(
        id="ep_019c2f0e8a7b7c4d9e8f0a1b2c3d4e5f",
        url="https://erp.example.com/webhooks",
        description="The warehouse",
        reason="refused",
        parked_at="2026-11-21T22:15:30.123456Z",
        disabled_at="2026-11-26T22:15:30.123456Z",
    ).as_data(),
    about="endpoint",
)


OPERATIONAL = (ENDPOINT_DOWN, ENDPOINT_DISABLED)


def record_down(tx: Tx, account_id: str, endpoint_id: str, disabled_at: datetime) -> None:
    """Record the event that warns other endpoints: this endpoint is parked and will be disabled at that time."""
    row = tx.execute(select(endpoints).where(endpoints.c.id == endpoint_id)).one()
    data = EndpointDown(
        id=endpoint_id,
        url=row.url,
        description=row.description or None,
        reason=row.parked_reason,
        parked_at=utc_text(row.parked_at),
        disabled_at=utc_text(disabled_at),
    )
    outbox.record(tx, Event(account_id, ENDPOINT_DOWN.name, str(Subject("endpoint", endpoint_id)), data.as_data()))


def record_disabled(tx: Tx, account_id: str, endpoint_id: str, reason: str) -> None:
    """Record the event that tells other endpoints that this one is disabled."""
    row = tx.execute(select(endpoints.c.url, endpoints.c.description).where(endpoints.c.id == endpoint_id)).one()
    data = DisabledEndpoint(
        id=endpoint_id,
        url=row.url,
        description=row.description or None,
        reason=reason,
        disabled_at=utc_text(tx.now),
    )
    outbox.record(tx, Event(account_id, ENDPOINT_DISABLED.name, str(Subject("endpoint", endpoint_id)), data.as_data()))
