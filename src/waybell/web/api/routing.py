"""Reading of requests to the API: key first, paths in any letter case, encoded slashes in keys, JSON and XML."""

import re
from collections.abc import Callable, Coroutine, Iterator
from typing import Annotated, Any, cast
from urllib.parse import parse_qsl, unquote, urlencode

from fastapi import APIRouter, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import AfterValidator, BaseModel
from starlette.datastructures import Headers
from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send

from waybell.accounts.grants import Kind
from waybell.ground.errors import Invalid, NotFound, TooLarge, UnsupportedMediaType
from waybell.ground.rates import RatedDocument
from waybell.web.api.charsets import in_utf8, read_json
from waybell.web.api.door import carried_out_once
from waybell.web.api.original_operations import ORIGINAL
from waybell.web.once import SAFE, keyed
from waybell.web.unpacking import Unpacking, codings
from waybell.wire import exact_numbers, sizes, xml
from waybell.wire.model import clear_empty, instead_of, refuse_unknown

# The kinds that restricted keys distinguish, by the noun at the beginning of a path. A missing noun stops the start.
_KINDS: dict[str, Kind | None] = {
    "Order": "Orders",
    "Route": "Routes",
    "Exception": "Orders",
    "Address": "Directories",
    "Client": "Directories",
    "CustomField": "Directories",
    "Depot": "Directories",
    "Driver": "Directories",
    "Goods": "Directories",
    "RejectReason": "Directories",
    "Shipper": "Directories",
    "Team": "Directories",
    "Vehicle": "Directories",
    "VehicleCheck": "Directories",
    "Webhook": "Webhooks",
    "Event": "Events",
    "EventType": "Events",
    "Key": "Keys",
    "Test": None,
}
_DOCUMENTS: dict[str, RatedDocument] = {"pdf": "pdf", "shipping-label": "label"}

_SMALL_BODY = 16 * 1024  # bytes; a smaller body is parsed within a millisecond
_SLASH = "\ue000"  # stands for an encoded slash inside a path segment, until the key is read


class ApiRequest(Request):
    """A request whose JSON is parsed strictly, and whose XML is read as if it were JSON."""

    async def parse(self, content_type: str, shape: Any) -> None:
        """Parse the body now, so that its faults are told in our words. A large body is parsed in a thread."""
        body = await self.body()
        if len(body) > _SMALL_BODY:
            read = await run_in_threadpool(_read, body, content_type, shape)
        else:
            read = _read(body, content_type, shape)
        self._parsed, self.state.exact_numbers = read

    async def json(self) -> Any:
        return self._parsed


def _read(body: bytes, content_type: str, shape: Any) -> tuple[Any, bool]:
    """Return the parsed body, and whether a float may change its numbers. Raise `Invalid` or `TooLarge`."""
    is_xml = _is_xml(content_type.partition(";")[0].strip())
    body = in_utf8(body, content_type, is_xml=is_xml)
    may_hold = exact_numbers.may_hold(body)
    try:
        if not body.strip():
            return None, may_hold
        if is_xml:
            sizes.check_xml(body)
            return xml.read(body, shape), may_hold
        sizes.check_json(body)
        parsed = read_json(body)
        return exact_numbers.reread(body) if may_hold else parsed, may_hold
    except ValueError as error:
        raise Invalid(f"The body is not read as {'XML' if is_xml else 'JSON'}: {error}.") from None


def _is_xml(content_type: str) -> bool:
    return content_type.endswith(("/xml", "+xml"))


def _content_type(headers: Headers) -> str:
    """Return the Content-Type, or an empty text. Raise `UnsupportedMediaType` when it is neither JSON nor XML."""
    whole = headers.get("content-type", "").lower()
    content_type = whole.partition(";")[0].strip()
    if content_type and not (_is_xml(content_type) or content_type.endswith(("/json", "+json"))):
        raise UnsupportedMediaType(
            f"Content-Type {content_type} is not read here. Send application/json or application/xml."
        )
    return whole


class ApiRoute(APIRoute):
    """The route of an operation. Its path matches in any letter case; the key is checked before the body is read."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        options["strict_content_type"] = False
        self._changes = not SAFE.issuperset(options["methods"])
        if self._changes:
            endpoint = carried_out_once(endpoint)
        super().__init__(path, endpoint, **options)
        self.path_regex = re.compile(self.path_regex.pattern.removesuffix("$") + "/?$", re.IGNORECASE)
        self._is_ours = self.operation_id not in ORIGINAL
        self._kind = _KINDS[path.split("/")[2]]
        self._document = _DOCUMENTS.get(path.rpartition("/")[2].lower())

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["state"].get("at_root") and self.operation_id not in ORIGINAL:
            return Match.NONE, {}
        return super().matches(scope)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        names = _query_names(self)
        shape = self.body_field.field_info.annotation if self.body_field else None
        reads_itself = "requestBody" in (self.openapi_extra or {})  # a body such as a picture

        async def handle_api(request: Request) -> Response:
            await run_in_threadpool(request.app.state.door.admit, request, self._kind, self._document)
            sizes.goods_lines.set(sizes.GoodsLines(request.app.state.settings.max_goods_lines))
            if self._is_ours:
                _check_query(request.scope["query_string"], names)
            query = _folded(request.scope["query_string"], names)
            clear_empty.set("clearempty" in names and _says_yes(query, "clearEmpty"))
            if reads_itself:
                request = Request({**request.scope, "query_string": query}, request.receive)
                request.state.keyed = await keyed(request) if self._changes else None
                return await handle(request)
            content_type = _content_type(request.headers)
            # The Content-Type is removed, so that the framework calls `json()` for XML too.
            headers = [pair for pair in request.scope["headers"] if pair[0] != b"content-type"]
            request = ApiRequest({**request.scope, "query_string": query, "headers": headers}, request.receive)
            request.state.keyed = await keyed(request) if self._changes else None
            if self.body_field:
                refuse_unknown.set(self._is_ours or request.app.state.settings.unknown_members == "refuse")
                await request.parse(content_type, shape)
            elif self._is_ours and self._changes:
                await request.parse(content_type, dict)
                if await request.json():
                    raise Invalid("body: this operation takes none. Leave it out.")
            return await handle(request)

        return handle_api


def _says_yes(query: bytes, name: str) -> bool:
    """Return whether a flag is sent as true. Validation judges other values."""
    said = [value for key, value in parse_qsl(query.decode(errors="replace")) if key == name]
    return bool(said) and said[-1].strip().lower() in {"true", "1", "yes", "on", "t", "y"}


def _query_parameters(dependant: Dependant) -> Iterator[Any]:
    """Yield the query parameters of an operation and of all its dependencies."""
    yield from dependant.query_params
    for other in dependant.dependencies:
        yield from _query_parameters(other)


def _query_names(route: APIRoute) -> dict[str, str]:
    """Return the names of the query parameters of a route, by their lower case, including members of query models."""
    names: list[str] = []
    for parameter in _query_parameters(route.dependant):
        kind = parameter.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            names += [field.alias or name for name, field in kind.model_fields.items()]
        else:
            names.append(parameter.alias)
    return {name.lower(): name for name in names}


def _folded(query: bytes, names: dict[str, str]) -> bytes:
    """Return the query string with known names in the letter case of the route, and without empty values."""
    if not query or not names:
        return query
    pairs = parse_qsl(query.decode(errors="replace"))
    return urlencode([(names.get(name.lower(), name), value) for name, value in pairs]).encode()


def _check_query(query: bytes, names: dict[str, str]) -> None:
    """Raise `Invalid` for an unknown parameter of our own operations: it would be accepted and not obeyed."""
    for name, _ in parse_qsl(query.decode(errors="replace"), keep_blank_values=True):
        if name.lower() not in names:
            raise Invalid(f"{name[:100]}: is no parameter of this operation. {instead_of(name, names)}")


def router(tag: str) -> APIRouter:
    """Return a router whose operations are `ApiRoute`s; the API document lists them under `tag`."""
    return APIRouter(prefix="/api", route_class=ApiRoute, tags=[tag])


def clean_key(value: str) -> str:
    """Return a key of a path, decoded and without blanks around it. Raise `NotFound` if no object can have it."""
    value = value.replace(_SLASH, "/").strip()
    if "\0" in value:
        raise NotFound("There is no object with a NUL character in its key.")
    return value


Key = Annotated[str, Path(), AfterValidator(clean_key)]


class RawPaths:
    """A middleware that keeps `N%2F1` one path segment: the server passes the path with the slash decoded."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and b"%" in scope.get("raw_path", b""):
            raw = cast("bytes", scope["raw_path"]).decode("latin-1").partition("?")[0]
            path = "/".join(unquote(part).replace("/", _SLASH) for part in raw.split("/"))
            scope = {**scope, "path": path}
        await self._app(scope, receive, send)


class BodyLimit:
    """A middleware that refuses bodies over the limit before they are in memory, and decompresses bodies for the API.

    Bulks and pictures may be larger, and files of orders larger still.
    """

    _LARGE = ("/bulk", "/photo", "/signature", "/loadsignature")

    def __init__(self, app: ASGIApp, max_body_bytes: int, max_bulk_bytes: int, max_import_bytes: int) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._max_bulk_bytes = max_bulk_bytes
        self._max_import_bytes = max_import_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limit(scope["path"].lower().removesuffix("/"))
        message = f"The body is over the limit of {limit} bytes. Send less at once."
        headers = Headers(scope=scope)
        length = headers.get("content-length", "")
        packed = codings(",".join(headers.getlist("content-encoding"))) if "rate_headers" in scope["state"] else []
        unpacking = Unpacking(packed, limit) if packed else None
        received = 0

        async def limited() -> Any:
            nonlocal received
            part = await receive()
            received += len(part.get("body", b""))
            if received > limit or (length.isdigit() and int(length) > limit):
                raise TooLarge(message)
            if unpacking and part["type"] == "http.request":
                ends = not part.get("more_body", False)
                body = await run_in_threadpool(unpacking.feed, part.get("body", b""), ends=ends)
                return {**part, "body": body}
            return part

        await self._app(scope, limited, send)

    def _limit(self, path: str) -> int:
        if path == "/import":  # the page to which files are sent
            return self._max_import_bytes
        return self._max_bulk_bytes if path.endswith(self._LARGE) else self._max_body_bytes
