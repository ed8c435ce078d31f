"""`/api/Depot`, `/api/Client`, ...: lists that an account keeps under its own ids. Not in the Track-POD API.

The operations are the same for each kind of `directory/entry_kinds.py`.
"""

from functools import partial
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Body, Query, Response
from pydantic import SkipValidation

from waybell.directory import entry_actions, entry_store
from waybell.directory.entry_kinds import KINDS, REJECT_REASON, Entry, Kind
from waybell.ground.errors import Invalid
from waybell.web.api import bulk
from waybell.web.api.addresses import CHANGED
from waybell.web.api.answers import ApiResponse, document, documents, done
from waybell.web.api.door import Caller
from waybell.web.api.reading import CLEARING
from waybell.web.api.routing import Key, router
from waybell.wire.model import ApiModel, Text255

MAX_BULK = 500
_OURS = "Not in the Track-POD API."

After = Annotated[Text255, Query(alias="after", description="The last Id of the page before.")]
Limit = Annotated[int, Query(alias="limit", ge=1, le=MAX_BULK, description="How many at once, at most.")]


class EntryResult(ApiModel):
    """The result of one item of a bulk: `Status` is 201, 202 or 400, and `Error` says why the item was refused."""

    id: str | None = None
    status: int
    error: str | None = None


def _changing(kind: Kind) -> APIRouter:
    """Return the operations that change a list."""
    api, noun, shape, one = router(kind.noun), kind.noun, kind.shape, f"one {str(kind).lower()}"

    @api.post(
        f"/{noun}",
        operation_id=f"Add{noun}",
        status_code=201,
        response_model=ApiResponse,
        responses=CHANGED,
        dependencies=CLEARING,
        description=f"Add {one}, or change what is sent of the one with this Id. {_OURS}",
    )
    def keep(call: Caller, request: shape) -> Response:  # type: ignore[valid-type]
        sent: Entry = request
        with call.change() as tx:
            new = entry_actions.keep(tx, call.actor, kind, sent)
        if not new:
            return done(202, f"{kind} {sent.id} was updated.")
        location = {} if kind is REJECT_REASON else {"Location": f"/api/{noun}/Id/{quote(sent.id or '', safe='')}"}
        return done(201, f"{kind} {sent.id} was created.", location)

    @api.post(
        f"/{noun}/Bulk",
        operation_id=f"Add{noun}Bulk",
        status_code=202,
        response_model=list[EntryResult],
        responses={200: {"model": list[EntryResult], "description": "Some were refused."}},
        dependencies=CLEARING,
        description=f"Add or change up to 500 entries of the list of {noun}, each judged by itself. {_OURS}\n\n"
        "200 when some were refused.",
    )
    def keep_bulk(
        call: Caller,
        items: Annotated[list[SkipValidation[shape]], Body(min_length=1, max_length=MAX_BULK)],  # type: ignore[valid-type]
    ) -> Response:
        def keep_good(requests: list[Entry]) -> list[bool | Invalid]:
            with call.change() as tx:
                return entry_actions.keep_many(tx, call.actor, kind, requests)

        return bulk.carry_out(items, shape, keep_good, partial(_result, shape), 202)

    @api.delete(
        f"/{noun}/Id/{{id}}",
        operation_id=f"Delete{noun}ById",
        response_model=ApiResponse,
        description=f"Take {one} off the list; what names its Id keeps what it says. {_OURS}",
    )
    def delete(call: Caller, id: Key) -> Response:  # noqa: A002 - the API's name
        with call.change() as tx:
            entry_actions.delete(tx, call.actor, kind, id)
        return done(200, f"{kind} {id} was deleted.")

    return api


def _result(shape: type[Entry], item: Any, outcome: bool | str) -> EntryResult:  # noqa: FBT001 - is it new?
    own_id = bulk.sent_text(item, shape.model_fields["id"].alias or "")
    own_id = own_id and own_id.strip()[:50]
    if isinstance(outcome, str):
        return EntryResult(id=own_id, status=400, error=outcome)
    return EntryResult(id=own_id, status=201 if outcome else 202)


def _reading(kind: Kind) -> APIRouter:
    """Return the operations that read a list."""
    api, noun, shape, one = router(kind.noun), kind.noun, kind.shape, f"one {str(kind).lower()}"

    @api.get(
        f"/{noun}",
        operation_id=f"Get{noun}List",
        response_model=list[shape],  # type: ignore[valid-type]
        description=f"List the entries of {noun} by their ids, at most 500; `after` the last of them come the next. "
        f"{_OURS}",
    )
    def list_some(call: Caller, *, after: After = None, limit: Limit = MAX_BULK) -> Response:
        with call.read() as tx:
            return documents(entry_store.listed(tx, call.account.id, kind, after or "", limit))

    @api.get(
        f"/{noun}/Id/{{id}}",
        operation_id=f"Get{noun}ById",
        response_model=shape,
        description=f"Read {one} by its Id. {_OURS}",
    )
    def get(call: Caller, id: Key) -> Response:  # noqa: A002
        with call.read() as tx:
            return document(entry_actions.get(tx, call.actor, kind, id))

    return api


api = APIRouter()
for each in KINDS:
    api.routes.extend(_changing(each).routes)
    if each is not REJECT_REASON:  # the original API has an operation that reads these
        api.routes.extend(_reading(each).routes)
