"""What an operator sees of a real server: a dispatcher that freezes turns it red, one that goes on green."""

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from support.documents import an_order
from support.load import post
from support.program import Program, eventually, free_port
from support.receiver import Receiver


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    program = Program(tmp_path, "serve", terminal=True, **settings_of(tmp_path, free_port()))
    yield program
    program.end()


def settings_of(folder: Path, port: int) -> dict[str, Any]:
    return {
        "PORT": str(port),
        "DATA_DIR": str(folder / "data"),
        "ALLOW_HTTP_ENDPOINTS": "true",
        "ALLOWED_NETWORKS": "127.0.0.0/8",
    }


def ages(program: Program) -> list[float]:
    """The age of the last progress of each dispatcher, as `/metrics` has it."""
    answer = program.get("/metrics")
    assert answer
    assert answer[0] == 200
    families = {family.name: family for family in text_string_to_metric_families(answer[1])}
    return [sample.value for sample in families["waybell_dispatcher_progress_age_seconds"].samples]


def succeeded(program: Program) -> float:
    """The attempts that succeeded since the installation began."""
    answer = program.get("/metrics")
    assert answer
    return next(
        sample.value
        for family in text_string_to_metric_families(answer[1])
        for sample in family.samples
        if sample.name == "waybell_attempts_total" and sample.labels["outcome"] == "succeeded"
    )


def test_what_dispatchers_have_counted_is_told_by_the_web_server_and_outlives_both(program, tmp_path):
    receiver = Receiver()
    try:
        key = eventually(lambda: re.search(r"\bwb_[\w-]+", program.printed))[0]
        eventually(lambda: program.status("/readyz") == 200)
        assert post(program.port, key, "/api/Webhook", {"Url": receiver.url})[0] == 201
        assert post(program.port, key, "/api/Order", an_order("1"))[0] == 201
        receiver.wait_for(1)
        eventually(lambda: succeeded(program) == 1)
        assert post(program.port, key, "/api/Order", an_order("2"))[0] == 201
        receiver.wait_for(2)
        assert program.stop() == 0  # the second may not have been told yet
    finally:
        receiver.close()
    again = Program(tmp_path, "serve", **settings_of(tmp_path, program.port))
    try:
        eventually(lambda: again.status("/readyz") == 200)
        assert succeeded(again) == 2
        assert len(ages(again)) == 1  # the one that was stopped is not missed
    finally:
        again.end()


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="processes are not frozen by a signal there")
def test_a_frozen_dispatcher_turns_it_red_until_it_goes_on(program):
    eventually(lambda: program.status("/readyz") == 200)
    dispatcher = program.started("dispatch")
    os.kill(dispatcher, signal.SIGSTOP)
    try:
        eventually(lambda: program.status("/readyz") == 503)
        answer = program.get("/readyz")
        assert answer
        assert "made no progress since" in answer[1]
        assert f":{dispatcher}, and restart it" in answer[1]
        assert program.status("/healthz") == 200
        eventually(lambda: max(ages(program)) > 30)
    finally:
        os.kill(dispatcher, signal.SIGCONT)
    eventually(lambda: program.status("/readyz") == 200)
    eventually(lambda: max(ages(program)) < 15)
    assert program.started("dispatch") == dispatcher
