"""Two web servers on one PostgreSQL keep the rates of a key together."""

import http.client
import re
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.postgres import fresh_database
from support.program import Program, eventually, free_port, run

LIMIT = 200
SECRET = "A" * 43 + "="


@pytest.fixture
def url(postgres_server: str) -> Iterator[str]:
    with fresh_database(postgres_server) as url:
        yield url


@pytest.fixture
def servers(url, tmp_path) -> Iterator[list[Program]]:
    assert run(tmp_path, "migrate", DATABASE_URL=url).returncode == 0
    settings = {"DATABASE_URL": url, "SECRET_KEY": SECRET, "CALLS_PER_MINUTE": str(LIMIT)}
    programs = [Program(tmp_path, "web", terminal=True, PORT=str(free_port()), **settings) for _ in range(2)]
    try:
        eventually(lambda: all(program.status("/healthz") == 200 for program in programs))
        yield programs
    finally:
        for program in programs:
            program.end()


def test_together_they_let_in_the_limit_and_hardly_more(servers):
    key = re.search(r"\bwb_[\w-]+", "".join(program.printed for program in servers))[0]

    def hammer(port: int) -> list[tuple[int, str]]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        seen = []
        for _ in range(LIMIT):
            connection.request("GET", "/api/Test", headers={"X-API-KEY": key})
            answer = connection.getresponse()
            answer.read()
            assert answer.headers["Date"]
            seen.append((answer.status, answer.headers["X-Rate-Limit-Reset"]))
            if answer.status == 429:
                assert 1 <= int(answer.headers["Retry-After"]) <= 60
        connection.close()
        return seen

    _leave_room_in_this_minute()
    with ThreadPoolExecutor(4) as pool:
        answers = Counter(one for some in pool.map(hammer, [server.port for server in servers] * 2) for one in some)
    assert {status for status, _ in answers} == {200, 429}
    for minute in {reset for _, reset in answers}:
        let_in = answers[200, minute]
        assert let_in <= LIMIT * 1.1 + 4, answers  # a tenth for the further process, and what was under way
        if answers[429, minute]:
            assert let_in >= LIMIT, answers


def _leave_room_in_this_minute() -> None:
    """Or the calls might be spread so over two minutes that neither is full."""
    eventually(lambda: time.time() % 60 < 40)
