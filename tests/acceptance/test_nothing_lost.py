"""The promise that matters most: what the API has answered with a 2xx is sent, whatever is killed meanwhile.

`make faults` attacks it for many minutes and in many ways; this is the small cut of it: the kills, and one strike at
the connections to the database, at a receiver and at its TLS. On PostgreSQL three web servers and three dispatchers
work together, each a program of its own.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.installation import RECEIVERS, Installation, publishing
from support.load import account
from support.postgres import fresh_database
from support.scripts import modules_of
from support.waiting import wait_for

CUT = (
    "kill -9 a dispatcher",
    "kill -9 a web server",
    "kill -9 everything",
    "all connections to PostgreSQL are cut",
    "the receiver resets connections",
    "TLS: the authority is unknown",
)


@pytest.fixture(params=["sqlite", "postgres"])
def installation(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    if request.param == "sqlite":
        yield from _begun(Installation(tmp_path, None))
        return
    with fresh_database(request.getfixturevalue("postgres_server")) as url:
        yield from _begun(Installation(tmp_path, url))


def _begun(installation: Installation) -> Iterator[Installation]:
    try:
        installation.begin()
        yield installation
    finally:
        installation.end()


@pytest.fixture
def strikes(installation):
    """The faults of the cut that this database knows; each strikes while these publishers publish."""
    with modules_of("faults"):
        from fault import Scene  # type: ignore[import-not-found]  # noqa: PLC0415
        from run import ALL  # type: ignore[attr-defined]  # noqa: PLC0415 - bench has a module of that name too

        kind = "SQLite" if installation.database_url is None else "PostgreSQL"
        named = {fault.name: fault for fault in ALL}
        chosen = [named[name] for name in CUT if kind in named[name].databases]
        yield [lambda publishers, fault=fault: fault.strike(Scene(installation, publishers, None)) for fault in chosen]


def test_what_strikes_in_the_middle_of_a_load_loses_nothing_and_keeps_the_order(installation, strikes):
    with publishing(installation) as publishers:
        for strike in strikes:
            for publisher in publishers:
                publisher.more(15)
            strike(publishers)
            installation.start()
        for publisher in publishers:
            publisher.more(15)
    accepted = {event_id for one in publishers for event_id in one.accepted}
    wait_for(lambda: all(accepted <= installation.witness.taken(path) for path in RECEIVERS), 90)
    found = account(accepted, list(installation.witness.arrivals), RECEIVERS)
    assert [one.unexpected for one in publishers] == [[], [], []]
    assert (found.lost, found.out_of_order) == (0, 0)
    assert found.accepted >= 45 * (len(strikes) + 1)
