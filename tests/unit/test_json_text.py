"""What stands inside of the strings of a JSON text is told from the rest, and in a time that nobody else notices."""

import json
from contextlib import suppress
from time import process_time

import pytest

from waybell.ground.errors import TooLarge
from waybell.web.api.charsets import read_json
from waybell.wire import exact_numbers, json_text, sizes

ESCAPES = {"\\n": "\n", "\\t": "\t", "\\r": "\r"}
MIB = 1024 * 1024
TEXTS = [
    "",
    "plain",
    'a "quote"',
    "back\\slash",
    "\\",
    '\\"',
    "\\\\",
    "a\nb\tc\r\nd",
    "\t",
    '"\n"',
    "{[,",
    "\u00e9\U0001f600\n",
]


@pytest.mark.parametrize("first", TEXTS)
@pytest.mark.parametrize("second", TEXTS)
def test_raw_line_breaks_and_tabs_are_escaped_inside_of_strings_alone(first, second):
    value = {first: [second, {"n": first}], "zz": ""}
    text = json.dumps(value, indent="\t", ensure_ascii=False)
    raw = (
        text.replace("\\\\", "\0").replace("\\n", "\n").replace("\\t", "\t").replace("\\r", "\r").replace("\0", "\\\\")
    )
    assert read_json(raw.encode()) == value
    assert b"".join(json_text.outside(raw.encode()).split()) == b"{:[,{:}],:}"
    assert json_text.count_strings(raw.encode()) == text.replace("\\\\", "").replace('\\"', "").count('"') // 2


@pytest.mark.parametrize("body", [b'"\xff\xfe\n"', b'["\xff\xfd\n"]', b'"\n', b"\n\t\r", b'"a\x01\n"', b'"\n"x"'])
def test_what_is_no_json_does_not_become_some(body):
    with pytest.raises(ValueError):
        read_json(body)


HOSTILE = {
    "quotes": b'{"a":' + b'"' * MIB,
    "empty strings": b'["' + b'","' * (MIB // 3) + b'\n"]',
    "strings without an end": b"[" + b'",' * (MIB // 2) + b"\n",
    "tabs": b'["' + b"\t" * MIB + b'"]',
    "backslashes": b'["\n' + b"\\" * MIB,
    "members": b"{" + b'"":0,' * (MIB // 5) + b'"\t":1}',
    "digits": b"[" + b"1" * MIB,
    "exponents": b"[" + b"1e1," * (MIB // 4) + b"1]",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_body_is_looked_through_at_once(name):
    body = HOSTILE[name]
    began = process_time()
    sizes.check_json(body)
    exact_numbers.may_hold(body)
    with suppress(ValueError):
        read_json(body)
    assert process_time() - began < 0.25


def test_more_strings_than_there_may_be_values_are_too_many():
    sizes.check_json(b'"' * 2_000_000)
    sizes.check_json(b'"' + rb"\"" * 3_000_000)
    with pytest.raises(TooLarge):
        sizes.check_json(b'"' * 2_000_010)
