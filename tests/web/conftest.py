"""The API as callers meet it: the whole application, a real key, a real database."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic_core import from_json
from sqlalchemy import select

from waybell.accounts import actions as accounts
from waybell.accounts.model import Account
from waybell.app import App, build_web
from waybell.db.database import Database
from waybell.events.tables import events


def client_of(app: App, account: Account) -> TestClient:
    """A caller with a key of this account."""
    with app.database.transaction() as tx:
        _, key = accounts.create_key(tx, account, "ERP")
    return TestClient(
        build_web(app), base_url="http://waybell.example", headers={"X-API-KEY": key}, raise_server_exceptions=False
    )


@pytest.fixture
def api(app: App, account: Account) -> Iterator[TestClient]:
    with client_of(app, account) as client:
        yield client


@pytest.fixture
def stranger(app: App) -> Iterator[TestClient]:
    """A caller from another account."""
    with app.database.transaction() as tx:
        other = accounts.create_account(tx, "Southwind", "UTC")
    with client_of(app, other) as client:
        yield client


@dataclass(frozen=True)
class Told:
    """An event as receivers read it."""

    type: str
    subject: str
    data: dict[str, Any]


class Events:
    """What happened since one last looked."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._seen = 0

    def news(self) -> list[Told]:
        with self._db.reading() as tx:
            query = select(events.c.seq, events.c.type, events.c.subject, events.c.body).where(
                events.c.seq > self._seen
            )
            rows = tx.execute(query.order_by(events.c.seq)).all()
        if rows:
            self._seen = rows[-1].seq
        return [Told(row.type, row.subject, from_json(row.body)["Data"]) for row in rows]

    def types(self) -> list[str]:
        return [told.type for told in self.news()]


@pytest.fixture
def told(db: Database) -> Events:
    return Events(db)
