"""Names for our own objects: a prefix that says what it is, then a UUIDv7, so that ids sort by age."""

import secrets
import time
import uuid
from datetime import datetime
from typing import Literal

import uuid_utils

Prefix = Literal["acc", "usr", "key", "aud", "evt", "ep", "sec", "msg", "job", "inb", "req", "pic"]


def new_id(prefix: Prefix) -> str:
    """A new id such as `msg_019c2f0e8a7b7c4d9e8f0a1b2c3d4e5f`."""
    return f"{prefix}_{uuid_utils.uuid7().hex}"


def first_id(prefix: Prefix, at: datetime) -> str:
    """What sorts before all ids made from that moment on, to the millisecond, and behind all made before it."""
    return f"{prefix}_{int(at.timestamp() * 1000):012x}"


def new_uuid() -> str:
    """A new UUID (v7) in canonical text, where the API promises a plain UUID.

    Its time comes first, so that indexes grow at their end: with a million orders, random ones dirty a page each. All
    of its other 74 bits are random, so that nobody guesses the TrackId of another order, which opens its tracking page.
    """
    milliseconds = time.time_ns() // 1_000_000
    high = milliseconds << 16 | 0x7000 | secrets.randbits(12)
    return str(uuid.UUID(int=high << 64 | 1 << 63 | secrets.randbits(62)))
