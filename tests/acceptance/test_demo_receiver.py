"""The receiver of the demo, as a process: it believes only what is signed, and it can be down."""

import http.client
import json
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from support.waiting import wait_for
from waybell.simulating.inbox import Inbox

SECRET = "whsec_" + "c2VjcmV0" * 5  # gitleaks:allow


@pytest.fixture
def arrivals():
    return []


@pytest.fixture
def inbox(tmp_path, arrivals):
    with Inbox(tmp_path, arrivals.append) as inbox:
        inbox.port = inbox.wait_for_port()  # type: ignore[attr-defined]
        inbox.tell(f"secret {SECRET}")
        yield inbox


def body(event_id="evt_1", version=1):
    metadata = {"Event": "OrderUpdated", "Date": datetime.now(UTC).isoformat(), "Id": event_id, "Version": version}
    return json.dumps({"Metadata": metadata, "Data": {"Number": "1001", "Status": "Delivered", "Client": "Bakery"}})


def headers(event_id, content):
    now = datetime.now(UTC)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign(event_id, now, content),
        "content-type": "application/json",
    }


def post(connection, event_id="evt_1", content=None, signed=None):
    content = content or body(event_id)
    connection.request("POST", "/", content, headers(event_id, signed or content))
    response = connection.getresponse()
    response.read()
    return response.status


def test_a_signed_request_is_accepted_and_reported(inbox, arrivals):
    connection = http.client.HTTPConnection("127.0.0.1", inbox.port)
    assert post(connection) == 204
    assert post(connection, "evt_2") == 204  # on the same connection
    wait_for(lambda: len(arrivals) == 2)
    assert arrivals[0].fact.subject == ("order", "1001")
    assert arrivals[0].note == "Delivered"
    assert [arrival.duplicate for arrival in arrivals] == [False, False]
    connection.close()


def test_a_repeated_id_is_a_duplicate(inbox, arrivals):
    connection = http.client.HTTPConnection("127.0.0.1", inbox.port)
    assert [post(connection), post(connection)] == [204, 204]
    wait_for(lambda: len(arrivals) == 2)
    assert [arrival.duplicate for arrival in arrivals] == [False, True]
    connection.close()


@pytest.mark.parametrize(
    ("content", "signed"),
    [
        (body(version=2), body(version=1)),  # changed on the way
        (body("evt_2"), None),  # the signed id is not the one in the body
    ],
)
def test_what_does_not_verify_is_refused_and_reported_as_such(inbox, arrivals, content, signed):
    connection = http.client.HTTPConnection("127.0.0.1", inbox.port)
    assert post(connection, "evt_1", content, signed) == 400
    wait_for(lambda: arrivals)
    assert not arrivals[0].verified
    connection.close()


def test_while_down_it_refuses_connections_and_has_hung_up_the_old_ones(inbox, arrivals):
    kept = http.client.HTTPConnection("127.0.0.1", inbox.port)
    assert post(kept) == 204
    for event_id in ("evt_2", "evt_3"):
        inbox.tell("down")
        with pytest.raises(OSError):
            post(kept, event_id)
        kept.close()
        with pytest.raises(ConnectionRefusedError):
            post(kept, event_id)
        kept.close()
        inbox.tell("up")
        assert post(kept, event_id) == 204
    wait_for(lambda: len(arrivals) == 3)
    kept.close()
