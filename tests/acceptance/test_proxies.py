"""Where a caller comes from, with and without a proxy before a real server."""

import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.program import Program, eventually, free_port

WRONG = urllib.parse.urlencode({"Email": "nobody@example.com", "Password": "wrong"}).encode()


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Callable[..., Program]]:
    programs: list[Program] = []

    def start(**settings: Any) -> Program:
        settings = {"PORT": str(free_port()), "DATA_DIR": str(tmp_path / "data"), **settings}
        programs.append(Program(tmp_path, "serve", environment={"FORWARDED_ALLOW_IPS": "*"}, **settings))
        eventually(lambda: programs[-1].status("/healthz") == 200)
        return programs[-1]

    yield start
    for program in programs:
        program.end()


def tries(program: Program, forwarded: str) -> list[int]:
    """What twelve wrong sign-ins are answered with, each from "its own" place: one more than pass from one."""
    answers = []
    for n in range(12):
        headers = {"X-Forwarded-For": forwarded.format(n)}
        request = urllib.request.Request(f"http://127.0.0.1:{program.port}/sign-in", WRONG, headers)
        try:
            urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as error:
            with error:
                answers.append(error.code)
    return answers


def test_nobody_says_where_they_come_from_unless_a_proxy_is_trusted(web):
    assert tries(web(), "9.9.9.{}")[-1] == 429


@pytest.mark.parametrize("trusted", ["127.0.0.1", "10.0.0.0/8, 127.0.0.0/8"])
def test_a_trusted_proxy_tells_where_callers_come_from_and_callers_cannot(web, trusted):
    """A proxy appends whom it sees, so what a caller sent stands before that."""
    program = web(TRUSTED_PROXIES=trusted)
    assert tries(program, "203.0.113.{}") == [401] * 12
    assert tries(program, "9.9.9.{}, 198.51.100.1")[-1] == 429


def test_a_proxy_that_is_not_trusted_is_the_place_itself(web):
    assert tries(web(TRUSTED_PROXIES="192.0.2.1"), "203.0.113.{}")[-1] == 429
