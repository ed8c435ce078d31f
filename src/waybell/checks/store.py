"""Vehicle checks in the database."""

from typing import Any

from sqlalchemy import ColumnElement, Row, select

from waybell.checks.model import VehicleCheck, day_after
from waybell.checks.tables import vehicle_checks
from waybell.db.database import Tx
from waybell.directory.model import login_key


def insert(tx: Tx, account_id: str, check: VehicleCheck) -> None:
    tx.execute(
        vehicle_checks.insert(),
        {
            "account_id": account_id,
            "vehicle_key": login_key(check.vehicle_number or ""),
            "date": check.date,
            "document": check.model_dump(by_alias=True, exclude_none=True, exclude={"date"}),
            "created_at": tx.now,
        },
    )


def last(tx: Tx, account_id: str, number: str) -> VehicleCheck | None:
    """The latest check of the vehicle with this number, in whatever letter case."""
    of_it = (vehicle_checks.c.account_id == account_id, vehicle_checks.c.vehicle_key == login_key(number))
    newest_first = (vehicle_checks.c.date.desc(), vehicle_checks.c.seq.desc())
    row = tx.execute(select(vehicle_checks).where(*of_it).order_by(*newest_first).limit(1)).first()
    return _check(row) if row else None


def on_date(tx: Tx, account_id: str, midnight: str, number: str | None = None) -> list[VehicleCheck]:
    """The checks of a day, all of them or those of a vehicle, in the order of their times."""
    which: list[ColumnElement[bool]] = [
        vehicle_checks.c.account_id == account_id,
        vehicle_checks.c.date >= midnight,
        vehicle_checks.c.date < day_after(midnight),
    ]
    if number is not None:
        which.append(vehicle_checks.c.vehicle_key == login_key(number))
    query = select(vehicle_checks).where(*which).order_by(vehicle_checks.c.date, vehicle_checks.c.seq)
    return [_check(row) for row in tx.execute(query)]


def _check(row: Row[Any]) -> VehicleCheck:
    return VehicleCheck.model_validate({**row.document, "date": row.date})
