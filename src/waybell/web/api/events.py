"""`/api/Event` and `/api/EventType`: the feed for catching up, publishing of own events, and the catalogue."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Body, Query, Request, Response
from pydantic_core import to_json

from waybell.db.failures import again_when_raced
from waybell.events import feed, types
from waybell.events.catalogue import EventType
from waybell.events.publishing import Published, Wanted, publish
from waybell.events.schema_process import LaboriousError, MisfitsError, check_apart
from waybell.ground.clock import utc_text
from waybell.ground.errors import Conflict, Invalid
from waybell.web.api.answers import ApiResponse, JsonAnswer, done
from waybell.web.api.door import Call, Caller
from waybell.web.api.routing import Key, router
from waybell.web.api.webhook_models import (
    EventTypeModel,
    EventTypeRequest,
    FeedPage,
    FeedQuery,
    PageOf,
    PublishedModel,
    PublishRequest,
)
from waybell.webhooks.endpoints import subscriptions
from waybell.wire.model import MAX_FAULTS

api = router("Event")

MAX_BULK = 500


@api.get("/Event", operation_id="GetEvents", response_model=FeedPage)
def read_feed(request: Request, call: Caller, query: Annotated[FeedQuery, Query()]) -> Response:
    """Return the events of the account in order, behind the cursor `After`, or from the oldest that is kept.

    Each item is the document that webhooks carry. A reader that follows the cursor misses no event.
    """
    with call.read() as tx:
        asked = [tx.names.typed(name) for name in query.event]
        page = feed.read(tx, call.account.id, query.after, query.limit, asked, _tools(request).catalogue)
    answer = b'{"Items":[' + b",".join(page.bodies) + b'],"Cursor":' + to_json(page.cursor) + b"}"
    return JsonAnswer(answer)


@api.post(
    "/Event",
    operation_id="PublishEvent",
    status_code=201,
    response_model=PublishedModel,
    responses={200: {"model": PublishedModel, "description": "Its Key was there already."}},
)
def publish_one(request: Request, call: Caller, wanted: PublishRequest) -> Response:
    """Publish an event of a registered type. A Key that was sent before gets the result of that time, with 200."""
    (published,) = _publish(request, call, [wanted])
    answer = published_model(published)
    return JsonAnswer(answer.as_answer(), status_code=answer.status)


@api.post(
    "/Event/Bulk",
    operation_id="PublishEvents",
    status_code=201,
    response_model=list[PublishedModel],
    responses={200: {"model": list[PublishedModel], "description": "The Keys of all were there already."}},
)
def publish_many(
    request: Request,
    call: Caller,
    wanted: Annotated[list[PublishRequest], Body(min_length=1, max_length=MAX_BULK)],
) -> Response:
    """Publish up to 500 events, all or none. The results are in their order."""
    try:
        results = _publish(request, call, wanted)
    except MisfitsError as misfits:
        lines = [f"[{at}].{line}" for at, faults in misfits.faults.items() for line in faults]
        raise Invalid("\n".join(lines[:MAX_FAULTS])) from None
    status = 201 if any(one.new for one in results) else 200
    return JsonAnswer([published_model(one).as_answer() for one in results], status_code=status)


@api.get("/EventType", operation_id="GetEventTypes", response_model=PageOf[EventTypeModel])
def list_types(request: Request, call: Caller) -> Response:
    """Return all event types: the meaning of each, the JSON Schema of its Data, and a sample."""
    with call.read() as tx:
        custom = types.custom(tx, call.account.id)
    found = [_type_model(one, custom=False) for one in _tools(request).catalogue]
    found += [_type_model(one, custom=True) for one in custom]
    return JsonAnswer({"Items": [one.as_answer() for one in found], "Cursor": None})


@api.post(
    "/EventType",
    operation_id="AddEventType",
    status_code=201,
    response_model=ApiResponse,
    responses={202: {"model": ApiResponse, "description": "It was there and was changed."}},
)
def register_type(request: Request, call: Caller, wanted: EventTypeRequest) -> Response:
    """Register an event type of your own, or change its description (202)."""
    described = EventType(wanted.name, wanted.meaning, wanted.schema_ or {}, wanted.sample or {})
    with call.change() as tx:
        tools = _tools(request)
        new = types.register(tx, tools.catalogue, call.account.id, described, check_data=wanted.check_data)
    if new:
        return done(201, f"Event type {wanted.name} is registered. Publish it with POST /api/Event.")
    return done(202, f"Event type {wanted.name} is changed.")


@api.delete("/EventType/{name}", operation_id="DeleteEventType", response_model=ApiResponse)
def delete_type(call: Caller, name: Key) -> Response:
    """Remove an event type of your own. No endpoint may name it any more."""
    with call.change() as tx:
        users = subscriptions.named_by(tx, call.account.id, name)
        if users and name in types.registered(tx, call.account.id, [name]):
            raise Conflict(f"Endpoint {users[0]} asks for {name}. Take it out of its EventTypes first.")
        types.remove(tx, call.account.id, name)
    return done(200, f"Event type {name} is deleted.")


def _publish(request: Request, call: Call, wanted: Sequence[PublishRequest]) -> list[Published]:
    catalogue = _tools(request).catalogue
    exact = request.state.exact_numbers
    events = [Wanted(one.event, one.subject, one.data, one.key, exact) for one in wanted]

    checked: list[str] = []

    def store_in_transaction() -> list[Published]:
        with call.change() as tx:
            return publish(tx, catalogue, call.account.id, events, checked)

    try:
        return again_when_raced(store_in_transaction)
    except LaboriousError as laborious:
        check_apart(laborious.events)
        checked += [schema for schema, _ in laborious.events.values()]
        return again_when_raced(store_in_transaction)


def published_model(one: Published) -> PublishedModel:
    return PublishedModel(
        id=one.id,
        event=one.type,
        subject=one.subject,
        date=utc_text(one.created_at),
        key=one.key,
        status=201 if one.new else 200,
    )


def _type_model(one: EventType, *, custom: bool) -> EventTypeModel:
    return EventTypeModel(
        name=one.called,
        meaning=one.meaning,
        schema_=one.data_schema or None,
        sample=one.sample or None,
        check_data=one.check_data,
        custom=custom,
        opt_in=one.opt_in,
    )


def _tools(request: Request) -> Any:
    return request.app.state.tools
