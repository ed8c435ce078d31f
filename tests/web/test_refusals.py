"""Who is not let in is seen: in the log, without what was tried and without filling the disk, and in the metrics."""

import pytest
from fastapi.testclient import TestClient
from starlette.requests import Request
from structlog.testing import capture_logs

from waybell.accounts import actions as accounts
from waybell.accounts.passwords import hashed
from waybell.app import build_web
from waybell.web.refusals import Refusals

WRONG = {"Email": "Ann@x.com", "Password": "wr0ng-password"}


@pytest.fixture
def client(app, account):
    with TestClient(build_web(app), client=("192.0.2.7", 1), follow_redirects=False) as client:
        yield client


@pytest.fixture
def user(db, account):
    with db.transaction() as tx:
        return accounts.create_user(
            tx, account, email="ann@x.com", name="Ann", role="viewer", password=hashed("correct horse battery")
        )


def counts(client, name: str) -> dict[str, str]:
    lines = [line.split() for line in client.get("/metrics").text.splitlines() if line.startswith(f"{name}{{")]
    return {key.partition('"')[2].partition('"')[0]: value for key, value in lines}


def test_a_wrong_password_is_logged_with_the_user_and_the_place_and_counted(client, user):
    with capture_logs() as logged:
        assert client.post("/sign-in", data=WRONG).status_code == 401
    [line] = logged
    assert (line["event"], line["log_level"]) == ("signin.refused", "warning")
    assert (line["user"], line["place"], line["count"]) == (user, "192.0.2.7", 1)
    assert line["path"] == "/sign-in"
    assert "wr0ng" not in str(line)
    assert "ann@" not in str(line).lower()
    assert counts(client, "waybell_sign_ins_refused_total") == {"wrong": "1.0", "throttled": "0.0"}


def test_a_user_who_is_none_is_not_repeated_for_it_may_be_a_password(client):
    with capture_logs() as logged:
        client.post("/sign-in", data={"Email": "my-passw0rd", "Password": "x"})
    assert logged[0]["user"] is None
    assert "passw0rd" not in str(logged)


def test_a_guesser_who_is_not_listened_to_any_more_is_logged(client, user):
    for _ in range(10):
        client.post("/sign-in", data=WRONG)
    with capture_logs() as logged:
        assert client.post("/sign-in", data=WRONG).status_code == 429
    assert [(line["event"], line["user"]) for line in logged] == [("signin.throttled", user)]
    assert counts(client, "waybell_sign_ins_refused_total") == {"wrong": "10.0", "throttled": "1.0"}


def test_a_wrong_key_is_logged_without_it(client):
    headers = {"X-API-KEY": "wb_s3cret"}
    with capture_logs() as logged:
        assert client.get("/api/Order/Number/1", headers=headers).status_code == 401
        for _ in range(60):
            client.get("/api/Test", headers=headers)
        assert client.get("/api/Test", headers=headers).status_code == 429
    assert (logged[0]["event"], logged[0]["place"], logged[0]["count"]) == ("key.refused", "192.0.2.7", 1)
    assert "key.throttled" in {line["event"] for line in logged}
    assert "s3cret" not in str(logged)
    found = counts(client, "waybell_keys_refused_total")
    assert found["wrong"] == "60.0"
    assert float(found["throttled"]) >= 1


def test_a_flood_writes_one_line_a_second_that_tells_how_many(db):
    now = 100.0
    refusals = Refusals(db, lambda: now)
    request = Request({"type": "http", "method": "GET", "path": "/api/Test", "headers": [], "client": ("::1", 1)})
    with capture_logs() as logged:
        for _ in range(1000):
            refusals.key(request, "wrong")
        now += 1
        refusals.key(request, "wrong")
        refusals.key(request, "throttled")
    assert [(line["event"], line["count"]) for line in logged] == [
        ("key.refused", 1),
        ("key.refused", 1000),
        ("key.throttled", 1),
    ]
    assert refusals.keys["wrong"].total == 1001
