"""Numbers that a float changes are kept as they were sent; all others are what they always were."""

import json
from decimal import Decimal
from functools import partial
from time import process_time

import pytest
from pydantic_core import from_json

from waybell.wire import exact_numbers
from waybell.wire.exact_numbers import ExactNumber

KEPT = [
    "3.141592653589793238462643383279",
    "-123456789012345.123456",
    "1e-400",
    "1.0000000000000000000001",
    "0.1000000000000000055511151231257827",
    "12345678901234567890e1",
    "2.5E-330",
    "1.10000000000000000001e-5",
]
PLAIN = [
    "1.10",
    "0.30000000000000004",
    "1e2",
    "5.30481e+180",
    "-0.0",
    "0e0",
    "1" * 400,
    "9007199254740993",
    "1.0",
    "0.0e500",
    "1E+100",
]


@pytest.mark.parametrize("number", [*KEPT, *PLAIN])
@pytest.mark.parametrize("text", ["{}", "[1,{}]", '{{"a": {{"b": {}}}}}', "[{}\n]"])
def test_a_number_is_written_as_what_it_was(number, text):
    body = text.format(number).encode()
    again = exact_numbers.write(exact_numbers.read(body))
    read = partial(json.loads, parse_float=Decimal, parse_int=Decimal)
    assert read(again) == read(body)
    assert exact_numbers.read(body) == from_json(body)


@pytest.mark.parametrize(("number", "exact"), [(one, True) for one in KEPT] + [(one, False) for one in PLAIN])
def test_only_what_a_float_changes_is_kept_as_text(number, exact):
    assert isinstance(exact_numbers.read(number.encode()), ExactNumber) is exact


@pytest.mark.parametrize("body", [b"NaN", b"[1e]", b'{"a": 1.', b'"\\ud800 1e400"', b"[" * 500])
def test_what_is_no_json_stays_none(body):
    with pytest.raises(ValueError):
        exact_numbers.read(body)


def test_a_number_beyond_all_floats_is_infinite():
    assert exact_numbers.read(b"[1e400, -1e400]") == [float("inf"), float("-inf")]


def test_texts_with_line_breaks_and_quotes_come_through():
    body = '{"é\\"": "1.00000000000000000001 \\n", "n": 1.00000000000000000001, "t": [true, null]}'.encode()
    assert exact_numbers.write(exact_numbers.read(body)) == body.replace(b": ", b":").replace(b", ", b",")


def test_looking_for_long_numbers_takes_no_longer_than_the_body_is():
    begun = process_time()
    for body in (b"1" * 1_000_000, b"1." * 500_000, b"1e" * 500_000, b"." * 1_000_000):
        exact_numbers.may_hold(body)
    assert process_time() - begun < 2
