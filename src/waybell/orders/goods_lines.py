"""Finding the line of an order's goods that a caller means, when several lines have the same goods. Pure."""

from collections import defaultdict, deque
from collections.abc import Sequence
from typing import Any

from waybell.orders.model import Goods
from waybell.orders.requests import GoodsLine, NewOrderGoods

# The members that can name a line, the most specific first. Lines that agree in that member are alike.
_NAMES = ("order_line_id", "order_line_barcode", "goods_id", "goods_barcode", "goods_name")
# The members that tell alike lines apart.
_DETAILS = (*_NAMES, "quantity")

Meant = GoodsLine | NewOrderGoods


class Lines:
    """The lines of an order, indexed by the members that name them.

    Each look-up uses an index, so the time grows with the number of lines and not with its square.
    """

    def __init__(self, lines: Sequence[Goods]) -> None:
        self._lines = lines
        self._indexes: dict[tuple[str, ...], dict[tuple[Any, ...], list[int]]] = {}

    def name_of(self, meant: Meant) -> str | None:
        """Return the most specific member by which the caller names an existing line, or None."""
        return next((name for name in _NAMES if _said(meant, name) and self._with(meant, (name,))), None)

    def alike(self, meant: Meant) -> list[int]:
        """Return the positions of the lines equal in all sent members, or else in the naming member."""
        name = self.name_of(meant)
        return (self._with(meant, _all_said(meant)) or self._with(meant, (name,))) if name else []

    def share_out(self, meant: Sequence[Meant]) -> list[int | None]:
        """Assign a line to each entry of `meant`, and no line twice; None where no line is left.

        The entries with the most specific names choose first. Among alike lines, a line equal in all sent members is
        taken, or else the next free line.
        """
        places: list[int | None] = [None] * len(meant)
        if not self._lines:
            return places
        named = [self.name_of(one) for one in meant]
        left: dict[tuple[tuple[str, ...], tuple[Any, ...]], deque[int]] = {}
        taken: set[int] = set()
        for name in _NAMES:
            these = [at for at, one in enumerate(named) if one == name]
            for exactly in (True, False):
                for at in these:
                    said = _all_said(meant[at]) if exactly else (name,)
                    if places[at] is None:
                        key = (said, _values(meant[at], said))
                        if key not in left:
                            left[key] = deque(self._with(meant[at], said))
                        places[at] = _next(left[key], taken)
        return places

    def _with(self, meant: Meant, said: tuple[str, ...]) -> list[int]:
        """Return the positions of the lines that agree with `meant` in these members."""
        if said not in self._indexes:
            index: dict[tuple[Any, ...], list[int]] = defaultdict(list)
            for at, line in enumerate(self._lines):
                index[_values(line, said)].append(at)
            self._indexes[said] = dict(index)
        return self._indexes[said].get(_values(meant, said), [])


def _next(places: deque[int], taken: set[int]) -> int | None:
    while places:
        place = places.popleft()
        if place not in taken:
            taken.add(place)
            return place
    return None


def _said(meant: Meant, member: str) -> Any:
    return getattr(meant, member, None)


def _all_said(meant: Meant) -> tuple[str, ...]:
    return tuple(member for member in _DETAILS if _said(meant, member) is not None)


def _values(one: Goods | Meant, members: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(getattr(one, member, None) for member in members)
