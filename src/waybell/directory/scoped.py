"""The drivers of a scope's teams and the vehicles of its carriers, as SQL; the rule stands in `ground/scope.py`."""

from sqlalchemy import ColumnElement, and_, func, or_, select, true

from waybell.db.database import Tx
from waybell.db.scoped import lists_one_of, member
from waybell.directory.tables import drivers, vehicles


def driver_in_scope(tx: Tx) -> ColumnElement[bool]:
    """Return the condition that a driver is in one of the teams or in none, and has a vehicle of the carriers."""
    conditions: list[ColumnElement[bool]] = [true(), driver_of_teams(tx)]
    if tx.scope.carriers:
        theirs = select(vehicles.c.driver_id).where(
            vehicles.c.account_id == drivers.c.account_id, vehicles.c.deleted_at.is_(None), vehicle_of_carriers(tx)
        )
        conditions.append(drivers.c.id.in_(theirs.correlate(drivers)))
    return and_(*conditions)


def driver_of_teams(tx: Tx) -> ColumnElement[bool]:
    """Return the condition that a driver is in one of the scope's teams, or in no team."""
    if not tx.scope.teams:
        return true()
    in_none = func.coalesce(member(tx, drivers.c.document, "TeamCodes"), "[]") == "[]"
    return or_(in_none, lists_one_of(tx, drivers.c.document, "TeamCodes", tx.scope.teams))


def vehicle_of_carriers(tx: Tx) -> ColumnElement[bool]:
    """Return the condition that a vehicle is one of the scope's carriers."""
    if not tx.scope.carriers:
        return true()
    return func.coalesce(member(tx, vehicles.c.document, "CarrierCode"), "").in_(tx.scope.carriers)
