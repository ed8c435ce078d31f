"""What an endpoint did hour by hour: counted as attempts are recorded."""

from datetime import timedelta

import pytest

from waybell.webhooks.endpoints import hourly_counts
from waybell.webhooks.model import Answered, Attempt, ErrorWord, Timing, Unreachable


def attempt(clock, status=200, took_ms=3, ago=timedelta()):
    outcome = Answered(status, b"", b"") if status else Unreachable(ErrorWord.TIMEOUT, "")
    return Attempt(clock.now() - ago, (), outcome, Timing(total_us=int(took_ms * 1000)))


def counted(db, *pairs):
    with db.transaction() as tx:
        hourly_counts.count(tx, pairs)


def pulse(db, endpoint_id):
    with db.reading() as tx:
        return hourly_counts.pulses(tx, [endpoint_id, "ep_other"])[endpoint_id]


def test_successes_and_failures_add_up_by_the_hour(db, clock):
    for _ in range(2):
        counted(db, ("ep_1", attempt(clock)), ("ep_1", attempt(clock, 503)), ("ep_2", attempt(clock)))
    counted(db, ("ep_1", attempt(clock, 0, ago=timedelta(hours=2))))
    found = pulse(db, "ep_1")
    assert [(hour.succeeded, hour.failed) for hour in found.hours[-3:]] == [(0, 1), (0, 0), (2, 2)]
    assert (found.succeeded, found.failed, found.success_share) == (2, 3, 0.4)
    assert len(found.hours) == 24
    assert found.hours[-1].begins == clock.now().replace(minute=0, second=0, microsecond=0)


def test_nothing_attempted_is_no_share_and_no_p95(db, clock):
    counted(db, ("ep_1", attempt(clock, ago=timedelta(hours=25))))
    found = pulse(db, "ep_1")
    assert (found.success_share, found.p95_ms, found.succeeded) == (None, None, 0)


@pytest.mark.parametrize(
    ("took_ms", "p95_ms"),
    [
        ([4] * 95 + [400] * 5, 4),
        ([4] * 94 + [400] * 6, 400),
        ([4.1], 4),
        ([15_003], 15_000),
        ([15_003] * 3 + [30_010], 30_000),
        ([0.02], 0.1),
        ([123_000], 120_000),
    ],
)
def test_p95_is_what_95_of_100_kept_to_two_digits(db, clock, took_ms, p95_ms):
    counted(db, *[("ep_1", attempt(clock, took_ms=one)) for one in took_ms])
    counted(db, ("ep_2", attempt(clock, took_ms=2)))
    assert pulse(db, "ep_1").p95_ms == p95_ms


def test_p95_is_of_the_last_24_hours_whoever_counted(db, clock, monkeypatch):
    for slot, ago, took_ms in ((1, 0, 10), (2, 23, 10), (2, 25, 5000)):
        monkeypatch.setattr(hourly_counts, "_slot", slot)
        counted(db, *[("ep_1", attempt(clock, took_ms=took_ms, ago=timedelta(hours=ago)))] * 3)
    assert pulse(db, "ep_1").durations == {10_000: 6}
