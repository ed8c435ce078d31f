"""How much one request may hold: lists of goods by their lines, bodies by their objects and lists. Pure.

A limit of one list alone would be no limit: a bulk has 500 orders. And a body is measured before it is read, because
what costs is not its bytes: a megabyte of `{}` becomes 300,000 objects.
"""

from contextvars import ContextVar
from typing import Any

from waybell.ground.errors import Invalid, TooLarge
from waybell.wire import json_text

MAX_ORDERS = 500  # of one bulk, and of one route
MAX_CUSTOM_FIELDS = 100
MAX_GOODS_LINES = 1000  # of one order, unless the operator sets it otherwise
# As many orders with all lines that they may have fit into one request, and on one route, which takes longer: it is
# told with all that is on it.
_IN_REQUEST, _ON_ROUTE = 5, 3
MAX_OBJECTS = 50_000  # in JSON: objects and lists
MAX_VALUES = 500_000  # in JSON: whatever commas part; a member of an object has two strings at the most
MAX_ELEMENTS = 200_000  # in XML, where each value is one


class GoodsLines:
    """How many lines of goods a request may still bring."""

    def __init__(self, most: int = MAX_GOODS_LINES) -> None:
        """`most` is how many an order may have."""
        self.most = most
        self._left = most * _IN_REQUEST

    def take(self, lines: Any) -> Any:
        """Count a list of lines as it was sent.

        Raises `ValueError` when it is too long for an order, and `TooLarge` when all lists are too long for a request.
        """
        if isinstance(lines, list):
            if len(lines) > self.most:
                raise ValueError(f"must not have more than {self.most} lines, and has {len(lines)}")
            self._left -= len(lines)
            if self._left < 0:
                raise TooLarge(
                    f"GoodsList: all orders of a request may have {self.most * _IN_REQUEST} lines of goods "
                    "together, and these have more. Send fewer orders at once."
                )
        return lines


goods_lines: ContextVar[GoodsLines | None] = ContextVar("goods_lines", default=None)  # of the request that is read


def counted_lines(lines: Any) -> Any:
    """The lines, counted as those of the request that is being read."""
    return (goods_lines.get() or GoodsLines()).take(lines)


def check_route(orders: int, lines: int) -> None:
    """Raise `Invalid` for more orders on a route, or more lines of goods of all of them, than one may have."""
    most = (goods_lines.get() or GoodsLines()).most * _ON_ROUTE
    for what, found, allowed in (("orders", orders, MAX_ORDERS), ("lines of goods", lines, most)):
        if found > allowed:
            raise Invalid(
                f"The route would have {found} {what}, and a route has {allowed} at most. Use one more route."
            )


def check_json(body: bytes) -> None:
    """Raise `TooLarge` when the body would become too many objects, lists or values."""
    if body.count(b'"') > 4 * MAX_VALUES:
        _check("values", json_text.count_strings(body) // 2, MAX_VALUES)
    if body.count(b"{") + body.count(b"[") <= MAX_OBJECTS and body.count(b",") <= MAX_VALUES:
        return  # texts may hold such signs too, so the exact count is only taken where these are many
    bare = json_text.outside(body)
    _check("objects and lists", bare.count(b"{") + bare.count(b"["), MAX_OBJECTS)
    _check("values", bare.count(b",") + 1, MAX_VALUES)


def check_xml(body: bytes) -> None:
    """Raise `TooLarge` when the body would become too many elements."""
    _check("elements", body.count(b"<") - body.count(b"</"), MAX_ELEMENTS)


def _check(what: str, found: int, most: int) -> None:
    if found > most:
        raise TooLarge(f"The body holds {found} {what}, and {most} at most are read at once. Send less at once.")
