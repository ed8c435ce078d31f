"""One attempt in words: what came of it, how long its parts took, and the request as a command to try again."""

import shlex
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from sqlalchemy import Row

from waybell.webhooks.model import ErrorWord
from waybell.webhooks.sending.sender import KEPT_BODY_BYTES


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the exchange: from where to how far, of a bar 1000 wide."""

    name: str
    ms: float
    begin: int
    width: int


@dataclass(frozen=True, slots=True)
class Exchange:
    outcome: str
    succeeded: bool
    request_headers: list[str]
    response_headers: list[str]
    response_body: bytes | None
    is_cut: bool  # there may have been more of the body than is kept
    parts: list[Part]
    total_ms: float
    curl: str


def exchange(row: Row[Any], url: str, body: bytes | None) -> Exchange:
    """Of a row of `attempts`."""
    request_headers = row.request_headers.splitlines()
    return Exchange(
        _in_words(row),
        row.error is None,
        request_headers,
        (row.response_headers or b"").decode("latin-1").rstrip().splitlines(),
        row.response_body,
        len(row.response_body or b"") >= KEPT_BODY_BYTES,
        _parts(row),
        row.total_us / 1000,
        _curl(url, request_headers, body),
    )


_NAMES = {status.value: status.phrase for status in HTTPStatus}
# Before what the transport said about it.
_SAID = {
    ErrorWord.DNS: "DNS",
    ErrorWord.REFUSED: "Nobody listens there",
    ErrorWord.TLS: "TLS",
    ErrorWord.FORBIDDEN_ADDRESS: "Blocked",
    ErrorWord.CONNECTION: "The connection broke off",
    ErrorWord.INTERNAL: "It could not be sent",
}


def _in_words(row: Row[Any]) -> str:
    if row.error is None:
        return f"Taken: answered {row.status}"
    if row.error == ErrorWord.HTTP_STATUS:
        return _answered(row.status)
    if row.error == ErrorWord.TIMEOUT:
        return f"Timed out after {row.total_us / 1_000_000:.1f} s".replace(".0 s", " s")
    return _SAID[ErrorWord(row.error)] + (f": {row.detail}" if row.detail else "")


def _answered(status: int) -> str:
    if 300 <= status < 400:  # noqa: PLR2004 - HTTP's own
        return f"Answered {status}: a redirect, which is not followed"
    name = _NAMES.get(status)
    return f"Answered {status}" + (f" {name}" if name else "")


def _parts(row: Row[Any]) -> list[Part]:
    known = {"DNS": row.dns_us, "Connect": row.connect_us, "TLS": row.tls_us, "Wait": row.wait_us}
    known["Rest"] = max(row.total_us - sum(known.values()), 0)
    total, begin, parts = max(row.total_us, 1), 0, []
    for name, took in known.items():
        width = min(round(took / total * 1000), 1000 - begin)
        parts.append(Part(name, took / 1000, begin, width))
        begin += width
    return parts


def _curl(url: str, headers: list[str], body: bytes | None) -> str:
    """The request as a command. Values of the account's own headers are not kept, so they stand there as ***."""
    lines = [f"curl -X POST {shlex.quote(url)}"]
    lines += [f"  -H {shlex.quote(header)}" for header in headers]
    if body is not None:
        lines.append(f"  --data-binary {shlex.quote(body.decode('utf-8', 'replace'))}")
    return " \\\n".join(lines)
