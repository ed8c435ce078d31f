"""Rates of keys as callers meet them: 429, the headers, and wrong keys that are slowed down."""

import pytest
from fastapi.testclient import TestClient

from waybell.accounts import keys
from waybell.accounts.grants import Grant
from waybell.accounts.model import Actor
from waybell.accounts.rates import Rates
from waybell.web.api.wrong_keys import _place

HEADERS = {"x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset"}


@pytest.fixture
def key_with(app, web, account):
    """Makes a client with a key of these rates."""

    def make(**rates) -> TestClient:
        with app.database.transaction() as tx:
            _, text = keys.create(tx, Actor(account, "tests"), "rated", Grant(rates=Rates(**rates)))
        return TestClient(web, headers={"X-API-KEY": text}, raise_server_exceptions=False)

    return make


def test_an_internal_error_says_what_is_left_too(key_with, web):
    api = key_with()
    web.state.means = None
    answer = api.get("/api/EventType")
    assert answer.status_code == 500
    assert set(answer.headers) >= HEADERS


def test_without_a_good_key_there_is_nothing_left_to_tell(key_with):
    answer = key_with().get("/api/Test", headers={"X-API-KEY": "wb_wrong"})
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


def test_neighbours_of_one_network_are_one_place():
    assert _place("2001:db8::1") == _place("2001:db8::ffff") != _place("2001:db8:0:1::1")
    assert _place("192.0.2.1") != _place("192.0.2.2")
    assert _place("testclient") == "testclient"


def test_the_pages_are_not_counted(key_with, web):
    api = key_with(per_second=1)
    assert not HEADERS & set(api.get("/sign-in").headers)
    assert api.get("/api/Test").status_code == 200
