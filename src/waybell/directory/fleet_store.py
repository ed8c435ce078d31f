"""Drivers and vehicles in the database."""

from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select, update

from waybell.db.database import Tx
from waybell.directory.address_book import folded
from waybell.directory.model import Driver, DriverKey, VehicleExtended, login_key
from waybell.directory.scoped import driver_in_scope, vehicle_of_carriers
from waybell.directory.tables import drivers, vehicles

_NAMESAKES = 100  # a limit, because drivers of one name are not told apart anyway
_DRIVER_COLUMNS = {"id", "number", "name", "username", "active"}
_VEHICLE_COLUMNS = {"id", "number", "driver_id", "driver_username"}


def insert_driver(tx: Tx, account_id: str, driver: Driver, password_hash: str | None) -> None:
    """Insert a driver. The caller holds the advisory lock on the account's drivers."""
    new = {"id": driver.id, "account_id": account_id, "number": driver.number, "created_at": tx.now}
    tx.execute(drivers.insert(), new | {"password_hash": password_hash} | _driver_row(tx, driver))


def save_driver(tx: Tx, account_id: str, driver: Driver, password_hash: str | None) -> None:
    """Overwrite the row of a driver; without `password_hash` the password stays."""
    row = _driver_row(tx, driver) | ({"password_hash": password_hash} if password_hash else {})
    tx.execute(update(drivers).where(drivers.c.account_id == account_id, drivers.c.id == driver.id).values(**row))


def soft_delete_driver(tx: Tx, account_id: str, driver_id: str) -> None:
    these = drivers.c.account_id == account_id, drivers.c.id == driver_id
    tx.execute(update(drivers).where(*these).values(deleted_at=tx.now, changed_at=tx.now))


def _driver_row(tx: Tx, driver: Driver) -> dict[str, Any]:
    assert driver.username is not None
    return {
        "username": driver.username,
        "username_key": login_key(driver.username),
        "name": driver.name,
        "active": driver.active,
        "document": driver.model_dump(by_alias=True, exclude_none=True, exclude=_DRIVER_COLUMNS),
        "changed_at": tx.now,
    }


def list_drivers(tx: Tx, account_id: str) -> list[Driver]:
    """Return all drivers inside the scope, ordered by number.

    Operation: GetDrivers.
    """
    query = _drivers(account_id).where(driver_in_scope(tx))
    return [_driver(row) for row in tx.execute(query.order_by(drivers.c.number))]


def drivers_called(tx: Tx, account_id: str, name: str) -> list[Driver]:
    """Return the drivers with this name in any letter case. It reads the names of all drivers."""
    columns = (drivers.c.id, drivers.c.name)
    named = tx.execute(select(*columns).where(drivers.c.account_id == account_id, drivers.c.deleted_at.is_(None)))
    ids = [row.id for row in named if folded(row.name) == folded(name)]
    found = [_one_driver(tx, account_id, drivers.c.id == driver_id) for driver_id in ids[:_NAMESAKES]]
    return [driver for driver in found if driver]


def driver_by_key(tx: Tx, account_id: str, key: DriverKey) -> Driver | None:
    find = {"Id": driver_by_id, "Username": driver_by_username}[key.member]
    return find(tx, account_id, key.value)


def driver_by_username(tx: Tx, account_id: str, username: str) -> Driver | None:
    return _one_driver(tx, account_id, drivers.c.username_key == login_key(username))


def driver_by_id(tx: Tx, account_id: str, driver_id: str) -> Driver | None:
    return _one_driver(tx, account_id, drivers.c.id == driver_id.lower())


def _one_driver(tx: Tx, account_id: str, which: ColumnElement[bool]) -> Driver | None:
    row = tx.execute(_drivers(account_id).where(which)).first()
    return _driver(row) if row else None


def _drivers(account_id: str) -> Select[Any]:
    return select(drivers).where(drivers.c.account_id == account_id, drivers.c.deleted_at.is_(None))


def _driver(row: Row[Any]) -> Driver:
    return Driver.model_validate({**row.document, **{name: getattr(row, name) for name in _DRIVER_COLUMNS}})


def next_driver_number(tx: Tx, account_id: str) -> int:
    """Return the next unused driver number; deleted drivers keep theirs."""
    query = select(func.max(drivers.c.number)).where(drivers.c.account_id == account_id)
    return (tx.execute(query).scalar() or 0) + 1


def insert_vehicle(tx: Tx, account_id: str, vehicle: VehicleExtended) -> None:
    """Insert a vehicle. The caller holds the advisory lock on the account's vehicles."""
    new = {"account_id": account_id, "id": vehicle.id, "created_at": tx.now}
    tx.execute(vehicles.insert(), new | _vehicle_row(tx, vehicle))


def save_vehicle(tx: Tx, account_id: str, vehicle: VehicleExtended) -> None:
    """Overwrite the row of a vehicle."""
    these = vehicles.c.account_id == account_id, vehicles.c.id == vehicle.id
    row = _vehicle_row(tx, vehicle)
    if vehicle.driver_id is None:
        del row["driver_id"]  # its driver was deleted, and the column must keep a value
    tx.execute(update(vehicles).where(*these).values(**row))


def soft_delete_vehicle(tx: Tx, account_id: str, vehicle_id: int) -> None:
    these = vehicles.c.account_id == account_id, vehicles.c.id == vehicle_id
    tx.execute(update(vehicles).where(*these).values(deleted_at=tx.now, changed_at=tx.now))


def _vehicle_row(tx: Tx, vehicle: VehicleExtended) -> dict[str, Any]:
    assert vehicle.number is not None
    return {
        "number": vehicle.number,
        "number_key": login_key(vehicle.number),
        "driver_id": vehicle.driver_id,
        "document": vehicle.model_dump(by_alias=True, exclude_none=True, exclude=_VEHICLE_COLUMNS),
        "changed_at": tx.now,
    }


def list_vehicles(tx: Tx, account_id: str, number: str | None = None) -> list[VehicleExtended]:
    """Return all vehicles inside the scope, or those with this number, ordered by id.

    Operation: GetVehicles.
    """
    query = _vehicles(account_id).where(vehicle_of_carriers(tx))
    if number:
        query = query.where(vehicles.c.number_key == login_key(number))
    return [_vehicle(row) for row in tx.execute(query)]


def vehicle_by_id(tx: Tx, account_id: str, vehicle_id: int) -> VehicleExtended | None:
    row = tx.execute(_vehicles(account_id).where(vehicles.c.id == vehicle_id)).first()
    return _vehicle(row) if row else None


def next_vehicle_id(tx: Tx, account_id: str) -> int:
    """Return the next unused vehicle id; deleted vehicles keep theirs."""
    query = select(func.max(vehicles.c.id)).where(vehicles.c.account_id == account_id)
    return (tx.execute(query).scalar() or 0) + 1


def _vehicles(account_id: str) -> Select[Any]:
    columns = (vehicles.c.id, vehicles.c.number, vehicles.c.document)
    return (
        select(*columns, drivers.c.id.label("driver_id"), drivers.c.username.label("driver_username"))
        .outerjoin(drivers, (drivers.c.id == vehicles.c.driver_id) & drivers.c.deleted_at.is_(None))
        .where(vehicles.c.account_id == account_id, vehicles.c.deleted_at.is_(None))
        .order_by(vehicles.c.id)
    )


def _vehicle(row: Row[Any]) -> VehicleExtended:
    return VehicleExtended.model_validate({**row.document, **{name: getattr(row, name) for name in _VEHICLE_COLUMNS}})
