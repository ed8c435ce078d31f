"""A request whose answer was lost with its server is carried out once when it is sent again."""

import http.client
import json
import re
import signal
import sqlite3
from contextlib import closing
from typing import Any

from support.program import Program, eventually, free_port

ORDER = {"Number": "N-1", "Client": "Blue Harbour Cafe", "Address": "Kalasadama 4, Tallinn"}


def test_kill_9_between_the_commit_and_the_answer(tmp_path):
    """The caller never reads the answer, and the server is killed as soon as the change is in the database."""
    settings: Any = {"PORT": str(free_port()), "DATA_DIR": str(tmp_path / "data")}
    server = Program(tmp_path, "serve", terminal=True, **settings)
    try:
        key = eventually(lambda: re.search(r"\bwb_[\w-]+", server.printed))[0]
        eventually(lambda: server.status("/healthz") == 200)
        headers = {"X-API-KEY": key, "Idempotency-Key": "one", "Content-Type": "application/json"}
        unheard = _sent(server, headers)
        eventually(lambda: _count(tmp_path, "kept_answers") == 1)
        server.stop(signal.SIGKILL)
        server.end()
        unheard.close()
        server = Program(tmp_path, "serve", **settings)
        eventually(lambda: server.status("/healthz") == 200)
        with closing(_sent(server, headers)) as connection:
            answer = connection.getresponse()
            assert (answer.status, answer.headers["Idempotent-Replayed"]) == (201, "true")
            assert json.load(answer)["Detail"] == "Order N-1 was created."
        assert (_count(tmp_path, "orders"), _count(tmp_path, "events")) == (1, 1)
    finally:
        server.end()


def _sent(server, headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("POST", "/api/Order", json.dumps(ORDER), headers)
    return connection


def _count(folder, table):
    with closing(sqlite3.connect(folder / "data" / "waybell.db")) as database:
        return database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
