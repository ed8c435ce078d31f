"""One attempt for people: its outcome in words, the duration of its phases, and a command that repeats the request."""

import shlex
from dataclasses import dataclass

from waybell.webhooks.history.causes import cause, timing
from waybell.webhooks.messages.records import StoredAttempt
from waybell.webhooks.sending.exchange import KEPT_BODY_BYTES


@dataclass(frozen=True, slots=True)
class Part:
    """A phase of the exchange as a part of a bar that is 1000 wide: where it starts and how wide it is."""

    name: str
    ms: float
    begin: int
    width: int


@dataclass(frozen=True, slots=True)
class Exchange:
    outcome: str
    raw: str | None  # the message of the library
    succeeded: bool
    request_headers: list[str]
    response_headers: list[str]
    response_body: bytes | None
    is_cut: bool  # the receiver may have sent more of the body than is kept
    parts: list[Part]
    total_ms: float
    curl: str


def exchange(row: StoredAttempt, url: str, body: bytes | None) -> Exchange:
    """Return the page's facts about an attempt, with the body that was sent."""
    request_headers = row.request_headers.splitlines()
    explained = cause(row)
    return Exchange(
        explained.text,
        explained.raw,
        row.error is None,
        request_headers,
        (row.response_headers or b"").decode("latin-1").rstrip().splitlines(),
        row.response_body,
        len(row.response_body or b"") >= KEPT_BODY_BYTES,
        _parts(row),
        row.total_us / 1000,
        _curl(url, request_headers, body),
    )


def _parts(row: StoredAttempt) -> list[Part]:
    took = timing(row)
    known = {"DNS": took.dns_us, "Connect": took.connect_us, "TLS": took.tls_us, "Wait": took.wait_us}
    known["Transfer"] = max(took.total_us - sum(known.values()), 0)
    total, begin, parts = max(took.total_us, 1), 0, []
    for name, microseconds in known.items():
        width = min(round(microseconds / total * 1000), 1000 - begin)
        parts.append(Part(name, microseconds / 1000, begin, width))
        begin += width
    return parts


def _curl(url: str, headers: list[str], body: bytes | None) -> str:
    """Return the request as a curl command. Values of own headers are not kept, so *** stands for them."""
    lines = [f"curl -X POST {shlex.quote(url)}"]
    lines += [f"  -H {shlex.quote(header)}" for header in headers]
    if body is not None:
        lines.append(f"  --data-binary {shlex.quote(body.decode('utf-8', 'replace'))}")
    return " \\\n".join(lines)
