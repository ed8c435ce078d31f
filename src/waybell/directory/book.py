"""The address book, and the names that external ids stand for: looked up by orders and routes, and taught by them.

A `Book` is opened on what some orders mention, settles one order after the other, and is saved with what it learned.
Pure: `directory/store.py` opens and saves it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

NameKind = Literal["client", "depot", "shipper"]


def folded(text: str) -> str:
    """An address as it is compared: letter case and the number of blanks do not matter."""
    return " ".join(text.split()).casefold()


@dataclass(frozen=True, slots=True)
class Address:
    id: str
    ext_id: str | None  # the caller's own id
    full_address: str
    lat: float | None = None
    lon: float | None = None
    zone: str | None = None

    @property
    def located(self) -> bool:
        return self.lat is not None and self.lon is not None


@dataclass(frozen=True, slots=True)
class Name:
    kind: NameKind
    ext_id: str
    name: str


class Book:
    def __init__(self, addresses: Iterable[Address], names: Iterable[Name], new_id: Callable[[], str]) -> None:
        """`addresses` oldest first: of several with the same text the oldest is the one that the text stands for."""
        self._by_ext_id: dict[str, Address] = {}
        self._by_text: dict[str, Address] = {}
        for address in addresses:
            self._list(address)
        self._names = {(name.kind, name.ext_id): name.name for name in names}
        self._new_id = new_id
        self.new_addresses: dict[str, Address] = {}
        self.moved_addresses: dict[str, Address] = {}
        self.new_names: list[Name] = []

    def _list(self, address: Address) -> None:
        if address.ext_id:
            self._by_ext_id[address.ext_id] = address
        self._by_text.setdefault(folded(address.full_address), address)

    def find(self, ext_id: str | None, text: str | None) -> Address | None:
        """The address with this external id, else the one with this text."""
        found = self._by_ext_id.get(ext_id) if ext_id else None
        return found or (self._by_text.get(folded(text)) if text else None)

    def settle(self, mentioned: Address, *, overwrite: bool) -> Address:
        """What is known of a mentioned address; what was not known is learned.

        A known address keeps its coordinates unless `overwrite`. An unknown one is kept when it comes with an id of
        the caller's or with coordinates: bare text would teach nothing.
        """
        known = self.find(mentioned.ext_id, mentioned.full_address)
        if known is None or mentioned.ext_id not in (None, known.ext_id):
            return self._learn(mentioned, known) if mentioned.ext_id or mentioned.located else mentioned
        if mentioned.located and (overwrite or not known.located):
            return self._move(known, mentioned)
        return known

    def _learn(self, mentioned: Address, same_text: Address | None) -> Address:
        learned = replace(mentioned, id=self._new_id())
        if same_text and not learned.located:
            learned = replace(learned, lat=same_text.lat, lon=same_text.lon)
        self._list(learned)
        self.new_addresses[learned.id] = learned
        return learned

    def _move(self, known: Address, to: Address) -> Address:
        if (known.lat, known.lon) == (to.lat, to.lon):
            return known
        moved = replace(known, lat=to.lat, lon=to.lon)
        if moved.ext_id:
            self._by_ext_id[moved.ext_id] = moved
        if self._by_text.get(folded(moved.full_address)) is known:
            self._by_text[folded(moved.full_address)] = moved
        (self.new_addresses if moved.id in self.new_addresses else self.moved_addresses)[moved.id] = moved
        return moved

    def name(self, kind: NameKind, ext_id: str | None, name: str | None) -> str | None:
        """The given name, else the one that the external id stands for. A new id with its name is learned."""
        if not ext_id:
            return name
        if name and (kind, ext_id) not in self._names:
            self._names[kind, ext_id] = name
            self.new_names.append(Name(kind, ext_id, name))
        return name or self._names.get((kind, ext_id))
