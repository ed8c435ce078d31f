"""A trace goes from the request through the event to the webhooks that it causes."""

import re

import pytest

from support.documents import an_order
from support.waiting import wait_for
from waybell.app import build_dispatcher

ID = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{ID}-b7ad6b7169203331-01"


@pytest.fixture
def send(app, api, receiver):
    """Adds an endpoint; sends what waits, and answers the headers of what arrived."""
    assert api.post("/api/Webhook", json={"Url": receiver.url}).status_code == 201
    dispatcher = build_dispatcher(app)

    def send(count: int) -> list[dict[str, str]]:
        dispatcher.scan()

        def arrived() -> bool:
            dispatcher.step(0.01)
            return len(receiver.received) >= count and dispatcher.settled()

        wait_for(arrived)
        return [got.headers for got in receiver.received]

    yield send
    dispatcher.close()


def test_what_a_traced_request_causes_is_sent_with_its_trace(api, send):
    headers = {"traceparent": PARENT, "tracestate": "theirs=1"}
    assert api.post("/api/Order", json=an_order(), headers=headers).status_code == 201
    (sent,) = send(1)
    assert re.fullmatch(rf"00-{ID}-(?!b7ad6b7169203331)[0-9a-f]{{16}}-01", sent["traceparent"])
    assert sent["tracestate"] == "theirs=1"


@pytest.mark.parametrize("headers", [{}, {"traceparent": "00-nothing-01"}, {"tracestate": "theirs=1"}])
def test_without_a_trace_none_is_sent(api, send, headers):
    assert api.post("/api/Order", json=an_order(), headers=headers).status_code == 201
    (sent,) = send(1)
    assert not {"traceparent", "tracestate"} & set(sent)


def test_each_attempt_shows_its_own_part_of_the_trace_in_the_log_of_attempts(api, send, receiver):
    assert api.post("/api/Order", json=an_order(), headers={"traceparent": PARENT}).status_code == 201
    (sent,) = send(1)
    endpoint = api.get("/api/Webhook").json()["Items"][0]["Id"]
    message = api.get(f"/api/Webhook/{endpoint}/Message").json()["Items"][0]["Id"]
    attempts = api.get(f"/api/Webhook/Message/{message}/Attempt").json()["Items"]
    assert sent["traceparent"] in str(attempts[0])


def test_an_endpoint_cannot_set_these_headers_itself(api):
    answer = api.post("/api/Webhook", json={"Url": "https://e.example/", "Headers": {"Traceparent": PARENT}})
    assert answer.status_code == 400
