"""What the directory knows of a route's driver, vehicle and depot."""

from waybell.accounts.model import Actor
from waybell.db.database import Tx
from waybell.directory import actions as directory
from waybell.directory import fleet
from waybell.directory.kinds import KindName
from waybell.directory.model import Vehicle
from waybell.directory.store import open_book, save_book
from waybell.orders.editing import labelled
from waybell.passwords import PasswordHash
from waybell.routes.model import Route
from waybell.routes.requests import NewRoute


def equipped(tx: Tx, actor: Actor, route: Route, request: NewRoute, password: PasswordHash | None) -> Route:
    """The route with its driver, vehicle and depot as the directory knows them; an unknown driver is made.

    `password` is for that one: the request's.
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
    if request.driver_login:
        driver = directory.driver_for_route(tx, actor, request.driver_login, request.driver_name, password)
        found |= {
            "driver_id": driver.id,
            "driver_login": driver.username,
            "driver_name": driver.name,
            "driver_number": driver.number,
            "driver_vehicle": route.driver_vehicle or driver.vehicle,
        }
    if request.driver_vehicle and request.vehicle is None:
        known = fleet.list_vehicles(tx, actor.account.id, request.driver_vehicle)
        found["vehicle"] = (
            Vehicle(**{name: getattr(known[0], name) for name in Vehicle.model_fields}) if known else None
        )
    return route.model_copy(update=found)
