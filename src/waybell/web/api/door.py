"""The door: who calls is found out here, and the transaction that everything below receives is opened here."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends, Request

from waybell.accounts import actions
from waybell.accounts.model import Account, Actor
from waybell.db.database import Database, Tx


class Door:
    def __init__(self, database: Database) -> None:
        self._database = database

    def authenticate(self, key_text: str | None) -> Actor:
        """Whose key this is; raises `Unauthorized`."""
        with self._database.reading() as tx:
            actor, note = actions.authenticate(tx, key_text)
        if note:
            with self._database.transaction(durable=False) as tx:
                actions.note_use(tx, note)
        return actor

    def call(self, actor: Actor) -> "Call":
        return Call(self._database, actor)


class Call:
    """One authenticated request."""

    def __init__(self, database: Database, actor: Actor) -> None:
        self.database = database  # for what takes several transactions
        self.actor = actor

    @property
    def account(self) -> Account:
        return self.actor.account

    @contextmanager
    def change(self) -> Iterator[Tx]:
        """The one transaction of a request that changes something."""
        with self.database.transaction() as tx:
            yield tx

    @contextmanager
    def look(self) -> Iterator[Tx]:
        """The one transaction of a request that only reads."""
        with self.database.reading() as tx:
            yield tx


async def _call(request: Request) -> Call:
    door: Door = request.app.state.door
    return door.call(request.state.actor)


Caller = Annotated[Call, Depends(_call)]
