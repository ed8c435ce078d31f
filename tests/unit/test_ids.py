"""Ids: ours sort by age, and nobody guesses a UUID that opens something."""

import time
import uuid
from itertools import pairwise

from waybell.ground.ids import new_id, new_uuid


def test_a_uuid_is_of_version_7_and_carries_its_time():
    before = time.time_ns() // 1_000_000
    made = uuid.UUID(new_uuid())
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000


def test_two_uuids_of_one_moment_share_nothing_but_their_time():
    tails = [uuid.UUID(new_uuid()).int & (1 << 62) - 1 for _ in range(1000)]
    assert len(set(tails)) == 1000
    # A counter would make neighbours of them.
    assert min(abs(a - b) for a, b in pairwise(tails)) > 1 << 32


def test_our_ids_sort_by_age():
    ids = [new_id("evt") for _ in range(1000)]
    assert ids == sorted(ids)
