"""Days for the board: many routes with many orders, stored in one go."""

from datetime import date
from zoneinfo import ZoneInfo

from waybell.accounts.model import Actor
from waybell.board.lean import Day
from waybell.db.database import Database
from waybell.orders import actions as orders
from waybell.orders.requests import NewOrder
from waybell.routes import actions as routes
from waybell.routes.requests import NewRoute

TODAY = Day(date(2026, 11, 23), ZoneInfo("Europe/Tallinn"))
_STREETS = ("Telliskivi", "Kalaranna", "Peterburi tee", "Narva maantee", "Sõpruse puiestee")


def an_order(number: int, **members: object) -> dict:
    """An order such as a back office sends: with a client, a place, a slot, a load and a line of goods."""
    return {
        "Number": f"DL-{number:06}",
        "Date": "2026-11-23",
        "Client": f"Bakery Kalamaja {number}",
        "Address": f"{_STREETS[number % 5]} {number}, Tallinn",
        "AddressLat": 59.40 + (number * 37 % 1000) / 10_000,
        "AddressLon": 24.60 + (number * 91 % 3000) / 10_000,
        "TimeSlotFrom": f"{8 + number % 4:02}:00",
        "TimeSlotTo": f"{12 + number % 6:02}:30",
        "ServiceTime": 6,
        "Weight": 12.5,
        "Volume": 0.4,
        "Pallets": 1,
        "Phone": "+372 5555 0101",
        "Note": "Ring twice; the dog is friendly",
        "GoodsList": [{"OrderLineId": "1", "GoodsName": "Rye flour", "GoodsUnit": "sack", "Quantity": 4}],
        **members,
    }


def a_day(database: Database, actor: Actor, *, many_routes: int, on_each: int, pool: int) -> None:
    """Store routes with orders, and orders without a route, all of the same day."""
    number = 0
    for at in range(many_routes):
        stops = [an_order(number + one) for one in range(on_each)]
        number += on_each
        with database.transaction() as tx:
            request = {"Code": f"R-{at}", "Date": "2026-11-23", "StartTimePlan": "08:00", "Orders": stops}
            request |= {"DriverLogin": f"driver{at}", "DriverName": f"Driver {at}"}
            routes.add(tx, actor, NewRoute.model_validate(request))
    with database.transaction() as tx:
        orders.add_many(tx, actor, [NewOrder.model_validate(an_order(number + one)) for one in range(pool)])
