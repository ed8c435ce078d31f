"""JSON whose numbers keep what they say: a float has room for about 17 digits, and for no 1e-400.

Most bodies hold no such number, and cost one search more.
"""

import json
import re
from math import isinf
from typing import Any

from pydantic_core import from_json, to_json

# A number with a point and 16 digits, or with a large exponent; what looks like one inside a text does no harm. It
# begins with a digit, and only then looks whether that is the first one: a text without digits is passed over at once.
_MAY_HOLD = re.compile(rb"[0-9](?:(?<![0-9.][0-9])(?:(?=[0-9.]{16})[0-9]*\.[0-9]|[0-9]{15,}[eE])|[eE][+-]?[0-9]{3})")


class ExactNumber(float):
    """A number that a float changes. It counts as that float, and is written as it was sent."""

    text: str


def may_hold(body: bytes) -> bool:
    """Return whether a JSON or XML text may hold a number that a float changes."""
    return _MAY_HOLD.search(body) is not None


def read(body: bytes) -> Any:
    """Return what the JSON text says, with an `ExactNumber` wherever a float would say something else.

    A number beyond all floats is infinite, for whoever takes it to refuse. Raises `ValueError` for what is no JSON.
    """
    value = from_json(body, allow_inf_nan=False)
    return reread(body) if may_hold(body) else value


def reread(body: bytes) -> Any:
    """Return what a text says that was found to be JSON, with exact numbers. It takes ten times as long."""
    return json.loads(body, parse_float=_number, strict=False)


def _number(text: str) -> float:
    number = float(text)
    shown = repr(number)
    if shown == text or isinf(number) or _digits(text) == _digits(shown):
        return number
    exact = ExactNumber(number)
    exact.text = text
    return exact


def _digits(text: str) -> tuple[str, int]:
    """Return the digits that count of a number, and the power of ten at its point: equal for equal numbers."""
    mantissa, _, exponent = text.lower().lstrip("-").partition("e")
    whole, _, part = mantissa.partition(".")
    digits = (whole + part).lstrip("0")
    shown = digits.rstrip("0")
    return shown, int(exponent or 0) - len(part) + len(digits) - len(shown) if shown else 0


def write(value: Any) -> bytes:
    """Return the value as JSON, each `ExactNumber` as it was sent."""
    return _text(value).encode()


def _text(value: Any) -> str:
    match value:
        case ExactNumber():
            return value.text
        case dict():
            return "{" + ",".join(f"{_text(str(name))}:{_text(part)}" for name, part in value.items()) + "}"
        case list():
            return "[" + ",".join(map(_text, value)) + "]"
    return to_json(value).decode()
