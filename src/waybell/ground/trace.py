"""W3C Trace Context: the `traceparent` of a request is passed on to its webhooks, so that one trace shows both.

A trace is one text: the `traceparent`, then, if there is one, a blank and the `tracestate`. A request without these
headers has no trace; Waybell starts none, because it does not collect traces itself.
"""

import random
import re
from collections.abc import Sequence
from typing import Protocol

_PARENT = re.compile(r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_STATE = re.compile(r"[\x20-\x7e\t]*")
_MOST_STATE = 512  # characters; the standard requires every server to pass on so many
_FLAGS = 0b11  # the defined flags: "sampled" and "random trace id"


class Headers(Protocol):
    """The headers of a request, as the web framework gives them."""

    def getlist(self, name: str, /) -> list[str]: ...


def read(parents: Sequence[str], states: Sequence[str]) -> str | None:
    """Return the trace in these headers, or None without a valid `traceparent`."""
    found = _PARENT.fullmatch(parents[0].strip()) if len(parents) == 1 else None
    if not found or (found[1] == "00" and found[5]):  # version 00 has no further fields, later versions may
        return None
    parent = f"00-{found[2]}-{found[3]}-{int(found[4], 16) & _FLAGS:02x}"
    state = ",".join(part.strip() for part in states if part.strip())
    return f"{parent} {state}" if state and len(state) <= _MOST_STATE and _STATE.fullmatch(state) else parent


def of(headers: Headers) -> str | None:
    """Return the trace of a request, or None."""
    parents = headers.getlist("traceparent")
    return read(parents, headers.getlist("tracestate")) if parents else None


def trace_id(trace: str | None) -> str | None:
    """Return the trace id, for the log."""
    return trace[3:35] if trace else None


def headers(trace: str) -> list[str]:
    """Return the header lines of one request that is sent as part of this trace, with a new span id."""
    parent, _, state = trace.partition(" ")
    ours = f"traceparent: {parent[:36]}{random.getrandbits(64) or 1:016x}{parent[52:]}"
    return [ours, f"tracestate: {state}"] if state else [ours]
