"""Log lines: events with keys, from us and from libraries, and no secret through a traceback."""

import json
import subprocess
import sys

SCRIPT = """
import logging
from waybell.running import log
log.configure({format!r})
import structlog
ours = structlog.get_logger('waybell.anything')
ours.info("process.started", name="web", pid=17)
logging.getLogger("uvicorn.error").info("started")
logging.getLogger("uvicorn.error").warning("odd")
def fail(password):
    raise ValueError("no")
try:
    fail("hunter2")
except ValueError as error:
    ours.error("request.failed", exc_info=error)
"""


def logged(log_format: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(format=log_format)], capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
    return done.stderr


def test_elsewhere_than_on_a_terminal_each_line_is_a_json_object():
    started, odd, failed = map(json.loads, logged("auto").splitlines())
    assert (started["event"], started["name"], started["pid"], started["level"]) == (
        "process.started",
        "web",
        17,
        "info",
    )
    assert (odd["event"], odd["level"]) == ("odd", "warning")
    assert "ValueError: no" in failed["exception"]


def test_the_console_format_is_for_reading():
    text = logged("console")
    assert "process.started" in text
    assert "ValueError: no" in text


def test_local_variables_of_a_traceback_are_not_logged():
    assert "hunter2" not in logged("json") + logged("console")
