"""A check of a vehicle before or after a route: as callers send it and as the API shows it. Pure."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from waybell.clock import Moment, wall_text
from waybell.wire import Document, Flag, Number, Request, Text30, Text50, Text255, Text500, WallTime, absent, local_time

Stage = Literal["BeforeRoute", "AfterRoute"]
MAX_VALUES = 200


class NewVehicleCheckValue(Request):
    """One thing that was looked at."""

    label: Text255 = None
    status: Flag = None
    note: Text500 = None
    value: Number = None


class NewVehicleCheck(Request):
    """Not in the Track-POD API, which only reads checks."""

    driver_login: Text255 = None
    depot_id: Text50 = None
    depot: Text255 = None
    date: WallTime = None
    vehicle_number: Text30 = None
    odometer: Number = None
    values: Annotated[list[NewVehicleCheckValue] | None, Field(max_length=MAX_VALUES)] = None
    stage: Annotated[Stage | None, BeforeValidator(absent)] = None
    route_number: Text50 = None

    @model_validator(mode="after")
    def _has_what_is_required(self) -> "NewVehicleCheck":
        if self.vehicle_number is None:
            raise ValueError("a check needs the VehicleNumber")
        return self


class VehicleCheckValue(Document):
    """One thing that was looked at."""

    label: str | None = None
    status: bool | None = None
    photo: bool | None = None
    photos: list[str] | None = None
    note: str | None = None
    value: float | None = None


class VehicleCheck(Document):
    """What a driver found on a vehicle before or after a route."""

    driver_login: str | None = None
    driver_name: str | None = None
    depot_id: str | None = None
    depot: str | None = None
    date: str
    vehicle_number: str | None = None
    odometer: float | None = None
    values: list[VehicleCheckValue] | None = None
    has_signature: bool = False
    signature_photo: str | None = None
    stage: Stage | None = None
    route_number: str | None = None


def made(request: NewVehicleCheck, moment: Moment) -> VehicleCheck:
    """The check as it was sent, for which the directory was not asked yet."""
    when = wall_text(local_time(request.date, moment.zone, moment.today)) if request.date else moment.local
    sent = request.model_dump(exclude={"date", "values"})
    values = None if request.values is None else [VehicleCheckValue(**value.model_dump()) for value in request.values]
    return VehicleCheck(**sent, date=when, values=values)


def day_after(midnight: str) -> str:
    """The next midnight."""
    return wall_text(datetime.fromisoformat(midnight) + timedelta(days=1))
