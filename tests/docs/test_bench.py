"""The benchmark's own parts work: it is run by hand, and would not be missed for weeks."""

import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "bench"


@pytest.fixture
def installation(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(BENCH))
    before = set(sys.modules)
    from installation import Installation  # noqa: PLC0415

    made = Installation(tmp_path)
    yield made
    made.close()
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", None) or "").startswith(str(BENCH)):
            del sys.modules[name]


def test_it_fills_a_database_with_orders_and_a_backlog(installation):
    import backlog  # noqa: PLC0415
    import orders  # noqa: PLC0415

    orders.fill(installation, orders.FEW + 10)
    events = installation.count_events()
    installation.add_endpoints(3, "http://127.0.0.1:9/")
    backlog.record(installation, 3, 20)
    assert installation.count_events() == events + 20
    assert installation.tally().states == {"waiting": 60}
    assert not installation.is_drained()
