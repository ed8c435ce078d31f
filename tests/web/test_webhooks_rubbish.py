"""Whatever a caller sends, it is never our fault: no 500, and always an answer that says what is wrong."""

from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic_core import to_json

from support.receiver import closed_port

ENDPOINT = [
    "Url",
    "Description",
    "EventTypes",
    "Headers",
    "Ordered",
    "Concurrency",
    "RateLimit",
    "Schemes",
    "HexHeader",
]
WAITING = ["WaitingSince", "Until", "Event", "Subject", "Outcome"]
MEMBERS = {
    ("POST", "/api/Webhook"): ENDPOINT,
    ("PUT", "/api/Webhook/{id}"): ENDPOINT,
    ("POST", "/api/Webhook/{id}/Secret"): ["OverlapHours", "Scheme"],
    ("POST", "/api/Webhook/{id}/Test"): ["EventType"],
    ("POST", "/api/Webhook/{id}/Retry"): ["MessageIds", "FailedSince", "MissedSince", *WAITING],
    ("POST", "/api/Webhook/{id}/Cancel"): ["MessageIds", *WAITING],
    ("POST", "/api/Event"): ["Event", "Subject", "Data", "Key"],
    ("POST", "/api/EventType"): ["Name", "Meaning", "Schema", "Sample"],
}
QUERIES = {
    "/api/Webhook": ["After", "Limit"],
    "/api/Webhook/{id}/Message": ["After", "Limit", "State", "Event", "Subject", "Since", "Until"],
    "/api/Webhook/{id}/Attempt": ["After", "Limit", "State", "Event", "Subject", "Since", "Until"],
    "/api/Webhook/{id}/Retry": ["After", "Limit"],
    "/api/Webhook/{id}/Cancel": ["After", "Limit"],
    "/api/Event": ["After", "Limit", "Event"],
}

_ODD = """ 0x10 null NaN -1 1e999 v1 OrderCreated https://e.example/ https://[::1 http://127.0.0.1:99999/
2026-11-23T10:00:00Z 24:00 order:1 ../.. %00 * invoice.paid ep_1|1 MC4y X-A"""
odd_text = st.sampled_from([*_ODD.split(), "", " ", "\0", "a\0b", "\r\n", "\u2603", "\ud7ff", "x" * 5000, "9" * 400])
scalar = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**31, 2**63, -(2**63) - 1, 10**400, 0, 1e308, -0.0])
    | st.floats(allow_nan=False, allow_infinity=False)
    | odd_text
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
)
value = st.recursive(
    scalar, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(odd_text, inner, max_size=4), max_leaves=8
)
slow = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def endpoint_id(api):
    api.post("/api/EventType", json={"Name": "invoice.paid", "Meaning": "x"})
    return api.post("/api/Webhook", json={"Url": f"http://127.0.0.1:{closed_port()}/"}).json()["Id"]


def send(api, method, path, body):
    """As `json=` does, but with numbers that the client's own encoder refuses."""
    return api.request(method, path, content=to_json(body), headers={"Content-Type": "application/json"})


def assert_not_ours(answer) -> None:
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        document = answer.json()
        assert document["Status"] == answer.status_code
        assert document["Detail"]


@pytest.mark.parametrize(("method", "path"), MEMBERS)
@slow
@given(data=st.data())
def test_rubbish_in_a_body(api, endpoint_id, method, path, data):
    names = MEMBERS[method, path]
    body = data.draw(st.dictionaries(st.sampled_from([*names, "Other", "url"]), value, max_size=6) | value)
    assert_not_ours(send(api, method, path.format(id=endpoint_id), body))


@slow
@given(
    body=st.lists(st.dictionaries(st.sampled_from(MEMBERS["POST", "/api/Event"]), value) | value, max_size=5) | value
)
def test_rubbish_in_a_bulk(api, endpoint_id, body):
    assert_not_ours(send(api, "POST", "/api/Event/Bulk", body))


@pytest.mark.parametrize("path", QUERIES)
@slow
@given(data=st.data())
def test_rubbish_in_a_query(api, endpoint_id, path, data):
    text = odd_text | st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
    params = data.draw(st.dictionaries(st.sampled_from(QUERIES[path]), text | st.lists(text, max_size=3), max_size=4))
    assert_not_ours(api.get(path.format(id=endpoint_id), params=params))


@slow
@given(key=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_rubbish_in_a_path(api, key):
    for path in ("/api/Webhook/{}", "/api/Webhook/{}/Message", "/api/Webhook/Message/{}", "/api/EventType/{}"):
        assert_not_ours(api.get(path.format(quote(key, safe=""))))


@slow
@given(body=st.binary(max_size=60))
def test_rubbish_instead_of_json(api, endpoint_id, body):
    for path in ("/api/Webhook", f"/api/Webhook/{endpoint_id}/Secret", "/api/Event/Bulk"):
        assert_not_ours(api.post(path, content=body, headers={"Content-Type": "application/json"}))
