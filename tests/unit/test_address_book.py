"""The address book: what it knows, what it learns, what it keeps."""

from itertools import count

import pytest

from waybell.directory.address_book import Address, Book
from waybell.directory.entry_kinds import Client, CustomFieldDefinition, Depot, GoodsItem

HOME = Address("1", "A-1", "Main street 1", 59.4, 24.7)
BARE = Address("2", None, "Side street 2")


CUPS = GoodsItem(id="G-1", name="Cups", unit="pcs", cost=2.5)


def a_book(*known: Address, entries=None) -> Book:
    numbers = count(100)
    return Book(known, entries or {}, lambda: str(next(numbers)))


def mentioned(ext_id=None, text="Main street 1", lat=None, lon=None) -> Address:
    return Address("", ext_id, text, lat, lon)


@pytest.mark.parametrize(
    ("mention", "overwrite", "at"),
    [
        (mentioned("A-1"), False, (59.4, 24.7)),
        (mentioned(text=" MAIN  street 1 "), False, (59.4, 24.7)),
        (mentioned("A-1", "Another text"), False, (59.4, 24.7)),
        (mentioned("A-1", lat=1, lon=2), False, (59.4, 24.7)),
        (mentioned("A-1", lat=1, lon=2), True, (1, 2)),
        (mentioned(lat=1, lon=2), True, (1, 2)),
        (mentioned("A-1", lat=1), True, (59.4, 24.7)),
        (mentioned("A-9"), False, (59.4, 24.7)),
        (mentioned(text="Side street 2", lat=1, lon=2), False, (1, 2)),
        (mentioned(text="Unknown"), False, (None, None)),
    ],
)
def test_where_a_mentioned_address_is(mention, overwrite, at):
    place = a_book(HOME, BARE).settle(mention, overwrite=overwrite)
    assert (place.lat, place.lon) == at


@pytest.mark.parametrize(
    ("mention", "learned"),
    [
        (mentioned("A-1"), 0),
        (mentioned(text="Unknown"), 0),
        (mentioned(text="Unknown", lat=1, lon=2), 1),
        (mentioned("A-9", "Unknown"), 1),
        (mentioned("A-9"), 1),
    ],
)
def test_what_is_learned_of_an_address(mention, learned):
    book = a_book(HOME, BARE)
    book.settle(mention, overwrite=False)
    assert len(book.new_addresses) == learned
    assert book.moved_addresses == {}


def test_a_learned_address_is_known_to_the_next_order():
    book = a_book()
    book.settle(mentioned("A-1", lat=1, lon=2), overwrite=False)
    assert book.settle(mentioned(), overwrite=False).lat == 1
    assert len(book.new_addresses) == 1


def test_an_address_that_was_learned_and_moved_is_saved_once():
    book = a_book()
    book.settle(mentioned(lat=1, lon=2), overwrite=False)
    book.settle(mentioned(lat=3, lon=4), overwrite=True)
    assert [address.lat for address in book.new_addresses.values()] == [3]
    assert book.moved_addresses == {}


def test_a_name_is_learned_once_and_the_given_one_counts():
    book = a_book(entries={("client", "C-1"): Client(id="C-1", name="Blue Harbour")})
    assert book.name("client", "C-1", None) == "Blue Harbour"
    assert book.name("client", "C-1", "Blue Harbour Ltd") == "Blue Harbour Ltd"
    assert book.name("depot", "C-1", None) is None
    assert book.name("depot", "C-1", "Dock 1") == "Dock 1"
    assert book.name("depot", None, None) is None
    assert book.new_entries == {("depot", "C-1"): Depot(id="C-1", name="Dock 1")}
    assert book.changed_entries == {}


@pytest.mark.parametrize(
    ("mention", "overwrite", "is_known_as", "stored"),
    [
        (GoodsItem(id="G-1"), False, CUPS, None),
        (GoodsItem(id="G-1", cost=3), False, CUPS, None),
        (GoodsItem(id="G-1", cost=3), True, GoodsItem(id="G-1", name="Cups", unit="pcs", cost=3), "changed"),
        (GoodsItem(id="G-1", cost=2.5), True, CUPS, None),
        (GoodsItem(id="G-1"), True, CUPS, None),
        (GoodsItem(id="G-1", barcode="47"), False, CUPS.model_copy(update={"barcode": "47"}), "changed"),
        (GoodsItem(id="G-2", cost=1), False, GoodsItem(id="G-2", cost=1), "new"),
        (GoodsItem(id="G-2"), False, GoodsItem(id="G-2"), None),
        (GoodsItem(name="Cups", cost=9), True, GoodsItem(name="Cups", cost=9), None),
    ],
)
def test_what_is_known_and_learned_of_mentioned_goods(mention, overwrite, is_known_as, stored):
    book = a_book(entries={("goods", "G-1"): CUPS})
    assert book.goods(mention, overwrite=overwrite) == is_known_as
    assert [*book.new_entries.values()] == ([is_known_as] if stored == "new" else [])
    assert [*book.changed_entries.values()] == ([is_known_as] if stored == "changed" else [])


def test_goods_that_were_learned_and_priced_anew_are_saved_once():
    book = a_book()
    book.goods(GoodsItem(id="G-2", cost=1), overwrite=False)
    book.goods(GoodsItem(id="G-2", cost=2), overwrite=True)
    assert book.new_entries == {("goods", "G-2"): GoodsItem(id="G-2", cost=2)}
    assert book.changed_entries == {}


@pytest.mark.parametrize(
    ("kind", "value", "typed"),
    [
        ("number", "123.45", 123.45),
        ("number", "7", 7),
        ("number", "seven", "seven"),
        ("number", "nan", "nan"),
        ("number", "9" * 400, "9" * 400),
        ("flag", "true", True),
        ("flag", "False", False),
        ("flag", "perhaps", "perhaps"),
        ("text", "7", "7"),
        ("date", "2019-09-18", "2019-09-18"),
        ("time", "13:00", "13:00"),
        ("datetime", "2019-09-18T13:45:00", "2019-09-18T13:45:00"),
        ("number", None, None),
        ("flag", True, True),
    ],
)
def test_the_value_of_a_custom_field_is_typed_by_its_kind_and_text_that_is_none_of_it_stays(kind, value, typed):
    read = CustomFieldDefinition(id="cf_1", name="L", kind=kind).typed(value)
    assert (read, type(read)) == (typed, type(typed))
