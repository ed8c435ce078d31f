"""When an endpoint as a whole is down, and when it is asked again."""

from datetime import UTC, datetime, timedelta

import pytest

from waybell.webhooks.sending.endpoint_pace import EndpointPace
from waybell.webhooks.sending.outage import (
    Limits,
    Streak,
    is_outage,
    narrowed,
    next_probe,
    speaks_against_endpoint,
    was_outage,
    widened,
)

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LIMITS = Limits(5, 3, (timedelta(seconds=5), timedelta(minutes=1)))


def streak(*message_ids: str) -> Streak:
    made = Streak()
    for message_id in message_ids:
        made.failed(message_id)
    return made


def test_failures_in_a_row_over_several_messages_are_an_outage():
    assert is_outage(streak("a", "b", "c", "a", "b"), LIMITS)


def test_one_message_that_keeps_failing_is_none():
    assert not is_outage(streak(*"aaaaaaaaaaaaaaaaaaaaabb"), LIMITS)


def test_few_failures_are_none():
    assert not is_outage(streak("a", "b", "c", "d"), LIMITS)


def test_a_success_begins_the_count_anew():
    counted = streak("a", "b", "c", "d")
    counted.succeeded()
    counted.failed("e")
    assert not is_outage(counted, LIMITS)


def test_probes_come_at_growing_pauses_and_the_last_one_repeats():
    pauses = [next_probe(probes, LIMITS, NOW) - NOW for probes in (0, 1, 2, 100)]
    assert pauses == [timedelta(seconds=5)] + [timedelta(minutes=1)] * 3


def test_the_receiver_may_ask_for_a_longer_pause():
    assert next_probe(0, LIMITS, NOW, timedelta(hours=1)) == NOW + timedelta(hours=1)


def test_a_window_grows_by_each_success_up_to_the_limit_and_halves_down_to_one():
    assert [widened(1, 16), widened(12, 16), widened(16, 16), narrowed(16), narrowed(1)] == [2, 13, 16, 8, 1]


@pytest.mark.parametrize(
    ("error", "status", "against"),
    [
        ("timeout", None, True),
        ("dns", None, True),
        ("refused", None, True),
        ("tls", None, True),
        ("connection", None, True),
        ("internal", None, False),
        ("http_status", 503, True),
        ("http_status", 500, True),
        ("http_status", 429, True),
        ("http_status", 408, True),
        ("http_status", 422, False),
        ("http_status", 401, False),
        ("http_status", 302, False),
        ("connection", 422, False),  # its body was cut
        ("timeout", 404, False),
        ("connection", 200, True),
        ("connection", 503, True),
    ],
)
def test_some_failures_speak_against_the_endpoint_and_some_against_the_message(error, status, against):
    assert speaks_against_endpoint(error, status) is against


@pytest.mark.parametrize(
    ("against_endpoint", "against_message", "known", "is_one"),
    [
        ("", "", "", False),
        ("a", "", "", False),  # it is tried again in seconds
        ("abc", "", "", False),
        ("aa", "", "", True),
        ("aab", "", "", True),
        ("", "aaaa", "", False),  # a bad order
        ("", "aaaab", "", False),
        ("", "aabb", "", True),  # whatever is sent is refused
        ("a", "a", "", False),
        ("a", "abb", "", True),
        ("aaaa", "", "a", False),  # one that failed in an outage before
        ("aabb", "", "ab", False),
        ("", "aabb", "a", False),
        ("aabb", "", "a", True),
        ("bb", "aa", "a", True),
    ],
)
def test_a_message_that_failed_twice_with_no_success_between_may_show_an_outage(
    against_endpoint, against_message, known, is_one
):
    made = streak(*against_endpoint)
    for message_id in against_message:
        made.failed(message_id, against_endpoint=False)
    assert was_outage(made, known) is is_one


def test_what_waits_since_an_outage_goes_in_rounds_as_the_window_grows():
    pace, rounds = EndpointPace(), []
    pace.end_outage(streak(*map(str, range(40)), *map(str, range(40))))
    while some := pace.next_to_release():
        rounds.append(len(some))
        pace.were_released(some)
        pace.window = widened(pace.window, 16)
    assert rounds == [1, 2, 3, 4, 5, 6, 7, 8, 4]
