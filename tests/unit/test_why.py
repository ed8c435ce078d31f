"""Did an endpoint get an event, and if not, why: every answer."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from waybell.webhooks.history.explain import Circumstances, EndpointFacts, MessageFacts, Switch, explain, was_disabled

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)

HEALTHY = EndpointFacts(
    state="enabled",
    created_at=NOW - 48 * HOUR,
    asks=True,
    parked_at=None,
    parked_reason="",
    probe_at=None,
    paused_until=None,
    rate_limit=None,
    was_disabled=False,
)
AROUND = Circumstances(now=NOW, event_at=NOW - HOUR, is_sample=False, retries=5, dispatcher_runs=True)
WAITING = MessageFacts("waiting", due_at=NOW, finished_at=None, attempts=0, failures=0, outcome="")


def finished(state, attempts, outcome=""):
    return MessageFacts(state, due_at=None, finished_at=NOW, attempts=attempts, failures=0, outcome=outcome)


@pytest.mark.parametrize(("attempts", "said"), [(1, "at the first attempt"), (3, "at attempt 3")])
def test_it_got_it(attempts, said):
    answer = explain(finished("succeeded", attempts), HEALTHY, AROUND)
    assert (answer.word, answer.at) == ("succeeded", NOW)
    assert said in answer.text


@pytest.mark.parametrize(("attempts", "said"), [(1, "its only attempt"), (6, "the last of 6 attempts")])
def test_it_was_given_up(attempts, said):
    answer = explain(finished("failed", attempts, "it answers 503"), HEALTHY, AROUND)
    assert (answer.word, answer.at) == ("failed", NOW)
    assert said in answer.text
    assert "failed (it answers 503)" in answer.text


def test_it_was_canceled_with_its_endpoint():
    for deleted_at in (NOW, NOW - HOUR):
        answer = explain(finished("canceled", 0), replace(HEALTHY, state="deleted", deleted_at=deleted_at), AROUND)
        assert answer.word == "canceled"
        assert "deleted" in answer.text


@pytest.mark.parametrize("endpoint", [HEALTHY, replace(HEALTHY, state="deleted", deleted_at=NOW + HOUR)])
def test_it_was_canceled_by_somebody(endpoint):
    answer = explain(finished("canceled", 0), endpoint, AROUND)
    assert answer.word == "canceled"
    assert "somebody canceled it" in answer.text


@pytest.mark.parametrize(
    ("behind", "said"),
    [
        (0, ""),
        (1, "1 message about the same object waits behind it; if you skip this one, it goes on"),
        (14, "14 messages about the same object wait behind it; if you skip this one, they go on"),
    ],
)
@pytest.mark.parametrize("state", ["waiting", "sending"])
def test_what_waits_behind_it_is_said(behind, said, state):
    assert explain(replace(WAITING, state=state, behind=behind), HEALTHY, AROUND).also == said


@pytest.mark.parametrize(("before", "said"), [(1, "an earlier message about"), (9, "9 earlier messages about")])
def test_how_many_are_before_it_is_said(before, said):
    assert said in explain(replace(WAITING, due_at=None, before=before), HEALTHY, AROUND).text


def test_it_is_being_sent():
    assert explain(replace(WAITING, state="sending"), HEALTHY, AROUND).word == "sending"


def test_the_receiver_asked_for_a_pause():
    answer = explain(WAITING, replace(HEALTHY, paused_until=NOW + HOUR), AROUND)
    assert (answer.word, answer.at) == ("paused", NOW + HOUR)
    assert "Retry-After" in answer.text


def test_it_waits_for_an_earlier_message_of_its_object():
    answer = explain(replace(WAITING, due_at=None), HEALTHY, AROUND)
    assert (answer.word, answer.see_first) == ("waiting", True)


def test_it_waits_because_the_endpoint_is_parked():
    parked = replace(HEALTHY, parked_at=NOW - HOUR, parked_reason="timeout", probe_at=NOW + HOUR)
    for message in (WAITING, replace(WAITING, due_at=None)):
        answer = explain(message, parked, AROUND)
        assert (answer.word, answer.at, answer.down_since) == ("parked", NOW + HOUR, NOW - HOUR)
        assert "timeout" in answer.text


def test_it_waits_because_the_endpoint_is_disabled():
    assert explain(WAITING, replace(HEALTHY, state="disabled"), AROUND).word == "disabled"


def test_what_waits_for_a_deleted_endpoint_is_not_promised():
    answer = explain(WAITING, replace(HEALTHY, state="deleted"), AROUND)
    assert answer.word == "canceled"
    assert "Enable" not in answer.text


def test_it_waits_for_its_next_retry():
    message = replace(WAITING, due_at=NOW + HOUR, attempts=2, failures=2, outcome="http status 500")
    answer = explain(message, HEALTHY, AROUND)
    assert (answer.word, answer.at) == ("waiting", NOW + HOUR)
    assert "retry 2 of 5" in answer.text
    assert "http status 500" in answer.text


def test_it_is_due_and_nobody_sends():
    answer = explain(WAITING, HEALTHY, replace(AROUND, dispatcher_runs=False))
    assert "no dispatcher is running" in answer.text
    assert "waybell serve" in answer.text


def test_it_is_due_and_the_rate_limit_holds_it():
    assert "0.5 messages a second" in explain(WAITING, replace(HEALTHY, rate_limit=0.5), AROUND).text


def test_it_is_due_and_has_its_turn_next():
    answer = explain(WAITING, HEALTHY, AROUND)
    assert (answer.word, answer.at) == ("waiting", NOW)
    assert "turn" in answer.text


@pytest.mark.parametrize(
    ("endpoint", "around", "said"),
    [
        ({"asks": False}, {}, "does not ask for this event type"),
        ({"created_at": NOW}, {}, "added later"),
        ({"created_at": NOW, "asks": False}, {}, "added later"),
        ({"was_disabled": True}, {}, "was disabled when it happened"),
        ({}, {"is_sample": True}, "made for another endpoint"),
        ({"is_tested": True}, {"is_sample": True}, "a test of this endpoint"),
        ({}, {}, "did not ask for this type when it happened"),
    ],
)
def test_there_is_no_message(endpoint, around, said):
    answer = explain(None, replace(HEALTHY, **endpoint), replace(AROUND, **around))
    assert answer.word == "none"
    assert said in answer.text


def test_an_endpoint_added_later_is_told_with_its_date():
    assert explain(None, replace(HEALTHY, created_at=NOW), AROUND).at == NOW


ON, OFF = True, False


@pytest.mark.parametrize(
    ("switches", "is_disabled", "expected"),
    [
        ([], False, False),
        ([], True, True),
        ([(-2, OFF)], True, True),
        ([(-2, OFF), (-1, ON)], False, False),
        ([(-1, OFF), (1, ON)], False, True),
        ([(1, OFF)], True, False),
        ([(-3, OFF), (-2, ON), (1, OFF), (2, ON)], False, False),
        ([(-2, ON), (1, ON)], False, False),  # enabled once more, though it was
        ([(1, ON)], False, True),  # what disabled it is not kept any more
        ([(2, ON), (-1, OFF)], False, True),  # in any order
    ],
)
def test_whether_it_was_disabled_then(switches, is_disabled, expected):
    at = [Switch(NOW + hours * HOUR, enabled) for hours, enabled in switches]
    assert was_disabled(at, NOW, is_disabled=is_disabled) is expected
