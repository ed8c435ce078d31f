"""The OpenAPI document, made from the operations themselves, so that nothing is described twice."""

import re
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from types import ModuleType
from typing import Any

from fastapi.openapi.utils import get_openapi

from waybell import __version__
from waybell.events.catalogue import EventType
from waybell.ground.errors import WaybellError
from waybell.settings import Settings
from waybell.web import once
from waybell.web.api.answers import ApiResponse, answer_body
from waybell.web.api.examples import Examples, sample_event
from waybell.web.api.routing import ApiRoute
from waybell.web.api.schemas import REF, Schemas
from waybell.web.api.words import meaning, paths
from waybell.wire import xml

_ABOUT = """\
Orders, routes, drivers and vehicles, call-compatible with the Track-POD API 2.0; and the webhooks that tell of their
changes.

Every request carries a key in the header `X-API-KEY`.

The operations of the Track-POD API answer at the root of the host too (`/Order` as well as `/api/Order`), unless the
operator has closed that door. HEAD is answered wherever GET is. Every answer says by `X-Rate-Limit-Remaining` and
`X-Rate-Limit-Reset` how many calls the key has left in this minute.

Bodies are JSON (`application/json`) or XML (`application/xml`), by Content-Type; answers are what Accept prefers, JSON
without it. Paths, query parameters and member names match in any letter case; numbers may be written as text. Members
that are not known are ignored by the operations of the Track-POD API, unless the operator has set that they are
refused; all other operations refuse unknown members and parameters with 400, but pass over members that only their
answers have, so that what GET answered can be sent back. XML has the same members as elements: lists are wrapped, and
an object that is free in form, such as the Data of an event, is JSON as text. Members that are null are left out of
XML, and of the JSON of the Track-POD API's operations, unless the operator has set that they are sent; all other
operations send them.

A request that changes something may carry an `Idempotency-Key`, such as a new UUID. Sent again with that key, because
no answer came, it is carried out once: for seven days the repeat gets the answer of the first time, also when that was
a refusal, with the header `Idempotent-Replayed: true`. The same key with another method, path, query or body is 422. An
answer that showed a secret is not kept: its repeat says so.

A charset of the Content-Type is honoured; without one bodies are UTF-8. They may be packed (Content-Encoding: gzip,
deflate), and answers are packed by Accept-Encoding (br, gzip, deflate). `0001-01-01T00:00:00` stands for no time.

Every answer that is not a document is an `ApiResponse`; the Detail of a 400 names each field that is wrong, on a line
of its own. Times are wall-clock times of the account without a zone, except members that end with Utc.
"""
WEBHOOK_TAG = "WebhookEvent"
_SECURITY = {"ApiKey": {"type": "apiKey", "in": "header", "name": "X-API-KEY", "description": "A key of the account."}}
_ALWAYS = {401, 403, 415, 429, 500, 503}
_TOLD = _ALWAYS | {400, 404, 405, 409, 413, 422}
_KEY_PARAMETER = {
    "in": "header",
    "name": once.HEADER,
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": once.KEY.pattern},
    "description": "A new UUID for each request. A request that is sent again with its key is carried out once, and"
    " gets the answer of the first time.",
}
_REPLAYED_HEADER = {
    "description": "`true` when this is the kept answer to an earlier request with the same Idempotency-Key.",
    "schema": {"type": "string", "const": "true"},
}
_TROUBLE = {
    429: "Too many requests with this key; `Retry-After` says in how many seconds to come again.",
    500: "Something went wrong on our side.",
    503: "The database did not answer, or too much is under way; nothing was changed. `Retry-After` says in how many "
    "seconds to come again.",
}
_ANSWERS = {
    200: "As asked.",
    201: "It was made.",
    202: "It was changed, or the work has begun.",
}
_DONE = {200: "It is done.", 201: "It was created.", 202: "It was changed."}
# The end of a docstring: it names the operations, for a reader who looks for their function.
_OPERATION = re.compile(r"\s*\bOperations?: [\w, \n]+\.$")
_REFUSALS = "#/components/responses/"


def build(
    nouns: Sequence[ModuleType],
    settings: Settings,
    event_types: Iterable[EventType],
    errors: dict[type[WaybellError], int],
) -> dict[str, Any]:
    """Return the document of the operations of these modules. `errors` is the table from errors to statuses."""
    routes = [route for noun in nouns for route in noun.api.routes if route.include_in_schema]
    document = get_openapi(title="Waybell API", version=__version__, description=_ABOUT, routes=routes)
    schemas = Schemas(
        {name: one for name, one in document["components"]["schemas"].items() if "ValidationError" not in name}
    )
    names = {500: "Internal"} | {status: kind.__name__ for kind, status in errors.items()}
    trouble = {status: _meaning(kind) for kind, status in errors.items()} | _TROUBLE
    examples = Examples()
    found: dict[str, Any] = {}
    for route in routes:
        operations = document["paths"][route.path]
        for method in route.methods:
            operation = operations[method.lower()]
            _describe(operation, route, schemas)
            _say_bodies(operation, route, schemas, examples)
            _say_trouble(operation, method, names)
            if method not in once.SAFE:
                _say_key(operation)
            found.setdefault(_camel(route.path), {})[method.lower()] = operation
    webhooks = {one.called: {"post": _webhook(one, schemas)} for one in event_types}
    return {
        **document,
        "servers": [_server(settings)],
        "security": [{name: [] for name in _SECURITY}],
        "tags": [{"name": tag, "description": about} for tag, about in sorted(_tags(nouns).items())]
        + [{"name": WEBHOOK_TAG, "description": "What an endpoint receives when something happens."}],
        "paths": found,
        "webhooks": webhooks,
        "components": {
            "schemas": schemas.components,
            "examples": examples.components,
            "headers": {once.REPLAYED: _REPLAYED_HEADER},
            "responses": {names[status]: _refusal(trouble[status]) for status in sorted(_TOLD)},
            "securitySchemes": _SECURITY,
        },
    }


def _server(settings: Settings) -> dict[str, str]:
    server = {"url": settings.base_url, "description": "All operations, under `/api`."}
    if settings.api_at_root:
        root = f" Those of the Track-POD API answer at the root too, as that API has them: `{settings.base_url}/Order`."
        server["description"] += root
    return server


def _tags(nouns: Sequence[ModuleType]) -> dict[str, str]:
    """Return the description of each tag, from the first module that has it."""
    found: dict[str, str] = {}
    for noun in nouns:
        for route in noun.api.routes:
            found |= {str(tag): _about(noun) for tag in route.tags if tag not in found}
    return found


def _about(noun: ModuleType) -> str:
    """Return the first paragraph of a module's docstring, without the paths at its beginning."""
    text = re.sub(r"^(`[^`]+`(, | and )?)+[:.]\s*", "", (noun.__doc__ or "").partition("\n\n")[0])
    return text[:1].upper() + text[1:]


def _meaning(kind: type[WaybellError]) -> str:
    return re.sub(r" \(.*\)", "", (kind.__doc__ or "").strip())


def _camel(path: str) -> str:
    """Return a path with the API's names of parameters: `{trackId}` for `{track_id}`."""
    return re.sub(r"_(\w)(?=\w*\})", lambda found: found[1].upper(), path)


def _describe(operation: dict[str, Any], route: ApiRoute, schemas: Schemas) -> None:
    """Describe an operation: its first sentence is the summary, and its parameters get the names that callers know."""
    words = re.sub(r"(?<=[a-z])([A-Z])", lambda found: " " + found[1].lower(), route.operation_id or "")
    text = _OPERATION.sub("", route.description or words)
    operation["summary"] = re.split(r"(?<=[.;])\s", text, maxsplit=1)[0].rstrip(".;")
    operation["description"] = text
    for parameter in operation.get("parameters", []):
        parameter["name"] = _camel(f"{{{parameter['name']}}}")[1:-1]
        parameter["schema"] = schemas.shown(parameter["schema"])
        parameter["schema"].pop("description", None)
        if parameter["in"] == "path":
            noun = operation["tags"][0]
            parameter["description"] = paths.parameter(route.operation_id or "", noun, parameter["name"])


def _say_bodies(operation: dict[str, Any], route: ApiRoute, schemas: Schemas, examples: Examples) -> None:
    """Describe the bodies of requests and answers as JSON and as XML, with examples."""
    if route.body_field:
        shape = route.body_field.field_info.annotation
        operation["requestBody"]["content"] = _content(operation["requestBody"]["content"], shape, schemas)
        examples.show(operation["requestBody"]["content"], shape)
    operation["responses"].pop("422", None)
    for status, answer in operation["responses"].items():
        code = int(status)
        if answer["description"] == "Successful Response":
            answer["description"] = _ANSWERS.get(code, HTTPStatus(code).phrase)
        model = route.responses.get(code, {}).get("model") if code != route.status_code else None
        shape = model or route.response_model
        answer["content"] = _content(answer.get("content", {}), shape, schemas)
        if shape is ApiResponse and code in _DONE:
            examples.show(answer["content"], shape, answer_body(code, _DONE[code]), f"ApiResponse{code}")
        else:
            examples.show(answer["content"], shape)
        if code == HTTPStatus.CREATED and shape is ApiResponse:
            where = {"description": "Where it is read: a path on this host.", "schema": {"type": "string"}}
            answer["headers"] = {"Location": where}


def _content(content: dict[str, Any], shape: Any, schemas: Schemas) -> dict[str, Any]:
    """Return a content in which each JSON body is also an XML body."""
    if "application/json" not in content:
        return content
    schema = in_xml = schemas.shown(content["application/json"]["schema"])
    if "$ref" not in schema:
        in_xml = {**schema, "xml": {**schema.get("xml", {}), "name": xml.element_name(shape)}}
    return {**content, "application/json": {"schema": schema}, "application/xml": {"schema": in_xml}}


def _refusal(description: str) -> dict[str, Any]:
    schema = {"schema": {"$ref": f"{REF}ApiResponse"}}
    return {"description": description, "content": {"application/json": schema, "application/xml": schema}}


def _say_trouble(operation: dict[str, Any], method: str, names: dict[int, str]) -> None:
    """Describe the errors that an operation can answer with, by its inputs and its method."""
    statuses = set(_ALWAYS)
    if method != "GET" or operation.get("parameters"):
        statuses.add(400)
    if method == "PUT" or any(one["in"] == "path" for one in operation.get("parameters", [])):
        statuses.add(404)
    if method not in once.SAFE:
        statuses |= {405, 409, 422}
    if "requestBody" in operation:
        statuses.add(413)
    for status in statuses:
        operation["responses"].setdefault(str(status), {"$ref": f"{_REFUSALS}{names[status]}"})
    operation["responses"] = dict(sorted(operation["responses"].items()))


def _say_key(operation: dict[str, Any]) -> None:
    """Say that the operation takes an Idempotency-Key, and which header tells of a repeat."""
    operation.setdefault("parameters", []).append(_KEY_PARAMETER)
    for answer in operation["responses"].values():
        if "$ref" not in answer:
            answer.setdefault("headers", {})[once.REPLAYED] = {"$ref": f"#/components/headers/{once.REPLAYED}"}


def _webhook(one: EventType, schemas: Schemas) -> dict[str, Any]:
    """Return the request that an endpoint receives for an event of this type."""
    name = {"const": one.called, "description": meaning("EventMetadata", "Event")}
    metadata = {"allOf": [{"$ref": f"{REF}EventMetadata"}], "properties": {"Event": name}}
    members = {"Metadata": metadata, "Data": schemas.shown(one.data_schema)}
    described = {member: schema | {"description": meaning("Event", member)} for member, schema in members.items()}
    schema = {"type": "object", "properties": described, "required": list(members)}
    content = {"schema": schema, "example": sample_event(one.called, one.sample)}
    header = {"in": "header", "required": True, "schema": {"type": "string"}}
    return {
        "operationId": f"On{one.called}",
        "summary": f"Sent when {one.meaning}",
        "description": "Signed by Standard Webhooks. An endpoint gets the events about one object in their order."
        + (" Opt-in: only an endpoint that names the type gets it." if one.opt_in else ""),
        "tags": [WEBHOOK_TAG],
        "security": [],
        "parameters": [
            {**header, "name": "webhook-id", "description": "The id of the event, the same on every attempt."},
            {
                **header,
                "name": "webhook-timestamp",
                "description": "When this attempt was made, in seconds since 1970.",
            },
            {
                **header,
                "name": "webhook-signature",
                "description": "Signatures of `{webhook-id}.{webhook-timestamp}.{body}`, parted by blanks: `v1,` with"
                " HMAC-SHA256, `v1a,` with ed25519.",
            },
            {
                **header,
                "name": "traceparent",
                "required": False,
                "description": "The trace of the request that caused the event (W3C Trace Context), if it had one; with"
                " its `tracestate`.",
            },
        ],
        "requestBody": {"required": True, "content": {"application/json": content}},
        "responses": {
            "2XX": {"description": "Received: it is not sent again."},
            "410": {"description": "Never again: the endpoint is disabled."},
            "default": {"description": "Not received: it is sent again, up to five times."},
        },
    }
