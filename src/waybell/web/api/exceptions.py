"""`/api/Exception`: what needs somebody, such as a late order. Not in the Track-POD API."""

from typing import Annotated

from fastapi import Query, Response
from pydantic import Field

from waybell.exceptions import store
from waybell.exceptions.store import Listed
from waybell.exceptions.words import ADVICE, text_of
from waybell.ground import cursors
from waybell.ground.clock import utc_text
from waybell.web.api.answers import JsonAnswer
from waybell.web.api.door import Caller
from waybell.web.api.routing import router
from waybell.web.api.webhook_models import Instant, PageOf, PageQuery
from waybell.wire.model import ApiModel

api = router("Exception")

_CLEARED = "Also what was cleared from this moment on, up to a week ago; UTC when it names no zone."


class ExceptionModel(ApiModel):
    """An order or a route that needs a person."""

    id: str
    kind: str
    severity: int
    since: str
    cleared_at: str | None
    text: str
    advice: str
    track_id: str | None
    number: str | None
    order_id: str | None
    route_code: str | None
    route_id: str | None


class ExceptionQuery(PageQuery):
    cleared_since: Annotated[Instant, Field(description=_CLEARED)] = None


@api.get("/Exception", operation_id="GetExceptions", response_model=PageOf[ExceptionModel])
def list_all(call: Caller, query: Annotated[ExceptionQuery, Query()]) -> Response:
    """Return what needs somebody, the oldest first: what is open, and on request what was cleared since a moment."""
    after = int(cursors.decode("exceptions", query.after, 1)[0]) if query.after else 0
    with call.read() as tx:
        found = store.listed(tx, call.account.id, query.cleared_since, after, query.limit + 1)
    shown = found[: query.limit]
    cursor = cursors.encode("exceptions", shown[-1].id) if len(found) > query.limit else None
    return JsonAnswer({"Items": [_model(one).as_answer() for one in shown], "Cursor": cursor})


def _model(one: Listed) -> ExceptionModel:
    return ExceptionModel(
        id=f"e{one.id}",
        kind=one.kind,
        severity=one.severity,
        since=utc_text(one.since),
        cleared_at=None if one.cleared_at is None else utc_text(one.cleared_at),
        text=text_of(one.kind, one.facts),
        advice=ADVICE[one.kind],
        track_id=one.track_id,
        number=one.number,
        order_id=one.order_id,
        route_code=one.route_code,
        route_id=one.route_id,
    )
