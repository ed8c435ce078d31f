"""The door of the API: it authenticates and authorises each call, and opens its transaction."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import wraps
from inspect import iscoroutinefunction
from typing import Annotated, Any

from fastapi import Depends, Request, Response

from waybell.accounts import keys
from waybell.accounts.grants import Kind
from waybell.accounts.meter import Meter
from waybell.accounts.model import Account, Actor
from waybell.db.database import Database, Tx
from waybell.ground import trace
from waybell.ground.errors import TooManyRequests, Unauthorized
from waybell.ground.rates import RatedDocument, Rates, Use, rules_of
from waybell.web import once
from waybell.web.api.wrong_keys import WrongKeys
from waybell.web.client_places import address_of
from waybell.web.costly_work import CostlyWork
from waybell.web.once import HeldBack, KeyedRequest
from waybell.web.refusals import Refusals


class Door:
    def __init__(self, database: Database, default_rates: Rates, refusals: Refusals, costly: CostlyWork) -> None:
        self._database = database
        self._default_rates = default_rates
        self._wrong_keys = WrongKeys()
        self._refusals = refusals
        self._costly = costly
        self.meter = Meter(database)

    def admit(self, request: Request, kind: Kind | None, document: RatedDocument | None) -> None:
        """Authenticate and count the call, and check that its key permits it. `kind` is the kind of object concerned.

        The actor and the use of the key go into the state of the request. Raise `Unauthorized`, `TooManyRequests` or
        `Forbidden`, in this order: a forbidden call counts too.
        """
        known = self.identify(request, document)
        known.grant.check(request.method, kind, address_of(request))
        request.state.actor = known.actor

    def untouched(self) -> Use:
        """Return the use of a key without calls in this minute; answers without a known key tell this one."""
        minute = rules_of(self._default_rates)[0]
        return Use(minute.limit, minute.end(self._database.clock.now().timestamp()))

    def identify(self, request: Request, document: RatedDocument | None = None) -> keys.Known:
        """Return the key of the call, and count the call. Raise `Unauthorized` or `TooManyRequests`."""
        key_text = request.headers.get("x-api-key")
        address = address_of(request)
        try:
            self._wrong_keys.check(address, key_text)
        except TooManyRequests:
            self._refusals.key(request, "throttled")
            request.state.use = replace(self.untouched(), remaining=0)
            raise
        try:
            with self._database.reading() as tx:
                known = keys.authenticate(tx, key_text, self._default_rates)
        except Unauthorized:
            self._wrong_keys.note_wrong(address)
            self._refusals.key(request, "wrong")
            raise
        self._wrong_keys.note_good(key_text)
        use = self.meter.count(known.actor.id, rules_of(known.grant.rates, document))
        request.state.use = use
        if use.refused:
            raise TooManyRequests(use.refusal, use.retry_after)
        if known.stale:
            with self._database.transaction(durable=False) as tx:
                keys.note_use(tx, known.actor.id)
        return known

    def call(self, actor: Actor, trace: str | None, keyed: KeyedRequest | None) -> "Call":
        return Call(self._database, actor, self._costly, trace, keyed)


class Call:
    """An authenticated request."""

    def __init__(
        self,
        database: Database,
        actor: Actor,
        costly: CostlyWork,
        trace: str | None = None,
        keyed: KeyedRequest | None = None,
    ) -> None:
        self.database = database  # for operations with several transactions
        self.actor = actor
        self.costly = costly
        self.trace = trace
        self._keyed = keyed
        self._held_back: HeldBack | None = None

    @property
    def account(self) -> Account:
        return self.actor.account

    @contextmanager
    def change(self) -> Iterator[Tx]:
        """Open the transaction of a request that changes something. A request has one.

        With an Idempotency-Key it commits when the operation has returned its answer; see `web/once.py`.
        """
        transaction = self.database.transaction(scope=self.actor.scope, trace=self.trace, by=self.actor.name)
        with self._held_back.change(transaction) if self._held_back else transaction as tx:
            yield tx

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """Open the transaction of a request that only reads. A request has one."""
        if self._held_back and self._held_back.tx:
            yield self._held_back.tx  # what the request has changed is to be seen, and is not committed yet
            return
        with self.database.reading(scope=self.actor.scope) as tx:
            yield tx

    def once(self, act: Callable[[], Response]) -> Response:
        """Return the answer of `act`; with an Idempotency-Key that was used before, return the kept answer."""
        if self._keyed is None:
            return act()

        def act_held_back(held_back: HeldBack) -> Response:
            self._held_back = held_back
            return act()

        return once.carry_out(self._keyed, self.database, self.actor, act_held_back)


def carried_out_once(operation: Callable[..., Response]) -> Callable[..., Response]:
    """Return the operation, which has a `Call` among its parameters, such that it obeys an Idempotency-Key."""
    if iscoroutinefunction(operation):
        raise TypeError(
            f"{operation.__name__} changes something and is `async`: its transaction would block all requests."
        )

    @wraps(operation)
    def obeying(*args: Any, **members: Any) -> Response:
        call = next(member for member in members.values() if isinstance(member, Call))
        return call.once(lambda: operation(*args, **members))

    return obeying


async def _call(request: Request) -> Call:
    door: Door = request.app.state.door
    return door.call(request.state.actor, trace.of(request.headers), request.state.keyed)


Caller = Annotated[Call, Depends(_call)]
