"""Who may take a free slot of the dispatcher."""

from datetime import UTC, datetime, timedelta

import pytest

from waybell.webhooks.model import Answered, Attempt, ErrorWord, Timing, Unreachable
from waybell.webhooks.sending.agenda import Agenda
from waybell.webhooks.sending.conduct import Conduct, conduct_after
from waybell.webhooks.sending.endpoint_pace import EndpointPace, EndpointPaces
from waybell.webhooks.sending.slots import Slots, account_share, fair_share, free_for, limits

QUICK, UNSURE, FAILING = Conduct
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def attempt(seconds, outcome):
    outcome = Answered(outcome, b"", b"") if isinstance(outcome, int) else Unreachable(outcome, "")
    return Attempt(NOW, (), outcome, Timing(total_us=round(seconds * 1_000_000)))


@pytest.mark.parametrize(
    ("seconds", "outcome", "after"),
    [
        (0.01, 204, [QUICK, QUICK, QUICK]),
        (1.0, 200, [QUICK, QUICK, QUICK]),
        (1.1, 204, [UNSURE, UNSURE, UNSURE]),
        (10, 204, [UNSURE, UNSURE, UNSURE]),
        (0.01, 422, [QUICK, UNSURE, FAILING]),  # a bad order among good ones holds no slot
        (0.01, 503, [QUICK, UNSURE, FAILING]),
        (5, 500, [FAILING, FAILING, FAILING]),  # it fails slowly
        (15, ErrorWord.TIMEOUT, [FAILING, FAILING, FAILING]),
        (5, ErrorWord.TIMEOUT, [FAILING, FAILING, FAILING]),  # while it connects
        (0.001, ErrorWord.REFUSED, [FAILING, FAILING, FAILING]),
        (0.001, ErrorWord.DNS, [FAILING, FAILING, FAILING]),
    ],
)
def test_conduct_goes_by_how_long_a_slot_was_held_for_what(seconds, outcome, after):
    assert [conduct_after(before, attempt(seconds, outcome)) for before in Conduct] == after


@pytest.mark.parametrize(
    ("slots", "held", "free"),
    [
        # held by QUICK, UNSURE and FAILING; free for each of them
        (1024, (0, 0, 0), (960, 768, 512)),
        (1024, (0, 768, 0), (256, 0, 0)),  # new ones that hang leave a quarter to those that answer
        (1024, (0, 256, 512), (256, 0, 0)),
        (1024, (0, 0, 512), (512, 256, 0)),  # failing ones leave a quarter to new ones
        (1024, (960, 0, 0), (0, 64, 64)),  # those that answer leave some to new ones
        (1024, (0, 960, 0), (64, 0, 0)),  # so when all of these begin to hang, others that answer find some
        (1024, (1000, 24, 0), (0, 0, 0)),
        (1024, (0, 0, 700), (324, 68, 0)),  # more than its limit: they were of another conduct before
        (16, (0, 0, 0), (15, 12, 8)),
        (2, (0, 0, 0), (2, 1, 1)),
        (2, (0, 1, 0), (1, 0, 0)),
        (1, (0, 0, 0), (1, 1, 1)),
        (1, (0, 1, 0), (0, 0, 0)),
    ],
)
def test_endpoints_of_a_conduct_leave_slots_to_the_others(slots, held, free):
    assert tuple(free_for(conduct, slots, limits(slots), held) for conduct in Conduct) == free


@pytest.mark.parametrize(
    ("free", "held", "more"), [(1024, 0, 128), (80, 4, 6), (80, 10, 0), (80, 12, 0), (3, 0, 1), (3, 1, 0), (0, 0, 0)]
)
def test_an_endpoint_may_hold_an_eighth_of_what_is_free_and_at_least_one(free, held, more):
    assert fair_share(free, held) == more


@pytest.mark.parametrize(
    ("free", "held", "more"), [(1024, 0, 1024), (200, 800, 200), (114, 910, 2), (113, 911, 0), (1, 0, 1), (0, 0, 0)]
)
def test_an_account_may_hold_eight_times_what_it_leaves_free(free, held, more):
    assert account_share(free, held) == more


def test_endpoints_that_answer_slowly_leave_slots_to_others():
    free, held = 1024, [0] * 200
    for _ in range(40):  # answers of each
        for place in range(len(held)):
            free += held[place]
            held[place] = min(fair_share(free, 0), 16)
            free -= held[place]
    assert free > 20
    assert min(held) > 1


def a_pace(account="a", conduct=QUICK, window=16):
    return EndpointPace(conduct=conduct, account_id=account, window=window)


def take_all(slots, paces):
    """Each of these takes what it may, one after the other, until none may take more; how many they took."""
    took = 0
    while more := sum(take(slots, pace) for pace in paces):
        took += more
    return took


def take(slots, pace):
    most = min(pace.room(), slots.share(pace))
    slots.take(pace, most)
    pace.in_flight += most
    return most


def test_one_account_alone_may_use_nearly_everything():
    assert take_all(Slots(1024), [a_pace() for _ in range(500)]) > 850


@pytest.mark.parametrize("conduct", Conduct)
def test_no_account_starves_another(conduct):
    slots = Slots(1024)
    take_all(slots, [a_pace("a", conduct) for _ in range(2000)])
    assert take(slots, a_pace("b", conduct)) > 0
    assert take_all(slots, [a_pace("b", conduct) for _ in range(2000)]) > 30
    for account in "cdef":
        assert take(slots, a_pace(account, conduct)) > 0


@pytest.mark.parametrize("accounts", [1, 2, 10, 100, 2000])
def test_however_many_hang_and_of_however_many_accounts_one_that_answers_finds_slots(accounts):
    slots = Slots(1024)
    hanging = [a_pace(f"{number % accounts}", UNSURE, window=1) for number in range(2000)]
    take_all(slots, hanging)
    assert take_all(slots, [a_pace("well")]) == 16
    for pace in hanging:  # and when all of these have timed out and begin anew
        slots.give_back(pace, pace.in_flight)
        pace.in_flight = 0
        slots.judge(pace, FAILING)
    take_all(slots, hanging)
    assert take_all(slots, [a_pace("well")]) == 16
    assert take_all(slots, [a_pace("new", UNSURE, window=1)]) == 1


def test_when_all_that_answered_hang_at_once_others_find_slots_again_as_soon_as_that_is_noticed():
    slots = Slots(1024)
    hanging = [a_pace(f"{number % 50}") for number in range(2000)]
    take_all(slots, hanging)
    for pace in hanging:
        slots.judge(pace, UNSURE)
    assert take_all(slots, [a_pace("well")]) > 0


def test_what_is_held_is_counted_right_through_all_changes():
    slots, paces = Slots(64), [a_pace(f"{number % 3}", UNSURE) for number in range(9)]
    take_all(slots, paces)
    for pace, conduct in zip(paces, [*Conduct] * 3, strict=True):
        slots.judge(pace, conduct)
        slots.give_back(pace)
        pace.in_flight -= 1
    counted = slots.free, [slots.free_for(conduct) for conduct in Conduct], [slots.share(pace) for pace in paces]
    slots.take(paces[0], 5)  # for a turn that fails
    slots.recount(paces)
    assert counted == (
        slots.free,
        [slots.free_for(conduct) for conduct in Conduct],
        [slots.share(pace) for pace in paces],
    )
    for pace in paces:
        slots.give_back(pace, pace.in_flight)
    assert slots.free == 64


def an_agenda(**paces):
    known = EndpointPaces()
    known.update(paces)
    return Agenda(timedelta(seconds=2), known.place), known


def everybody(_conduct, _account):
    return True


def test_those_that_answer_do_not_wait_behind_those_that_hang():
    agenda, paces = an_agenda(**{f"hangs{number}": a_pace("a", UNSURE) for number in range(1000)}, well=a_pace("b"))
    agenda.add(paces)
    assert agenda.first(QUICK, 10, everybody) == ["well"]
    assert len(agenda.first(UNSURE, 10, everybody)) == 10
    assert not agenda.has(FAILING, everybody)


def test_accounts_take_turns():
    agenda, paces = an_agenda(**{name: a_pace(name[0]) for name in ("a1", "a2", "a3", "b1", "c1", "c2")})
    agenda.add(paces)
    assert agenda.first(QUICK, 10, everybody) == ["a1", "b1", "c1", "a2", "c2", "a3"]
    assert agenda.first(QUICK, 2, everybody) == ["a1", "b1"]
    for endpoint_id in ("a1", "b1"):
        agenda.remove(endpoint_id)
    assert agenda.first(QUICK, 3, everybody) == ["c1", "a2", "c2"]
    assert agenda.first(QUICK, 3, lambda _, account: account == "a") == ["a2", "a3"]
    assert len(agenda) == 4


def test_an_endpoint_keeps_its_place_until_its_conduct_changes():
    agenda, paces = an_agenda(first=a_pace(), second=a_pace())
    agenda.add(["first", "second"])
    agenda.add(["first"])
    assert agenda.first(QUICK, 10, everybody) == ["first", "second"]
    paces["first"].conduct = FAILING
    agenda.correct("first")
    assert agenda.first(QUICK, 10, everybody) == ["second"]
    assert agenda.first(FAILING, 10, everybody) == ["first"]
    agenda.remove("first")
    agenda.correct("first")  # it is not ready
    assert len(agenda) == 1


def test_an_endpoint_that_answered_another_dispatcher_waits_among_those_that_answer():
    agenda, paces = an_agenda()
    paces.known_good = {"well"}
    agenda.add(["new", "well"])
    assert agenda.first(QUICK, 10, everybody) == ["well"]
    assert (paces["well"].conduct, paces["new"].conduct) == (QUICK, UNSURE)
