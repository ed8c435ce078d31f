"""W3C Trace Context: a request's `traceparent` goes on to the webhooks that it causes, so that a trace shows both.

A trace is kept as one text, the `traceparent` and behind it, after a blank, the `tracestate` if there is one. Who sends
none has none: we make no traces of our own, as nobody here collects them.
"""

import random
import re
from collections.abc import Sequence
from typing import Protocol

_PARENT = re.compile(r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_STATE = re.compile(r"[\x20-\x7e\t]*")
_MOST_STATE = 512  # characters, as many as everybody has to take
_FLAGS = 0b11  # those that are defined: sampled, and that the id is random


class Headers(Protocol):
    """As the web framework has them."""

    def getlist(self, name: str, /) -> list[str]: ...


def read(parents: Sequence[str], states: Sequence[str]) -> str | None:
    """The trace that these headers tell; None for none, or one that is not valid. A tracestate alone is none."""
    found = _PARENT.fullmatch(parents[0].strip()) if len(parents) == 1 else None
    if not found or (found[1] == "00" and found[5]):  # later versions may say more behind
        return None
    parent = f"00-{found[2]}-{found[3]}-{int(found[4], 16) & _FLAGS:02x}"
    state = ",".join(part.strip() for part in states if part.strip())
    return f"{parent} {state}" if state and len(state) <= _MOST_STATE and _STATE.fullmatch(state) else parent


def of(headers: Headers) -> str | None:
    """The trace of a request."""
    parents = headers.getlist("traceparent")
    return read(parents, headers.getlist("tracestate")) if parents else None


def trace_id(trace: str | None) -> str | None:
    """For the log."""
    return trace[3:35] if trace else None


def headers(trace: str) -> list[str]:
    """The header lines of one request that we send on behalf of this trace: our part of it gets an id of its own."""
    parent, _, state = trace.partition(" ")
    ours = f"traceparent: {parent[:36]}{random.getrandbits(64) or 1:016x}{parent[52:]}"
    return [ours, f"tracestate: {state}"] if state else [ours]
