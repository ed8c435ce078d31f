"""In words: no member, parameter, operation or answer of the published document is without them, or has too many."""

from collections.abc import Iterator
from typing import Any

import pytest

from waybell.web.api.words import TABLES

MOST = 200  # characters


@pytest.fixture
def document(api_document):
    return api_document


def described(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """All that is to be described, by where it stands."""
    components = document["components"]
    for kind in ("schemas", "responses"):
        yield from ((f"{kind} {name}", one) for name, one in components[kind].items())
    for path, methods in (document["paths"] | document["webhooks"]).items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            yield where, operation
            yield from ((f"{where} {one['name']}", one) for one in operation.get("parameters", []))
            yield from (
                (f"{where} {status}", one) for status, one in operation["responses"].items() if "$ref" not in one
            )
            yield from members(f"{where} body", operation.get("requestBody", {}).get("content", {}))
    for name, schema in components["schemas"].items():
        yield from members(name, schema)


def members(where: str, part: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The members that schemas list, wherever in a part of the document."""
    if isinstance(part, list):
        part = dict(enumerate(part))
    if not isinstance(part, dict):
        return
    for key, inner in part.items():
        if key == "properties":
            yield from ((f"{where}.{name}", member) for name, member in inner.items())
        if key not in {"example", "examples"}:
            yield from members(where, inner)


def test_everything_has_its_words_and_not_too_many(document):
    found = dict(described(document))
    assert len(found) > 1000
    lacking = [where for where, one in found.items() if not one.get("description")]
    assert lacking == [], "write what they mean: members in src/waybell/web/api/words, operations in their docstrings"
    assert {where: one["description"] for where, one in found.items() if len(one["description"]) > MOST} == {}


def test_words_are_sentences(document):
    """A summary is one without its full stop."""
    for where, one in described(document):
        text = one.get("description") or "None: another test tells of it."
        assert text[0].isupper() or not text[0].isalpha(), where
        assert text.endswith("."), where
        assert not one.get("summary", "").endswith("."), where


def test_no_meaning_is_left_behind_by_its_members(document):
    there = {name: one.get("properties", {}).keys() for name, one in document["components"]["schemas"].items()}
    for table in TABLES:
        for schemas, words in table.items():
            assert set(schemas.split()) <= there.keys(), f"src/waybell/web/api/words: no schema of {schemas}"
            unused = words.keys() - set().union(*(there[name] for name in schemas.split()))
            assert not unused, f"src/waybell/web/api/words: {schemas} has no such members"


def test_a_written_time_is_its_meaning_and_its_form(document):
    schemas = document["components"]["schemas"]
    sent, answered = (schemas[name]["properties"]["TimeSlotFrom"]["description"] for name in ("NewOrder", "Order"))
    assert sent.startswith(answered)
    assert "`HH:mm`" in sent
    assert "`HH:mm`" not in answered
