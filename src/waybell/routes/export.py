"""The export of routes to a caller's own system. A route is listed until the caller confirms the export."""

from typing import Literal

from sqlalchemy import case, select, update

from waybell.accounts.model import Actor
from waybell.db.database import Tx
from waybell.ground.errors import Invalid, NotFound
from waybell.orders.tables import routes
from waybell.routes.model import RouteKey
from waybell.routes.store import KEYS, in_scope

READY, CLOSED = 0, 5  # the API's numbers for the statuses that are exported
_STATUSES = {READY: "Ready", CLOSED: "Closed"}


def waiting(tx: Tx, actor: Actor, member: Literal["Code", "Id"], status: int) -> list[str]:
    """Return the Codes or Ids of routes in this status that wait for export, oldest first.

    Routes without a Code or Id are left out. Raise `Invalid` for a status other than 0 (Ready) and 5 (Closed).

    Operations: GetRouteExportCode, GetRouteExportId.
    """
    if status not in _STATUSES:
        raise Invalid("status: must be 0 (Ready) or 5 (Closed)")
    query = select(KEYS[member]).where(
        routes.c.account_id == actor.account.id,
        routes.c.status == _STATUSES[status],
        routes.c.exported_at.is_(None),
        routes.c.deleted_at.is_(None),
        KEYS[member].is_not(None),
        in_scope(tx),
    )
    return list(tx.execute(query.order_by(routes.c.seq)).scalars())


def confirm(tx: Tx, actor: Actor, key: RouteKey) -> None:
    """Mark the route with this key as taken over; a repeated call changes nothing.

    Of several routes with the key, one that waits is meant: a Closed one before a Ready one, and the newest first. If
    the newest were meant in any case, a route could no longer be confirmed once the next day's route has the same Code.
    Raise `NotFound` when there is no route with this key.

    Operations: SetRouteExportCode, SetRouteExportId.
    """
    waits = routes.c.exported_at.is_(None)
    first = case((waits & (routes.c.status == "Closed"), 0), (waits & (routes.c.status == "Ready"), 1), else_=2)
    query = select(routes.c.id).where(
        routes.c.account_id == actor.account.id,
        KEYS[key.member] == key.value,
        routes.c.deleted_at.is_(None),
        in_scope(tx),
    )
    query = query.order_by(first, routes.c.seq.desc()).limit(1)
    found = tx.execute(query).scalar()
    if found is None:
        raise NotFound(f"There is no route with {key}.")
    change = update(routes).where(
        routes.c.account_id == actor.account.id, routes.c.id == found, routes.c.exported_at.is_(None)
    )
    tx.execute(change.values(exported_at=tx.now))
