"""Durations in steps: near to what they stand for, and in order."""

import pytest

from waybell.webhooks.endpoints.duration_steps import STEPS, percentile, rounded


def test_a_step_stands_for_itself_and_is_near_to_what_it_stands_for():
    assert [rounded(step) for step in STEPS] == list(STEPS)
    for microseconds in range(100, 20_000_000, 997):
        assert abs(rounded(microseconds) - microseconds) <= 0.07 * microseconds
    assert (rounded(0), rounded(10**12)) == (STEPS[0], STEPS[-1])


@pytest.mark.parametrize(
    ("counted", "hundredths", "step"),
    [({}, 95, None), ({5: 1}, 95, 5), ({9: 5, 5: 95}, 95, 5), ({9: 6, 5: 94}, 95, 9), ({5: 1, 9: 1}, 50, 5)],
)
def test_a_percentile_is_the_step_that_so_many_kept(counted, hundredths, step):
    assert percentile(counted, hundredths) == step
