"""What a dispatcher counts: every attempt, and the latency of those messages that nothing but us kept waiting."""

from datetime import timedelta

import pytest

from support.receiver import Answer, closed_port
from waybell.webhooks.sending import attempt_tally


@pytest.fixture
def counted(dispatcher):
    """The outcomes counted, without those that never came, and the latency histogram."""

    def counted() -> tuple[dict[str, int], attempt_tally.Histogram]:
        news, _ = dispatcher.tally.news()
        return {word: count for word, count in attempt_tally.attempts(news) if count}, attempt_tally.latency(news)

    return counted


def test_an_attempt_is_counted_by_what_came_of_it_and_with_how_long_it_took(
    dispatcher, endpoint, publish, settle, receiver, counted
):
    endpoint(receiver.url)
    endpoint(f"http://127.0.0.1:{closed_port()}/")
    publish("order:1")
    settle()
    outcomes, latency = counted()
    assert outcomes == {"succeeded": 1, "refused": 1}
    assert latency.buckets[0] == ("0.001", 2)  # the clock stands still
    assert attempt_tally.duration(dispatcher.tally.news()[0]).buckets[-1] == ("+Inf", 2)


def test_the_latency_is_from_the_commit_to_the_attempt(dispatcher, endpoint, publish, settle, receiver, counted, clock):
    endpoint(receiver.url)
    publish("order:1")
    clock.move_to(clock.now() + timedelta(seconds=7))
    settle()
    latency = counted()[1]
    assert dict(latency.buckets)["5.0"] == 0
    assert dict(latency.buckets)["10.0"] == 1
    assert latency.total_seconds == 7


def test_who_waited_behind_another_is_counted_as_an_attempt_only(endpoint, publish, settle, receiver, counted, clock):
    endpoint(receiver.url)
    receiver.answer = Answer(500)
    publish("order:1")
    settle()
    publish("order:1")
    receiver.answer = Answer()
    clock.move_to(clock.now() + timedelta(minutes=10))
    settle()
    outcomes, latency = counted()
    assert outcomes == {"http_status": 1, "succeeded": 2}
    assert latency.buckets[-1][1] == 1


def test_who_waited_for_a_receiver_that_asked_for_time_is_no_latency_of_ours(
    endpoint, publish, settle, receiver, counted, clock
):
    endpoint(receiver.url)
    receiver.answer = Answer(503, (("Retry-After", "600"),))
    publish("order:1")
    settle()
    receiver.answer = Answer()
    publish("order:2")
    settle()
    clock.move_to(clock.now() + timedelta(minutes=11))
    settle()
    publish("order:3")
    settle()
    outcomes, latency = counted()
    assert outcomes == {"http_status": 1, "succeeded": 3}
    assert latency.buckets[-1][1] == latency.buckets[0][1] == 2  # the first and the third


def test_who_waited_for_the_end_of_an_outage_is_no_latency_of_ours(
    app, endpoint, publish, settle, receiver, counted, clock
):
    endpoint(receiver.url)
    receiver.answer = Answer(500)
    publish(*[f"order:{number}" for number in range(app.settings.park_after_failures)])
    settle()
    before = counted()[1].buckets[-1][1]
    publish("order:a", "order:b")
    receiver.answer = Answer()
    clock.move_to(clock.now() + timedelta(hours=1))
    settle()
    after = counted()[1]
    assert after.buckets[-1][1] == before
    publish("order:c")
    settle()
    assert counted()[1].buckets[-1][1] == before + 1


def test_what_is_kept_is_not_told_again_and_what_is_not_kept_is(dispatcher, endpoint, publish, settle, receiver):
    endpoint(receiver.url)
    publish("order:1")
    settle()
    first, mark = dispatcher.tally.news()
    assert dispatcher.tally.news()[0] == first != {}
    dispatcher.tally.kept(mark)
    assert dispatcher.tally.news()[0] == {}
