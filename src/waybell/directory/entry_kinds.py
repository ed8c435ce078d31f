"""The lists that callers keep under their own ids (clients, depots, goods ...): one structure for all kinds. Pure.

The Track-POD API only reads reject reasons; there, people edit these lists on pages.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BeforeValidator, Field
from pydantic_core import from_json

from waybell.ground.errors import Invalid
from waybell.wire.model import Latitude, Longitude, Number, Request, Text50, Text128, Text255, Text500, absent

KindName = Literal["client", "depot", "shipper", "goods", "team", "custom_field", "reject_reason"]
ReasonList = Literal["SiteIssue", "OrderIssue", "GoodsIssue", "ScanningIssues"]
FieldKind = Literal["text", "number", "date", "time", "datetime", "flag"]

CustomFieldId = Annotated[Annotated[str, Field(max_length=50, pattern=r"^cf_[0-9]+$")] | None, BeforeValidator(absent)]
_MAX_REASON_ID = 2**31 - 1


def _reason_id(value: Any) -> Any:
    """Check for a whole number, and return the text under which the reason is stored."""
    if absent(value) is None:
        return None
    text = str(value).strip()
    if isinstance(value, bool) or not (text.isascii() and text.isdigit() and 0 < int(text[:11]) <= _MAX_REASON_ID):
        raise ValueError(f"must be a whole number from 1 to {_MAX_REASON_ID}")
    return str(int(text))


class Entry(Request):
    """An entry of a list that callers keep under their own ids. A change keeps the members that it leaves out."""

    id: Text50 = None
    name: Text255 = None


AnyEntry = TypeVar("AnyEntry", bound=Entry)


class Shipper(Entry):
    """A shipper; orders show its `Name` as their Shipper. Not in the Track-POD API."""


class Depot(Entry):
    """A depot. Orders and routes show its `Name` as their Depot.

    Its routes are planned from `Lat` and `Lon`, or else from the address book.

    Not in the Track-POD API.
    """

    lat: Latitude = None
    lon: Longitude = None


class Client(Entry):
    """A client; orders show its `Note` as their ClientNote. Not in the Track-POD API."""

    note: Text500 = None


class Team(Entry):
    """A team; `Id` is the TeamCode of orders and drivers. Not in the Track-POD API."""


class GoodsItem(Entry):
    """Goods; lines of orders that carry its GoodsId take over the members that they lack. Not in the Track-POD API."""

    id: Text50 = Field(None, alias="GoodsId")
    name: Text255 = Field(None, alias="GoodsName")
    unit: Text50 = Field(None, alias="GoodsUnit")
    cost: Number = None
    barcode: Text128 = Field(None, alias="GoodsBarcode")


class CustomFieldDefinition(Entry):
    """A custom field: its type, and the label that orders and routes show beside its value.

    Not in the Track-POD API.
    """

    id: CustomFieldId = None
    name: Text255 = Field(None, alias="Label")
    kind: FieldKind | None = None

    def typed(self, value: Any) -> Any:
        """Return the value as the JSON type of its kind; text that does not fit the kind stays text."""
        if not isinstance(value, str):
            return value
        if self.kind == "flag":
            return {"true": True, "1": True, "false": False, "0": False}.get(value.lower(), value)
        return _number(value) if self.kind == "number" else value


def _number(text: str) -> int | float | str:
    try:
        number = from_json(text, allow_inf_nan=False)
    except ValueError:
        return text
    is_number = isinstance(number, int | float) and not isinstance(number, bool)
    return number if is_number and abs(number) < 1e15 else text  # noqa: PLR2004 - beyond it JSON readers lose digits


class RejectReasonEntry(Entry):
    """A reject reason; its `Id` is unique over the account's four lists.

    The Track-POD API only reads reject reasons.
    """

    id: Annotated[str | None, BeforeValidator(_reason_id)] = None
    list_: ReasonList | None = Field(None, alias="List")


@dataclass(frozen=True, slots=True)
class Kind:
    name: KindName
    noun: str  # in paths and names of operations
    shape: type[Entry]
    required: tuple[str, ...] = ("id", "name")
    defaults: tuple[Entry, ...] = ()  # the entries of an account until it changes the list

    def __str__(self) -> str:
        """Return the name of the kind for messages."""
        return self.name.replace("_", " ").capitalize()


def _reasons(which: ReasonList, first: int, *names: str) -> tuple[RejectReasonEntry, ...]:
    return tuple(RejectReasonEntry(id=str(first + at), name=name, list_=which) for at, name in enumerate(names))


DEFAULT_REASONS = (
    *_reasons("SiteIssue", 1, "Nobody there", "Address not found", "No access to the site", "Site closed"),
    *_reasons("OrderIssue", 101, "Refused by the customer", "Canceled by the customer", "Not ready", "Wrong order"),
    *_reasons("GoodsIssue", 201, "Damaged", "Missing", "Wrong item", "Refused"),
    *_reasons("ScanningIssues", 301, "Barcode missing", "Barcode unreadable"),
)

SHIPPER = Kind("shipper", "Shipper", Shipper)
DEPOT = Kind("depot", "Depot", Depot)
CLIENT = Kind("client", "Client", Client)
GOODS = Kind("goods", "Goods", GoodsItem)
TEAM = Kind("team", "Team", Team)
CUSTOM_FIELD = Kind("custom_field", "CustomField", CustomFieldDefinition, ("id", "name", "kind"))
REJECT_REASON = Kind("reject_reason", "RejectReason", RejectReasonEntry, ("id", "name", "list_"), DEFAULT_REASONS)

KINDS = (SHIPPER, DEPOT, CLIENT, GOODS, TEAM, CUSTOM_FIELD, REJECT_REASON)
BY_NAME: dict[KindName, Kind] = {kind.name: kind for kind in KINDS}


def changed(kind: Kind, known: Entry | None, sent: Entry) -> Entry:
    """Return the entry with the sent members.

    Raise `Invalid` when a new entry lacks a required member.
    """
    after = known.model_copy(update=_given(sent) | dict.fromkeys(sent.emptied)) if known else sent
    lacking = [name for name in kind.required if getattr(after, name) is None]
    if lacking:
        raise Invalid("\n".join(f"{kind.shape.model_fields[name].alias}: is required" for name in lacking))
    return after


def filled(known: AnyEntry, mentioned: AnyEntry) -> AnyEntry:
    """Return the known entry; members missing there are taken from the mentioned entry."""
    return known.model_copy(update=_given(mentioned) | _given(known))


def _given(entry: Entry) -> dict[str, Any]:
    return {name: value for name, value in entry if value is not None}
