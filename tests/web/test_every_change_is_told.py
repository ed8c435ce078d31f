"""What GET shows of an order or a route changes only together with an event that says so.

Every operation that writes is asked of the API document, so that a new one cannot be forgotten: one whose keys or body
are not known here fails until it is told.
"""

from datetime import date, timedelta
from typing import Any

import pytest

from support.documents import a_stop, post_route, without_nulls
from support.pictures import a_picture

# What is not told by itself. An estimate and the place of a vehicle move by themselves, every few seconds; they are
# carried by the event of the next change.
UNTOLD = {"UpdatedETA", "Track", "LocationLat", "LocationLon"}
# They change nothing that an order or a route shows; other tests say what they do.
APART = {"Webhook", "Event", "EventType", "Exception", "Key", "Test"}
# They are for orders on a route that has started.
ON_THE_WAY = {"NoteOrderArrival", "NoteOrderDeparture"}
NOUNS = (
    *("Address", "Client", "CustomField", "Depot", "Driver", "Goods", "Order", "RejectReason", "Route", "Shipper"),
    *("Team", "Vehicle", "VehicleCheck"),
)


class World:
    """A route with orders that use everything of the directory, for one operation; and others that only look on."""

    def __init__(self, api, place: int, noun: str) -> None:
        self.api = api
        self.place = place
        self.day = (date(2026, 11, 24) + timedelta(days=place)).isoformat()
        # What leaves the directory alone may share it.
        self.kept = 0 if noun in ("Order", "Route") else place
        self.entry = {"CustomField": f"cf_{place}", "RejectReason": f"{1000 + place}"}.get(noun, f"id-{self.kept}")
        if self.kept or place == 1:
            self._furnish(noun)
        where = {"AddressId": self.entry, "ClientId": self.entry, "AddressLat": 59.4, "AddressLon": 24.7}
        order = {
            **a_stop(f"A{place}", Id=f"a{place}", Date=self.day, ShipperId=self.entry, DepotId=self.entry, **where),
            "GoodsList": [{"OrderLineId": "1", "GoodsId": self.entry, "Quantity": 2}],
            "CustomFields": [{"Id": f"cf_{self.kept}", "Value": "1"}],
            "TeamCode": self.entry,
            "PickupOrder": {"Client": "Theirs", "Address": "Dock 9", **where},
        }
        self.order = order
        route: dict[str, Any] = {"Code": f"R{place}", "Id": f"r{place}", "Date": self.day, "DriverLogin": f"d{place}"}
        route |= {"DriverVehicle": None if noun == "Vehicle" else f"V{self.kept}", "DepotId": self.entry}
        route |= {"StartFromDepot": False, "CustomFields": [{"Id": f"cf_{self.kept}", "Value": "1"}]}
        self.route = route
        second = a_stop(f"B{place}", Id=f"b{place}", Date=self.day, AddressLat=59.5, AddressLon=24.9)
        post_route(api, route | {"Orders": [order, second]})
        self._post("Order", a_stop(f"C{place}", Id=f"c{place}", Date=self.day, Address="Elsewhere"))
        if self.kept:
            another = route | {"Code": f"S{place}", "Id": f"s{place}"}
            post_route(api, another | {"Orders": [order | {"Number": f"D{place}", "Id": f"e{place}"}]})
        self.vehicle = api.get("/api/Vehicle", params={"number": f"V{self.kept}"}).json()[0]
        self.driver = api.get(f"/api/Driver/Username/d{place}").json()
        if noun == "VehicleCheck":
            self._post(noun, {"VehicleNumber": f"V{place}", "Values": [{"Label": "Tyres"}]})

    def _furnish(self, noun: str) -> None:
        place, entry = self.kept, self.entry
        self._post("Driver", {"Name": f"Driver {place}", "Username": f"d{place}", "Password": "secret"})
        vehicle = {"Number": f"V{place}", "DriverUsername": f"d{place}", "Depot": "Dock", "Weight": 900}
        self._post("Vehicle", vehicle)
        self._post("Address", {"Id": entry, "FullAddress": f"A{place} street"})
        self._post("Goods", {"GoodsId": entry, "GoodsName": f"Goods {place}", "Cost": 1})
        self._post("CustomField", {"Id": f"cf_{place}", "Label": f"Field {place}", "Kind": "number"})
        for one in ("Client", "Shipper", "Depot", "Team"):
            self._post(one, {"Id": entry, "Name": f"{one} {place}"})
        if noun == "RejectReason":
            self._post(noun, {"Id": entry, "Name": "Reason", "List": "OrderIssue"})

    def _post(self, noun: str, body: dict) -> None:
        answer = self.api.post(f"/api/{noun}", json=body)
        assert answer.status_code in (201, 202), answer.text

    def url(self, path: str) -> str:
        """Return the path of an operation with keys of this world; what is put on a route is the order off it."""
        place, parts = self.place, path.split("/")
        noun, onto = parts[2], parts[2] == "Route" and "Order" in parts
        ids = {"Order": f"a{place}", "Route": f"r{place}", "Driver": self.driver["Id"], "Vehicle": self.vehicle["Id"]}
        keys = {
            "id": ids.get(noun, self.entry),
            "code": f"R{place}",
            "username": f"d{place}",
            "orderId": f"c{place}",
            "number": f"C{place}" if onto else f"V{place}" if noun == "VehicleCheck" else f"A{place}",
            "trackId": self.api.get(f"/api/Order/Number/A{place}").json()["TrackId"],
        }
        return path.format_map(keys)

    def shown(self) -> dict:
        """Return all orders and routes of this world as GET has them, by what events call them."""
        found = {}
        for route in self.api.get(f"/api/Route/Date/{self.day}").json():
            found["route", route["Id"]] = route
        for order in self.api.get(f"/api/Order/Date/{self.day}").json():
            found["order", order["TrackId"]] = order
        return {key: told_of(without_nulls(document)) for key, document in found.items()}

    def body(self, name: str) -> dict:
        """Return what to send: whatever an operation can change is changed."""
        place, entry, again = self.place, self.entry, f"again {self.place}"
        where = {"AddressLat": 1.5, "AddressLon": 2.5, "AddressZone": again}
        new = a_stop(f"N{place}", Id=f"n{place}", Date=self.day, AddressId=entry, **where)
        changed = {**new, "Number": f"A{place}", "Id": f"a{place}", "Note": again, "ClientId": entry, "Client": again}
        changed |= {"GoodsList": [{"GoodsId": entry, "GoodsName": again, "Cost": 9, "Quantity": 1}]}
        driver = {"Id": self.driver["Id"], "Username": f"{place}d", "Name": again, "Vehicle": again}
        vehicle = {"Id": self.vehicle["Id"], "Number": f"W{place}", "Weight": 5, "Depot": again, "DepotId": entry}
        named = {"Id": entry, "Name": again}
        return {
            "AddAddress": {"Id": entry, "FullAddress": again, "Lat": 1, "Lon": 2, "Zone": again, "TimeSlotTo": "9:00"},
            "AddClient": named | {"Note": again},
            "AddCustomField": {"Id": entry, "Label": again, "Kind": "text"},
            "AddDepot": named | {"Lat": 1, "Lon": 2},
            "AddDriver": driver | {"Password": "secret"},
            "AddGoods": {"GoodsId": entry, "GoodsName": again, "GoodsUnit": again, "GoodsBarcode": again, "Cost": 9},
            "AddOrder": new,
            "AddOrderToRoute": new,
            "AddRejectReason": named,
            "AddRoute": {**self.route, "DriverLogin": "x", "StartTimePlan": "9:00", "Orders": [changed, new]},
            "AddRouteTrack": [{"Lat": 1, "Lng": 2, "Date": f"{self.day}T08:00:00"}],
            "AddShipper": named,
            "AddTeam": named,
            "AddVehicle": {**vehicle, "DriverUsername": f"d{place}"},
            "AddVehicleCheck": {"VehicleNumber": f"V{place}", "DriverLogin": f"d{place}", "DepotId": entry},
            "CompleteOrder": {"GoodsList": [{"OrderLineId": "1", "QuantityFact": 1}], "CODActual": 1},
            "GiveOrderFeedback": {"Rating": 5, "Text": again},
            "NoteOrderArrival": {"Lat": 1, "Lon": 2},
            "NoteOrderDeparture": None,
            "ScanOrder": {"Reason": again},
            "SetDriverSequence": {"Orders": [self.api.get(f"/api/Order/Number/B{place}").json()["TrackId"]]},
            "SetOrderInstructions": {"DeliveryInstructions": again},
            "SetOrderPin": {"Pin": "1234"},
            "CorrectOrder": {"Outcome": "rejected", "Reason": again},
            "NoteOrderLoading": {"LoadStatus": "loaded"},
            "RejectOrder": {"DriverComment": again},
            "SetOrderStatus": {"Status": "NotDelivered", "RejectReason": "Canceled"},
            "UpdateDriver": driver,
            "UpdateOrder": changed,
            "UpdateRoute": {"DriverName": again, "DriverVehicle": again, "Orders": [new, changed]},
            "UpdateRouteCustomValues": [{"Id": f"cf_{self.kept}", "Value": again}],
            "UpdateVehicle": vehicle,
        }[name]


def told_of(document: dict) -> dict:
    """Return what is told of a document, its orders apart: each is compared by itself."""
    return {name: value for name, value in document.items() if name not in UNTOLD | {"Orders"}}


def written(api, noun: str) -> list[tuple[str, str, str, dict]]:
    """Return the operations of a noun that write: name, method, path, and what they take."""
    paths = api.get("/api/openapi.json").json()["paths"]
    nouns = {path.split("/")[2] for path in paths if path.startswith("/api/")}
    assert nouns == {*NOUNS, *APART}
    return [
        (operation["operationId"], method.upper(), path, operation.get("requestBody", {}).get("content", {}))
        for path, methods in paths.items()
        for method, operation in methods.items()
        if method != "get" and path.split("/")[2] == noun
    ]


FLAGS = {
    "AddOrder": {"updateAddressGps": "true", "updateGoodsPrice": "true"},
    "AddRoute": {"update": "true", "updateAddressGps": "true", "updateGoodsPrice": "true"},
    "UpdateOrder": {"updateAddressGps": "true", "forceUpdate": "true"},
    "UpdateRoute": {"updateAddressGps": "true"},
    "AddOrderGoodsPhoto": {"orderLineId": "1"},
    "AddVehicleCheckPhoto": {"label": "Tyres"},
}


@pytest.mark.parametrize("noun", NOUNS)
def test_whatever_get_shows_anew_is_told(api, told, noun):
    operations = written(api, noun)
    assert operations
    untold = {}
    for place, (operation_id, method, path, content) in enumerate(operations, 1):
        world = World(api, place, noun)
        name = operation_id.partition("By")[0].removesuffix("Bulk").removesuffix("Code").removesuffix("Id")
        request: dict[str, Any] = {"params": FLAGS.get(name, {})}
        if "application/json" in content:
            body = world.body(name)
            request["json"] = [body] if operation_id.endswith("Bulk") else body
        elif content:
            request |= {"content": a_picture(30, 20), "headers": {"Content-Type": "image/jpeg"}}
        if name == "CorrectOrder":
            assert api.put(f"/api/Order/Number/A{place}/Complete").status_code == 200
        if name in ON_THE_WAY:
            assert api.put(f"/api/Route/Start/Code/{world.route['Code']}").status_code == 202
        before = world.shown()
        told.news()
        answer = api.request(method, world.url(path), **request)
        assert answer.status_code in (200, 201, 202), (operation_id, answer.text)
        if operation_id.endswith("Bulk"):
            assert not any(item.get("Error") for item in answer.json()), answer.text
        now = newest(told.news())
        after = world.shown()
        for key in before.keys() | after.keys():
            if before.get(key) != after.get(key) and now.get(key, before.get(key)) != after.get(key):
                untold[operation_id, key] = (before.get(key), now.get(key), after.get(key))
    assert untold == {}


def newest(events) -> dict:
    """Return what was told last of each order and route; None for one that is gone."""
    found = {}
    for event in events:
        kind, _, own = event.subject.partition(":")
        gone = event.type.endswith("Deleted")
        if kind == "route":
            found["route", event.data["Id"]] = None if gone else told_of(event.data)
            for order in event.data.get("Orders") or []:
                found["order", order["TrackId"]] = told_of(order)
        else:
            found["order", own] = None if gone else told_of(event.data)
    return found
