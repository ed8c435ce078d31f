"""Chores go on, whatever happens in one of their rounds."""

import threading
from datetime import timedelta

from support.waiting import wait_for
from waybell.running.chores import Chore, chores_of

HOURLY = timedelta(hours=1)


def test_a_chore_with_more_to_do_goes_on_at_once():
    left = [1, 1, 1]

    def work() -> bool:
        left.pop()
        return bool(left)

    with chores_of([Chore("work", HOURLY, work)]):
        wait_for(lambda: not left)


def test_a_chore_that_rests_goes_on_long_before_its_time():
    left = [1, 1, 1]

    def work() -> bool:
        left.pop()
        return bool(left)

    with chores_of([Chore("work", HOURLY, work, rest=1.0)]):
        wait_for(lambda: not left)


def test_a_failed_round_does_not_end_the_chore():
    rounds = []

    def fail_once() -> bool:
        rounds.append(1)
        if len(rounds) == 1:
            raise RuntimeError("the database is away")
        return False

    with chores_of([Chore("fail", timedelta(milliseconds=1), fail_once)]):
        wait_for(lambda: len(rounds) > 2)


def test_no_chore_waits_for_another():
    stuck, done = threading.Event(), threading.Event()

    def finish() -> bool:
        done.set()
        return False

    with chores_of([Chore("stuck", HOURLY, lambda: stuck.wait(120)), Chore("quick", HOURLY, finish)]):
        assert done.wait(60)
        stuck.set()


def test_chores_end_with_their_block():
    with chores_of([Chore("idle", HOURLY, lambda: False)]):
        assert "idle" in {thread.name for thread in threading.enumerate()}
    assert "idle" not in {thread.name for thread in threading.enumerate()}
