"""Limits on what one request may hold: lines of goods, and objects and values of a body. Pure.

A limit on each list alone would not be enough, because a bulk request has up to 500 orders. A body is measured before
it is parsed, because its cost does not depend on its bytes alone: a megabyte of `{}` becomes 300,000 objects.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from waybell.ground.errors import Invalid, TooLarge
from waybell.wire import json_text

MAX_ORDERS = 500  # in one bulk request, and on one route
MAX_CUSTOM_FIELDS = 100
MAX_GOODS_LINES = 1000  # in one order; the operator can change it
# The number of full orders in a request, and on a route. A route takes fewer, because each event of a route carries all
# orders.
_IN_REQUEST, _ON_ROUTE = 5, 3
MAX_OBJECTS = 50_000  # objects and lists in a JSON body
MAX_VALUES = 500_000  # values in a JSON body, counted by commas; a member of an object has two strings at most
MAX_ELEMENTS = 200_000  # elements in an XML body, where each value is an element


class GoodsLines:
    """A counter of the lines of goods that one request may still bring."""

    def __init__(self, most: int = MAX_GOODS_LINES) -> None:
        """Allow `most` lines for one order, and a multiple of that for the whole request."""
        self.most = most
        self._left = most * _IN_REQUEST

    def take(self, lines: Any) -> Any:
        """Count a list of lines as it was sent.

        Raise `ValueError` when the list is too long for an order, and `TooLarge` when all lists together are too long
        for a request.
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


# The counter of the request that is being read.
goods_lines: ContextVar[GoodsLines | None] = ContextVar("goods_lines", default=None)


@contextmanager
def limiting_lines(most: int) -> Iterator[None]:
    """Count the lines that are read in the block as those of one request, which may have `most` lines."""
    before = goods_lines.set(GoodsLines(most))
    try:
        yield
    finally:
        goods_lines.reset(before)


def counted_lines(lines: Any) -> Any:
    """Count the lines against the limit of the current request, and return them."""
    return (goods_lines.get() or GoodsLines()).take(lines)


def check_route(orders: int, lines: int) -> None:
    """Raise `Invalid` for a route with too many orders, or with too many lines of goods in all its orders."""
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
        return  # strings may hold these signs too, so the slower exact count runs only when there are many
    bare = json_text.outside(body)
    _check("objects and lists", bare.count(b"{") + bare.count(b"["), MAX_OBJECTS)
    _check("values", bare.count(b",") + 1, MAX_VALUES)


def check_xml(body: bytes) -> None:
    """Raise `TooLarge` when the body would become too many elements."""
    _check("elements", body.count(b"<") - body.count(b"</"), MAX_ELEMENTS)


def _check(what: str, found: int, most: int) -> None:
    if found > most:
        raise TooLarge(f"The body holds {found} {what}, and {most} at most are read at once. Send less at once.")
