"""Hashing a password takes a while: nobody else waits for it."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from support.documents import a_route, an_order
from support.waiting import wait_for

NEW = {"Username": "d1", "Name": "D", "Password": "secret"}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/Driver", {**NEW, "Username": "d2"}),
        ("PUT", "/api/Driver", NEW),
        ("POST", "/api/Route", a_route(DriverLogin="d3", DriverPassword="secret")),
        ("PUT", "/api/Route/Code/R-0", {"DriverLogin": "d3", "DriverPassword": "secret"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_others_write_while_a_password_waits_for_its_slot(api, web, method, path, body):
    assert api.post("/api/Driver", json=NEW).status_code == 201
    assert api.post("/api/Route", json=a_route(Code="R-0", Orders=[])).status_code == 201
    bulkhead = web.state.costly.passwords
    with ThreadPoolExecutor(1) as pool:
        with bulkhead.slot(), bulkhead.slot():
            free = bulkhead._places._value
            waiting = pool.submit(api.request, method, path, json=body)
            wait_for(lambda: bulkhead._places._value < free)
            assert api.post("/api/Order", json=an_order("17")).status_code == 201
            assert not waiting.done()
        assert waiting.result().status_code in (201, 202)


def test_more_than_can_wait_are_told_to_come_again(api, web):
    places = web.state.costly.passwords._places
    taken = 0
    while places.acquire(blocking=False):
        taken += 1
    try:
        refused = api.post("/api/Driver", json=NEW)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
        assert api.post("/api/Order", json=an_order()).status_code == 201
    finally:
        places.release(taken)
