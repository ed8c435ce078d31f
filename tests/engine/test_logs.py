"""What the dispatcher logs can be found by the ids that people and other systems know."""

from collections.abc import MutableMapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from support.receiver import Answer
from waybell.events import outbox
from waybell.events.model import Event

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def logged(app, account, endpoint, receiver, settle):
    """Sends one event, of a traced request or not, to a receiver that wants nothing any more; what is logged of it."""

    def logged(trace: str | None) -> tuple[Event, str, list[MutableMapping[str, Any]]]:
        receiver.answer = Answer(410)
        endpoint_id = endpoint(receiver.url)
        event = Event(account.id, "OrderUpdated", "order:1", {})
        with app.database.transaction(trace=trace) as tx:
            outbox.record(tx, event)
        with capture_logs() as lines:
            settle()
        return event, endpoint_id, lines

    return logged


def test_a_message_that_is_given_up_is_logged_with_all_its_keys(logged, account):
    event, endpoint_id, lines = logged(TRACE)
    (line,) = [line for line in lines if line["event"] == "message.failed"]
    assert line.pop("message").startswith("msg_")
    assert line == {
        "event": "message.failed",
        "log_level": "warning",
        "account": account.id,
        "endpoint": endpoint_id,
        "event_id": event.id,
        "error": "http_status 410",
        "trace_id": TRACE[3:35],
    }


def test_without_a_trace_there_is_no_key_for_it(logged):
    lines = logged(None)[2]
    assert lines
    assert all("trace_id" not in line for line in lines)


def test_an_endpoint_that_is_disabled_is_logged_with_its_account(logged, account):
    _, endpoint_id, lines = logged(None)
    (line,) = [line for line in lines if line["event"] == "endpoint.disabled"]
    assert (line["account"], line["endpoint"], line["reason"]) == (account.id, endpoint_id, "gone")
