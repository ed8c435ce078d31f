"""The orders of the day as an ERP would send them, read from `orders.csv`, one order a line.

The streets are Tallinn's. The customers are kinds of businesses; telephone numbers and mail domains are ones that are
reserved for fiction and examples. `Goods` holds `id name = quantity unit; ...`.
"""

import csv
import re
from importlib.resources import files
from typing import Any

_TEXTS = ("Number", "Id", "Client", "Address", "AddressZone", "TimeSlotFrom", "TimeSlotTo", "Phone", "Email", "Note")
_NUMBERS = ("Type", "AddressLat", "AddressLon", "ServiceTime", "Weight", "Volume", "Pallets", "COD")
_GOODS = re.compile(r"(?P<id>\S+) (?P<name>.+) = (?P<quantity>\d+) (?P<unit>\S+)")


def read_orders() -> list[dict[str, Any]]:
    """Return the orders as the API takes them (`NewOrder`), by Number. Their zone names their later route."""
    text = (files(__package__) / "orders.csv").read_text(encoding="utf-8")
    return [_order(row) for row in csv.DictReader(text.splitlines())]


def _order(row: dict[str, str]) -> dict[str, Any]:
    return {
        **{name: row[name] for name in _TEXTS if row[name]},
        **{name: float(row[name]) if "." in row[name] else int(row[name]) for name in _NUMBERS},
        "GoodsList": [_line(row["Number"], place, text) for place, text in enumerate(row["Goods"].split("; "), 1)],
    }


def _line(number: str, place: int, text: str) -> dict[str, Any]:
    goods = _GOODS.fullmatch(text)
    if goods is None:
        raise ValueError(f"orders.csv, order {number}: cannot read the goods {text!r}")
    return {
        "OrderLineId": f"{number}-{place}",
        "GoodsId": goods["id"],
        "GoodsName": goods["name"],
        "GoodsUnit": goods["unit"],
        "Quantity": int(goods["quantity"]),
    }
