"""A check of a vehicle before or after a route: the request, and the document that the API shows. Pure."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from waybell.ground.clock import Moment, wall_text
from waybell.ground.errors import Invalid
from waybell.ground.links import Links
from waybell.orders.days import Span, fact_time
from waybell.pictures.links import to_pictures
from waybell.wire.model import (
    Amount,
    ApiModel,
    Flag,
    Number,
    Request,
    Text30,
    Text50,
    Text255,
    Text500,
    WallTime,
    absent,
)

Stage = Literal["BeforeRoute", "AfterRoute"]
MAX_VALUES = 200
MOST_PHOTOS = 30


class VehicleCheckValue(ApiModel):
    """A checked item."""

    label: str | None = None
    status: bool | None = None
    photo: bool | None = None
    photos: list[str] | None = None
    note: str | None = None
    value: float | None = None

    photo_ids: list[str] | None = Field(None, exclude=True)  # ids of our pictures; shown as links


class VehicleCheck(ApiModel):
    """The findings of a driver on a vehicle, before or after a route."""

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

    signature_id: str | None = Field(None, exclude=True)  # the id of our picture; shown as a link


class NewVehicleCheckValue(Request):
    """A checked item."""

    answered_as = VehicleCheckValue

    label: Text255 = None
    status: Flag = None
    note: Text500 = None
    value: Number = None


class NewVehicleCheck(Request):
    """A vehicle check as it is sent. The Track-POD API only reads checks."""

    answered_as = VehicleCheck

    driver_login: Text255 = None
    depot_id: Text50 = None
    depot: Text255 = None
    date: WallTime = None
    vehicle_number: Text30 = None
    odometer: Amount = None
    values: Annotated[list[NewVehicleCheckValue] | None, Field(max_length=MAX_VALUES)] = None
    stage: Annotated[Stage | None, BeforeValidator(absent)] = None
    route_number: Text50 = None

    @model_validator(mode="after")
    def _has_what_is_required(self) -> "NewVehicleCheck":
        if self.vehicle_number is None:
            raise ValueError("a check needs the VehicleNumber")
        return self


def made(request: NewVehicleCheck, route: Span | None, moment: Moment) -> VehicleCheck:
    """Return the check as it was sent, before the directory is consulted.

    A time of day is on the day of the route for which the vehicle was checked, or on today.
    """
    when = fact_time(request.date, route or Span(moment.today), moment) if request.date else moment.local
    sent = request.model_dump(exclude={"date", "values"})
    values = None if request.values is None else [VehicleCheckValue(**value.model_dump()) for value in request.values]
    return VehicleCheck(**sent, date=when, values=values)


def pictured(check: VehicleCheck, label: str | None, picture_id: str) -> VehicleCheck:
    """Return the check with a further photo for the value with this label.

    Of several values with the label, the first with the fewest photos gets it. Raise `Invalid` when no value has the
    label, and when the check has too many pictures.
    """
    values = list(check.values or [])
    alike = [at for at, value in enumerate(values) if label and value.label == label]
    if not alike:
        labels = ", ".join(value.label for value in values if value.label) or "none"
        raise Invalid(f"label: the check has no value with this label. It has: {labels}")
    if sum(len(value.photo_ids or []) for value in values) >= MOST_PHOTOS:
        raise Invalid(f"The check has {MOST_PHOTOS} pictures already; there cannot be more.")
    at = min(alike, key=lambda one: len(values[one].photo_ids or []))
    values[at] = values[at].model_copy(update={"photo_ids": [*(values[at].photo_ids or []), picture_id]})
    return check.model_copy(update={"values": values})


def linked(check: VehicleCheck, links: Links, now: datetime) -> VehicleCheck:
    """Return the check with links to its pictures."""
    shown: dict[str, object] = {}
    if check.signature_id:
        shown = {"has_signature": True, "signature_photo": to_pictures([check.signature_id], links, now)[0]}
    if check.values:
        shown["values"] = [
            value.model_copy(update={"photo": True, "photos": to_pictures(value.photo_ids, links, now)})
            if value.photo_ids
            else value
            for value in check.values
        ]
    return check.model_copy(update=shown)


def as_stored(check: VehicleCheck) -> dict[str, Any]:
    """Return the document to store: with picture ids instead of links, because links expire."""
    links = {"photo", "photos"}
    dropped: dict[str, Any] = {"date": True, "has_signature": True, "signature_photo": True}
    document = check.model_dump(by_alias=True, exclude_none=True, exclude={**dropped, "values": {"__all__": links}})
    for value, row in zip(check.values or (), document.get("Values") or (), strict=True):
        if value.photo_ids:
            row["PhotoIds"] = value.photo_ids
    return document | ({"SignatureId": check.signature_id} if check.signature_id else {})


def day_after(midnight: str) -> str:
    """Return the next midnight."""
    return wall_text(datetime.fromisoformat(midnight) + timedelta(days=1))
