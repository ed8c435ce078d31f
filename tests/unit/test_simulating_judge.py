"""The demo must not say that all went well when it did not."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from waybell.simulating.judge import Arrival, Expected, Fact, Subject, Verdict, first_arrivals, judge, out_of_order

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
BREAD, MILK = ("order", "1001"), ("order", "1002")


def fact(subject: Subject = BREAD, version: int = 1, event_type: str = "OrderUpdated") -> Fact:
    return Fact(f"evt_{subject[1]}_{version}", event_type, subject, version, NOON)


def arrivals(*facts: Fact | None) -> list[Arrival]:
    return [Arrival(one, NOON + timedelta(milliseconds=4)) for one in facts]


def expected(*facts: Fact) -> Counter[Expected]:
    return Counter((one.type, one.subject) for one in facts)


def judged(feed: list[Fact], arrived: list[Fact | None]) -> Verdict:
    return judge(expected(*feed), feed, arrivals(*arrived))


DAY = [fact(BREAD, 1), fact(MILK, 1), fact(BREAD, 2)]


def test_a_day_on_which_everything_arrived_once_and_in_order_passes():
    verdict = judged(DAY, [*DAY])
    assert verdict.passed
    assert (verdict.events, verdict.received, verdict.verified) == (3, 3, 3)
    assert (verdict.lost, verdict.duplicates, verdict.out_of_order, verdict.untold) == (0, 0, 0, 0)


def test_objects_may_overtake_each_other():
    assert judged(DAY, [fact(MILK, 1), fact(BREAD, 1), fact(BREAD, 2)]).passed


def test_a_missing_event_is_lost_and_fails_the_day():
    verdict = judged(DAY, [fact(BREAD, 1), fact(BREAD, 2)])
    assert verdict.lost == 1
    assert not verdict.passed


def test_a_day_without_any_event_fails():
    assert not judged([], []).passed


def test_an_older_version_after_a_newer_one_is_out_of_order_and_fails_the_day():
    verdict = judged(DAY, [fact(BREAD, 2), fact(MILK, 1), fact(BREAD, 1)])
    assert verdict.out_of_order == 1
    assert not verdict.passed


def test_each_late_arrival_counts_once_however_many_newer_ones_came_before_it():
    assert out_of_order([fact(version=3), fact(version=1), fact(version=2)]) == 2


def test_a_repeat_is_a_duplicate_but_neither_disorder_nor_a_failure():
    """At least once: the sender may not have seen the answer."""
    verdict = judged(DAY, [fact(BREAD, 1), fact(MILK, 1), fact(BREAD, 2), fact(BREAD, 1)])
    assert (verdict.duplicates, verdict.out_of_order, verdict.verified, verdict.received) == (1, 0, 3, 4)
    assert verdict.passed


def test_the_first_arrival_is_the_one_that_counts():
    assert first_arrivals([fact(version=2), fact(version=1), fact(version=2)]) == [fact(version=2), fact(version=1)]


def test_an_unverified_request_proves_nothing_and_fails_the_day():
    verdict = judged(DAY, [fact(BREAD, 1), fact(MILK, 1), None])
    assert (verdict.unverified, verdict.lost) == (1, 1)
    assert not verdict.passed
    assert not judged(DAY, [*DAY, None]).passed


def test_a_change_that_caused_no_event_fails_the_day():
    """The feed alone cannot show it: what was never written is not missed there."""
    feed = [fact(BREAD, 1)]
    verdict = judge(expected(fact(BREAD, 1), fact(MILK, 1)), feed, arrivals(*feed))
    assert (verdict.untold, verdict.lost) == (1, 0)
    assert not verdict.passed


def test_two_changes_of_one_object_need_two_events():
    feed = [fact(BREAD, 1)]
    assert judge(expected(fact(BREAD, 1), fact(BREAD, 2)), feed, arrivals(*feed)).untold == 1


def test_an_event_that_the_feed_does_not_know_fails_the_day():
    verdict = judged(DAY, [*DAY, fact(MILK, 2)])
    assert verdict.unexpected == 1
    assert not verdict.passed


def test_an_event_that_arrives_with_another_content_than_the_feed_tells_fails_the_day():
    changed = fact(MILK, 1, "OrderDeleted")
    assert judged(DAY, [fact(BREAD, 1), changed, fact(BREAD, 2)]).unexpected == 1


@pytest.mark.parametrize(
    ("event", "data", "subject"),
    [
        ("OrderDeleted", {"Number": "1001"}, ("order", "1001")),
        ("RouteStarted", {"Code": "TLN-EAST"}, ("route", "TLN-EAST")),
        ("StockCounted", {"Number": "1001"}, ("other", "evt_1")),
        ("StockCounted", "any JSON", ("other", "evt_1")),
    ],
)
def test_a_body_is_read_as_a_receiver_would(event, data, subject):
    metadata = {"Event": event, "Date": "2026-11-23T12:00:00.250000Z", "Id": "evt_1", "Version": 7}
    read = Fact.read({"Metadata": metadata, "Data": data})
    assert read == Fact("evt_1", event, subject, 7, NOON + timedelta(milliseconds=250))
