"""Rates of keys as callers meet them: where they are told and where not, and wrong keys that are slowed down."""

from ipaddress import ip_network

import pytest
from fastapi.testclient import TestClient
from uvicorn.middleware.proxy_headers import _TrustedHosts

from waybell.accounts.grants import Grant
from waybell.ground.rates import Rates
from waybell.web.client_places import place_of, trusted_hosts

HEADERS = {"x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset"}


def test_an_internal_error_says_what_is_left_too(api, web):
    web.state.tools = None
    answer = api.get("/api/EventType")
    assert answer.status_code == 500
    assert set(answer.headers) >= HEADERS


@pytest.mark.parametrize("door", ["/api", ""])
def test_every_answer_has_them_whatever_it_is(api, key_with, monkeypatch, web, door):
    """Clients of the original read them from each answer, and some crash without."""
    wrong = {"X-API-KEY": "wb_wrong"}
    large = {"Content-Length": str(2**30), "Content-Type": "application/json"}
    for status, method, path, headers in (
        (401, "GET", "/Test", wrong),
        (401, "GET", "/Test", {"X-API-KEY": ""}),
        (404, "GET", "/Order/Nothing", {}),
        (404, "GET", "/Order/Nothing", wrong),
        (405, "PATCH", "/Order", {}),
        (405, "PATCH", "/Order", wrong),
        (405, "HEAD", "/Order", {}),
        (200, "HEAD", "/Test", {}),
        (400, "POST", "/Order", {}),
        (400, "GET", "/Test", {"Host": "a b"}),
        (413, "POST", "/Order", large),
        (415, "POST", "/Order", {"Content-Type": "text/csv"}),
    ):
        answer = api.request(method, door + path, headers=headers)
        assert answer.status_code == status, (path, answer.text)
        assert set(answer.headers) >= HEADERS, (status, path)
        assert len(answer.headers.get_list("x-rate-limit-remaining")) == 1
        assert answer.headers["x-rate-limit-limit"] == "1m"
    assert api.get(f"{door}/Test", headers=wrong).headers["x-rate-limit-remaining"] == "100000"
    restricted = key_with(Grant(kinds=("Routes",), rates=Rates(per_minute=1)))
    assert [restricted.get(f"{door}/Driver").status_code for _ in range(2)] == [403, 429]
    monkeypatch.setattr(web.state, "door", None)
    broken = api.get(f"{door}/Test")
    assert (broken.status_code, set(broken.headers) >= HEADERS) == (500, True)


def test_what_leads_nowhere_counts_too(key_with):
    api = key_with(Grant(rates=Rates(per_minute=3)))
    asked = (("GET", "/api/Nothing"), ("PATCH", "/api/Order"), ("GET", "/Order/Nothing"), ("GET", "/api/Nothing"))
    assert [api.request(*one).status_code for one in asked] == [404, 405, 404, 429]


def test_an_address_is_not_slowed_down_for_what_it_asks_without_a_key(web, api):
    stranger = TestClient(web)
    assert {stranger.get("/api/Nothing").status_code for _ in range(70)} == {404}
    assert stranger.get("/api/Test").status_code == 401


def test_an_address_that_sends_many_wrong_keys_is_not_listened_to(web, api):
    assert api.get("/api/Test").status_code == 200
    stranger = TestClient(web, headers={"X-API-KEY": "wb_wrong"})
    answers = [stranger.get("/api/Test") for _ in range(61)]
    assert {answer.status_code for answer in answers[:60]} == {401}
    assert answers[60].status_code == 429
    assert (answers[60].headers["retry-after"], answers[60].headers["x-rate-limit-remaining"]) == ("60", "0")
    assert api.get("/api/Test").status_code == 200  # whoever was good before goes on, from the same address too


def test_neighbours_of_one_network_are_oneplace_of():
    assert place_of("2001:db8::1") == place_of("2001:db8::ffff") != place_of("2001:db8:0:1::1")
    assert place_of("192.0.2.1") != place_of("192.0.2.2")
    assert place_of("testclient") == "testclient"


def test_a_trusted_proxy_is_known_on_sockets_of_both_kinds():
    networks = [ip_network("127.0.0.1"), ip_network("10.0.0.0/8"), ip_network("fd00::/8")]
    trusted = _TrustedHosts(trusted_hosts(networks))
    for address in ("127.0.0.1", "::ffff:127.0.0.1", "10.1.2.3", "::ffff:10.1.2.3", "fd00::1"):
        assert address in trusted
    for address in ("127.0.0.2", "::ffff:127.0.0.2", "11.0.0.1", "::1", "fe80::1", "", "unix:"):
        assert address not in trusted


def test_the_pages_are_not_counted(key_with):
    api = key_with(Grant(rates=Rates(per_second=1)))
    assert not HEADERS & set(api.get("/sign-in").headers)
    assert api.get("/api/Test").status_code == 200
