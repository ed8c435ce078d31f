"""How dispatchers share the endpoints: each round decides by itself, and together they come to an even share."""

from waybell.webhooks.sending.shards import SHARDS, plan, shard_of

_ALL = frozenset(range(SHARDS))


def test_a_dispatcher_alone_takes_all():
    assert plan(frozenset(), frozenset(), _ALL, 1).take == _ALL


def test_who_has_more_than_a_fair_share_leaves_the_rest():
    left = plan(_ALL, frozenset(), frozenset(), 3).leave
    assert len(left) == SHARDS - 22


def test_what_was_left_before_is_left_again_and_nothing_else():
    first = plan(_ALL, frozenset(), frozenset(), 2).leave
    assert plan(_ALL, first, frozenset(), 2).leave == first


def test_what_was_left_is_kept_after_all_when_the_others_have_gone():
    left = plan(_ALL, frozenset(), frozenset(), 2).leave
    assert plan(_ALL, left, frozenset(), 1).leave == frozenset()


def test_no_more_is_taken_than_a_fair_share():
    todo = plan(frozenset(range(10)), frozenset(), _ALL - frozenset(range(10)), 2)
    assert (len(todo.take), todo.leave) == (22, frozenset())
    assert todo.take <= _ALL - frozenset(range(10))


def test_any_number_of_dispatchers_come_to_hold_everything_evenly():
    for members in (2, 3, 5, 63, 64, 100):
        held: list[frozenset[int]] = [_ALL] + [frozenset()] * (members - 1)
        for _ in range(3):
            for number in range(members):
                todo = plan(held[number], frozenset(), _ALL.difference(*held), members)
                held[number] = (held[number] - todo.leave) | todo.take
        assert sum(len(one) for one in held) == SHARDS
        assert max(len(one) for one in held) <= -(-SHARDS // members)


def test_endpoints_spread_over_the_shards():
    counts = [0] * SHARDS
    for number in range(6400):
        counts[shard_of(f"ep_{number:032x}")] += 1
    assert min(counts) > 50
