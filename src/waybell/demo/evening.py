"""The changes after the day, without end: small rounds of new orders, planned, driven and closed, for spectators.

As in `story.py`, nothing is executed here. In every second round the receiver is down for a while.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count, cycle, islice
from random import Random

from waybell.demo.story import Act, Change, Order, Receiver, close, plan, start, update, visit

_FIRST_NUMBER = 2001
_STOPS = 5
_NOTES = ("Ring twice, please", "Not before noon", "Call ten minutes ahead", "The gate is open")
# The outage is so long and busy that the endpoint is parked, and that a spectator can see it parked.
_DOWN_STOPS = (1, 4)
_BUSY = 5  # corrections in a row, to orders that are on the road


def evening(orders: Sequence[Order], seed: int = 11) -> Iterator[Act]:
    """Yield acts forever, made from the orders of the day under new numbers."""
    chance = Random(seed)
    fresh = (_renumbered(order, number) for number, order in zip(count(_FIRST_NUMBER), cycle(orders), strict=False))
    for number in count(1):
        yield from _round(chance, number, list(islice(fresh, _STOPS)), with_outage=number % 2 == 1)


def _round(chance: Random, number: int, orders: Sequence[Order], *, with_outage: bool) -> Iterator[Act]:
    code = f"EVE-{number}"
    for order in orders:
        expects = (("OrderCreated", ("order", order["Number"])),)
        yield Change("POST", "/api/Order", order, expects, _moment(chance))
    for change in plan(1 + number % 4, code, orders):
        yield replace(change, pause=timedelta(seconds=1))
    yield replace(start(code, orders), pause=_moment(chance))
    goes_down, comes_back = _DOWN_STOPS
    for place, order in enumerate(orders):
        if with_outage and place == goes_down:
            yield Receiver(timedelta(), "down")
            for late in chance.choices(orders[place:], k=_BUSY):
                yield replace(update(late, {"Note": chance.choice(_NOTES)}), pause=timedelta(seconds=1))
        if with_outage and place == comes_back:
            yield Receiver(timedelta(seconds=3), "up")
        yield replace(visit(chance, order), pause=_moment(chance))
    yield replace(close(code), pause=_moment(chance))


def _renumbered(order: Order, number: int) -> Order:
    lines = [line | {"OrderLineId": f"{number}-{place}"} for place, line in enumerate(order["GoodsList"], 1)]
    return order | {"Number": str(number), "Id": f"SO-4{number}", "GoodsList": lines}


def _moment(chance: Random) -> timedelta:
    return timedelta(seconds=chance.uniform(2, 4))
