"""When an endpoint as a whole is down, and when it is asked again."""

from datetime import UTC, datetime, timedelta

from waybell.webhooks.sending.outage import Limits, Streak, is_outage, narrowed, next_probe, widened

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
