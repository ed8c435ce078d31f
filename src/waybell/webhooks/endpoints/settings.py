"""The settings of an endpoint and the rules that they must meet: pure, and the same for the API and the pages."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from waybell.ground.errors import Invalid
from waybell.webhooks.address import Policy, check_url
from waybell.webhooks.model import Scheme

MAX_DESCRIPTION = 500  # characters
MAX_HEADERS = 20
MAX_HEADER_NAME, MAX_HEADER_VALUE = 100, 2000  # characters
MAX_CONCURRENCY = 256
MIN_RATE, MAX_RATE = 0.01, 10_000.0  # messages a second
SCHEMES: tuple[Scheme, ...] = ("v1", "v1a")

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# Waybell sets these headers itself, or they govern the connection: own ones would mislead a receiver or break the POST.
_RESERVED = frozenset(
    (
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "date",
        "expect",
        "host",
        "keep-alive",
        "te",
        "traceparent",
        "tracestate",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
    )
)
_RESERVED_BEGINNINGS = ("webhook-", "proxy-")
_RESERVED_OF_HEX = "accept"  # a custom header may replace it, but an HMAC in it would make no sense


@dataclass(frozen=True, slots=True)
class EndpointSettings:
    url: str
    description: str
    event_types: tuple[str, ...]  # empty stands for all
    headers: Mapping[str, str]
    ordered: bool
    concurrency: int  # attempts at once
    rate_limit: float | None  # messages a second
    schemes: tuple[Scheme, ...]
    hex_header: str | None


def check(wanted: EndpointSettings, policy: Policy, known_types: Collection[str]) -> EndpointSettings:
    """Return the settings in the form in which they are stored.

    Raise `Invalid`, which names the field and says what to write.
    """
    check_description(wanted.description)
    names = tuple(dict.fromkeys(wanted.event_types))
    unknown = [name for name in names if name not in known_types]
    if unknown:
        raise Invalid(
            f"EventTypes: {_listed(unknown)} is not an event type of this account. GET /api/EventType lists them; "
            "your own are registered with POST /api/EventType."
        )
    if not 1 <= wanted.concurrency <= MAX_CONCURRENCY:
        raise Invalid(f"Concurrency: must be from 1 to {MAX_CONCURRENCY}.")
    if wanted.rate_limit is not None and not MIN_RATE <= wanted.rate_limit <= MAX_RATE:
        raise Invalid(f"RateLimit: must be from {MIN_RATE} to {MAX_RATE:.0f} messages a second, or null for none.")
    schemes = tuple(scheme for scheme in SCHEMES if scheme in wanted.schemes)
    if not schemes or set(wanted.schemes) - set(SCHEMES):
        raise Invalid("Schemes: must list v1 (HMAC-SHA256), v1a (ed25519) or both.")
    hex_header = wanted.hex_header
    if hex_header is not None:
        _check_header_name(hex_header, "HexHeader")
        if "v1" not in schemes:
            raise Invalid("HexHeader: its HMAC is made with the secret of scheme v1. Add v1 to Schemes.")
    return replace(
        wanted,
        url=check_url(wanted.url, policy),
        event_types=names,
        headers=_checked_headers(wanted.headers, hex_header),
        schemes=schemes,
    )


def check_description(text: str) -> None:
    if len(text) > MAX_DESCRIPTION:
        raise Invalid(f"Description: at most {MAX_DESCRIPTION} characters.")


def _checked_headers(headers: Mapping[str, str], hex_header: str | None) -> dict[str, str]:
    if len(headers) > MAX_HEADERS:
        raise Invalid(f"Headers: at most {MAX_HEADERS}.")
    seen = {hex_header.lower()} if hex_header else set()
    checked = {}
    for name, value in headers.items():
        _check_header_name(name, "Headers")
        if name.lower() in seen:
            raise Invalid(f"Headers: {name} is there twice (letter case does not count).")
        seen.add(name.lower())
        checked[name] = _checked_value(name, value)
    return checked


def _check_header_name(name: str, field: str) -> None:
    if len(name) > MAX_HEADER_NAME or not _HEADER_NAME.fullmatch(name):
        raise Invalid(
            f"{field}: a header name has 1 to {MAX_HEADER_NAME} letters, digits and hyphens, such as X-Token."
        )
    # Many receivers see no difference between a hyphen and an underscore (CGI, WSGI).
    meant = name.lower().replace("_", "-")
    is_reserved = meant in _RESERVED or meant.startswith(_RESERVED_BEGINNINGS)
    if is_reserved or (field == "HexHeader" and meant == _RESERVED_OF_HEX):
        raise Invalid(f"{field}: {name} is set by Waybell itself. Choose another name.")


def _checked_value(name: str, value: str) -> str:
    value = value.strip(" \t")
    if not value or len(value) > MAX_HEADER_VALUE:
        raise Invalid(f"Headers: {name} must have 1 to {MAX_HEADER_VALUE} characters.")
    # Receivers decode characters beyond ASCII differently, and a line break would begin another header.
    if not (value.isascii() and value.replace("\t", " ").isprintable()):
        raise Invalid(f"Headers: {name} holds line breaks, control or accented characters. Percent-encode them.")
    return value


def _listed(names: list[str], most: int = 5) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
