"""Checking whether the Data of an event fit the JSON Schema of its type. Pure.

The schema comes from a stranger. So it cannot make the server fetch anything, its patterns run in linear time, and the
work that it may cause is known beforehand. Small checks are done at once, large ones in another process, see
`schema_process.py`.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from math import inf
from typing import Any
from urllib.parse import unquote

from jsonschema_rs import Draft202012Validator, RegexOptions, ValidationError
from pydantic_core import from_json, to_json

from waybell.ground.errors import Invalid

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MAX_DEPTH = 64  # of a schema, with references followed
MAX_PATTERNS = 50
MAX_WORK_AT_ONCE = 200_000  # parts of a schema times bytes of Data: at most some 60 ms
_MOST_FAULTS = 5  # reported for one event
_LONGEST_FAULT = 200  # characters
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_PATTERNS = RegexOptions(size_limit=200_000, dfa_size_limit=200_000)  # patterns without look-around run in linear time


def check_schema(schema: dict[str, Any]) -> None:
    """Raise `Invalid` for a schema that Data cannot be checked against."""
    if (dialect := schema.get("$schema", DIALECT)) not in (DIALECT, f"{DIALECT}#"):
        raise Invalid(f"Schema.$schema: {str(dialect)[:100]} is not read here. Write {DIALECT}, or leave it out.")
    patterns = 0
    for part in _parts(schema):
        for name in _REFERENCES:
            if isinstance(to := part.get(name), str) and not to.startswith("#"):
                raise Invalid(
                    f"Schema: {name} {to[:100]} leads out of the schema. Only #/... inside of it is followed."
                )
        patterns += isinstance(part.get("pattern"), str)
        patterns += len(part["patternProperties"]) if isinstance(part.get("patternProperties"), dict) else 0
    if patterns > MAX_PATTERNS:
        raise Invalid(f"Schema: has {patterns} patterns, and {MAX_PATTERNS} at most are run.")
    if _Measure(schema).depth > MAX_DEPTH:
        raise Invalid(f"Schema: is nested more than {MAX_DEPTH} deep, references followed.")
    try:
        _made(schema)
    except (ValidationError, ValueError) as error:
        place = ".".join(map(str, getattr(error, "instance_path", None) or ()))
        fault = str(getattr(error, "message", error))[:_LONGEST_FAULT]
        raise Invalid(f"Schema{place and '.'}{place}: {fault}. It is read by the draft 2020-12.") from None


def faults(schema: str, data: Any) -> list[str]:
    """Return a message for each of the first faults in the Data, with its place: `Data.Lines[0].Price: ...`.

    `schema` is JSON that `check_schema` has accepted.
    """
    validator, _ = _read(schema)
    if validator.is_valid(data):
        return []
    return [
        f"{_place(fault.instance_path)}: {_in_words(fault)}"
        for fault in islice(validator.iter_errors(data), _MOST_FAULTS)
    ]


def work(schema: str, data: Any) -> float:
    """Return the greatest work that checking the Data may take; infinite when the schema refers to itself."""
    _, size = _read(schema)
    return size * len(to_json(data))


def _in_words(fault: ValidationError) -> str:
    text = str(fault.message)
    return text if len(text) <= _LONGEST_FAULT else f"{text[:_LONGEST_FAULT]}..."


def _place(path: Sequence[str | int]) -> str:
    return "Data" + "".join(f"[{part}]" if isinstance(part, int) else f".{part[:100]}" for part in path)


@lru_cache(maxsize=16)
def _read(schema: str) -> tuple[Draft202012Validator, float]:
    """Return the validator of a schema, and the number of its parts that may look at one value."""
    document = from_json(schema)
    return _made(document), _Measure(document).size


def _made(schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator(schema, pattern_options=_PATTERNS, offline=True)


def _parts(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield all objects in a schema."""
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            yield part
        if isinstance(part, dict | list):
            waiting.extend(part.values() if isinstance(part, dict) else part)


class _Measure:
    """The size of a schema in parts, and its depth, with all references followed."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._schema = schema
        self._known: dict[str, tuple[float, int]] = {}  # by reference
        self._open: set[str] = set()
        self.size, self.depth = self._of(schema, 0)

    def _of(self, part: Any, above: int) -> tuple[float, int]:
        if above > MAX_DEPTH:
            return inf, above
        if not isinstance(part, dict | list):
            return 1, 1
        inner = [self._of(one, above + 1) for one in (part.values() if isinstance(part, dict) else part)]
        if isinstance(part, dict):
            inner += [self._behind(part[name], above + 1) for name in _REFERENCES if isinstance(part.get(name), str)]
        return 1 + sum(size for size, _ in inner), 1 + max((depth for _, depth in inner), default=0)

    def _behind(self, reference: str, above: int) -> tuple[float, int]:
        """Return the size and depth of the referenced part; a part that refers to itself has infinite size."""
        if reference in self._open:
            return inf, 1
        if reference not in self._known:
            self._open.add(reference)
            self._known[reference] = self._of(self._found(reference), above)
            self._open.remove(reference)
        return self._known[reference]

    def _found(self, reference: str) -> Any:
        found: Any = self._schema
        for step in unquote(reference).removeprefix("#").split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            if isinstance(found, dict):
                found = found.get(name)
            else:
                found = (
                    found[int(name)] if isinstance(found, list) and name.isdigit() and int(name) < len(found) else None
                )
        return found
