"""JSON with exact numbers, such as 1e-400 or a number of 20 digits, which a float would change.

Most bodies hold no such number, and cost only a search.
"""

import json
import re
from math import isinf
from typing import Any

from pydantic_core import from_json, to_json

# The pattern finds a number with a point and 16 digits, or with a large exponent; a match inside a string does no harm.
# It begins with a digit and only then looks back, so that text without digits is skipped at once.
_MAY_HOLD = re.compile(rb"[0-9](?:(?<![0-9.][0-9])(?:(?=[0-9.]{16})[0-9]*\.[0-9]|[0-9]{15,}[eE])|[eE][+-]?[0-9]{3})")


class ExactNumber(float):
    """A number that no float can hold exactly. It calculates as the nearest float and is written as it was sent."""

    text: str


def may_hold(body: bytes) -> bool:
    """Return whether a JSON or XML text may hold a number that a float would change."""
    return _MAY_HOLD.search(body) is not None


def read(body: bytes) -> Any:
    """Parse JSON, with an `ExactNumber` for each number that a float would change.

    A number beyond the range of floats becomes infinite, and validation refuses it. Raise `ValueError` when the text is
    not JSON.
    """
    value = from_json(body, allow_inf_nan=False)
    return reread(body) if may_hold(body) else value


def reread(body: bytes) -> Any:
    """Parse valid JSON with exact numbers, which takes ten times as long as without."""
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
    """Return the significant digits of a number and the power of ten of its point; equal numbers give equal results."""
    mantissa, _, exponent = text.lower().lstrip("-").partition("e")
    whole, _, part = mantissa.partition(".")
    digits = (whole + part).lstrip("0")
    shown = digits.rstrip("0")
    return shown, int(exponent or 0) - len(part) + len(digits) - len(shown) if shown else 0


def write(value: Any) -> bytes:
    """Write the value as JSON, each `ExactNumber` as it was sent."""
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
