"""The faults of a request in words for callers; the words of the validating library are for its programmers."""

from collections.abc import Mapping, Sequence
from typing import Any

_MAX_LINES = 20

# Sentences by the error types of the library. `test_validation_words` finds a type without one.
WORDS = {
    "missing": "is required",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "dict_type": "must be an object",
    "list_type": "must be a list",
    "too_long": "must hold no more than {max_length}",
    "too_short": "must hold at least {min_length}",
    "string_type": "must be a text",
    "string_too_long": "must be no longer than {max_length} characters",
    "string_too_short": "must be at least {min_length} characters long",
    "string_pattern_mismatch": "must match {pattern}",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a whole number of fewer digits",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be one of {expected}",
    "enum": "must be one of {expected}",
    "none_required": "must be null or left out",
    "uuid_type": "must be a UUID",
    "uuid_parsing": "must be a UUID",
    "datetime_type": "must be a date and time, such as 2026-11-23T10:15:00Z",
    "datetime_parsing": "must be a date and time, such as 2026-11-23T10:15:00Z",
    "datetime_from_date_parsing": "must be a date and time, such as 2026-11-23T10:15:00Z",
    "datetime_object_invalid": "must be a date and time, such as 2026-11-23T10:15:00Z",
}
_OTHERWISE = "cannot be read as what is due here; /api/docs says what that is"
_RAISED = ("value_error", "assertion_error")  # errors that our own validators raise
_OURS = "unknown"  # an error type of our own, see `wire.model`


def explain(faults: Sequence[Mapping[str, Any]]) -> str:
    """Return the faults of a validation as text, a line for each field: `Orders[3].Weight: must be a number`."""
    lines = [f"{_place(fault['loc'])}: {_words(fault)}" for fault in faults[:_MAX_LINES]]
    if len(faults) > _MAX_LINES:
        lines.append(f"... and {len(faults) - _MAX_LINES} more")
    return "\n".join(lines)


def _place(parts: Sequence[str | int]) -> str:
    place = ""
    for part in parts:
        if part in ("body", "query", "path", "header") and not place:
            continue
        place += f"[{part}]" if isinstance(part, int) else f".{part}" if place else str(part)
    return place or "body"


def _words(fault: Mapping[str, Any]) -> str:
    if fault["type"] in _RAISED:
        return str(fault["ctx"]["error"])
    if fault["type"] == _OURS:
        return str(fault["msg"])
    words = WORDS.get(fault["type"], _OTHERWISE)
    return words.format_map({name: _plain(value) for name, value in fault.get("ctx", {}).items()})


def _plain(value: Any) -> Any:
    """Return a bound as people write it: 5 and not 5.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
