"""Completing a route from the directory: its driver, vehicle and depot."""

from waybell.accounts.model import Actor
from waybell.accounts.passwords import PasswordHash
from waybell.db.database import Tx
from waybell.directory import actions as directory
from waybell.directory import fleet_store
from waybell.directory.address_book import folded
from waybell.directory.book_store import open_book, save_book
from waybell.directory.entry_kinds import KindName
from waybell.directory.model import Driver, Vehicle
from waybell.orders.editing import labelled
from waybell.routes import model
from waybell.routes.model import Route
from waybell.routes.requests import NewRoute


def equipped(tx: Tx, actor: Actor, route: Route, request: NewRoute, password: PasswordHash | None) -> Route:
    """Return the route completed from the directory; a driver with a new login is added to the directory.

    `password` is the hash of the request's password for such a driver. A name without a login adds no driver: if it is
    not the name of exactly one driver, the route shows it as it is.
    """
    named: list[tuple[KindName, str | None]] = [("depot", request.depot_id)]
    named += [("custom_field", field.id) for field in request.custom_fields or []]
    book = open_book(tx, actor.account.id, [], named)
    found: dict[str, object] = {}
    if request.custom_fields is not None:
        found["custom_fields"] = labelled(route.custom_fields, book)
    if request.depot_id:
        found["depot"] = book.name("depot", request.depot_id, request.depot) or route.depot
        save_book(tx, actor.account.id, book)
    driver = _driver(tx, actor, route, request, password)
    if driver:
        route = model.with_driver(route, driver)
        found["driver_vehicle"] = route.driver_vehicle or driver.vehicle
    elif request.driver_name and not _called(route, request.driver_name):
        route = model.with_driver(route, None, request.driver_name)
    if request.driver_vehicle and request.vehicle is None:
        known = fleet_store.list_vehicles(tx, actor.account.id, request.driver_vehicle)
        found["vehicle"] = (
            Vehicle(**{name: getattr(known[0], name) for name in Vehicle.model_fields}) if known else None
        )
    bare = request.emptied.intersection(("depot", "driver_vehicle"))
    return route.model_copy(update=found | dict.fromkeys(bare))


def _driver(tx: Tx, actor: Actor, route: Route, request: NewRoute, password: PasswordHash | None) -> Driver | None:
    """Return the driver that the request names; None when the driver of the route stays as it is.

    A login that is unknown adds a driver. A name finds a known driver, unless it is that of the route's driver already.
    """
    if request.driver_login:
        return directory.driver_for_route(tx, actor, request.driver_login, request.driver_name, password)
    if request.driver_name and not _called(route, request.driver_name):
        return directory.driver_called(tx, actor, request.driver_name)
    return None


def _called(route: Route, name: str) -> bool:
    return folded(route.driver_name or "") == folded(name)
