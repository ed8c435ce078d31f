"""Rates of keys as callers meet them: where they are told and where not, and wrong keys that are slowed down."""

from ipaddress import ip_network

from fastapi.testclient import TestClient
from uvicorn.middleware.proxy_headers import _TrustedHosts

from waybell.accounts.grants import Grant
from waybell.accounts.rates import Rates
from waybell.web.places import place_of, trusted_hosts

HEADERS = {"x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset"}


def test_an_internal_error_says_what_is_left_too(api, web):
    web.state.means = None
    answer = api.get("/api/EventType")
    assert answer.status_code == 500
    assert set(answer.headers) >= HEADERS


def test_without_a_good_key_there_is_nothing_left_to_tell(api):
    answer = api.get("/api/Test", headers={"X-API-KEY": "wb_wrong"})
    assert answer.status_code == 401
    assert not HEADERS & set(answer.headers)


def test_an_address_that_sends_many_wrong_keys_is_not_listened_to(web, api):
    assert api.get("/api/Test").status_code == 200
    stranger = TestClient(web, headers={"X-API-KEY": "wb_wrong"})
    answers = [stranger.get("/api/Test") for _ in range(61)]
    assert {answer.status_code for answer in answers[:60]} == {401}
    assert answers[60].status_code == 429
    assert answers[60].headers["retry-after"] == "60"
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
