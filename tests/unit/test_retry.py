"""When a message is tried next, and when it is given up."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waybell.webhooks.model import Answered, Attempt, Cut, ErrorWord, Unreachable, describe
from waybell.webhooks.sending.retry import Failed, Gone, RetryAt, Schedule, Succeeded, decide

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PAUSES = (timedelta(seconds=5), timedelta(minutes=5), timedelta(hours=2))
SCHEDULE = Schedule(PAUSES, 0.2, timedelta(hours=24))


def answered(status: int, headers: bytes = b"") -> Attempt:
    return Attempt(NOW, (), Answered(status, headers, b""))


UNREACHABLE = Attempt(NOW, (), Unreachable(ErrorWord.TIMEOUT, "15 s"))


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_success(status):
    assert decide(answered(status), 0, SCHEDULE, NOW, 0) == Succeeded()


@pytest.mark.parametrize("status", [100, 301, 302, 304, 400, 404, 429, 500, 503])
def test_anything_else_is_retried_redirects_too(status):
    assert decide(answered(status), 0, SCHEDULE, NOW, 0) == RetryAt(NOW + PAUSES[0])


def test_gone_is_gone():
    assert decide(answered(410), 0, SCHEDULE, NOW, 0) == Gone()


CUT = Cut(ErrorWord.CONNECTION, "45 bytes missing")


def test_a_cut_success_is_retried_and_410_is_gone_all_the_same():
    decisions = [
        decide(Attempt(NOW, (), Answered(status, b"", b"", CUT)), 0, SCHEDULE, NOW, 0) for status in (200, 204, 410)
    ]
    assert decisions == [RetryAt(NOW + PAUSES[0]), RetryAt(NOW + PAUSES[0]), Gone()]


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_counts_in_a_cut_answer(status):
    attempt = Attempt(NOW, (), Answered(status, b"HTTP/1.1 X\r\nRetry-After: 120\r\n", b"", CUT))
    assert decide(attempt, 0, SCHEDULE, NOW, 0) == RetryAt(NOW + timedelta(minutes=2))


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Answered(204, b"", b""), "succeeded"),
        (Answered(503, b"", b""), "http_status 503"),
        (Answered(503, b"", b"", CUT), "connection 503"),
        (Unreachable(ErrorWord.TIMEOUT, ""), "timeout"),
    ],
)
def test_an_outcome_is_told_in_a_word_or_two(outcome, words):
    assert describe(Attempt(NOW, (), outcome)) == words


def test_pauses_follow_the_schedule_and_then_it_is_given_up():
    decisions = [decide(UNREACHABLE, failures, SCHEDULE, NOW, 0) for failures in range(4)]
    assert decisions == [RetryAt(NOW + pause) for pause in PAUSES] + [Failed()]


@given(st.floats(-1, 1))
def test_jitter_stays_within_its_share(chance):
    decision = decide(UNREACHABLE, 1, SCHEDULE, NOW, chance)
    assert isinstance(decision, RetryAt)
    assert PAUSES[1] * 0.8 <= decision.at - NOW <= PAUSES[1] * 1.2


@pytest.mark.parametrize(
    ("status", "header", "pause"),
    [
        (429, b"Retry-After: 120", timedelta(minutes=2)),
        (503, b"retry-after:120", timedelta(minutes=2)),
        (503, b"Retry-After: Mon, 23 Nov 2026 12:10:00 GMT", timedelta(minutes=10)),
        (503, b"Retry-After: Mon, 23 Nov 2026 11:00:00 GMT", PAUSES[0]),
        (503, b"Retry-After: 1", PAUSES[0]),
        (503, b"Retry-After: 999999999999999999999", timedelta(hours=24)),
        (429, b"HTTP/1.1 429 X\nRetry-After: 120\nX: y\n\n", timedelta(minutes=2)),  # line feeds alone
        (503, b"Retry-After: 999999", timedelta(hours=24)),
        (503, b"Retry-After: soon", PAUSES[0]),
        (503, b"Retry-After: -5", PAUSES[0]),
        (503, b"X-Retry-After: 120", PAUSES[0]),
        (500, b"Retry-After: 120", PAUSES[0]),
    ],
)
def test_retry_after_counts_on_429_and_503_in_both_forms_up_to_its_limit(status, header, pause):
    decision = decide(answered(status, b"HTTP/1.1 503 x\r\n" + header + b"\r\n\r\n"), 0, SCHEDULE, NOW, 0)
    assert decision == RetryAt(NOW + pause)


@given(st.binary(max_size=200))
def test_no_header_is_too_odd(headers):
    assert isinstance(decide(answered(503, b"Retry-After: " + headers), 0, SCHEDULE, NOW, 0), RetryAt)
