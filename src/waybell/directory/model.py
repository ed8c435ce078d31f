"""Drivers and vehicles: as callers send them and as the API shows them. Pure."""

import re
from datetime import time
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from waybell.wire import Document, Flag, Number, Request, Text30, Text50, Text100, Text255, absent

MIN_PASSWORD = 5


class NewDriver(Request):
    name: Text255 = None
    vehicle: Text255 = None
    phone: Text255 = None
    username: Text255 = None
    password: Text255 = None
    depot_id: Text50 = None
    depot: Text255 = None
    home_address: Text255 = None
    zone: Text100 = None
    active: Flag = None
    note: Text255 = None

    @model_validator(mode="after")
    def _has_what_is_required(self) -> "NewDriver":
        lacking = [name for name in ("Name", "Username", "Password") if getattr(self, name.lower()) is None]
        if lacking:
            raise ValueError(f"a driver needs {', '.join(lacking)}")
        if len(self.password or "") < MIN_PASSWORD:
            raise ValueError(f"Password needs at least {MIN_PASSWORD} characters")
        return self


class Driver(Document):
    id: str
    number: int
    name: str | None = None
    vehicle: str | None = None
    phone: str | None = None
    username: str | None = None
    depot_id: str | None = None
    depot: str | None = None
    home_address: str | None = None
    zone: str | None = None
    active: bool = True
    note: str | None = None
    team_codes: list[str] | None = None


def _time_of_day(value: Any) -> Any:
    """`HH:mm` or `HH:mm:ss`, answered as the latter."""
    if not isinstance(value, str) or not value.strip():
        return None if value is None or isinstance(value, str) else value
    match = re.fullmatch(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?", value.strip())
    if not match:
        raise ValueError("must be a time of day (HH:mm:ss)")
    return time(int(match[1]), int(match[2]), int(match[3] or 0)).isoformat()


Capacity = Annotated[Annotated[float, Field(ge=0, le=100_000_000)] | None, BeforeValidator(absent)]
Price = Annotated[Annotated[float, Field(ge=0, le=1_000_000)] | None, BeforeValidator(absent)]


class Vehicle(Document):
    """The short form inside a route."""

    number: str | None = None
    carrier_code: str | None = None
    carrier: str | None = None
    weight: float | None = None
    volume: float | None = None
    pallets: float | None = None


class ShortVehicle(Request):
    """The short form as callers send it."""

    number: Text30 = None
    carrier_code: Text255 = None
    carrier: Text255 = None
    weight: Number = None
    volume: Number = None
    pallets: Number = None


class NewVehicle(Request):
    number: Text30 = None
    carrier_code: Text255 = None
    carrier: Text255 = None
    weight: Capacity = None
    volume: Capacity = None
    pallets: Capacity = None
    driver_id: Text50 = None
    driver_username: Text255 = None
    depot_id: Text50 = None
    depot: Text255 = None
    max_nodes: Annotated[Annotated[int, Field(ge=0, le=200)] | None, BeforeValidator(absent)] = None
    max_work_time: Annotated[Annotated[int, Field(ge=0, le=480)] | None, BeforeValidator(absent)] = None
    max_distance: Annotated[Annotated[int, Field(ge=0, le=10_000)] | None, BeforeValidator(absent)] = None
    speed_ratio: Annotated[Annotated[float, Field(gt=0, le=2)] | None, BeforeValidator(absent)] = None
    cost_per_distance: Price = None
    cost_per_hour: Price = None
    base_fare: Price = None
    start_time: Annotated[str | None, BeforeValidator(_time_of_day)] = None
    vehicle_type: Annotated[Annotated[int, Field(ge=0, le=2)] | None, BeforeValidator(absent)] = None
    emission_co2: Annotated[Annotated[int, Field(ge=0, le=50_000)] | None, BeforeValidator(absent)] = None

    @model_validator(mode="after")
    def _has_what_is_required(self) -> "NewVehicle":
        lacking = [
            what
            for what, given in (
                ("Number", self.number),
                ("DriverId or DriverUsername", self.driver_id or self.driver_username),
                ("DepotId or Depot", self.depot_id or self.depot),
            )
            if not given
        ]
        if lacking:
            raise ValueError(f"a vehicle needs {', '.join(lacking)}")
        return self


class VehicleExtended(Document):
    id: int | None = None
    driver_id: str | None = None
    driver_username: str | None = None
    depot_id: str | None = None
    depot: str | None = None
    max_nodes: int | None = None
    max_work_time: int | None = None
    max_distance: int | None = None
    speed_ratio: float | None = None
    cost_per_distance: float | None = None
    cost_per_hour: float | None = None
    base_fare: float | None = None
    start_time: str | None = None
    vehicle_type: int | None = None
    emission_co2: int | None = None
    number: str | None = None
    carrier_code: str | None = None
    carrier: str | None = None
    weight: float | None = None
    volume: float | None = None
    pallets: float | None = None


def login_key(username: str) -> str:
    """A username as it is compared."""
    return username.strip().casefold()
