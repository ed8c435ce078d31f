"""What a dispatcher can choose on the board: drivers, vehicles and depots."""

from typing import Any

from waybell.accounts.model import Account
from waybell.db.database import Tx
from waybell.directory import entry_store, fleet_store
from waybell.directory.entry_kinds import DEPOT

_MOST_DEPOTS = 1_000


def choices(tx: Tx, account: Account) -> dict[str, list[list[Any]]]:
    """Return the active drivers, the vehicles, and the depots inside the scope, each as a list of a few members."""
    drivers = [one for one in fleet_store.list_drivers(tx, account.id) if one.active]
    vehicles = fleet_store.list_vehicles(tx, account.id)
    return {
        "Drivers": [[one.username, one.name, one.vehicle] for one in drivers],
        "Vehicles": [[one.number, one.weight, one.volume, one.pallets, one.driver_username] for one in vehicles],
        "Depots": [[one.id, one.name] for one in entry_store.listed(tx, account.id, DEPOT, "", _MOST_DEPOTS)],
    }
