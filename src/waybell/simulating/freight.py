"""The orders of a simulated day as an ERP would send them: clients, goods, time slots, cash on delivery. Pure.

Clients are kinds of businesses; telephone numbers and mail domains are ones that are reserved for fiction and examples.
"""

from dataclasses import dataclass
from random import Random
from typing import Any

from waybell.orders.model import COLLECTION
from waybell.simulating.geography import Address, Depot

_CLIENTS = (
    *("Bakery", "Café", "Canteen", "Florist", "Garage", "Grocery", "Hardware Shop", "Hotel", "Kindergarten"),
    *("Laundry", "Library", "Office", "Pharmacy", "Restaurant", "School Kitchen", "Shoe Shop", "Workshop"),
)
# Id, name, unit, weight in kg, volume in m3, price.
_GOODS = (
    ("B-01", "Bottled water 12 x 0.5 l", "pack", 6.4, 0.012, 5.9),
    ("C-01", "Coffee beans 1 kg", "bag", 1.1, 0.003, 17.5),
    ("C-02", "Cleaning agent 5 l", "can", 5.3, 0.007, 12.0),
    ("F-01", "Flour 10 kg", "bag", 10.1, 0.016, 9.4),
    ("K-01", "Kitchen paper, 24 rolls", "pack", 4.0, 0.060, 14.2),
    ("L-01", "Light bulbs, box of 20", "box", 2.2, 0.018, 31.0),
    ("P-01", "Printer paper, 5 reams", "box", 12.6, 0.015, 22.0),
    ("R-01", "Rapeseed oil 5 l", "can", 4.8, 0.007, 13.3),
    ("S-01", "Screws, assorted 8 kg", "box", 8.2, 0.008, 41.0),
    ("T-01", "Tinned tomatoes 6 x 400 g", "tray", 2.9, 0.005, 7.7),
)
_NOTES = ("Ring at the back door", "Call ten minutes ahead", "Take the empty crates back", "Mind the low archway")
_SLOTS = (("08:00", "11:00"), ("09:00", "12:00"), ("08:00", "12:00"), ("12:00", "16:00"), ("10:00", "17:00"))
_SHARE_WITH_SLOT, _SHARE_COLLECTED, _SHARE_WITH_COD, _SHARE_WITH_LEG = 0.7, 0.1, 0.12, 0.03


@dataclass(frozen=True, slots=True)
class Job:
    """An order, and the facts about it that the driver meets."""

    number: str
    body: dict[str, Any]
    address: Address
    opens: int | None  # seconds after midnight, before which the client takes nothing
    service: int  # seconds that the stop takes

    @property
    def collected(self) -> bool:
        return bool(self.body["Type"] == COLLECTION)

    @property
    def lines(self) -> list[dict[str, Any]]:
        lines: list[dict[str, Any]] = self.body["GoodsList"]
        return lines


def job(chance: Random, number: str, day: str, depot: Depot, address: Address) -> Job:
    """Return the order of some client at this address, on this day (`2026-11-30`)."""
    goods = chance.sample(_GOODS, chance.choice((1, 1, 2, 2, 3)))
    counts = [chance.randint(1, 9) for _ in goods]
    slot = chance.choice(_SLOTS) if chance.random() < _SHARE_WITH_SLOT else None
    minutes = chance.randint(4, 14)
    client = f"{chance.choice(_CLIENTS)} {address.street}"
    body: dict[str, Any] = {
        "Number": number,
        "Id": f"ERP-{number}",
        "Date": day,
        "Type": int(chance.random() < _SHARE_COLLECTED),
        "Client": client,
        "Address": address.text,
        "AddressLat": address.place.lat,
        "AddressLon": address.place.lon,
        "AddressZone": address.zone,
        "ServiceTime": minutes,
        "Weight": round(sum(one[3] * count for one, count in zip(goods, counts, strict=True)), 1),
        "Volume": round(sum(one[4] * count for one, count in zip(goods, counts, strict=True)), 3),
        "Pallets": 0,
        "Phone": f"+1 202 555 01{chance.randint(0, 99):02}",
        "Email": f"order{number.lower()}@{address.zone.encode('ascii', 'ignore').decode().lower()}.example",
        "DepotId": depot.id,
        "Depot": depot.name,
        "GoodsList": [
            {
                "OrderLineId": f"{number}-{place}",
                "GoodsId": one[0],
                "GoodsName": one[1],
                "GoodsUnit": one[2],
                "Quantity": count,
                "Cost": one[5],
            }
            for place, (one, count) in enumerate(zip(goods, counts, strict=True), 1)
        ],
    }
    if slot:
        body |= {"TimeSlotFrom": f"{day}T{slot[0]}:00", "TimeSlotTo": f"{day}T{slot[1]}:00"}
    if chance.random() < _SHARE_WITH_COD:
        body["COD"] = round(sum(one[5] * count for one, count in zip(goods, counts, strict=True)), 2)
    if chance.random() < len(_NOTES) / 20:
        body["Note"] = chance.choice(_NOTES)
    if chance.random() < _SHARE_WITH_LEG:
        body["PickupOrder"] = {"Client": f"Wholesale {depot.towns[0].name}", "Address": depot.address}
    opens = int(slot[0][:2]) * 3600 if slot else None
    return Job(number, body, address, opens, minutes * 60)
