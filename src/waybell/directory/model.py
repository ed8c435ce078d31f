"""Drivers, vehicles and addresses: the requests of callers, and the documents that the API shows. Pure."""

import re
from dataclasses import dataclass
from datetime import time
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from waybell.wire.model import (
    ApiModel,
    Flag,
    Latitude,
    Longitude,
    Number,
    Request,
    Text15,
    Text30,
    Text45,
    Text50,
    Text95,
    Text100,
    Text255,
    WallTime,
    Whole,
    absent,
    text,
)

MIN_PASSWORD = 5


def _full_address(value: Any) -> Any:
    value = text(value)
    if value is None:
        raise ValueError("is required")
    return value


class NewAddress(Request):
    """An entry of the address book; the Track-POD API calls it Address."""

    id: Text50 = None
    name: Text255 = None
    street: Text95 = None
    city: Text45 = None
    state: Text95 = None
    postal_code: Text15 = None
    full_address: Annotated[str, BeforeValidator(_full_address), Field(max_length=255)]
    zone: Text100 = None
    lat: Latitude = None
    lon: Longitude = None
    time_slot_from: WallTime = None
    time_slot_to: WallTime = None


class _DriverMembers(Request):
    name: Text255 = None
    vehicle: Text255 = None
    phone: Text255 = None
    username: Text255 = None
    password: Annotated[
        Annotated[str, Field(min_length=MIN_PASSWORD, max_length=255)] | None, BeforeValidator(text)
    ] = None
    depot_id: Text50 = None
    depot: Text255 = None
    home_address: Text255 = None
    zone: Text100 = None
    active: Flag = None
    note: Text255 = None
    team_codes: Annotated[
        list[Text50] | None, Field(max_length=100, description="Not in the Track-POD API, which only shows them.")
    ] = None

    @field_validator("team_codes")
    @classmethod
    def _each_once(cls, codes: list[str | None] | None) -> list[str | None] | None:
        return None if codes is None else [code for code in dict.fromkeys(codes) if code]


class NewDriver(_DriverMembers):
    """A new driver. Name, Username and Password are required."""

    @model_validator(mode="after")
    def _has_what_is_required(self) -> "NewDriver":
        lacking = [name for name in ("Name", "Username", "Password") if getattr(self, name.lower()) is None]
        if lacking:
            raise ValueError(f"a driver needs {', '.join(lacking)}")
        return self


class UpdateDriver(_DriverMembers):
    """The changes of a driver; members that are left out stay as they are."""

    id: Text50 = None


@dataclass(frozen=True, slots=True)
class DriverKey:
    """The key by which a caller names a driver; usernames are compared without letter case."""

    member: Literal["Id", "Username"]
    value: str

    def __str__(self) -> str:
        return f"{self.member} {self.value}"


class Driver(ApiModel):
    """A driver. The password is never shown."""

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
    """Read `HH:mm` or `HH:mm:ss`, and return the latter."""
    if not isinstance(value, str) or not value.strip():
        return None if value is None or isinstance(value, str) else value
    match = re.fullmatch(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?", value.strip())
    if not match:
        raise ValueError("must be a time of day (HH:mm:ss)")
    return time(int(match[1]), int(match[2]), int(match[3] or 0)).isoformat()


Capacity = Annotated[Annotated[float, Field(ge=0, le=100_000_000)] | None, BeforeValidator(absent)]
Price = Annotated[Annotated[float, Field(ge=0, le=1_000_000)] | None, BeforeValidator(absent)]


class Vehicle(ApiModel):
    """A vehicle as a route shows it."""

    number: str | None = None
    carrier_code: str | None = None
    carrier: str | None = None
    weight: float | None = None
    volume: float | None = None
    pallets: float | None = None


class ShortVehicle(Request):
    """A vehicle as it is sent with a route."""

    number: Text30 = None
    carrier_code: Text255 = None
    carrier: Text255 = None
    weight: Number = None
    volume: Number = None
    pallets: Number = None


class _VehicleMembers(Request):
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


class NewVehicle(_VehicleMembers):
    """A new vehicle. Number, a driver (DriverId or DriverUsername) and a depot (DepotId or Depot) are required."""

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


class UpdateVehicle(_VehicleMembers):
    """The changes of a vehicle; members that are left out stay as they are."""

    id: Whole = None


class VehicleExtended(ApiModel):
    """A vehicle with all its members."""

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
    """Return a username in the form in which usernames are compared."""
    return username.strip().casefold()
