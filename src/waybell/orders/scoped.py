"""The part of a scope that routes have by driver and vehicle, as SQL; the rule stands in `ground/scope.py`."""

from sqlalchemy import ColumnElement, Table, and_, func, not_, or_, select, true
from sqlalchemy.sql.selectable import NamedFromClause

from waybell.db.database import Tx
from waybell.db.scoped import member
from waybell.directory.scoped import driver_of_teams, vehicle_of_carriers
from waybell.directory.tables import drivers, vehicles
from waybell.orders.tables import orders, routes


def route_of_teams(tx: Tx) -> ColumnElement[bool]:
    """Return the condition that the driver of a route is in one of the scope's teams, or in no team."""
    if not tx.scope.teams:
        return true()
    of_others = select(drivers.c.id).where(drivers.c.account_id == routes.c.account_id, not_(driver_of_teams(tx)))
    return or_(routes.c.driver_id.is_(None), routes.c.driver_id.not_in(of_others.correlate(routes)))


def route_of_carriers(tx: Tx) -> ColumnElement[bool]:
    """Return the condition that a route has a vehicle of the scope's carriers."""
    return _has_vehicle_of_carriers(tx, routes) if tx.scope.carriers else true()


def order_of_carriers(tx: Tx) -> ColumnElement[bool]:
    """Return the condition that an order is on a route of the scope's carriers."""
    if not tx.scope.carriers:
        return true()
    carried = routes.alias("carried")
    theirs = select(carried.c.id).where(
        carried.c.account_id == orders.c.account_id,
        carried.c.deleted_at.is_(None),
        _has_vehicle_of_carriers(tx, carried),
    )
    return func.coalesce(orders.c.route_id, "").in_(theirs.correlate(orders))


def _has_vehicle_of_carriers(tx: Tx, on: Table | NamedFromClause) -> ColumnElement[bool]:
    """Return the condition that the vehicle of a route names one of the carriers.

    A route holds its vehicle as it was sent; one that was sent by its number alone stands in the directory.
    """
    sent = func.coalesce(member(tx, on.c.document, "Vehicle.CarrierCode"), "")
    known = select(vehicles.c.number).where(
        vehicles.c.account_id == on.c.account_id, vehicles.c.deleted_at.is_(None), vehicle_of_carriers(tx)
    )
    by_number = func.coalesce(on.c.driver_vehicle, "").in_(known.correlate(on))
    return or_(sent.in_(tx.scope.carriers), and_(sent == "", by_number))
