"""The fields that a column of a file can stand for, and the words by which headers name them. Pure."""

import re
import unicodedata
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

Kind = Literal["text", "number", "whole", "date", "time", "window", "type", "priority"]
ORDER, PLACE, GOODS, PICKUP, ROUTE = "Order", "Client and address", "Goods", "Pickup", "Route"


@dataclass(frozen=True, slots=True)
class Field:
    """A field. `name` is the member of a request, with the object before a dot where it is not the order's own."""

    name: str
    label: str
    kind: Kind
    group: str
    joins: str = ""  # what stands between the values when several columns make up the field

    @property
    def member(self) -> str:
        return self.name.rpartition(".")[2]

    @property
    def is_route(self) -> bool:
        return self.name.startswith("Route.")

    @property
    def is_goods(self) -> bool:
        return self.name.startswith("GoodsList.")


_OF_PICKUP: tuple[tuple[str, str, Kind, str], ...] = (
    ("ClientId", "client's Id", "text", ""),
    ("Client", "client", "text", ""),
    ("AddressId", "address's Id", "text", ""),
    ("Address", "address", "text", ", "),
    ("AddressLat", "latitude", "number", ""),
    ("AddressLon", "longitude", "number", ""),
    ("AddressZone", "zone", "text", ""),
    ("ContactName", "contact", "text", ""),
    ("Phone", "phone", "text", ""),
    ("Email", "e-mail", "text", ""),
    ("TimeSlotFrom", "from", "time", ""),
    ("TimeSlotTo", "to", "time", ""),
    ("ServiceTime", "service time", "number", ""),
    ("Note", "note", "text", ""),
    ("COD", "cash", "number", ""),
)
FIELDS: dict[str, Field] = {
    field.name: field
    for field in (
        Field("Number", "Number", "text", ORDER),
        Field("Id", "Your own Id", "text", ORDER),
        Field("TrackId", "TrackId (of an export)", "text", ORDER),
        Field("Date", "Date", "date", ORDER),
        Field("Type", "Type: delivery or collection", "type", ORDER),
        Field("Priority", "Priority: low, normal, high", "priority", ORDER),
        Field("Weight", "Weight", "number", ORDER),
        Field("Volume", "Volume", "number", ORDER),
        Field("Pallets", "Pallets", "number", ORDER),
        Field("COD", "Cash on delivery", "number", ORDER),
        Field("Barcode", "Barcode", "text", ORDER),
        Field("InvoiceId", "Invoice", "text", ORDER),
        Field("CustomerReferenceId", "Customer's reference", "text", ORDER),
        Field("ShipperId", "Shipper: Id", "text", ORDER),
        Field("Shipper", "Shipper: name", "text", ORDER),
        Field("DepotId", "Depot: Id", "text", ORDER),
        Field("Depot", "Depot: name", "text", ORDER),
        Field("TeamCode", "Team: code", "text", ORDER),
        Field("ClientId", "Client: Id", "text", PLACE),
        Field("Client", "Client: name", "text", PLACE),
        Field("AddressId", "Address: Id", "text", PLACE),
        Field("Address", "Address (several columns are joined)", "text", PLACE, joins=", "),
        Field("AddressLat", "Latitude", "number", PLACE),
        Field("AddressLon", "Longitude", "number", PLACE),
        Field("AddressZone", "Zone", "text", PLACE),
        Field("TimeSlotFrom", "Time window: from", "time", PLACE),
        Field("TimeSlotTo", "Time window: to", "time", PLACE),
        Field("TimeSlot", "Time window: from-to in one", "window", PLACE),
        Field("ServiceTime", "Service time (minutes)", "number", PLACE),
        Field("ContactName", "Contact", "text", PLACE, joins=" "),
        Field("Phone", "Phone", "text", PLACE),
        Field("Email", "E-mail", "text", PLACE),
        Field("Note", "Note", "text", PLACE, joins="; "),
        Field("GoodsList.OrderLineId", "Line: Id", "text", GOODS),
        Field("GoodsList.GoodsId", "Goods: code", "text", GOODS),
        Field("GoodsList.GoodsName", "Goods: name", "text", GOODS),
        Field("GoodsList.GoodsUnit", "Goods: unit", "text", GOODS),
        Field("GoodsList.Quantity", "Quantity", "number", GOODS),
        Field("GoodsList.Cost", "Price of one", "number", GOODS),
        Field("GoodsList.Note", "Line: note", "text", GOODS),
        Field("GoodsList.OrderLineBarcode", "Line: barcode", "text", GOODS),
        Field("GoodsList.GoodsBarcode", "Goods: barcode", "text", GOODS),
        Field("Route.Code", "Route: code", "text", ROUTE),
        Field("Route.DriverLogin", "Driver: login", "text", ROUTE),
        Field("Route.DriverName", "Driver: name", "text", ROUTE),
        Field("Route.DriverVehicle", "Vehicle", "text", ROUTE),
        Field("Route.Stop", "Stop number", "whole", ROUTE),
        *(
            Field(f"PickupOrder.{name}", f"Pickup: {label}", kind, PICKUP, joins)
            for name, label, kind, joins in _OF_PICKUP
        ),
    )
}
GROUPS = (ORDER, PLACE, GOODS, ROUTE, PICKUP)
CUSTOM = "CustomFields."  # the beginning of the name of a custom field, before its Id
KEYS = ("Number", "Id", "Number+Date", "TrackId")

_WORDS = files("waybell.importing") / "header_words.txt"
_OTHERS = re.compile(r"[^\w]+|_+")
_CAMEL = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])")


def folded(header: str) -> str:
    """Return a header without case, accents and signs, so that `Lieferschein-Nr.` is `lieferschein nr`."""
    plain = unicodedata.normalize("NFKD", _CAMEL.sub(" ", header)).casefold()
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return _OTHERS.sub(" ", plain).strip()


def field_of(name: str) -> Field | None:
    """Return the field with this name, also one of a custom field; None for an unknown name."""
    if name.startswith(CUSTOM) and len(name) > len(CUSTOM):
        own = name.removeprefix(CUSTOM)
        return Field(name, f"Custom field {own}", "text", "Custom fields")
    return FIELDS.get(name)


def _squeezed(words: str) -> str:
    return folded(words).replace(" ", "")


def _known() -> dict[str, str]:
    """Return the fields by the words that name them, without blanks."""
    known: dict[str, str] = {}
    for name, field in FIELDS.items():
        for words in (name, field.label):
            known.setdefault(_squeezed(words), name)
    name = ""
    for line in _WORDS.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            name = line.strip("[]")
        elif line and not line.startswith("#"):
            for words in line.split(","):
                if squeezed := _squeezed(words):
                    known.setdefault(squeezed, name)
    return known


_BY_WORDS = _known()


def guessed(headers: list[str]) -> list[str]:
    """Return for each header the name of the field that it most likely means, or empty text.

    A field is taken once, by the first header that means it, unless several columns may make it up.
    """
    found: list[str] = []
    for header in headers:
        name = _meant(header)
        if name and name in found and not FIELDS[name].joins:
            name = ""
        found.append(name)
    return found


def _meant(header: str) -> str:
    if header.startswith(CUSTOM) and len(header) <= 100:  # noqa: PLR2004 - as our own export writes it
        return header.strip()
    if named := _BY_WORDS.get(_squeezed(header)):
        return named
    bare = re.sub(r"\s*[(\[].*?[)\]]\s*", " ", header)  # `Weight (kg)`
    return _BY_WORDS.get(_squeezed(bare), "")


def signature(headers: list[str]) -> str:
    """Return a text that is equal for files with the same columns."""
    return "\n".join(folded(header) for header in headers)
