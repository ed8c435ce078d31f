"""The address book: what it knows, what it learns, what it keeps."""

from itertools import count

import pytest

from waybell.directory.book import Address, Book, Name

HOME = Address("1", "A-1", "Main street 1", 59.4, 24.7)
BARE = Address("2", None, "Side street 2")


def a_book(*known: Address, names: tuple[Name, ...] = ()) -> Book:
    numbers = count(100)
    return Book(known, names, lambda: str(next(numbers)))


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
    book = a_book(names=(Name("client", "C-1", "Blue Harbour"),))
    assert book.name("client", "C-1", None) == "Blue Harbour"
    assert book.name("client", "C-1", "Blue Harbour Ltd") == "Blue Harbour Ltd"
    assert book.name("depot", "C-1", None) is None
    assert book.name("depot", "C-1", "Dock 1") == "Dock 1"
    assert book.name("depot", None, None) is None
    assert book.new_names == [Name("depot", "C-1", "Dock 1")]
