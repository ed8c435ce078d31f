"""An import and its undo go on where a killed process left off: nothing is lost, and nothing is done twice."""

import os
import signal
from collections import Counter
from functools import partial

import pytest
from sqlalchemy import select

from support import imports
from support.files import HEADERS, text_file
from support.program import Program, eventually, free_port
from waybell.accounts import actions as accounts
from waybell.accounts.model import Actor
from waybell.app import build
from waybell.events.tables import events
from waybell.importing import actions
from waybell.orders.tables import orders
from waybell.settings import load

_ORDERS = 2000
_KILLS = 3


@pytest.fixture
def server(tmp_path):
    program = Program(tmp_path, "serve", PORT=str(free_port()), DATA_DIR=str(tmp_path / "data"))
    yield program
    program.end()


def test_kills_in_the_middle_lose_and_double_nothing(server, tmp_path):
    server.started("dispatch")
    app = build(load({}, data_dir=tmp_path / "data"))
    with app.database.reading() as tx:
        actor = Actor(accounts.list_accounts(tx)[0], "tests")
    rows = [(f"A{at:05}", "2030-11-24", "Cafe", f"Pikk {at}") for at in range(_ORDERS)]
    import_id = imports.prepare(app, actor, text_file(HEADERS, *rows))

    def told() -> Counter[str]:
        with app.database.reading() as tx:
            return Counter(tx.execute(select(events.c.type)).scalars())

    def killed_until(over: str, done: str) -> None:
        """Kill the dispatcher whenever it has gone some way, then wait for the end."""

        def reached(least: int) -> bool:
            return told()[done] >= least

        for kill in range(1, _KILLS + 1):
            eventually(partial(reached, kill * 150))
            os.kill(server.events("process.started", name="dispatch")[-1]["pid"], signal.SIGKILL)
            server.started("dispatch", len(server.events("process.started", name="dispatch")) + 1)
        eventually(lambda: imports.state(app, actor, import_id).state == over)

    imports.begin(app, actor, import_id)
    killed_until("succeeded", "OrderCreated")
    with app.database.reading() as tx:
        numbers = list(tx.execute(select(orders.c.number).where(orders.c.deleted_at.is_(None))).scalars())
    assert sorted(numbers) == [row[0] for row in rows]
    assert told() == {"OrderCreated": _ORDERS}

    with app.database.transaction() as tx:
        actions.undo(tx, actor, import_id)
    killed_until("undone", "OrderDeleted")
    assert told() == {"OrderCreated": _ORDERS, "OrderDeleted": _ORDERS}
    assert imports.state(app, actor, import_id).kept == 0
    app.close()
