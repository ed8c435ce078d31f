"""Drivers and vehicles in the database."""

from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select

from waybell.db.database import Tx
from waybell.directory.model import Driver, VehicleExtended, login_key
from waybell.directory.tables import drivers, vehicles

_DRIVER_COLUMNS = {"id", "number", "name", "username", "active"}
_VEHICLE_COLUMNS = {"id", "number", "driver_id", "driver_username"}


def insert_driver(tx: Tx, account_id: str, driver: Driver, password_hash: str | None) -> None:
    """The caller holds the turn of the account's drivers."""
    assert driver.username is not None
    tx.execute(
        drivers.insert(),
        {
            "id": driver.id,
            "account_id": account_id,
            "number": driver.number,
            "username": driver.username,
            "username_key": login_key(driver.username),
            "name": driver.name,
            "password_hash": password_hash,
            "active": driver.active,
            "document": driver.model_dump(by_alias=True, exclude_none=True, exclude=_DRIVER_COLUMNS),
            "created_at": tx.now,
            "changed_at": tx.now,
        },
    )


def list_drivers(tx: Tx, account_id: str) -> list[Driver]:
    """All of them, by their numbers."""
    query = select(drivers).where(drivers.c.account_id == account_id).order_by(drivers.c.number)
    return [_driver(row) for row in tx.execute(query)]


def driver_by_username(tx: Tx, account_id: str, username: str) -> Driver | None:
    return _one_driver(tx, account_id, drivers.c.username_key == login_key(username))


def driver_by_id(tx: Tx, account_id: str, driver_id: str) -> Driver | None:
    return _one_driver(tx, account_id, drivers.c.id == driver_id.lower())


def _one_driver(tx: Tx, account_id: str, which: ColumnElement[bool]) -> Driver | None:
    row = tx.execute(select(drivers).where(drivers.c.account_id == account_id, which)).first()
    return _driver(row) if row else None


def _driver(row: Row[Any]) -> Driver:
    return Driver.model_validate({**row.document, **{name: getattr(row, name) for name in _DRIVER_COLUMNS}})


def next_driver_number(tx: Tx, account_id: str) -> int:
    query = select(func.max(drivers.c.number)).where(drivers.c.account_id == account_id)
    return (tx.execute(query).scalar() or 0) + 1


def insert_vehicle(tx: Tx, account_id: str, vehicle: VehicleExtended) -> None:
    """The caller holds the turn of the account's vehicles."""
    assert vehicle.number is not None
    tx.execute(
        vehicles.insert(),
        {
            "account_id": account_id,
            "id": vehicle.id,
            "number": vehicle.number,
            "number_key": login_key(vehicle.number),
            "driver_id": vehicle.driver_id,
            "document": vehicle.model_dump(by_alias=True, exclude_none=True, exclude=_VEHICLE_COLUMNS),
            "created_at": tx.now,
            "changed_at": tx.now,
        },
    )


def list_vehicles(tx: Tx, account_id: str, number: str | None = None) -> list[VehicleExtended]:
    """All of them, or those with this number, by their ids."""
    query = _vehicles(account_id)
    if number:
        query = query.where(vehicles.c.number_key == login_key(number))
    return [_vehicle(row) for row in tx.execute(query)]


def next_vehicle_id(tx: Tx, account_id: str) -> int:
    query = select(func.max(vehicles.c.id)).where(vehicles.c.account_id == account_id)
    return (tx.execute(query).scalar() or 0) + 1


def _vehicles(account_id: str) -> Select[Any]:
    return (
        select(vehicles, drivers.c.username.label("driver_username"))
        .outerjoin(drivers, drivers.c.id == vehicles.c.driver_id)
        .where(vehicles.c.account_id == account_id)
        .order_by(vehicles.c.id)
    )


def _vehicle(row: Row[Any]) -> VehicleExtended:
    return VehicleExtended.model_validate({**row.document, **{name: getattr(row, name) for name in _VEHICLE_COLUMNS}})
