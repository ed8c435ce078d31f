"""Calls are counted right for all processes together: here each meter is a process."""

from datetime import timedelta

import pytest

from waybell.accounts.meter import Meter, calls_in, forget
from waybell.ground.rates import Rule

MINUTE, SECOND = Rule("minute", 100, 60), Rule("second", 20, 1)
RULES = (MINUTE, SECOND)


def let_in(meter: Meter, calls: int, key: str = "key_1", rules=RULES) -> int:
    return sum(meter.count(key, rules).refused is None for _ in range(calls))


@pytest.fixture
def meters(db) -> list[Meter]:
    return [Meter(db) for _ in range(3)]


def test_one_process_lets_in_exactly_the_limit(db, clock):
    meter = Meter(db)
    assert let_in(meter, 50) == 20
    clock.move_to(clock.now() + timedelta(seconds=1))
    assert let_in(meter, 50) == 20


def test_refused_calls_use_up_nothing_and_are_told_when_to_come_again(db, clock):
    meter = Meter(db)
    let_in(meter, 500)
    use = meter.count("key_1", RULES)
    assert (use.refused, use.retry_after, use.remaining) == (SECOND, 1, 80)
    assert use.reset == clock.now().timestamp() + 60  # noon and a minute


def test_the_minute_refuses_until_its_end(db, clock):
    meter = Meter(db)
    for _ in range(5):
        assert let_in(meter, 20) == 20
        clock.move_to(clock.now() + timedelta(seconds=2))
    use = meter.count("key_1", RULES)
    assert (use.refused, use.retry_after, use.remaining) == (MINUTE, 50, 0)
    clock.move_to(clock.now() + timedelta(seconds=50))
    assert let_in(meter, 1) == 1


def test_several_processes_let_in_the_limit_and_at_most_a_tenth_more_for_each_further_one(meters):
    total = 0
    for _ in range(40):
        total += sum(let_in(meter, 1, rules=(MINUTE,)) for meter in meters)
    assert 100 <= total <= 100 + 2 * MINUTE.share


def test_what_one_process_used_up_another_hears_of_before_it_lets_in_a_tenth(meters):
    assert let_in(meters[0], 100, rules=(MINUTE,)) == 100
    meters[0].settle_all()
    assert let_in(meters[1], 100, rules=(MINUTE,)) <= MINUTE.share


def test_few_calls_are_settled_once_a_second_for_all_keys_together(db, clock, meters):
    for key in ("key_1", "key_2"):
        let_in(meters[0], 3, key)
    clock.move_to(clock.now() + timedelta(seconds=1))
    let_in(meters[0], 1, "key_3")
    with db.reading() as tx:
        assert calls_in(tx, MINUTE, ["key_1", "key_2"]) == {"key_1": 3, "key_2": 3}


def test_keys_and_rules_are_counted_apart(db):
    meter = Meter(db)
    pdf = Rule("pdf", 2, 1)
    assert let_in(meter, 9, "key_1", (*RULES, pdf)) == 2
    assert let_in(meter, 30, "key_1") == 18
    assert let_in(meter, 30, "key_2") == 20


def test_a_process_whose_clock_is_behind_does_not_bring_back_an_old_window(db, clock, meters):
    ahead, behind = meters[:2]
    let_in(behind, 5)
    now = clock.now()
    clock.move_to(now + timedelta(minutes=1))
    let_in(ahead, 7)
    ahead.settle_all()
    clock.move_to(now)
    behind.settle_all()
    clock.move_to(now + timedelta(minutes=1))
    with db.reading() as tx:
        assert calls_in(tx, MINUTE, ["key_1", "key_2"]) == {"key_1": 7}


def test_the_rows_are_as_many_as_the_rules_however_long_it_goes_on(db, clock):
    meter = Meter(db)
    for _ in range(5):
        let_in(meter, 20)
        clock.move_to(clock.now() + timedelta(seconds=61))
        meter.settle_all()
    with db.reading() as tx:
        rows = tx.connection.exec_driver_sql("SELECT count(*) FROM api_calls").scalar_one()
    assert rows == 2
    with db.transaction() as tx:
        forget(tx, "key_1")
    with db.reading() as tx:
        assert calls_in(tx, MINUTE, ["key_1", "key_2"]) == {}


def test_windows_that_have_passed_leave_the_memory(db, clock, monkeypatch):
    monkeypatch.setattr("waybell.accounts.meter._MOST_COUNTERS", 10)
    meter = Meter(db)
    for number in range(50):
        let_in(meter, 1, f"key_{number}", (MINUTE,))
        clock.move_to(clock.now() + timedelta(seconds=61))
    assert len(meter._counters) <= 10
