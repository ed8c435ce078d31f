"""The promise that matters most: what the API has answered with a 2xx is sent, whatever is killed meanwhile.

`make faults` attacks it for many minutes and in many ways; this is the small cut of it. On PostgreSQL three web servers
and three dispatchers work together, each a program of its own.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.installation import RECEIVERS, Installation, publishing
from support.load import account
from support.postgres import fresh_database
from support.waiting import wait_for


@pytest.fixture(params=["sqlite", "postgres"])
def installation(request: pytest.FixtureRequest, tmp_path: Path, worker_id: str) -> Iterator[Installation]:
    if request.param == "sqlite":
        yield from _begun(Installation(tmp_path, None))
        return
    with fresh_database(os.environ["WAYBELL_TEST_POSTGRES_URL"], f"waybell_lost_{worker_id}_{os.getpid()}") as url:
        yield from _begun(Installation(tmp_path, url))


def _begun(installation: Installation) -> Iterator[Installation]:
    try:
        installation.begin()
        yield installation
    finally:
        installation.end()


def kill_a_dispatcher(installation: Installation) -> None:
    installation.kill(wait_for(lambda: installation.pids("dispatch"), 60)[0])


def kill_a_web_server(installation: Installation) -> None:
    installation.kill(wait_for(lambda: installation.pids("web"), 60)[0])


def kill_everything(installation: Installation) -> None:
    installation.kill(*installation.everything())
    wait_for(lambda: not installation.everything(), 60)


KILLS: list[Callable[[Installation], None]] = [kill_a_dispatcher, kill_a_web_server, kill_everything]


@pytest.mark.timeout(240)
def test_kill_9_in_the_middle_of_a_load_loses_nothing_and_keeps_the_order(installation):
    with publishing(installation) as publishers:
        for kill in KILLS:
            for publisher in publishers:
                publisher.more(15)
            kill(installation)
            installation.start()
        for publisher in publishers:
            publisher.more(15)
    accepted = {event_id for one in publishers for event_id in one.accepted}
    wait_for(lambda: all(accepted <= installation.witness.taken(path) for path in RECEIVERS), 90)
    found = account(accepted, list(installation.witness.arrivals), RECEIVERS)
    assert [one.unexpected for one in publishers] == [[], [], []]
    assert (found.lost, found.out_of_order) == (0, 0)
    assert found.accepted >= 180
