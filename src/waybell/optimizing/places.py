"""The places and the vehicle of a route, as the directory knows them."""

from waybell.db.database import Tx
from waybell.directory import entry_store, fleet_store
from waybell.directory.address_book import Address
from waybell.directory.book_store import open_book
from waybell.directory.entry_kinds import DEPOT, Depot
from waybell.directory.model import VehicleExtended
from waybell.optimizing.model import Place


def vehicle_of(tx: Tx, account_id: str, number: str | None) -> VehicleExtended | None:
    """Return the vehicle with this number."""
    found = fleet_store.list_vehicles(tx, account_id, number) if number else []
    return found[0] if found else None


def depot_of(tx: Tx, account_id: str, depot_id: str | None, name: str | None) -> Place | None:
    """Return the coordinates of a depot: from the directory by id, else by name, else from the address book."""
    book = open_book(tx, account_id, [(None, name)], [("depot", depot_id)])
    named = entry_store.named(tx, account_id, DEPOT, name) if name else []
    for known in (book.entry("depot", depot_id), *named, book.find(None, name)):
        if isinstance(known, Depot | Address) and known.lat is not None and known.lon is not None:
            return known.lat, known.lon
    return None
