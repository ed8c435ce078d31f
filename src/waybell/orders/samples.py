"""Sample orders, as examples of the Data of events.

The rules that change real orders make them, so they cannot differ from what is sent. Tools that map fields learn the
fields from a sample, so the samples of events hold all members that a real event can have.
"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from waybell.directory.address_book import Book, Key
from waybell.directory.entry_kinds import Client, CustomFieldDefinition, Entry
from waybell.ground.clock import Moment
from waybell.ground.links import Links
from waybell.orders import editing, outcome, scanning, visits
from waybell.orders.model import Order, PictureKind
from waybell.orders.order_links import linked
from waybell.orders.requests import (
    CompleteOrder,
    GoodsLine,
    NewOrder,
    OrderFeedback,
    OrderLoad,
    OrderScan,
    OrderVisit,
    RejectOrder,
)

SAMPLE_MOMENT = Moment(datetime(2026, 11, 23, 8, 15, 30, tzinfo=UTC), ZoneInfo("Europe/Tallinn"))
_TRACK_ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"


def sample_order() -> Order:
    """Return a small order."""
    request = NewOrder.model_validate(
        {
            "Number": "SO-1001",
            "Id": "erp-5001",
            "Date": "2026-11-23",
            "Type": 0,
            "Client": "Blue Harbour Cafe",
            "ClientId": "C-17",
            "Address": "Kalasadama 4, Tallinn",
            "AddressLat": 59.4446,
            "AddressLon": 24.7453,
            "TimeSlotFrom": "09:00",
            "TimeSlotTo": "12:00",
            "ServiceTime": 10,
            "Note": "Ring at the back door",
            "Phone": "+372 5550 1234",
            "Weight": 12.5,
            "COD": 48.9,
            "GoodsList": [
                {"OrderLineId": "1", "GoodsName": "Coffee beans 1 kg", "GoodsUnit": "pcs", "Quantity": 10, "Cost": 4.89}
            ],
        }
    )
    return editing.draft(request, _TRACK_ID, SAMPLE_MOMENT)


# The members of the route in an order, as they are joined in at reading.
ON_ROUTE = {
    "route_number": "R-23-1",
    "route_status": "InProgress",
    "route_date": "2026-11-23T00:00:00",
    "driver_login": "driver1",
    "driver_name": "Driver One",
    "driver_number": 1,
    "driver_vehicle": "123 ABC",
}


def sample_on_route() -> Order:
    """Return the small order on a route that has started."""
    stop = outcome.Stop("", 1, "InProgress")
    return outcome.placed(sample_order(), stop, SAMPLE_MOMENT.local).model_copy(update=ON_ROUTE)


_LEG_ID = "16fd2706-8baf-433b-82eb-8c7fada847da"
LINKS = Links("https://waybell.example.com", lambda: [b"a sample"])
_FIELDS = [{"Id": "cf_1", "Value": "3"}]
BOOK_ENTRIES: dict[Key, Entry] = {
    ("client", "C-17"): Client(id="C-17", name="Blue Harbour Cafe", note="Pays by invoice"),
    ("client", "C-80"): Client(id="C-80", name="Roastery North", note="Opens at six"),
    ("custom_field", "cf_1"): CustomFieldDefinition(id="cf_1", name="Floor", kind="number"),
}
BOOK = Book([], BOOK_ENTRIES, lambda: "")
_LINE = {
    "OrderLineId": "1",
    "GoodsId": "G-100",
    "GoodsName": "Coffee beans 1 kg",
    "GoodsUnit": "pcs",
    "Note": "Dark roast",
    "Quantity": 10,
    "Cost": 4.89,
    "OrderLineBarcode": "SO-1001-1",
    "GoodsBarcode": "4740012345678",
}
_MORE = {
    "Shipper": "Roastery North",
    "ShipperId": "S-1",
    "Depot": "Peterburi tee 2, Tallinn",
    "DepotId": "D-1",
    "AddressId": "A-17",
    "AddressZone": "Harbour",
    "ContactName": "Mari",
    "Email": "orders@blueharbour.example",
    "Volume": 0.2,
    "Pallets": 0.5,
    "InvoiceId": "INV-7001",
    "CustomerReferenceId": "PO-55",
    "Barcode": "SO-1001",
    "Priority": "high",
    "TeamCode": "T-1",
    "GoodsList": [_LINE],
    "CustomFields": _FIELDS,
    "NotificationsPolicy": {
        "PriorToRouteNotificationEnabled": True,
        "AtRouteStartNotificationEnabled": True,
        "EnRouteNotificationEnabled": True,
        "AtDepartureNotificationEnabled": False,
    },
    "PickupOrder": {
        "ClientId": "C-80",
        "Client": "Roastery North",
        "AddressId": "A-80",
        "Address": "Telliskivi 60, Tallinn",
        "AddressLat": 59.4397,
        "AddressLon": 24.7283,
        "AddressZone": "Centre",
        "ContactName": "Jaan",
        "Phone": "+372 5550 5678",
        "Email": "desk@roastery.example",
        "TimeSlotFrom": "07:00",
        "TimeSlotTo": "08:30",
        "ServiceTime": 5,
        "CustomFields": _FIELDS,
        "COD": 12,
        "Note": "Gate 2",
    },
}


REQUEST = NewOrder.model_validate(sample_order().as_data() | _MORE).as_data()


def created_order() -> Order:
    """Return an order with all members that a new order can have, on a route that has started and was never planned."""
    made = editing.settled(
        editing.draft(NewOrder.model_validate(REQUEST), _TRACK_ID, SAMPLE_MOMENT, leg_id=_LEG_ID), BOOK
    )
    return _on_route(made).model_copy(update=ESTIMATED)


def _on_route(order: Order) -> Order:
    """Return the order as it is read on a route that has started."""
    on_it = outcome.placed(order, outcome.Stop("r", 1, "InProgress"), SAMPLE_MOMENT.local).model_copy(update=ON_ROUTE)
    assert on_it.pickup_order is not None
    leg = on_it.pickup_order.model_copy(update={"route_date": ON_ROUTE["route_date"]})
    return linked(on_it.model_copy(update={"pickup_order": leg}), LINKS, SAMPLE_MOMENT.now)


def full_order() -> Order:
    """Return an order with all members of an outcome: it failed, was rescheduled, planned, loaded, completed and rated.

    It also shows the reason of the first failure, which rescheduling normally clears.
    """
    failed = outcome.rejected(created_order(), RejectOrder(reject_reason_id=1), SAMPLE_MOMENT)
    order = _on_route(outcome.rescheduled(failed)).model_copy(update=ESTIMATED | PLANNED)
    order = outcome.loading_noted(order, OrderLoad(load_status="loaded"), SAMPLE_MOMENT)
    order = outcome.instructed(order, INSTRUCTIONS["DeliveryInstructions"]).model_copy(
        update={"pin": PIN["Pin"], "seq_number_driver": 1}
    )
    for scan in SCANS:
        order = scanning.scanned(order, OrderScan.model_validate(scan))
    [order] = visits.arrived(order, [], OrderVisit.model_validate(ARRIVED), SAMPLE_MOMENT)
    order = outcome.completed(order, CompleteOrder.model_validate(DONE), SAMPLE_MOMENT)
    [order] = visits.departed(order, [], OrderVisit.model_validate(DEPARTED), SAMPLE_MOMENT)
    order = outcome.rated(order, OrderFeedback(rating=5, text="Friendly driver"))
    pictures: dict[PictureKind, str] = {"photo": "pic_1", "signature": "pic_2", "load signature": "pic_3"}
    for kind, picture in pictures.items():
        order = outcome.pictured(order, kind, picture)
    order = outcome.goods_pictured(order, GoodsLine(order_line_id="1"), "pic_4")
    return linked(order, LINKS, SAMPLE_MOMENT.now).model_copy(update={"reject_reason": failed.reject_reason})


# The plan that `optimizing/planning.py` makes for a depot at 59.4317, 24.8192; a test compares the two.
PLANNED = {"eta": "2026-11-23T09:00:00", "distance_from_depot_plan": 5964.0}
ESTIMATED = {"eta": "2026-11-23T10:24:00", "updated_eta": "2026-11-23T10:24:00"}  # as `eta/runs.py` does at the start
ARRIVED = {"Date": "2026-11-23T09:03:00"}
DEPARTED = {"Date": "2026-11-23T09:15:00"}
INSTRUCTIONS = {"DeliveryInstructions": "Leave it with the neighbour"}
PIN = {"Pin": "2718"}
SCANS = [
    {"Stage": stage, "Reason": "The label is torn", **line}
    for stage in ("load", "stop")
    for line in ({}, {"OrderLineId": "1"})
]
CORRECTED = {
    "Outcome": "rejected",
    "RejectReasonId": 1,
    "Reason": "The driver chose the wrong order",
}
DONE = {
    "DriverComment": "Two bags were torn",
    "SignatureName": "Front desk",
    "CODActual": 39.12,
    "GoodsList": [{"OrderLineId": "1", "QuantityFact": 8, "GoodsRejectReasonId": 201}],
    "Lat": 59.44462,
    "Lon": 24.74527,
}
