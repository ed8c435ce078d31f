"""`/api/Webhook`: endpoints, secrets, tests, the log, retries."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from standardwebhooks import Webhook
from structlog.testing import capture_logs

from support.endpoints import OF_ANOTHER_KEY, assert_lanes_are_sound, finish_all, publish, reseal, rows_of
from support.receiver import Answer, closed_port
from support.waiting import wait_for
from waybell.accounts.grants import Grant
from waybell.webhooks.endpoints.tables import endpoint_secrets, endpoints, subscriptions
from waybell.webhooks.history import jobs
from waybell.webhooks.messages.tables import messages
from waybell.webhooks.signing import verify_v1a

URL = "https://example.com/hook"


@pytest.fixture
def add(api):
    """Adds an endpoint; answers its document."""

    def add(**members):
        answer = api.post("/api/Webhook", json={"Url": URL, **members})
        assert answer.status_code == 201, answer.text
        return answer.json()

    return add


def revision(app, endpoint_id) -> int:
    with app.database.reading() as tx:
        return tx.execute(select(endpoints.c.revision).where(endpoints.c.id == endpoint_id)).scalar_one()


def test_an_endpoint_needs_only_a_url(api):
    answer = api.post("/api/Webhook", json={"url": URL})
    assert answer.status_code == 201
    made = answer.json()
    assert answer.headers["Location"] == f"/api/Webhook/{made['Id']}"
    assert made | {"Id": "", "Concurrency": 0, "CreatedAt": "", "ChangedAt": ""} == {
        "Id": "",
        "Url": URL,
        "Description": "",
        "EventTypes": [],
        "Headers": {},
        "Ordered": True,
        "Concurrency": 0,
        "RateLimit": None,
        "Schemes": ["v1"],
        "HexHeader": None,
        "State": "enabled",
        "DisabledReason": None,
        "ParkedAt": None,
        "ParkedReason": None,
        "NextProbeAt": None,
        "PausedUntil": None,
        "Waiting": 0,
        "Alerts": False,
        "CreatedAt": "",
        "ChangedAt": "",
    }
    assert api.get(f"/api/Webhook/{made['Id']}").json() == made
    assert api.get("/api/Webhook").json() == {"Items": [made], "Cursor": None}


def test_the_list_of_endpoints_goes_on_at_the_cursor(api, add):
    ids = [add(Description=str(number))["Id"] for number in range(5)]
    found, cursor = [], None
    while True:
        page = api.get("/api/Webhook", params={"Limit": 2, **({"After": cursor} if cursor else {})}).json()
        found += [one["Id"] for one in page["Items"]]
        cursor = page["Cursor"]
        if cursor is None:
            break
    assert found == ids


def test_a_change_leaves_what_it_does_not_name(api, app, add):
    made = add(
        Description="ERP", EventTypes=["OrderCreated"], Headers={"X-Token": "secret"}, RateLimit=5, HexHeader="X-Hmac"
    )
    path = f"/api/Webhook/{made['Id']}"
    changed = api.put(path, json={"Description": "WMS", "Headers": {"X-Token": None, "X-More": "1"}})
    assert changed.status_code == 202
    assert changed.json() == made | {"Description": "WMS", "Headers": {"X-Token": None, "X-More": None}}
    assert api.get(f"{path}/Secret").json()["Headers"] == {"X-Token": "secret", "X-More": "1"}
    assert revision(app, made["Id"]) == 2
    emptied = api.put(path, json={"RateLimit": None, "HexHeader": None, "Headers": None, "EventTypes": None})
    assert emptied.json() == made | {
        "Description": "WMS",
        "RateLimit": None,
        "HexHeader": None,
        "Headers": {},
        "EventTypes": [],
    }


def test_subscriptions_follow_the_event_types(api, app, add):
    def subscribed() -> set[str]:
        with app.database.reading() as tx:
            return set(tx.execute(select(subscriptions.c.event_type)).scalars())

    made = add(EventTypes=["OrderCreated", "OrderDeleted"])
    assert subscribed() == {"OrderCreated", "OrderDeleted"}
    api.put(f"/api/Webhook/{made['Id']}", json={"EventTypes": []})
    assert subscribed() == {"*"}
    api.delete(f"/api/Webhook/{made['Id']}")
    assert subscribed() == set()


BAD = [
    ("Url", {}),
    ("Url", {"Url": ""}),
    ("Url", {"Url": 17}),
    ("Url", {"Url": "ftp://example.com/"}),
    ("Url", {"Url": "https://me:pw@example.com/"}),
    ("Url", {"Url": "https://example.com/#x"}),
    ("Url", {"Url": "https://192.168.1.1/"}),
    ("Url", {"Url": "https://example.com/" + "x" * 2000}),
    ("Url", {"Url": "https://exa\0mple.com/"}),
    ("Description", {"Url": URL, "Description": "x" * 501}),
    ("Description", {"Url": URL, "Description": "a\0b"}),
    ("EventTypes", {"Url": URL, "EventTypes": ["OrderEaten"]}),
    ("EventTypes", {"Url": URL, "EventTypes": "OrderCreated,OrderUpdated"}),
    ("EventTypes", {"Url": URL, "EventTypes": [1]}),
    ("Headers", {"Url": URL, "Headers": {"webhook-id": "x"}}),
    ("Headers", {"Url": URL, "Headers": {"X-A": "a\r\nX-B: b"}}),
    ("Headers", {"Url": URL, "Headers": {"X-A": None}}),
    ("Headers", {"Url": URL, "Headers": ["X-A"]}),
    ("Ordered", {"Url": URL, "Ordered": "perhaps"}),
    ("Concurrency", {"Url": URL, "Concurrency": 0}),
    ("Concurrency", {"Url": URL, "Concurrency": 10**30}),
    ("RateLimit", {"Url": URL, "RateLimit": -1}),
    ("RateLimit", {"Url": URL, "RateLimit": "fast"}),
    ("Schemes", {"Url": URL, "Schemes": []}),
    ("Schemes", {"Url": URL, "Schemes": ["v9"]}),
    ("HexHeader", {"Url": URL, "HexHeader": "Host"}),
]


@pytest.mark.parametrize(("field", "body"), BAD)
def test_bad_input_is_named_and_changes_nothing(api, add, field, body):
    answer = api.post("/api/Webhook", json=body)
    assert answer.status_code == 400, answer.text
    assert set(answer.json()) == {"Status", "Title", "Detail"}
    assert answer.json()["Detail"].startswith(field)
    assert api.get("/api/Webhook").json()["Items"] == []
    if "Url" in body and body["Url"] != "":
        made = add()
        assert api.put(f"/api/Webhook/{made['Id']}", json=body).status_code == 400
        assert api.get(f"/api/Webhook/{made['Id']}").json() == made


@pytest.mark.parametrize("body", [b"{", b"[]", b"", b"null", b"17", b'{"Url": NaN}', b'"' + b"\xff" * 9 + b'"'])
def test_a_body_that_is_no_document_is_refused(api, body):
    answer = api.post("/api/Webhook", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400, answer.text
    assert answer.json()["Detail"]


def test_secrets_are_revealed_and_rotated_with_an_overlap(api, add, clock):
    path = f"/api/Webhook/{add(Schemes=['v1', 'v1a'])['Id']}/Secret"
    first = api.get(path)
    assert first.headers["Cache-Control"] == "no-store"
    symmetric, asymmetric = first.json()["Items"]
    assert symmetric["Secret"].startswith("whsec_")
    assert symmetric["PublicKey"] is None
    assert asymmetric["Secret"].startswith("whsk_")
    assert asymmetric["PublicKey"].startswith("whpk_")
    clock.move_to(clock.now() + timedelta(minutes=1))
    rotated = api.post(path, json={"Scheme": "v1", "OverlapHours": 2})
    assert rotated.status_code == 201
    new, old, same = rotated.json()["Items"]
    assert old == symmetric | {"ExpiresAt": "2026-11-23T14:01:00.000000Z"}
    assert (new["ExpiresAt"], same) == (None, asymmetric)
    assert api.get(path).json() == rotated.json()
    clock.move_to(clock.now() + timedelta(hours=2))
    assert api.get(path).json()["Items"] == [new, asymmetric]


def test_a_rotation_keeps_the_old_secret_for_a_day_unless_told_otherwise(api, app, add):
    made = add()
    path = f"/api/Webhook/{made['Id']}/Secret"
    assert [one["ExpiresAt"] for one in api.post(path).json()["Items"]] == [None, "2026-11-24T12:00:00.000000Z"]
    assert len(api.post(path, json={"OverlapHours": 0}).json()["Items"]) == 1
    assert revision(app, made["Id"]) == 3


def test_there_is_an_end_to_secrets_in_force(api, add):
    path = f"/api/Webhook/{add()['Id']}/Secret"
    statuses = [api.post(path).status_code for _ in range(5)]
    assert statuses == [201, 201, 201, 201, 409]
    assert api.post(path, json={"OverlapHours": 0}).status_code == 201


@pytest.mark.parametrize("body", [{"OverlapHours": -1}, {"OverlapHours": 1e9}, {"Scheme": "v1a"}, {"Scheme": "v3"}, []])
def test_a_wrong_rotation_changes_nothing(api, add, body):
    path = f"/api/Webhook/{add()['Id']}/Secret"
    before = api.get(path).json()
    assert api.post(path, json=body).status_code == 400
    assert api.get(path).json() == before


def test_secrets_and_header_values_are_encrypted_at_rest(api, app, add):
    path = f"/api/Webhook/{add(Headers={'X-Token': 'swordfish'})['Id']}"
    secret = api.get(f"{path}/Secret").json()["Items"][0]["Secret"]
    with app.database.reading() as tx:
        stored = [*tx.execute(select(endpoints)).one(), *tx.execute(select(endpoint_secrets)).one()]
    assert "swordfish" not in str(stored)
    assert secret not in str(stored)
    assert "swordfish" not in api.get(path).text


def test_who_asks_for_a_secret_that_no_key_opens_is_told_what_to_do(api, app, add):
    endpoint_id = add()["Id"]
    path = f"/api/Webhook/{endpoint_id}"
    reseal(app, endpoint_id, OF_ANOTHER_KEY)
    with capture_logs() as lines:
        shown, tested = api.get(f"{path}/Secret"), api.post(f"{path}/Test", json={"EventType": "OrderCreated"})
    assert [line["event"] for line in lines].count("request.failed") == 2
    assert (shown.status_code, tested.status_code) == (500, 500)
    assert "WAYBELL_SECRET_KEY" in shown.json()["Detail"]
    assert "docs/security.md" in tested.json()["Detail"]
    assert api.get(f"{path}/Message").json()["Items"] == []


def test_an_endpoint_is_disabled_and_enabled_by_hand(api, app, add, account):
    made = add()
    path = f"/api/Webhook/{made['Id']}"
    assert api.put(f"{path}/Disable").status_code == 202
    disabled = api.get(path).json()
    assert (disabled["State"], disabled["DisabledReason"]) == ("disabled", "by hand")
    publish(app.database, account, "order:1")
    assert rows_of(app.database, made["Id"]) == []
    with app.database.transaction() as tx:
        tx.execute(update(endpoints).values(state="enabled", parked_at=tx.now, probe_at=tx.now, probes=3))
    assert api.get(path).json()["ParkedAt"]
    assert api.put(f"{path}/Enable").status_code == 202
    assert api.get(path).json() == made


def test_a_deleted_endpoint_is_gone_and_its_log_stays(api, app, add, account):
    path = f"/api/Webhook/{add()['Id']}"
    publish(app.database, account, "order:1")
    (message,) = api.get(f"{path}/Message").json()["Items"]
    assert api.delete(path).status_code == 200
    assert [api.request(method, path).status_code for method in ("GET", "DELETE")] == [404, 404]
    assert api.get(f"/api/Webhook/Message/{message['Id']}").json()["State"] == "canceled"
    assert api.post(f"/api/Webhook/Message/{message['Id']}/Retry").status_code == 404


def test_a_test_shows_what_the_receiver_answered(api, app, add, receiver, clock):
    receiver.answer = Answer(200, (("X-Seen", "yes"),), b"thank you")
    made = add(Url=receiver.url, Headers={"X-Token": "t"}, Schemes=["v1", "v1a"])
    path = f"/api/Webhook/{made['Id']}"
    answer = api.post(f"{path}/Test", json={"EventType": "OrderCreated"})
    assert answer.status_code == 200, answer.text
    attempt = answer.json()
    assert (attempt["Succeeded"], attempt["Status"], attempt["Kind"], attempt["Number"]) == (True, 200, "test", 1)
    assert attempt["ResponseBody"] == "thank you"
    assert "X-Seen: yes" in attempt["ResponseHeaders"]
    assert attempt["TotalMs"] > 0
    (got,) = receiver.received
    sample = next(one for one in api.get("/api/EventType").json()["Items"] if one["Name"] == "OrderCreated")["Sample"]
    assert got.document["Data"] == sample
    assert got.document["Metadata"]["Event"] == "OrderCreated"
    assert got.headers["x-token"] == "t"
    symmetric, asymmetric = api.get(f"{path}/Secret").json()["Items"]
    verify_v1a(asymmetric["PublicKey"], got.body, got.headers, clock.now())
    assert Webhook(symmetric["Secret"]).sign(got.event_id, clock.now(), got.body.decode()) in got.headers[
        "webhook-signature"
    ].split(" ")
    message = api.get(f"/api/Webhook/Message/{attempt['MessageId']}").json()
    assert (message["State"], message["EventId"], message["Attempts"]) == ("succeeded", got.event_id, 1)
    assert message["Body"] == got.document
    assert api.get(f"/api/Webhook/Message/{attempt['MessageId']}/Attempt").json()["Items"] == [attempt]
    assert api.get("/api/Event").json()["Items"] == []  # nobody else hears of it


def test_a_failed_test_is_an_answer_too_and_is_never_sent_again(api, app, add):
    made = add(Url=f"http://127.0.0.1:{closed_port()}/")
    path = f"/api/Webhook/{made['Id']}"
    api.put(f"{path}/Disable")
    answer = api.post(f"{path}/Test", json={"EventType": "RouteStarted"})
    assert answer.status_code == 200
    attempt = answer.json()
    assert (attempt["Succeeded"], attempt["Status"], attempt["Error"]) == (False, None, "refused")
    assert attempt["Detail"]
    (message,) = api.get(f"{path}/Message").json()["Items"]
    assert (message["State"], message["DueAt"]) == ("failed", None)
    api.put(f"{path}/Enable")
    assert api.post(f"/api/Webhook/Message/{message['Id']}/Retry").status_code == 409
    assert api.post(f"{path}/Retry", json={"MessageIds": [message["Id"]]}).status_code == 404
    assert api.post(f"{path}/Retry", json={"FailedSince": "2026-11-01T00:00:00Z"}).json()["Total"] == 0


def test_a_test_needs_a_known_event_type(api, add):
    answer = api.post(f"/api/Webhook/{add()['Id']}/Test", json={"EventType": "OrderEaten"})
    assert answer.status_code == 400
    assert answer.json()["Detail"].startswith("EventType: OrderEaten")


def test_messages_are_listed_newest_first_and_filtered(api, app, add, account, clock):
    path = f"/api/Webhook/{add()['Id']}/Message"
    publish(app.database, account, "order:1", "order:2")
    finish_all(app.database, path.split("/")[3], "failed")
    clock.move_to(clock.now() + timedelta(hours=1))
    publish(app.database, account, "order:1", event_type="OrderDeleted")
    publish(app.database, account, "order:3")

    def subjects(**params):
        answer = api.get(path, params=params)
        assert answer.status_code == 200, answer.text
        return [(one["Subject"], one["Version"]) for one in answer.json()["Items"]]

    assert subjects() == [("order:3", 1), ("order:1", 2), ("order:2", 1), ("order:1", 1)]
    assert subjects(State="failed") == [("order:2", 1), ("order:1", 1)]
    assert subjects(Subject="order:1") == [("order:1", 2), ("order:1", 1)]
    assert subjects(Event="OrderDeleted") == [("order:1", 2)]
    assert subjects(Event=["OrderDeleted", "Nothing"]) == [("order:1", 2)]
    assert subjects(Since="2026-11-23T13:00:00Z") == [("order:3", 1), ("order:1", 2)]
    assert subjects(Until="2026-11-23T14:59:59+02:00") == [("order:2", 1), ("order:1", 1)]
    first = api.get(path, params={"Limit": 3}).json()
    rest = api.get(path, params={"Limit": 3, "After": first["Cursor"]}).json()
    assert (len(first["Items"]), len(rest["Items"]), rest["Cursor"]) == (3, 1, None)


def test_attempts_are_listed_newest_first_and_filtered(api, add, receiver, clock):
    path = f"/api/Webhook/{add(Url=receiver.url)['Id']}"
    for number, status in enumerate([200, 500, 200, 404]):
        receiver.answer = Answer(status)
        clock.move_to(clock.now() + timedelta(minutes=number))
        api.post(f"{path}/Test", json={"EventType": "OrderCreated" if number < 3 else "RouteClosed"})

    def statuses(**params):
        answer = api.get(f"{path}/Attempt", params=params)
        assert answer.status_code == 200, answer.text
        return [one["Status"] for one in answer.json()["Items"]]

    assert statuses() == [404, 200, 500, 200]
    assert statuses(State="failed") == [404, 500]
    assert statuses(State="succeeded") == [200, 200]
    assert statuses(Event="RouteClosed") == [404]
    assert statuses(Since="2026-11-23T12:02:00Z") == [404, 200]
    first = api.get(f"{path}/Attempt", params={"Limit": 3}).json()
    assert statuses(After=first["Cursor"]) == [200]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("State", "lost"),
        ("Limit", 0),
        ("Limit", 10**40),
        ("Limit", "many"),
        ("After", "x"),
        ("After", "\u2603"),
        ("After", "bXNnfDF8Mg"),
        ("Since", "yesterday"),
        ("Since", "0001-01-01T08:00:00+14:00"),
        ("Until", "9999-12-31T23:59:59-14:00"),
        ("Since", 10**400),
        ("Subject", "a\0b"),
        ("Event", "a\0b"),
        ("Event", "x" * 101),
    ],
)
@pytest.mark.parametrize("what", ["Message", "Attempt"])
def test_a_wrong_filter_is_named(api, add, what, name, value):
    answer = api.get(f"/api/Webhook/{add()['Id']}/{what}", params={name: value})
    assert answer.status_code == 400, answer.text
    assert answer.json()["Detail"].startswith(name)


def test_one_message_is_retried(api, app, add, account):
    endpoint_id = add()["Id"]
    publish(app.database, account, "order:1")
    finish_all(app.database, endpoint_id, "failed")
    (message,) = api.get(f"/api/Webhook/{endpoint_id}/Message").json()["Items"]
    answer = api.post(f"/api/Webhook/Message/{message['Id']}/Retry")
    assert (answer.status_code, answer.json()["Status"]) == (202, 202)
    assert api.get(f"/api/Webhook/Message/{message['Id']}").json()["State"] == "waiting"


def test_a_message_carries_its_body_as_it_is_sent(api, app, add, account):
    endpoint_id = add()["Id"]
    publish(app.database, account, "order:1")
    (message,) = api.get(f"/api/Webhook/{endpoint_id}/Message").json()["Items"]
    body = api.get(f"/api/Webhook/Message/{message['Id']}").content.partition(b'"Body":')[2].removesuffix(b"}")
    assert wait_for(lambda: body in api.get("/api/Event").content)
    assert json.loads(body)["Metadata"]["Id"] == message["EventId"]


def test_a_bulk_retry_is_a_job_with_progress(api, app, add, account):
    endpoint_id = add()["Id"]
    path = f"/api/Webhook/{endpoint_id}/Retry"
    publish(app.database, account, *[f"order:{number}" for number in range(1203)])
    finish_all(app.database, endpoint_id, "failed")
    answer = api.post(path, json={"FailedSince": "2026-11-23T12:00:00Z"})
    assert answer.status_code == 202, answer.text
    job = answer.json()
    assert (job["What"], job["State"], job["Total"], job["Done"]) == ("failed", "running", 1203, 0)
    seen = []
    while jobs.run_once(app.database, lambda _ids: None, app.settings.batch):
        progress = api.get(answer.headers["Location"]).json()
        seen.append((progress["State"], progress["Done"], progress["Retried"]))
    assert seen == [("running", 500, 500), ("running", 1000, 1000), ("succeeded", 1203, 1203)]
    assert api.get(path).json()["Items"] == [api.get(f"{path}/{job['Id']}").json()]


def test_a_job_is_canceled(api, add):
    path = f"/api/Webhook/{add()['Id']}/Retry"
    job = api.post(path, json={"MissedSince": "2026-11-01T00:00:00Z"}).json()
    assert api.post(path, json={"MissedSince": "2026-11-01T00:00:00Z"}).status_code == 409
    assert api.delete(f"{path}/{job['Id']}").status_code == 200
    assert api.get(f"{path}/{job['Id']}").json()["State"] == "canceled"


def test_a_message_that_waits_is_canceled_and_those_behind_it_go_on(api, app, add, account, clock):
    endpoint_id = add()["Id"]
    publish(app.database, account, *["order:1"] * 15)
    *behind, first = api.get(f"/api/Webhook/{endpoint_id}/Message").json()["Items"]
    path = f"/api/Webhook/Message/{first['Id']}"
    shown = api.get(path).json()
    assert (shown["WaitsFor"], shown["Behind"]) == (None, 14)
    shown = api.get(f"/api/Webhook/Message/{behind[10]['Id']}").json()
    assert (shown["WaitsFor"], shown["Behind"], shown["Version"]) == (first["Id"], 10, 5)
    answer = api.post(f"{path}/Cancel")
    assert (answer.status_code, answer.json()["Status"]) == (200, 200)
    assert "14 behind it go on" in answer.json()["Detail"]
    canceled = api.get(path).json()
    assert (canceled["State"], canceled["DueAt"], canceled["FinishedAt"]) == (
        "canceled",
        None,
        "2026-11-23T12:00:00.000000Z",
    )
    assert api.get(f"/api/Webhook/Message/{behind[-1]['Id']}").json()["DueAt"]
    assert api.get(f"/api/Webhook/{endpoint_id}").json()["Waiting"] == 14
    assert api.post(f"{path}/Cancel").status_code == 200  # a caller that missed the answer may ask again
    assert api.post(f"{path}/Retry").status_code == 202  # sent by hand all the same
    assert api.get(path).json()["WaitsFor"] == behind[-1]["Id"]


@pytest.mark.parametrize("state", ["succeeded", "failed"])
def test_what_is_over_cannot_be_canceled(api, app, add, account, state):
    endpoint_id = add()["Id"]
    publish(app.database, account, "order:1")
    finish_all(app.database, endpoint_id, state)
    (message,) = api.get(f"/api/Webhook/{endpoint_id}/Message").json()["Items"]
    assert api.post(f"/api/Webhook/Message/{message['Id']}/Cancel").status_code == 409
    assert api.get(f"/api/Webhook/Message/{message['Id']}").json()["State"] == state


@pytest.mark.parametrize(
    ("methods", "statuses"), [(("POST",), [200, 202]), (("GET",), [403, 403]), (("GET", "PUT", "DELETE"), [403, 403])]
)
def test_who_may_retry_may_cancel(api, key_with, app, add, account, methods, statuses):
    endpoint_id = add()["Id"]
    publish(app.database, account, "order:1")
    (message,) = api.get(f"/api/Webhook/{endpoint_id}/Message").json()["Items"]
    caller = key_with(Grant(methods))
    answers = [
        caller.post(f"/api/Webhook/Message/{message['Id']}/Cancel"),
        caller.post(f"/api/Webhook/{endpoint_id}/Cancel", json={"WaitingSince": "2026-11-01T00:00:00Z"}),
    ]
    assert [answer.status_code for answer in answers] == statuses


def test_a_bulk_cancel_is_a_job_with_progress(api, app, add, account):
    endpoint_id = add()["Id"]
    path = f"/api/Webhook/{endpoint_id}/Cancel"
    publish(app.database, account, *[f"order:{number}" for number in range(703)])
    publish(app.database, account, *["order:1"] * 500, event_type="OrderDeleted")
    answer = api.post(path, json={"WaitingSince": "2026-11-23T12:00:00Z", "Event": "OrderUpdated"})
    assert answer.status_code == 202, answer.text
    job = answer.json()
    assert (job["Act"], job["What"], job["State"], job["Total"]) == ("cancel", "waiting", "running", 703)
    seen = []
    while jobs.run_once(app.database, lambda _ids: None, app.settings.batch):
        progress = api.get(answer.headers["Location"]).json()
        seen.append((progress["Canceled"], progress["Retried"]))
    assert seen[0] != seen[-1] == (703, 0)
    last = api.get(f"{path}/{job['Id']}").json()
    assert (last["State"], last["Total"], last["Done"]) == ("succeeded", 703, 703)
    assert api.get(path).json()["Items"] == [last]
    assert api.get(f"/api/Webhook/{endpoint_id}/Retry").json()["Items"] == []
    assert api.get(f"/api/Webhook/{endpoint_id}/Retry/{job['Id']}").status_code == 404
    assert api.get(f"/api/Webhook/{endpoint_id}").json()["Waiting"] == 500


def test_a_cancel_job_is_stopped(api, app, add, account):
    path = f"/api/Webhook/{add()['Id']}/Cancel"
    publish(app.database, account, "order:1")
    job = api.post(path, json={"WaitingSince": "2026-11-01T00:00:00Z"}).json()
    assert api.post(path, json={"WaitingSince": "2026-11-01T00:00:00Z"}).status_code == 409
    assert api.delete(f"{path.replace('Cancel', 'Retry')}/{job['Id']}").status_code == 404
    assert api.delete(f"{path}/{job['Id']}").status_code == 200
    assert jobs.run_once(app.database, lambda _ids: None) == 0


def test_all_retries_that_wait_are_sent_now(api, app, add, account):
    endpoint_id = add()["Id"]
    publish(app.database, account, "order:1", "order:2", "order:3")
    with app.database.transaction() as tx:
        later = update(messages).where(messages.c.subject != "order:3")
        tx.execute(later.values(due_at=tx.now + timedelta(hours=5), failures=4, error="http_status", status=422))
    job = api.post(f"/api/Webhook/{endpoint_id}/Retry", json={"WaitingSince": "2026-11-01T00:00:00Z"}).json()
    assert (job["Act"], job["What"], job["Total"]) == ("retry", "waiting", 2)
    while jobs.run_once(app.database, lambda _ids: None):
        pass
    assert api.get(f"/api/Webhook/{endpoint_id}/Retry/{job['Id']}").json()["Retried"] == 2
    rows = [(row.due_at <= app.database.clock.now(), row.failures) for row in rows_of(app.database, endpoint_id)]
    assert rows == [(True, 0)] * 3


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"MessageIds": []},
        {"MessageIds": ["msg_1"], "WaitingSince": "2026-11-01T00:00:00Z"},
        {"MessageIds": ["msg_1"], "Event": "OrderCreated"},
        {"WaitingSince": "2027-11-01T00:00:00Z"},
        {"WaitingSince": "2026-11-01T00:00:00Z", "Outcome": "teapot"},
        {"WaitingSince": "2026-11-01T00:00:00Z", "Outcome": ""},
        {"WaitingSince": "2026-11-01T00:00:00Z", "Subject": ""},  # would be all
        {"WaitingSince": "2026-11-01T00:00:00Z", "Event": ""},
        {"Event": "OrderCreated"},
    ],
)
def test_a_cancel_says_what_to_cancel(api, add, body):
    path = f"/api/Webhook/{add()['Id']}/Cancel"
    assert api.post(path, json=body).status_code == 400
    assert api.get(path).json()["Items"] == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"MessageIds": []},
        {"WaitingSince": "2026-11-01T00:00:00Z", "FailedSince": "2026-11-01T00:00:00Z"},
        {"MissedSince": "2026-11-01T00:00:00Z", "Event": "OrderCreated"},
        {"MessageIds": ["msg_1"], "FailedSince": "2026-11-01T00:00:00Z"},
        {"MessageIds": ["msg_1"], "Until": "2026-11-01T00:00:00Z"},
        {"FailedSince": "2026-11-01T00:00:00Z", "MissedSince": "2026-11-01T00:00:00Z"},
        {"FailedSince": "2027-11-01T00:00:00Z"},
        {"FailedSince": "2026-11-01T00:00:00Z", "Until": "2026-10-01T00:00:00Z"},
        {"FailedSince": "0001-01-01T00:00:00Z"},
        {"FailedSince": 10**300},
        {"Until": "2026-11-01T00:00:00Z"},
    ],
)
def test_a_retry_says_what_to_retry(api, add, body):
    path = f"/api/Webhook/{add()['Id']}/Retry"
    assert api.post(path, json=body).status_code == 400
    assert api.get(path).json()["Items"] == []


def test_a_disabled_endpoint_retries_nothing(api, add):
    path = f"/api/Webhook/{add()['Id']}"
    api.put(f"{path}/Disable")
    answer = api.post(f"{path}/Retry", json={"MissedSince": "2026-11-01T00:00:00Z"})
    assert answer.status_code == 409
    assert "Enable it first" in answer.json()["Detail"]


def test_switching_the_order_off_lets_all_go_that_wait_behind(api, app, add, account):
    made = add()
    publish(app.database, account, *["order:1"] * 4)
    assert [row.due_at is not None for row in rows_of(app.database, made["Id"])] == [True, False, False, False]
    api.put(f"/api/Webhook/{made['Id']}", json={"Ordered": False})
    assert all(row.due_at for row in rows_of(app.database, made["Id"]))
    api.put(f"/api/Webhook/{made['Id']}", json={"Ordered": True})
    publish(app.database, account, *["order:1"] * 2)
    assert [row.version for row in rows_of(app.database, made["Id"]) if row.due_at is None] == [5, 6]
    assert_lanes_are_sound(app.database, made["Id"])


def test_schemes_bring_and_take_their_secrets(api, add):
    path = f"/api/Webhook/{add()['Id']}"
    api.put(path, json={"Schemes": ["v1a", "v1"]})
    assert [one["Scheme"] for one in api.get(f"{path}/Secret").json()["Items"]] == ["v1", "v1a"]
    api.put(path, json={"Schemes": ["v1a"]})
    assert [one["Scheme"] for one in api.get(f"{path}/Secret").json()["Items"]] == ["v1a"]


def test_the_alert_url_is_an_endpoint_for_operational_events(api, other_api, add):
    path = "/api/Webhook/AlertUrl"
    add(Url="https://example.com/hook")
    assert api.get(path).status_code == api.delete(path).status_code == 404
    answer = api.put(path, json={"Url": "https://alerts.example/"})
    assert answer.status_code == 202, answer.text
    made = answer.json()
    assert (made["Alerts"], made["Url"]) == (True, "https://alerts.example/")
    assert made["EventTypes"] == ["EndpointDown", "EndpointDisabled"]
    assert api.get(path).json() == api.get(f"/api/Webhook/{made['Id']}").json() == made
    assert api.get(f"/api/Webhook/{made['Id']}/Secret").json()["Items"][0]["Secret"].startswith("whsec_")
    assert api.put(path, json=made).status_code == 202  # what was answered can be sent back
    assert api.put(f"/api/Webhook/{made['Id']}", json={"EventTypes": []}).status_code == 400
    assert other_api.get(path).status_code == 404
    assert api.delete(path).status_code == 200
    assert api.get(f"/api/Webhook/{made['Id']}").status_code == 404


@pytest.mark.parametrize(
    "url", ["", "http://alerts.example/", "https://192.168.0.1/", "https://example.com/hook", "x", None]
)
def test_a_wrong_alert_url_is_refused(api, add, url):
    add(Url="https://example.com/hook")
    answer = api.put("/api/Webhook/AlertUrl", json={"Url": url})
    allowed = url is not None and url.startswith("http://")  # here they are
    assert answer.status_code == (202 if allowed else 400), answer.text
