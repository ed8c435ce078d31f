"""Requests with an Idempotency-Key are carried out once, however often a caller with a bad network sends them."""

import gzip
import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from support.documents import a_route, an_order, post_route
from support.endpoints import an_endpoint
from support.pictures import a_picture
from support.receiver import Answer
from support.walks import operations
from waybell.accounts import kept_answers
from waybell.accounts.grants import KINDS, Grant
from waybell.accounts.tables import kept_answers as table
from waybell.db.database import Database
from waybell.orders.tables import orders
from waybell.upkeep import retention
from waybell.web import once

COMPLETE = "/api/Order/Number/N-1/Complete"


def keyed(key=None, **more):
    return {"Idempotency-Key": key or str(uuid4()), **more}


def replayed(answer):
    return answer.headers.get("Idempotent-Replayed") == "true"


def rows(db, of=table):
    with db.reading() as tx:
        return tx.execute(select(func.count()).select_from(of)).scalar_one()


def test_a_repeat_gets_the_answer_of_the_first_and_changes_nothing(api, told, routed):
    headers = keyed()
    first = api.put(COMPLETE, json={}, headers=headers)
    assert (first.status_code, replayed(first)) == (200, False)
    assert [event.type for event in told.news()] == ["OrderStatusUpdated"]
    for _ in range(2):
        again = api.put(COMPLETE, json={}, headers=headers)
        assert (again.status_code, again.content, replayed(again)) == (200, first.content, True)
    assert told.news() == []


def test_without_a_key_all_is_as_before(api, told, db, routed):
    assert api.put(COMPLETE, json={}).status_code == 200
    again = api.put(COMPLETE, json={})
    assert (again.status_code, replayed(again)) == (400, False)
    assert rows(db) == 0


def test_what_the_answer_says_besides_its_body_is_repeated_too(api, db):
    headers = keyed()
    first, again = (api.post("/api/Order", json=an_order(), headers=headers) for _ in range(2))
    assert first.headers["location"] == again.headers["location"] == "/Order/Number/N-1"
    assert (again.headers["content-type"], again.headers["vary"]) == (
        first.headers["content-type"],
        first.headers["vary"],
    )
    assert "x-rate-limit-remaining" in again.headers
    assert rows(db, orders) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"json": an_order(Note="other")},
        {"params": {"updateAddressGps": "true"}},
        {"url": "/api/Order/Bulk", "json": [an_order()]},
        {"method": "PUT"},
    ],
    ids=lambda other: next(iter(other)),
)
def test_a_key_is_for_one_request(api, db, other):
    request = {"method": "POST", "url": "/api/Order", "json": an_order(), "headers": keyed()}
    assert api.request(**request).status_code == 201
    refused = api.request(**request | other)
    assert (refused.status_code, replayed(refused)) == (422, False)
    assert "came before with another request" in refused.json()["Detail"]
    assert api.request(**request).status_code == 201
    assert rows(db, orders) == 1


def test_a_key_belongs_to_the_caller_who_sent_it(api, other_api, key_with, db):
    headers = keyed()
    for client in (api, key_with(Grant()), other_api):
        made = client.post("/api/Order", json=an_order(), headers=headers)
        assert (made.status_code, replayed(made)) == (201, False)
    assert rows(db, orders) == 3


@pytest.mark.parametrize("key", ["", " ", "a b", "ä", "x" * 256, "a\tb", "\x7f"])
def test_a_header_that_is_no_key_is_refused(api, db, key):
    refused = api.post("/api/Order", json=an_order(), headers={"Idempotency-Key": key.encode()})
    assert refused.status_code == 400
    assert "Idempotency-Key: send one key" in refused.json()["Detail"]
    assert rows(db, orders) == 0


def test_two_keys_are_refused_and_quotes_do_not_count(api, db):
    twice = [("Idempotency-Key", "one"), ("Idempotency-Key", "two")]
    assert api.post("/api/Order", json=an_order(), headers=twice).status_code == 400
    for key in ('"one"', "one"):
        assert api.post("/api/Order", json=an_order(), headers=keyed(key)).status_code == 201
    assert rows(db, orders) == 1


def test_reading_pays_no_heed_to_a_key(api, db, posted):
    for url in ("/api/Order/Number/N-1", "/api/Driver"):
        assert api.get(url, headers=keyed("one")).status_code == 200
    assert rows(db) == 0


# Refusals


def test_a_refusal_is_an_answer_too(api, posted):
    """A driver who was refused must not be surprised by a late copy of the request that is carried out."""
    headers = keyed()
    first = api.put(COMPLETE, json={}, headers=headers)
    assert (first.status_code, replayed(first)) == (400, False)
    post_route(api, a_route())
    assert api.put("/api/Route/Code/R-1/Order/Number/N-1").status_code == 202
    again = api.put(COMPLETE, json={}, headers=headers)
    assert (again.status_code, again.content, replayed(again)) == (400, first.content, True)
    assert api.put(COMPLETE, json={}, headers=keyed()).status_code == 200


def test_refusals_are_repeated_with_what_they_carry(api, posted):
    api.delete("/api/Order/Number/N-1")
    for verb, url, status, json in [
        ("put", "/api/Order", 410, {"Number": "N-1"}),
        ("put", "/api/Order/Number/N-1/Status", 404, {"Status": "NotDelivered", "RejectReason": "Canceled"}),
    ]:
        headers = keyed()
        first, again = (api.request(verb, url, json=json, headers=headers) for _ in range(2))
        assert (again.status_code, again.json(), replayed(again)) == (status, first.json(), True), url
    headers = keyed(Accept="application/xml")
    first, again = (api.put("/api/Order", json={"Number": "N-1"}, headers=headers) for _ in range(2))
    assert first.content == again.content
    assert b"<ApiRemovedOrderResponse" in again.content


def test_a_request_that_cannot_be_read_leaves_its_key_unused(api, db):
    headers = keyed()
    assert api.post("/api/Order", content=b"{", headers=headers).status_code == 400
    assert api.post("/api/Order", json={"Weight": "heavy"}, headers=headers).status_code == 400
    assert rows(db) == 0
    assert api.post("/api/Order", json=an_order(), headers=headers).status_code == 201


def test_missing_permissions_and_limits_are_not_kept(api, key_with, db, web):
    headers = keyed()
    reader = key_with(Grant(methods=("GET",)))
    of_shipper = key_with(Grant(shippers=("S-1",)))
    assert reader.post("/api/Order", json=an_order(), headers=headers).status_code == 403
    assert of_shipper.post("/api/Order", json=an_order(), headers=headers).status_code == 403
    assert of_shipper.post("/api/Order", json=an_order(), headers=headers | {"X-API-KEY": "x"}).status_code == 401
    with web.state.costly.pictures.slot():
        pass
    assert rows(db) == 0


def test_a_fault_of_the_server_is_not_kept(api, db, told, monkeypatch):
    headers = keyed()
    with monkeypatch.context() as broken:
        broken.setattr(kept_answers, "keep", None)  # the change is made and its answer cannot be stored
        assert api.post("/api/Order", json=an_order(), headers=headers).status_code == 500
    assert (rows(db), rows(db, orders), told.news()) == (0, 0, [])
    assert api.post("/api/Order", json=an_order(), headers=headers).status_code == 201


# Two at once


def test_of_many_at_once_one_is_carried_out(api, db, told):
    headers = keyed()
    together = threading.Barrier(6)

    def send(_):
        together.wait()
        return api.post("/api/Order", json=an_order(), headers=headers)

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(send, range(6)))
    assert [answer.status_code for answer in answers] == [201] * 6
    assert sorted(map(replayed, answers)) == [False] + [True] * 5
    assert rows(db, orders) == 1
    assert len(told.news()) == 1


def test_the_second_waits_for_the_first_and_carries_on_when_that_fails(db, account):
    """The first holds the key in an open transaction; the second may not be answered before that has ended."""
    key = kept_answers.request_key(account.id, "key_1", "one", (b"POST",))
    claims = []

    def second():
        with db.transaction() as tx:
            claims.append(kept_answers.claim(tx, key))

    for fails, expected in ((True, True), (False, False)):
        waiting = threading.Thread(target=second)
        with suppress(DBAPIError), db.transaction() as tx:
            tx.execute(table.delete())
            assert kept_answers.claim(tx, key)
            waiting.start()
            waiting.join(0.05)
            assert waiting.is_alive()
            if fails:
                tx.execute(text("SELECT nonsense"))
        waiting.join(60)
        assert claims.pop() is expected


def test_what_takes_long_before_its_change_is_done_once_too(api, db, told, posted, monkeypatch):
    """Both send the picture before either has changed anything: the second finds the key used in its transaction."""
    headers = keyed() | {"Content-Type": "image/jpeg"}
    picture = a_picture(80, 60)
    looked = threading.Barrier(2)
    calls = itertools.count()
    look = once._kept

    def look_together(*args):
        found = look(*args)
        if next(calls) < 2:
            looked.wait(60)
        return found

    monkeypatch.setattr(once, "_kept", look_together)

    def send(_):
        return api.post("/api/Order/Number/N-1/Photo", content=picture, headers=headers)

    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(send, range(2)))
    assert [answer.status_code for answer in answers] == [201, 201]
    assert sorted(map(replayed, answers)) == [False, True]
    assert len(told.news()) == 1
    assert len(api.get("/api/Order/Number/N-1").json()["Photos"]) == 1


# Forms of an answer


def test_a_repeat_may_ask_for_another_form(api):
    headers = keyed()
    sent = [an_order(), {"Number": "N-2"}]
    in_json = api.post("/api/Order/Bulk", json=sent, headers=headers)
    in_xml = api.post("/api/Order/Bulk", json=sent, headers=headers | {"Accept": "application/xml"})
    assert in_json.json()[0] == {"Number": "N-1", "Id": None, "Error": None}
    assert (in_json.status_code, in_xml.status_code, replayed(in_xml)) == (200, 200, True)
    assert "<ArrayOfOrderResult>" in in_xml.text
    assert "<Number>N-1</Number></OrderResult>" in in_xml.text


def test_members_that_are_null_are_left_out_as_the_setting_says(api, web):
    headers = keyed()
    sent = [an_order(), {"Number": "N-2"}]
    assert "Id" in api.post("/api/Order/Bulk", json=sent, headers=headers).json()[0]
    web.state.settings = web.state.settings.model_copy(update={"null_members": "omit"})
    again = api.post("/api/Order/Bulk", json=sent, headers=headers)
    assert (again.json()[0], replayed(again)) == ({"Number": "N-1"}, True)


def test_a_packed_body_is_the_same_request(api, db):
    headers = keyed() | {"Content-Type": "application/json"}
    body = b'{"Number": "N-1", "Client": "Blue Harbour Cafe", "Address": "Kalasadama 4, Tallinn"}'
    assert api.post("/api/Order", content=body, headers=headers).status_code == 201
    packed = headers | {"Content-Encoding": "gzip"}
    assert replayed(api.post("/api/Order", content=gzip.compress(body), headers=packed))


def test_an_answer_that_is_too_long_is_not_kept_but_its_change_is_made_once(api, db, monkeypatch):
    monkeypatch.setattr(once, "_MOST_KEPT", 20)
    headers = keyed()
    first, again = (api.post("/api/Order", json=an_order(), headers=headers) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert "too long to be kept" in again.json()["Detail"]
    assert again.headers["location"] == first.headers["location"]
    assert rows(db, orders) == 1


# Secrets


def test_secrets_are_shown_once_and_kept_nowhere(key_with, app, account, db):
    endpoint_id = an_endpoint(app, account)
    api = key_with(Grant(kinds=KINDS))
    for url, body, member in [
        ("/api/Key", {"Name": "mine"}, "Key"),
        (f"/api/Webhook/{endpoint_id}/Secret", {}, "Items"),
    ]:
        headers = keyed()
        first, again = (api.post(url, json=body, headers=headers) for _ in range(2))
        assert (first.status_code, again.status_code, replayed(again)) == (201, 201, True)
        assert member in first.json()
        assert again.json().keys() == {"Status", "Title", "Detail"}
        assert "showed a secret" in again.json()["Detail"]
        assert first.headers["cache-control"] == again.headers["cache-control"] == "no-store"
        assert first.headers.get("location") == again.headers.get("location")
    assert len(api.get("/api/Key").json()["Items"]) == 2  # that of the tests, and the new one
    kept = all_kept(db)
    assert "wb_" not in kept
    assert "whsec_" not in kept


def test_neither_a_key_nor_a_password_can_be_found_in_what_is_kept(api, db):
    key = "a-key-of-the-caller"
    driver = {"Name": "Kai", "Username": "kai", "Password": "correct horse"}
    assert api.post("/api/Driver", json=driver, headers=keyed(key)).status_code == 201
    kept = all_kept(db)
    assert key not in kept
    assert "correct horse" not in kept


def all_kept(db):
    with db.reading() as tx:
        return repr(tx.execute(select(table)).all())


# Time


def test_answers_are_kept_for_a_week(api, db, clock, app):
    headers = keyed()
    assert api.post("/api/Order", json=an_order(), headers=headers).status_code == 201
    clock.move_to(clock.now() + timedelta(days=7))
    assert replayed(api.post("/api/Order", json=an_order(), headers=headers))
    retention.run_once(db, app.settings)
    assert rows(db) == 1
    clock.move_to(clock.now() + timedelta(microseconds=1))
    anew = api.post("/api/Order", json=an_order(), headers=headers)  # upkeep may be late
    assert (anew.status_code, replayed(anew)) == (201, False)
    clock.move_to(clock.now() + timedelta(days=8))
    retention.run_once(db, app.settings)
    assert rows(db) == 0


# All operations


def test_every_operation_that_changes_something_obeys_a_key(key_with, posted_route):
    """A repeat is answered from what is kept, whatever the operation is and whatever it answered."""
    api = key_with(Grant(kinds=KINDS))
    known = {"code": "R-1", "number": "A", "id": "none", "orderId": "none", "trackId": str(uuid4()), "name": "None"}
    asked = 0
    for method, path, names, content, _ in operations(api):
        if method == "GET":
            continue
        asked += 1
        example = content.get("application/json", {}).get("example")
        body = {"json": example} if example is not None else {"content": a_picture(20, 20)} if content else {}
        url = path.format_map({name: known.get(name, "none") for name in names})
        headers = keyed()
        first, again = (api.request(method, url, headers=headers, **body) for _ in range(2))
        assert (first.status_code, replayed(first)) == (again.status_code, False), (method, path, first.text)
        assert first.status_code < 500, (method, path)
        assert replayed(again), (method, path, first.text)
    assert asked > 70


def test_a_test_send_is_not_repeated(api, app, account, receiver):
    endpoint_id = an_endpoint(app, account, url=receiver.url)
    headers = keyed()
    receiver.answer = lambda _: Answer(204)
    sent = {"EventType": "OrderCreated"}
    first, again = (api.post(f"/api/Webhook/{endpoint_id}/Test", json=sent, headers=headers) for _ in range(2))
    assert (first.json(), replayed(again)) == (again.json(), True)
    assert len(receiver.received) == 1


def test_nothing_of_a_repeat_is_written(api, db, posted, monkeypatch):
    """A phone that repeats all its acts after an outage costs readings only."""
    headers = keyed()
    sent = {"Rating": 5}
    assert api.put("/api/Order/Number/N-1/Feedback", json=sent, headers=headers).status_code == 200
    monkeypatch.setattr(Database, "transaction", None)
    assert replayed(api.put("/api/Order/Number/N-1/Feedback", json=sent, headers=headers))
