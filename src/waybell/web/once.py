"""Requests with an `Idempotency-Key` are carried out once: a repeat gets the kept answer of the first.

`Call.change` opens the transaction of a request. With a key, this transaction first claims the key, and it commits only
when the operation has returned its answer, which is stored in it. So an operation needs no line of its own for this,
but it may open only one transaction that changes something.

Kept are the answers of operations, including refusals such as 400 and 404: a caller that was refused must not be
surprised by a late copy of its request that is carried out. Not kept is what says nothing about the request itself: a
missing permission (401, 403), a limit (429), a race (`Raced`) and a fault of the server (5xx). Requests that cannot be
read are refused before their operation begins, and leave the key unused.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

from fastapi import Request, Response
from pydantic_core import from_json

from waybell.accounts import kept_answers
from waybell.accounts.kept_answers import KeptAnswer, RequestKey
from waybell.accounts.model import Actor
from waybell.db.database import Database, Tx
from waybell.db.failures import again_when_raced
from waybell.ground.errors import Invalid, KeyReused, Raced, WaybellError
from waybell.web.api.answers import ApiRemovedOrderResponse, ApiResponse, JsonAnswer, done

SAFE = {"GET", "HEAD"}  # the methods of requests that change nothing
HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
KEY = re.compile(r"[!-~]{1,255}")
_MOST_KEPT = 256 * 1024  # bytes of a body

_KEPT_REFUSALS = {400, 404, 405, 409, 410, 422}
# These headers are made anew with each answer.
_MADE_ANEW = {"content-length", "content-type", "vary", "x-content-type-options", "cache-control"}
_SHAPES: dict[str, Any] = {shape.__name__: shape for shape in (ApiResponse, ApiRemovedOrderResponse)}

_ONCE_ONLY = (
    "An earlier request with this Idempotency-Key did this. Its answer showed a secret, which is not kept and cannot "
    "be shown again here."
)
_TOO_LONG = "An earlier request with this Idempotency-Key did this. Its answer was too long to be kept."


class UsedMeanwhile(Exception):  # noqa: N818
    """Another request with the same key was carried out in the meantime, so this one is undone."""


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """A request that carries an Idempotency-Key; `refusal` makes the answer to an error of its operation."""

    request: Request
    key: str
    body: bytes
    refusal: Callable[[Request, WaybellError], Response]

    def stored_key(self, actor: Actor) -> RequestKey:
        scope = self.request.scope
        parts = (scope["method"].encode(), scope["path"].encode(), scope["query_string"], self.body)
        return kept_answers.request_key(actor.account.id, actor.id, self.key, parts)


def _refusal(request: Request, error: WaybellError) -> Response:
    """Return the answer to an error, as the application makes it."""
    handlers = request.app.exception_handlers
    handle = next(handlers[kind] for kind in type(error).__mro__ if kind in handlers)
    return cast("Response", handle(request, error))


async def keyed(
    request: Request, refusal: Callable[[Request, WaybellError], Response] = _refusal
) -> KeyedRequest | None:
    """Return the request with its key, or None without one. Raise `Invalid` for a header that is no key."""
    sent = request.headers.getlist(HEADER)
    if not sent:
        return None
    key = sent[0].strip()
    if len(key) > 1 and key[0] == key[-1] == '"':  # the draft of the standard puts the key into quotes
        key = key[1:-1]
    if len(sent) > 1 or not KEY.fullmatch(key):
        raise Invalid(f"{HEADER}: send one key of 1 to 255 visible ASCII characters, such as a UUID.")
    return KeyedRequest(request, key, await request.body(), refusal)


class HeldBack(ExitStack):
    """The transaction of a request with a key. It stays open until the answer is known, and ends with this stack."""

    def __init__(self, key: RequestKey) -> None:
        super().__init__()
        self._key = key
        self.tx: Tx | None = None

    @contextmanager
    def change(self, transaction: AbstractContextManager[Tx]) -> Iterator[Tx]:
        """Open the transaction and claim the key. An error in the block rolls the transaction back at once."""
        if self.tx is not None:
            raise RuntimeError("An operation that takes an Idempotency-Key changes things in a single transaction.")
        with ExitStack() as stack:
            tx = stack.enter_context(transaction)
            if not kept_answers.claim(tx, self._key):
                raise UsedMeanwhile
            yield tx
            self.push(stack.pop_all())
            self.tx = tx


def carry_out(
    keyed_request: KeyedRequest, database: Database, actor: Actor, act: Callable[[HeldBack], Response]
) -> Response:
    """Return the answer of `act`, or the kept one when a request with this key has been carried out already.

    `act` makes its change through the `HeldBack` that it gets. Raise `KeyReused` when the key came with another
    request.
    """
    key = keyed_request.stored_key(actor)
    try:
        return again_when_raced(lambda: _first_or_kept(keyed_request, key, database, act))
    except UsedMeanwhile:
        kept = _kept(database, key)
        if kept is None:
            raise Raced("A request with the same Idempotency-Key ended at this moment. Send it again.") from None
        return kept


def _first_or_kept(
    keyed_request: KeyedRequest, key: RequestKey, database: Database, act: Callable[[HeldBack], Response]
) -> Response:
    if kept := _kept(database, key):
        return kept
    try:
        with HeldBack(key) as held_back:
            answer = act(held_back)
            if held_back.tx:
                kept_answers.keep(held_back.tx, key, answer.status_code, _to_keep(answer))
                return answer
    except WaybellError as error:
        if isinstance(error, Raced):
            raise
        answer = keyed_request.refusal(keyed_request.request, error)
        if answer.status_code not in _KEPT_REFUSALS:
            raise
    if answer.status_code < HTTPStatus.BAD_REQUEST or answer.status_code in _KEPT_REFUSALS:
        with database.transaction(durable=False) as tx:  # nothing was changed
            if not kept_answers.claim(tx, key):
                raise UsedMeanwhile
            kept_answers.keep(tx, key, answer.status_code, _to_keep(answer))
    return answer


def _kept(database: Database, key: RequestKey) -> Response | None:
    with database.reading() as tx:
        kept = kept_answers.find(tx, key)
    if kept and kept.request != key.request:
        raise KeyReused(
            f"This {HEADER} came before with another request: another method, path, query or body. Send a new key with "
            "a new request."
        )
    return _as_answer(kept) if kept else None


def _to_keep(answer: Response) -> dict[str, Any]:
    """Return what is stored of an answer: the content rather than the bytes, because a repeat may ask for XML."""
    headers = {name: value for name, value in answer.headers.items() if name not in _MADE_ANEW}
    if isinstance(answer, JsonAnswer) and answer.is_secret:
        answer = done(answer.status_code, _ONCE_ONLY)
    elif len(answer.body) > _MOST_KEPT:
        answer = done(answer.status_code, _TOO_LONG)
    kept = {"Headers": headers, "Body": bytes(answer.body).decode()}
    if isinstance(answer, JsonAnswer):
        return kept | {"Shape": answer.shape and answer.shape.__name__}
    return kept | {"Type": answer.headers.get("content-type")}


def _as_answer(kept: KeptAnswer) -> Response:
    headers = kept.answer["Headers"] | {REPLAYED: "true"}
    body = kept.answer["Body"]
    if "Shape" in kept.answer:
        return JsonAnswer(from_json(body), kept.status, headers, _SHAPES.get(kept.answer["Shape"]))
    return Response(body, kept.status, headers, kept.answer["Type"])
