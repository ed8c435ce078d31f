"""Ids of our own objects: a prefix that names the kind, then a UUIDv7, so that ids sort by age."""

import secrets
import time
import uuid
from datetime import datetime
from typing import Literal

import uuid_utils

Prefix = Literal["acc", "usr", "key", "aud", "evt", "ep", "sec", "msg", "job", "inb", "req", "pic", "imp"]


def new_id(prefix: Prefix) -> str:
    """Make an id such as `msg_019c2f0e8a7b7c4d9e8f0a1b2c3d4e5f`."""
    return f"{prefix}_{uuid_utils.uuid7().hex}"


def first_id(prefix: Prefix, at: datetime) -> str:
    """Return a text that sorts before all ids made at or after `at`, and after all ids made earlier.

    The precision is one millisecond.
    """
    return f"{prefix}_{int(at.timestamp() * 1000):012x}"


def new_uuid() -> str:
    """Make a UUID (v7) in canonical text, for members that the API promises as a plain UUID.

    A UUIDv7 begins with its time, so an index grows at its end; with a million orders, each random id would dirty a
    page of its own. The other 74 bits are all random, because the TrackId of an order opens its tracking page and must
    not be guessed.
    """
    milliseconds = time.time_ns() // 1_000_000
    high = milliseconds << 16 | 0x7000 | secrets.randbits(12)
    return str(uuid.UUID(int=high << 64 | 1 << 63 | secrets.randbits(62)))
