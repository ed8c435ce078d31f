"""The event types of an account: the built-in ones, and its own, which it has registered."""

import re
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, select

from waybell.db.database import Tx
from waybell.db.inserting import insert_into
from waybell.db.prepared import Prepared
from waybell.events.catalogue import EventType
from waybell.events.schemas import check_schema
from waybell.events.tables import custom_event_types
from waybell.ground.errors import Conflict, Invalid, NotFound

_NAME = re.compile(r"[A-Za-z0-9_.]{1,100}")
MAX_CUSTOM = 1000  # in one account


def is_name(text: str) -> bool:
    """Return whether the text can be the name of an event type."""
    return bool(_NAME.fullmatch(text))


Catalogue = Sequence[EventType]  # the built-in types


def custom(tx: Tx, account_id: str) -> list[EventType]:
    """Return the types that the account has registered, ordered by name."""
    table = custom_event_types.c
    query = select(table.name, table.meaning, table.data_schema, table.sample, table.check_data)
    rows = tx.execute(query.where(table.account_id == account_id).order_by(table.name)).all()
    return [EventType(row.name, row.meaning, row.data_schema, row.sample, row.check_data) for row in rows]


def find(tx: Tx, catalogue: Catalogue, account_id: str, name: str) -> EventType | None:
    """Return the type that is called so, if the account has it."""
    for known in (*catalogue, *custom(tx, account_id)):
        if known.called == name:
            return known
    return None


def names(tx: Tx, catalogue: Catalogue, account_id: str) -> set[str]:
    """Return the names of all event types of the account, as they are called outside."""
    registered = tx.execute(select(custom_event_types.c.name).where(custom_event_types.c.account_id == account_id))
    return {known.called for known in catalogue} | set(registered.scalars())


def registered(tx: Tx, account_id: str, asked: Collection[str]) -> dict[str, str | None]:
    """Return the registered types among these names, each with the Schema (JSON) that its events must fit, or None."""
    found: dict[str, str | None] = {}
    for name in sorted(asked):
        for data_schema, check_data in _registered.run(tx, {"account": account_id, "asked": name}):
            found[name] = data_schema if check_data and data_schema != "{}" else None
    return found


_registered = Prepared(
    select(custom_event_types.c.data_schema, custom_event_types.c.check_data).where(
        custom_event_types.c.account_id == bindparam("account"), custom_event_types.c.name == bindparam("asked")
    )
)


def register(
    tx: Tx,
    catalogue: Catalogue,
    account_id: str,
    event_type: EventType,
    *,
    check_data: bool | None = None,
) -> bool:
    """Register a type, or change a registered one, and return whether it is new.

    Without `check_data`, events of a new type are checked, and events of a registered type as they were before. Raise
    `Invalid` for an unusable name or schema, and `Conflict` when the name is built in or the account has too many
    types.
    """
    name = event_type.name
    if not is_name(name):
        raise Invalid("Name: 1 to 100 letters of A-Z and a-z, digits, dots and underscores, such as invoice.paid.")
    if name.lower() in {name.lower() for known in catalogue for name in (known.name, known.called)}:
        raise Conflict(f"Name: {name} is built in. Choose another name for your own event type.")
    known = {one.name: one.check_data for one in custom(tx, account_id)}
    if name not in known and len(known) >= MAX_CUSTOM:
        raise Conflict(f"An account has at most {MAX_CUSTOM} event types of its own. Delete one first.")
    check_data = known.get(name, True) if check_data is None else check_data
    if check_data:
        check_schema(event_type.data_schema)
    described: dict[str, Any] = {
        "check_data": check_data,
        "meaning": event_type.meaning,
        "data_schema": event_type.data_schema,
        "sample": event_type.sample,
    }
    insert = insert_into(custom_event_types, on_postgres=tx.on_postgres)
    statement = insert.values(account_id=account_id, name=name, created_at=tx.now, **described)
    tx.execute(statement.on_conflict_do_update(index_elements=["account_id", "name"], set_=described))
    return name not in known


def remove(tx: Tx, account_id: str, name: str) -> None:
    """Unregister a type, which can then no longer be published; past events stay.

    Raise `NotFound` when the account has no such type.
    """
    table = custom_event_types
    if tx.execute(delete(table).where(table.c.account_id == account_id, table.c.name == name)).rowcount == 0:
        raise NotFound(f"This account has registered no event type {name}. GET /api/EventType lists what there is.")
