"""The API reference at `/api/docs`: the OpenAPI document as pages, each operation with its requests and answers.

Waybell renders it by itself: ready-made viewers bring megabytes of script, need styles that the content security policy
forbids, and look like another product. The reference needs no sign-in, like the document. With a key, a reader can send
requests from it (`static/try.js`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from lxml import etree
from pydantic_core import to_json

from waybell.ground.errors import NotFound
from waybell.web.api.openapi import WEBHOOK_TAG
from waybell.web.ui.render import plain_page

router = APIRouter()

_PATH = "/api/docs"
_DEPTH = 3  # levels: an order in a route, and its goods; deeper members have pages of their own
_WORDS = {"string": "text", "integer": "whole number", "boolean": "true or false"}


@dataclass(frozen=True, slots=True)
class Member:
    name: str
    kind: str
    note: str
    required: bool
    members: list["Member"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Body:
    """A body of a request or an answer: its kind, its members, and examples by media type."""

    kind: str
    members: list[Member]
    examples: dict[str, str]


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter in the form that sends a request; with `choices` when there are few values."""

    name: str
    place: str  # path, query or header
    required: bool
    hint: str
    choices: list[str]


@dataclass(frozen=True, slots=True)
class Operation:
    id: str
    method: str
    path: str
    summary: str
    text: str
    deprecated: bool
    parameters: list[Member]
    fields: list[Field]
    sent: Body | None
    sent_as: list[str]  # media types
    answers: list[tuple[str, str, Body | None]]  # status, meaning, body


@router.get(_PATH)
def show_overview(request: Request) -> Response:
    document = request.app.state.api_description()
    return plain_page(request, "reference.html", **_menu(document), noun=None, operations=[])


@router.get(f"{_PATH}/{{noun}}")
def show_noun(request: Request, noun: str) -> Response:
    document = request.app.state.api_description()
    found = list(_operations(document, noun))
    if not found:
        raise NotFound(f"The API has no {noun}.")
    return plain_page(request, "reference.html", **_menu(document), noun=noun, operations=found)


def _menu(document: dict[str, Any]) -> dict[str, Any]:
    nouns = {tag["name"]: tag["description"] for tag in document["tags"]}
    entries: dict[str, list[tuple[str, str, str, str]]] = {noun: [] for noun in nouns}
    for noun, path, method, operation in _all(document):
        entries[noun].append((operation["operationId"], method, path, operation["summary"]))
    facts = {"info": document["info"], "server": document["servers"][0]["url"]}
    return {**facts, "nouns": nouns, "entries": entries, "sent": WEBHOOK_TAG}


def _all(document: dict[str, Any]) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield operation["tags"][0], path, method.upper(), operation
    for name, methods in document["webhooks"].items():
        yield WEBHOOK_TAG, name, "POST", methods["post"]


def _operations(document: dict[str, Any], noun: str) -> Iterator[Operation]:
    for tag, path, method, operation in _all(document):
        if tag == noun:
            parameters = operation.get("parameters", [])
            answers = {status: _found(document, answer) for status, answer in operation["responses"].items()}
            yield Operation(
                id=operation["operationId"],
                method=method,
                path=path,
                summary=operation["summary"],
                text=operation["description"],
                deprecated=operation.get("deprecated", False),
                parameters=[_parameter(one) for one in parameters],
                fields=[_field(one) for one in parameters],
                sent=_body(document, operation.get("requestBody", {})),
                sent_as=list(operation.get("requestBody", {}).get("content", {})),
                answers=[(status, one["description"], _body(document, one)) for status, one in answers.items()],
            )


def _found(document: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """Return a part of the document, or the part that its reference names."""
    if "$ref" not in part:
        return part
    found = document
    for name in part["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return found


def _parameter(one: dict[str, Any]) -> Member:
    return Member(one["name"], _kind(one["schema"]), one["description"], one.get("required", False))


def _field(one: dict[str, Any]) -> Field:
    schema = _bare(one["schema"])
    choices = ["true", "false"] if schema.get("type") == "boolean" else [str(each) for each in schema.get("enum", [])]
    hint = to_json(schema["default"]).decode() if "default" in schema else ""
    return Field(one["name"], one["in"], one.get("required", False), hint, choices)


def _body(document: dict[str, Any], holder: dict[str, Any]) -> Body | None:
    content = holder.get("content", {})
    if not content:
        return None
    schema = next(iter(content.values())).get("schema", {})
    examples = {kind: _pretty(kind, value) for kind, one in content.items() for value in _examples(document, one)}
    kind = _kind(schema) if "application/json" in content else ", ".join(content)
    return Body(kind, _members(document, schema), examples)


def _examples(document: dict[str, Any], content: dict[str, Any]) -> list[Any]:
    if "example" in content:
        return [content["example"]]
    return [_found(document, one)["value"] for one in content.get("examples", {}).values()]


def _pretty(kind: str, example: Any) -> str:
    if kind == "text/plain":
        return str(example)
    if kind != "application/xml":
        return to_json(example, indent=2).decode()
    root = etree.fromstring(example.encode())
    etree.indent(root)
    return etree.tostring(root, encoding="unicode")


def _kind(schema: dict[str, Any]) -> str:
    """Return the kind of a value in words: `text, at most 50 characters`, `list of Goods`."""
    schema = _bare(schema)
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    kinds = schema.get("type", [])
    kind = next((one for one in ([kinds] if isinstance(kinds, str) else kinds) if one != "null"), "any")
    if kind == "array":
        return f"list of {_kind(schema['items'])}"
    if "enum" in schema:
        return " or ".join(str(one) for one in schema["enum"] if one is not None)
    words = [str(schema["const"]) if "const" in schema else _WORDS.get(kind, kind)]
    if "maxLength" in schema:
        words.append(f"at most {schema['maxLength']} characters")
    low, high = (schema.get(name) for name in ("minimum", "maximum"))
    if low is not None and high is not None:
        words.append(f"{low:,.10g} to {high:,.10g}")
    if schema.get("default", "") not in (None, "", []):
        words.append(f"by default {to_json(schema['default']).decode()}")
    return ", ".join(words)


def _bare(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema without "or null", and for an `allOf` the one schema in it."""
    for one in [*schema.get("anyOf", []), *schema.get("allOf", [])]:
        if one.get("type") != "null":
            return dict(one)
    return schema


def _members(document: dict[str, Any], schema: dict[str, Any], depth: int = 0) -> list[Member]:
    schema = _found(document, _bare(schema))
    if "items" in schema:
        return _members(document, schema["items"], depth)
    if depth >= _DEPTH:
        return []
    return [
        Member(
            name=name,
            kind=_kind(one),
            note=one.get("description", ""),
            required=name in schema.get("required", []),
            members=_members(document, one, depth + 1),
        )
        for name, one in schema.get("properties", {}).items()
    ]
