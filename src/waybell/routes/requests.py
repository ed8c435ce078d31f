"""The requests about routes."""

from typing import Annotated, NamedTuple

from pydantic import Field

from waybell.accounts.passwords import PasswordHash
from waybell.directory.model import ShortVehicle
from waybell.orders.requests import CustomFields, NewOrder
from waybell.wire.model import Flag, Request, Text50, Text100, Text255, WallTime
from waybell.wire.sizes import MAX_ORDERS


class NewRoute(Request):
    """A route as it is sent. A change keeps the members left out."""

    code: Text50 = None
    id: Text50 = None
    date: WallTime = None
    start_time_plan: WallTime = None
    depot_id: Text50 = None
    depot: Text255 = None
    start_from_depot: Flag = None
    return_to_depot: Flag = None
    driver_login: Text50 = None
    driver_password: Text50 = None
    driver_name: Text100 = None
    driver_vehicle: Text100 = None
    vehicle: ShortVehicle | None = None
    orders: Annotated[list[NewOrder], Field(max_length=MAX_ORDERS)] | None = None
    custom_fields: CustomFields = None
    route_date: WallTime = None  # in the API's document, but without meaning: `date` counts


class DriversSequence(Request):
    """The order in which the driver goes on: TrackIds, each for the stop that it is at."""

    orders: Annotated[list[Text50], Field(max_length=MAX_ORDERS)] | None = None


class How(NamedTuple):
    """The options for the orders and the driver of a route; `orders.actions.draft` explains the first two."""

    overwrite_gps: bool = False
    overwrite_price: bool = False
    merge: bool = True  # orders with one address share a stop
    driver_password: PasswordHash | None = None  # the request's, for a driver who is added with the route


USUALLY = How()
