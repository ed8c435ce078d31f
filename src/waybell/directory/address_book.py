"""The address book, and the names behind the callers' own ids. Orders and routes use it and teach it new entries.

A `Book` is opened with the entries that some orders mention, settles one order after the other, and is saved with what
it learned. Pure: `directory/book_store.py` opens and saves it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from waybell.directory.entry_kinds import BY_NAME, CustomFieldDefinition, Entry, GoodsItem, KindName, filled


def folded(text: str) -> str:
    """Return the address in the form in which addresses are compared: without letter case and extra blanks."""
    return " ".join(text.split()).casefold()


@dataclass(frozen=True, slots=True)
class Address:
    id: str
    ext_id: str | None  # the caller's own id
    full_address: str
    lat: float | None = None
    lon: float | None = None
    zone: str | None = None
    opens: str | None = None  # times of day: the time slot of an order at this address that has none
    closes: str | None = None

    @property
    def located(self) -> bool:
        return self.lat is not None and self.lon is not None


Key = tuple[KindName, str]  # of an entry: its kind and its id


class Book:
    def __init__(self, addresses: Iterable[Address], entries: Mapping[Key, Entry], new_id: Callable[[], str]) -> None:
        """Open a book with `addresses`, oldest first; of several with the same text, the text means the oldest."""
        self._by_ext_id: dict[str, Address] = {}
        self._by_text: dict[str, Address] = {}
        for address in addresses:
            self._list(address)
        self._entries = dict(entries)
        self._new_id = new_id
        self.new_addresses: dict[str, Address] = {}
        self.moved_addresses: dict[str, Address] = {}
        self.new_entries: dict[Key, Entry] = {}
        self.changed_entries: dict[Key, Entry] = {}

    def _list(self, address: Address) -> None:
        if address.ext_id:
            self._by_ext_id[address.ext_id] = address
        self._by_text.setdefault(folded(address.full_address), address)

    def find(self, ext_id: str | None, text: str | None) -> Address | None:
        """Return the address with this external id, or else the one with this text, or None."""
        found = self._by_ext_id.get(ext_id) if ext_id else None
        return found or (self._by_text.get(folded(text)) if text else None)

    def settle(self, mentioned: Address, *, overwrite: bool) -> Address:
        """Return the known address for a mentioned one, and learn a mentioned address that is new.

        A known address keeps the coordinates that it has, unless `overwrite` is set. A new address is learned only when
        it comes with the caller's id or with coordinates; bare text would teach nothing.
        """
        known = self.find(mentioned.ext_id, mentioned.full_address)
        if known is None or mentioned.ext_id not in (None, known.ext_id):
            return self._learn(mentioned, known) if mentioned.ext_id or mentioned.located else mentioned
        if mentioned.located and (overwrite or not known.located):
            return self._move(known, mentioned)
        return known

    def _learn(self, mentioned: Address, same_text: Address | None) -> Address:
        learned = replace(mentioned, id=self._new_id())
        if same_text:
            learned = replace(learned, opens=same_text.opens, closes=same_text.closes)
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

    def name(self, kind: KindName, ext_id: str | None, name: str | None) -> str | None:
        """Return the given name, or else the name behind the external id; learn a new id with its name."""
        if not ext_id:
            return name
        known = self.entry(kind, ext_id)
        if name and known is None:
            self._keep((kind, ext_id), BY_NAME[kind].shape(id=ext_id, name=name))
        return name or (known.name if known else None)

    def entry(self, kind: KindName, ext_id: str | None) -> Entry | None:
        return self._entries.get((kind, ext_id)) if ext_id else None

    def goods(self, mentioned: GoodsItem, *, overwrite: bool) -> GoodsItem:
        """Return the goods completed from the directory, and learn goods that are new.

        Known goods keep their price unless `overwrite` is set. Goods without a caller's id are not in the directory.
        """
        if not mentioned.id:
            return mentioned
        known = self.entry("goods", mentioned.id)
        if known is None:
            said = (mentioned.name, mentioned.unit, mentioned.cost, mentioned.barcode)
            if said != (None,) * len(said):  # an id alone would teach nothing
                self._keep(("goods", mentioned.id), mentioned)
            return mentioned
        assert isinstance(known, GoodsItem)
        better = filled(known, mentioned)
        if overwrite and mentioned.cost is not None:
            better = better.model_copy(update={"cost": mentioned.cost})
        if better != known:
            self._keep(("goods", mentioned.id), better)
        return better

    def custom_field(self, ext_id: str | None) -> CustomFieldDefinition | None:
        found = self.entry("custom_field", ext_id)
        assert found is None or isinstance(found, CustomFieldDefinition)
        return found

    def _keep(self, key: Key, entry: Entry) -> None:
        is_new = key not in self._entries or key in self.new_entries
        (self.new_entries if is_new else self.changed_entries)[key] = entry
        self._entries[key] = entry
