"""The lists of the directory that people keep on pages: drivers, vehicles, and the lists under ids of one's own.

Each register says which inputs an entry has, and reads, writes and deletes entries by the actions of the API.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, get_args

from waybell.db.database import Tx
from waybell.directory import actions, entry_actions, entry_store, fleet_store
from waybell.directory.entry_kinds import (
    CLIENT,
    CUSTOM_FIELD,
    DEPOT,
    GOODS,
    REJECT_REASON,
    SHIPPER,
    TEAM,
    FieldKind,
    Kind,
)
from waybell.directory.model import MIN_PASSWORD, DriverKey, NewDriver, NewVehicle, UpdateDriver, UpdateVehicle
from waybell.ground.errors import Invalid, NotFound
from waybell.routes import driver_renaming, fleet_deletion
from waybell.web.ui.entry_form import Choices, Input, as_fields, as_text, changed, read, typed
from waybell.web.ui.forms import Fields
from waybell.web.ui.visit import Visit

ON_A_PAGE = 200
_MOST_CHOICES = 500
_TEXT = {"autocomplete": "off", "maxlength": 255}
_SHORT = {"autocomplete": "off", "maxlength": 50}
_AMOUNT = {"step": "any", "min": "0", "inputmode": "decimal"}
_WHOLE = {"step": "1", "min": "0", "inputmode": "numeric"}


@dataclass(frozen=True, slots=True)
class Row:
    key: str
    cells: tuple[str, ...]


class Register(Protocol):
    """A list of the directory, with the form of its entries."""

    @property
    def word(self) -> str:
        """The name of the list in the path."""

    @property
    def title(self) -> str:
        """The heading of the list."""

    @property
    def one(self) -> str:
        """The name of an entry in sentences."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The inputs that the list shows."""

    def inputs(self, tx: Tx, visit: Visit, *, new: bool) -> list[Input]:
        """Return the inputs of the form, with the choices of the directory."""

    def rows(self, tx: Tx, visit: Visit, after: str) -> tuple[list[Row], str | None]:
        """Return the entries behind the key `after`, and the key after which more follow."""

    def shown(self, tx: Tx, visit: Visit, key: str) -> Fields:
        """Return the fields of an entry. Raise `NotFound` when there is none."""

    def add(self, visit: Visit, sent: Fields) -> None:
        """Add an entry. Raise `Invalid`, `NotAllowedNow` or `Forbidden` when it cannot be added."""

    def change(self, tx: Tx, visit: Visit, key: str, sent: Fields, before: Fields, password: Any) -> None:
        """Change the members of an entry that differ from `before`."""

    def delete(self, tx: Tx, visit: Visit, key: str) -> None:
        """Delete an entry, or raise why it stays."""


def depots(tx: Tx, visit: Visit) -> Choices:
    return named(tx, visit, DEPOT)


def named(tx: Tx, visit: Visit, kind: Kind) -> Choices:
    """Return the entries of a list as choices of a select."""
    found = entry_store.listed(tx, visit.account.id, kind, "", _MOST_CHOICES)
    return tuple((one.id or "", one.name or one.id or "") for one in found)


def drivers(tx: Tx, visit: Visit) -> Choices:
    """Return the active drivers by their usernames as choices of a select."""
    found = fleet_store.list_drivers(tx, visit.account.id)
    return tuple((one.username or "", one.name or one.username or "") for one in found if one.active)


def vehicles(tx: Tx, visit: Visit) -> Choices:
    """Return the vehicles by their numbers as choices of a select."""
    return tuple((one.number or "", one.number or "") for one in fleet_store.list_vehicles(tx, visit.account.id))


def _row(key: str, members: Mapping[str, Any], columns: Sequence[str]) -> Row:
    return Row(key, tuple(as_text(members.get(name)) for name in columns))


class Drivers:
    word, title, one = "drivers", "Drivers", "driver"
    columns = ("Name", "Username", "Phone", "Vehicle", "Depot", "Active")

    def inputs(self, tx: Tx, visit: Visit, *, new: bool) -> list[Input]:
        return [
            Input("Name", "Name", required=True, attributes=_TEXT | {"autofocus": True}),
            Input("Username", "Username", required=True, hint="The driver signs in with it.", attributes=_TEXT),
            Input(
                "Password",
                "Password" if new else "New password",
                "password",
                f"At least {MIN_PASSWORD} characters." if new else "Leave it empty to keep the present one.",
                required=new,
                attributes={"autocomplete": "new-password", "maxlength": 255},
            ),
            Input("Phone", "Phone", "tel", attributes=_TEXT),
            Input("Vehicle", "Vehicle", choices=vehicles(tx, visit), attributes=_TEXT),
            Input("DepotId", "Depot", "select", choices=depots(tx, visit)),
            Input("TeamCodes", "Teams", hint="Codes of teams, with commas between them.", attributes=_TEXT),
            Input("HomeAddress", "Home address", attributes=_TEXT),
            Input("Zone", "Zone", attributes={"maxlength": 100}),
            Input("Note", "Note", "textarea", attributes={"maxlength": 255, "rows": 2}),
            Input("Active", "Active", "flag", "A driver who is not active cannot sign in, and no route offers them."),
        ]

    def rows(self, tx: Tx, visit: Visit, after: str) -> tuple[list[Row], str | None]:
        found = fleet_store.list_drivers(tx, visit.account.id)
        return [_row(one.id, one.as_answer(), self.columns) for one in found], None

    def shown(self, tx: Tx, visit: Visit, key: str) -> Fields:
        driver = actions.get_driver(tx, visit.actor, DriverKey("Id", key))
        members = driver.as_answer() | {"TeamCodes": ", ".join(driver.team_codes or ())}
        return as_fields(members, self.inputs(tx, visit, new=False))

    def add(self, visit: Visit, sent: Fields) -> None:
        with visit.read() as tx:
            members = _with_teams(typed(sent, self.inputs(tx, visit, new=True)))
        request = read(NewDriver, members)
        password = visit.costly.hash_password(request.password or "")
        with visit.change() as tx:
            actions.add_driver(tx, visit.actor, request, password)

    def change(self, tx: Tx, visit: Visit, key: str, sent: Fields, before: Fields, password: Any) -> None:
        members = _with_teams(changed(sent, before, self.inputs(tx, visit, new=False)))
        driver_renaming.change_driver(tx, visit.actor, read(UpdateDriver, {**members, "Id": key}), password)

    def delete(self, tx: Tx, visit: Visit, key: str) -> None:
        fleet_deletion.delete_driver(tx, visit.actor, DriverKey("Id", key))


def _with_teams(members: dict[str, Any]) -> dict[str, Any]:
    """Return the members with the codes of teams as a list."""
    if "TeamCodes" in members:
        members["TeamCodes"] = [code.strip() for code in members["TeamCodes"].split(",") if code.strip()]
    return members


class Vehicles:
    word, title, one = "vehicles", "Vehicles", "vehicle"
    columns = ("Number", "DriverUsername", "Depot", "Weight", "Volume", "Pallets")

    def inputs(self, tx: Tx, visit: Visit, *, new: bool) -> list[Input]:
        # No driver is chosen by default: the first of the list is rarely the right one.
        first = (("", "Choose one"),) if new else ()
        driver_hint = "Add drivers first, under Drivers." if new else ""
        depot_hint = "Add depots first, under Depots." if new else ""
        return [
            Input("Number", "Number", required=True, attributes={"maxlength": 30, "autofocus": True}),
            Input(
                "DriverUsername", "Driver", "select", driver_hint, required=True, choices=(*first, *drivers(tx, visit))
            ),
            Input("DepotId", "Depot", "select", depot_hint, required=True, choices=(*first, *depots(tx, visit))),
            Input("Weight", "Capacity, kg", "number", attributes=_AMOUNT),
            Input("Volume", "Capacity, m³", "number", attributes=_AMOUNT),
            Input("Pallets", "Capacity, pallets", "number", attributes=_AMOUNT),
            Input("StartTime", "Usual start", "time"),
            Input("MaxWorkTime", "Longest working time, minutes", "number", attributes=_WHOLE | {"max": "480"}),
            Input("MaxDistance", "Longest distance, km", "number", attributes=_WHOLE | {"max": "10000"}),
            Input("MaxNodes", "Most stops", "number", attributes=_WHOLE | {"max": "200"}),
            Input("SpeedRatio", "Speed ratio", "number", "1 is the usual speed.", attributes=_AMOUNT | {"max": "2"}),
            Input("CostPerDistance", "Cost of a kilometre", "number", attributes=_AMOUNT),
            Input("CostPerHour", "Cost of an hour", "number", attributes=_AMOUNT),
            Input("BaseFare", "Cost of a day", "number", attributes=_AMOUNT),
            Input("CarrierCode", "Carrier's code", attributes=_TEXT),
            Input("Carrier", "Carrier", attributes=_TEXT),
        ]

    def rows(self, tx: Tx, visit: Visit, after: str) -> tuple[list[Row], str | None]:
        found = fleet_store.list_vehicles(tx, visit.account.id)
        return [_row(str(one.id), one.as_answer(), self.columns) for one in found], None

    def shown(self, tx: Tx, visit: Visit, key: str) -> Fields:
        members = actions.get_vehicle(tx, visit.actor, _vehicle_id(key)).as_answer()
        return as_fields(members | {"StartTime": (members["StartTime"] or "")[:5]}, self.inputs(tx, visit, new=False))

    def add(self, visit: Visit, sent: Fields) -> None:
        with visit.change() as tx:
            actions.add_vehicle(tx, visit.actor, read(NewVehicle, typed(sent, self.inputs(tx, visit, new=True))))

    def change(self, tx: Tx, visit: Visit, key: str, sent: Fields, before: Fields, password: Any) -> None:
        members = changed(sent, before, self.inputs(tx, visit, new=False))
        actions.change_vehicle(tx, visit.actor, read(UpdateVehicle, {**members, "Id": key}))

    def delete(self, tx: Tx, visit: Visit, key: str) -> None:
        fleet_deletion.delete_vehicle(tx, visit.actor, _vehicle_id(key))


def _vehicle_id(key: str) -> int:
    if not (key.isascii() and key.isdigit() and len(key) < 10):  # noqa: PLR2004 - the ids are small whole numbers
        raise NotFound("There is no such vehicle in this account.")
    return int(key)


@dataclass(frozen=True)
class Entries:
    """A list that an account keeps under ids of its own."""

    kind: Kind
    word: str
    title: str
    one: str
    more: tuple[Input, ...] = ()  # beside the id and the name
    id_label: str = "Id"

    @property
    def _id(self) -> str:
        return self.kind.shape.model_fields["id"].alias or ""

    @property
    def _name(self) -> str:
        return self.kind.shape.model_fields["name"].alias or ""

    @property
    def columns(self) -> tuple[str, ...]:
        return (self._id, self._name, *(one.name for one in self.more if one.type != "textarea"))

    def inputs(self, tx: Tx, visit: Visit, *, new: bool) -> list[Input]:
        first = _SHORT | ({"autofocus": True} if new else {"readonly": True})
        return [
            Input(self._id, self.id_label, required=True, attributes=first),
            Input(self._name, "Name", required=True, attributes=_TEXT),
            *self.more,
        ]

    def rows(self, tx: Tx, visit: Visit, after: str) -> tuple[list[Row], str | None]:
        if self.kind is REJECT_REASON and not after:  # an account has the default ones until it changes the list
            own = entry_store.has_any(tx, visit.account.id, self.kind)
            found = entry_store.listed(tx, visit.account.id, self.kind, "", ON_A_PAGE) if own else self.kind.defaults
        else:
            found = entry_store.listed(tx, visit.account.id, self.kind, after, ON_A_PAGE + 1)
        rows = [_row(one.id or "", one.as_answer(), self.columns) for one in found[:ON_A_PAGE]]
        return rows, rows[-1].key if len(found) > ON_A_PAGE else None

    def shown(self, tx: Tx, visit: Visit, key: str) -> Fields:
        known = next((one for one in self.kind.defaults if one.id == key), None)
        if known is None or entry_store.has_any(tx, visit.account.id, self.kind):
            known = entry_actions.get(tx, visit.actor, self.kind, key)
        return as_fields(known.as_answer(), self.inputs(tx, visit, new=False))

    def add(self, visit: Visit, sent: Fields) -> None:
        with visit.change() as tx:
            members = typed(sent, self.inputs(tx, visit, new=True))
            entry = read(self.kind.shape, members)
            if entry.id and (self.kind.name, entry.id) in entry_store.find(
                tx, visit.account.id, [(self.kind.name, entry.id)]
            ):
                raise Invalid(f"{self._id}: there is a {self.one} {entry.id} already")
            entry_actions.keep(tx, visit.actor, self.kind, entry)

    def change(self, tx: Tx, visit: Visit, key: str, sent: Fields, before: Fields, password: Any) -> None:
        members = changed(sent, before, self.inputs(tx, visit, new=False))
        entry_actions.keep(tx, visit.actor, self.kind, read(self.kind.shape, {**members, self._id: key}))

    def delete(self, tx: Tx, visit: Visit, key: str) -> None:
        entry_actions.delete(tx, visit.actor, self.kind, key)


_FIELD_KINDS = tuple((one, one.capitalize()) for one in get_args(FieldKind))
_REASON_LISTS = (
    ("SiteIssue", "Of the stop"),
    ("OrderIssue", "Of the order"),
    ("GoodsIssue", "Of a line of goods"),
    ("ScanningIssues", "Of scanning"),
)
REGISTERS: dict[str, Register] = {
    one.word: one
    for one in (
        Drivers(),
        Vehicles(),
        Entries(
            DEPOT,
            "depots",
            "Depots",
            "depot",
            (
                Input("Lat", "Latitude", "number", attributes={"step": "any", "min": "-90", "max": "90"}),
                Input("Lon", "Longitude", "number", attributes={"step": "any", "min": "-180", "max": "180"}),
            ),
        ),
        Entries(
            CLIENT,
            "clients",
            "Clients",
            "client",
            (Input("Note", "Note", "textarea", "Orders of the client show it.", attributes={"maxlength": 500}),),
        ),
        Entries(
            GOODS,
            "goods",
            "Goods",
            "goods item",
            (
                Input("GoodsUnit", "Unit", attributes=_SHORT),
                Input("Cost", "Price", "number", attributes={"step": "any", "inputmode": "decimal"}),
                Input("GoodsBarcode", "Barcode", attributes={"maxlength": 128}),
            ),
        ),
        Entries(SHIPPER, "shippers", "Shippers", "shipper"),
        Entries(TEAM, "teams", "Teams", "team", id_label="Code"),
        Entries(
            REJECT_REASON,
            "reasons",
            "Reject reasons",
            "reason",
            (Input("List", "List", "select", required=True, choices=_REASON_LISTS),),
            id_label="Number",
        ),
        Entries(
            CUSTOM_FIELD,
            "custom-fields",
            "Custom fields",
            "custom field",
            (Input("Kind", "Kind", "select", required=True, choices=_FIELD_KINDS),),
            id_label="Id, such as cf_1",
        ),
    )
}
