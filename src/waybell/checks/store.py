"""Vehicle checks in the database."""

from typing import Any

from sqlalchemy import ColumnElement, Row, Select, select, update

from waybell.checks.model import VehicleCheck, as_stored, day_after, linked
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
            "document": as_stored(check),
            "created_at": tx.now,
        },
    )


def last(tx: Tx, account_id: str, number: str) -> VehicleCheck | None:
    """Return the latest check of the vehicle with this number, ignoring letter case."""
    row = tx.execute(_newest(account_id, number)).first()
    return _check(tx, row) if row else None


def lock_last(tx: Tx, account_id: str, number: str) -> tuple[int, VehicleCheck] | None:
    """Lock the row of the latest check until the commit, and return its row number with the check."""
    row = tx.execute(_newest(account_id, number).with_for_update()).first()
    return (row.seq, _check(tx, row)) if row else None


def _newest(account_id: str, number: str) -> Select[Any]:
    of_it = (vehicle_checks.c.account_id == account_id, vehicle_checks.c.vehicle_key == login_key(number))
    newest_first = (vehicle_checks.c.date.desc(), vehicle_checks.c.seq.desc())
    return select(vehicle_checks).where(*of_it).order_by(*newest_first).limit(1)


def save(tx: Tx, seq: int, check: VehicleCheck) -> None:
    """Overwrite the row that the caller has locked."""
    tx.execute(update(vehicle_checks).where(vehicle_checks.c.seq == seq).values(document=as_stored(check)))


def on_date(tx: Tx, account_id: str, midnight: str, number: str | None = None) -> list[VehicleCheck]:
    """Return the checks of a day, of all vehicles or of one, in the order of their times."""
    which: list[ColumnElement[bool]] = [
        vehicle_checks.c.account_id == account_id,
        vehicle_checks.c.date >= midnight,
        vehicle_checks.c.date < day_after(midnight),
    ]
    if number is not None:
        which.append(vehicle_checks.c.vehicle_key == login_key(number))
    query = select(vehicle_checks).where(*which).order_by(vehicle_checks.c.date, vehicle_checks.c.seq)
    return [_check(tx, row) for row in tx.execute(query)]


def _check(tx: Tx, row: Row[Any]) -> VehicleCheck:
    return linked(VehicleCheck.model_validate({**row.document, "date": row.date}), tx.links, tx.now)
