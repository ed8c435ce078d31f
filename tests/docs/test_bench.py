"""The benchmark's own parts work: it is run by hand, and would not be missed for weeks."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from support.scripts import modules_of
from waybell.db.database import Database
from waybell.events.tables import events
from waybell.upkeep import webhooks
from waybell.webhooks.messages import due_times
from waybell.webhooks.messages.tables import attempts, messages


@pytest.fixture(autouse=True)
def _bench():
    with modules_of("bench"):
        yield


@pytest.fixture
def installation(database_url, tmp_path):
    from history import KEPT  # noqa: PLC0415
    from installation import Installation  # noqa: PLC0415

    made = Installation(tmp_path, database_url, KEPT)
    yield made
    made.close()


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


def test_it_times_the_pages(installation):
    import pages  # noqa: PLC0415

    found = pages.measure(installation, quick=1000)
    assert len(found.times) == 18
    assert all(0 < one.median_ms <= one.slowest_ms for one in found.times)
    assert found.first_visit_kilobytes > 1


def test_it_fills_a_database_with_history(installation):
    import history  # noqa: PLC0415

    installation.add_endpoints(5, "http://127.0.0.1:9/")
    told: list[int] = []
    first = history.add_finished(installation, "BenchmarkEvent", 60, progress=told.append)
    assert (first, told) == (12, [60])
    assert history.add_finished(installation, "BenchmarkEvent", 40, after=first) == 20
    history.settle(installation)
    assert installation.count_events() == 20
    tally = installation.tally()
    assert (tally.states, tally.attempts, tally.attempts_kept) == ({"succeeded": 100}, 100, 100)
    assert installation.is_drained()
    with installation.app.database.reading() as tx:
        ids = tx.execute(select(messages.c.id).order_by(messages.c.created_at, messages.c.id)).scalars().all()
        assert ids == sorted(ids)
        assert {len(one) for one in ids} == {len("msg_") + 32}
        with_both = select(func.count()).select_from(
            messages.join(events, events.c.id == messages.c.event_id).join(
                attempts, attempts.c.message_id == messages.c.id
            )
        )
        assert tx.execute(with_both).scalar_one() == 100
        times = tx.execute(select(func.min(messages.c.created_at), func.max(messages.c.created_at))).one()
        assert tx.now - timedelta(days=30) <= times[0] < times[1] <= tx.now
        assert times[1] - times[0] > history.MONTH / 2


def test_no_upkeep_deletes_the_history_of_the_benchmark(installation):
    import history  # noqa: PLC0415

    installation.add_endpoints(5, "http://127.0.0.1:9/")
    history.add_finished(installation, "BenchmarkEvent", 100)
    webhooks.run_once(installation.app.database, installation.app.settings)
    assert installation.tally().attempts_kept == 100
    assert installation.count_events() == 20


def test_it_fills_a_database_with_a_heap_for_one_endpoint(installation):
    import history  # noqa: PLC0415

    (endpoint_id,) = installation.add_endpoints(1, "http://127.0.0.1:9/", event_type="OtherBenchmarkEvent")
    history.add_waiting(installation, "OtherBenchmarkEvent", 100)
    assert installation.tally().states == {"waiting": 100}
    with installation.app.database.reading() as tx:
        assert due_times.next_due(tx)[endpoint_id] < tx.now
    assert installation.is_drained(beside=endpoint_id)


def test_a_column_that_the_filling_does_not_know_stops_it():
    import history  # noqa: PLC0415
    from processes import BenchmarkFailed  # noqa: PLC0415

    with pytest.raises(BenchmarkFailed, match="does not fill state of messages"):
        history._check(messages, history._MESSAGE | {name: "1" for name in history._FINISHED if name != "state"})
    with pytest.raises(BenchmarkFailed, match="messages has no such column"):
        history._check(messages, history._MESSAGE | history._FINISHED | {"colour": "1"})


def test_endpoints_that_are_held_get_nothing_until_they_are_released(installation):
    database: Database = installation.app.database
    held, other = installation.add_endpoints(2, "http://127.0.0.1:9/")
    installation.hold([held])

    def paused() -> set[str]:
        from waybell.webhooks.endpoints.store import statuses  # noqa: PLC0415

        with database.reading() as tx:
            found = statuses(tx, [held, other])
            return {one for one, standing in found.items() if standing.paused_until and standing.paused_until > tx.now}

    assert paused() == {held}
    installation.hold()
    assert paused() == {held, other}
    installation.release([other])
    assert paused() == {held}
    installation.release()
    assert paused() == set()


@pytest.mark.parametrize("bad", [1, 10, 50])
def test_bad_endpoints_are_spread_over_groups_of_ten(bad):
    import isolation  # noqa: PLC0415

    ill = [f"ill-{n}" for n in range(bad)]
    well = [f"well-{n}" for n in range(100 - bad)]
    groups = isolation.in_groups(well, ill).values()
    assert [len(group) for group in groups] == [10] * 10
    assert sorted(one for group in groups for one in group) == sorted(ill + well)
    counts = [sum(one.startswith("ill") for one in group) for group in groups]
    assert max(counts) - min(counts) <= 1


def test_a_bad_run_is_compared_with_those_of_its_own_round():
    import isolation  # noqa: PLC0415

    healthy = isolation.Run("healthy", 10, 3, 5, 1000, 0, 1000, 1000, 8000, 100, 0, 0)
    paused = replace(healthy, fare="paused", p99_ms=4, backlog_per_second=10_000)
    bad = [replace(healthy, fare=fault, parked=2, p99_ms=6, backlog_per_second=7600) for fault in isolation.FAULTS]
    first = [healthy, paused, *bad]
    # The machine was busy in the second round.
    second = [replace(one, p99_ms=10 * one.p99_ms, backlog_per_second=one.backlog_per_second / 10) for one in first]
    found = isolation.compared([first, second[::-1]])
    assert [one.fault for one in found] == ["hang", "refuse", "slow"]
    assert found[0].parked == 2
    assert found[0].healthy == pytest.approx((27.5, 4400, 1.2, 0.95))
    assert found[0].paused == pytest.approx((22, 5500, 1.5, 0.76))
    assert isolation.order(1) == isolation.order(0)[::-1]


def test_one_that_is_well_is_compared_round_by_round_beside_those_that_hang():
    import hanging  # noqa: PLC0415
    import results  # noqa: PLC0415

    without = hanging.Run(0, 2, 5, 10, 1000, 0)
    beside = hanging.Run(1000, 2, 6, 10, 2500, 700)
    rounds = [(beside, without), (replace(beside, p99_ms=20), replace(without, p99_ms=20)), (beside, without)]
    found = hanging.compared(rounds)
    assert (found.beside.p99_ms, found.p99_ratio, found.restart_p99_ratio) == (6, 1.2, 2.5)
    lines = results.hanging_lines(results.Results(wrk=[], hanging={"SQLite": found}))
    assert [line.met for line in lines] == [True, False]


def test_growth_is_judged_by_cost_against_the_first_step_and_wrk():
    import growth  # noqa: PLC0415
    from results import Results, growth_lines  # noqa: PLC0415

    first = growth.Step("finished", 10_000, False, 20_000, 2.0, 80, 20, 120, 100_000, 5)
    on_a_slower_machine = replace(first, size=100_000, dispatcher_cpu_us=160, database_cpu_us=40, wrk_cpu_us=10)
    dearer = replace(first, size=1_000_000, database_cpu_us=40)
    again = replace(first, again=True)
    assert growth.relative_costs([first, on_a_slower_machine]) == pytest.approx([1, 1])
    lines = growth_lines(Results(growth={"PostgreSQL": [first, on_a_slower_machine, dearer, again]}))
    assert [line.met for line in lines] == [None, True, False, None]
    assert lines[2].what == "PostgreSQL: 1,000,000 finished"
    assert lines[2].measured == "10,000/s, 80 + 40 µs CPU, 120 MB"
    assert lines[2].ratio == "cost 1.20 x, speed 1.00 x"


def test_growth_is_against_the_mean_of_the_first_step_and_its_repetition():
    import growth  # noqa: PLC0415

    first = growth.Step("endpoints", 10, False, 20_000, 2.0, 80, None, 120, 100_000, 5)
    slowed_down = [replace(first, size=100, dispatcher_cpu_us=100), replace(first, again=True, dispatcher_cpu_us=120)]
    assert growth.relative_costs([first, *slowed_down]) == pytest.approx([0.8, 1, 1.2])
    faster = replace(first, again=True, seconds=1.0)
    assert growth.relative_speeds([first, faster]) == pytest.approx([2 / 3, 4 / 3])


@pytest.mark.parametrize(("free", "fit"), [(10**12, [10**6, 10**7]), (10 * 10**9, [10**6]), (10**6, [])])
def test_history_grows_only_as_far_as_the_disk_has_room(free, fit):
    import growth  # noqa: PLC0415

    assert growth.that_fit([10**6, 10**7], free) == fit


def test_the_same_figures_make_the_same_picture(tmp_path):
    import growth  # noqa: PLC0415
    import plot  # noqa: PLC0415

    steps = [
        growth.Step(axis, size, False, 20_000, 2.0, 80 + place, None, 120, 100_000, 5)
        for axis in ("endpoints", "waiting", "finished")
        for place, size in enumerate((10, 100, 1000))
    ]
    for name in ("one", "two"):
        plot.draw({"SQLite": steps, "PostgreSQL": steps}, tmp_path / name)
    drawn = (tmp_path / "one").read_text()
    assert drawn == (tmp_path / "two").read_text()
    assert len(drawn) < 60_000
    for said in ("SQLite", "PostgreSQL", "finished messages", "target"):
        assert said in drawn
