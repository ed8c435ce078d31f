"""`/api/Event` and `/api/EventType`: the feed, publishing, the catalogue."""

import json
import threading
from decimal import Decimal

import pytest
from lxml import etree
from sqlalchemy import func, select

from support.endpoints import an_endpoint, publish, rows_of
from support.waiting import wait_for
from waybell.app import EVENT_TYPES
from waybell.events.tables import events

PAID = {"Name": "invoice.paid", "Meaning": "An invoice was paid.", "Sample": {"Invoice": "I-1"}}


@pytest.fixture
def paid(api):
    """The event type `invoice.paid`, registered."""
    answer = api.post("/api/EventType", json=PAID)
    assert answer.status_code == 201, answer.text


def feed_of(api, count: int, **params):
    """The feed once it has this many events: on PostgreSQL a transaction of another database holds it back."""

    def found():
        answer = api.get("/api/Event", params=params)
        assert answer.status_code == 200, answer.text
        return answer if len(answer.json()["Items"]) == count else None

    return wait_for(found)


def stored(app) -> int:
    with app.database.reading() as tx:
        return tx.execute(select(func.count()).select_from(events)).scalar_one()


def test_the_feed_carries_the_very_bytes_of_the_events(api, app, account):
    publish(app.database, account, "order:1", "order:2")
    answer = feed_of(api, 2)
    with app.database.reading() as tx:
        bodies = tx.execute(select(events.c.body).order_by(events.c.seq)).scalars().all()
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.content.startswith(b'{"Items":[' + b",".join(bodies) + b'],"Cursor":"')


def test_who_follows_the_cursor_misses_nothing_and_sees_nothing_twice(api, app, account):
    publish(app.database, account, *[f"order:{number}" for number in range(5)])
    feed_of(api, 5)
    found, cursor = [], None
    while True:
        page = api.get("/api/Event", params={"Limit": 2, **({"After": cursor} if cursor else {})}).json()
        if not page["Items"]:
            break
        found += [one["Metadata"]["Id"] for one in page["Items"]]
        cursor = page["Cursor"]
    assert len(found) == len(set(found)) == 5
    assert page["Cursor"] == cursor
    publish(app.database, account, "order:1")
    assert feed_of(api, 1, After=cursor).json()["Items"][0]["Metadata"]["Version"] == 2


def test_the_feed_can_be_of_some_types(api, app, account):
    publish(app.database, account, "order:1")
    publish(app.database, account, "order:1", event_type="OrderDeleted")
    publish(app.database, account, "order:2", event_type="RouteClosed")
    feed_of(api, 3)
    for asked in ("OrderDeleted,RouteClosed", ["OrderDeleted", "RouteClosed"]):
        items = feed_of(api, 2, Event=asked).json()["Items"]
        assert [one["Metadata"]["Event"] for one in items] == ["OrderDeleted", "RouteClosed"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("After", "nonsense"),
        ("After", "\u2603"),
        ("After", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OS4x"),
        ("After", "x" * 5000),
        ("After", "LTk5LjE"),
        ("Limit", 0),
        ("Limit", 1001),
        ("Limit", 10**50),
        ("Event", "a\0b"),
    ],
)
def test_a_wrong_question_to_the_feed_is_named(api, name, value):
    answer = api.get("/api/Event", params={name: value})
    assert answer.status_code == 400, answer.text
    assert answer.json()["Detail"].startswith(name)


def test_an_event_of_ones_own_is_stored_and_sent(api, app, account, paid):
    endpoint_id = an_endpoint(app, account, event_types=("invoice.paid",))
    data = {"Invoice": "I-17", "Lines": [{"N": 1.5, "Text": "caf\u00e9 \0 \u2603"}], "Nothing": None}
    answer = api.post("/api/Event", json={"Event": "invoice.paid", "Subject": "invoice:17", "Data": data, "Key": "k-1"})
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made | {"Id": "", "Date": ""} == {
        "Id": "",
        "Event": "invoice.paid",
        "Subject": "invoice:17",
        "Date": "",
        "Key": "k-1",
        "Status": 201,
    }
    (document,) = feed_of(api, 1).json()["Items"]
    assert document["Metadata"] == {
        "Event": "invoice.paid",
        "Date": made["Date"],
        "Id": made["Id"],
        "Version": 1,
    }
    assert document["Data"] == data
    (message,) = rows_of(app.database, endpoint_id)
    assert (message.event_id, message.subject) == (made["Id"], "invoice:17")


def test_an_event_of_ones_own_about_an_endpoint_is_sent_to_that_endpoint_too(api, app, account, paid):
    endpoint_id = an_endpoint(app, account)
    wanted = {"Event": "invoice.paid", "Subject": endpoint_id, "Data": {}}
    assert api.post("/api/Event", json=wanted).status_code == 201
    assert [row.subject for row in rows_of(app.database, endpoint_id)] == [endpoint_id]


def test_the_same_key_again_answers_the_first_result(api, app, paid):
    first = api.post("/api/Event", json={"Event": "invoice.paid", "Data": {"N": 1}, "Key": "k"})
    again = api.post("/api/Event", json={"Event": "invoice.paid", "Data": {"N": 2}, "Key": "k"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json() | {"Status": 200}
    assert stored(app) == 1
    api.post("/api/Event", json={"Event": "invoice.paid", "Data": {"N": 2}})
    api.post("/api/Event", json={"Event": "invoice.paid", "Data": {"N": 2}})
    assert stored(app) == 3  # without a key each is one of its own


def test_another_account_has_keys_of_its_own(api, other_api, paid):
    other_api.post("/api/EventType", json=PAID)
    event = {"Event": "invoice.paid", "Data": {}, "Key": "k"}
    first, second = api.post("/api/Event", json=event), other_api.post("/api/Event", json=event)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["Id"] != second.json()["Id"]


def test_a_key_that_several_bring_at_once_is_stored_once(api, app, paid):
    """They meet at the unique index; whoever comes second answers what the first one stored."""
    together, answers = threading.Barrier(8), []

    def act(number: int) -> None:
        together.wait()
        for key in ("a", "b", "c"):
            subject = {"Subject": f"invoice:{number}"} if number % 2 else {}
            body = {"Event": "invoice.paid", "Data": {"N": number}, "Key": key, **subject}
            answers.append((key, api.post("/api/Event", json=body)))

    threads = [threading.Thread(target=act, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for _, answer in answers) == [200] * 21 + [201] * 3
    assert len({(key, answer.json()["Id"]) for key, answer in answers}) == 3
    assert stored(app) == 3


def test_bulks_with_the_same_keys_in_another_order_do_not_hinder_each_other(api, app, paid):
    together, answers = threading.Barrier(6), []

    def act(number: int) -> None:
        items = [{"Event": "invoice.paid", "Data": {}, "Key": f"k{key}"} for key in range(30)]
        together.wait()
        answers.append(api.post("/api/Event/Bulk", json=items[::-1] if number % 2 else items))

    threads = [threading.Thread(target=act, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert stored(app) == 30


def test_a_bulk_answers_in_the_order_of_its_items(api, app, paid):
    api.post("/api/Event", json={"Event": "invoice.paid", "Data": {}, "Key": "old"})
    items = [
        {"Event": "invoice.paid", "Data": {"N": 1}, "Key": "a", "Subject": "invoice:1"},
        {"Event": "invoice.paid", "Data": {"N": 2}},
        {"Event": "invoice.paid", "Data": {"N": 3}, "Key": "a"},
        {"Event": "invoice.paid", "Data": {"N": 4}, "Key": "old"},
    ]
    answer = api.post("/api/Event/Bulk", json=items)
    assert answer.status_code == 201
    results = answer.json()
    assert [one["Status"] for one in results] == [201, 201, 200, 200]
    assert results[2]["Id"] == results[0]["Id"]
    assert results[0]["Subject"] == "invoice:1"
    assert stored(app) == 3


def test_a_bulk_is_stored_whole_or_not_at_all(api, app, paid):
    good = {"Event": "invoice.paid", "Data": {}}
    for bad in ({"Event": "invoice.lost", "Data": {}}, {"Event": "invoice.paid"}, {**good, "Subject": "order:1"}):
        assert api.post("/api/Event/Bulk", json=[good, bad]).status_code == 400
    assert api.post("/api/Event/Bulk", json=[]).status_code == 400
    assert api.post("/api/Event/Bulk", json=[good] * 501).status_code == 400
    assert stored(app) == 0
    assert api.post("/api/Event/Bulk", json=[good] * 500).status_code == 201
    assert stored(app) == 500


@pytest.mark.parametrize(
    ("said", "body"),
    [
        ("Event: invoice.lost is not registered", {"Event": "invoice.lost", "Data": {}}),
        ("Event: OrderCreated is built in", {"Event": "OrderCreated", "Data": {}}),
        ("Event", {"Data": {}}),
        ("Event", {"Event": "a\0b", "Data": {}}),
        ("Event", {"Event": "x" * 101, "Data": {}}),
        ("Data", {"Event": "invoice.paid"}),
        ("Data", {"Event": "invoice.paid", "Data": None}),
        ("Data", {"Event": "invoice.paid", "Data": [1]}),
        ("Data", {"Event": "invoice.paid", "Data": "text"}),
        ("Key", {"Event": "invoice.paid", "Data": {}, "Key": "x" * 129}),
        ("Key", {"Event": "invoice.paid", "Data": {}, "Key": "a\0"}),
        ("Key", {"Event": "invoice.paid", "Data": {}, "Key": ["a"]}),
        ("Subject", {"Event": "invoice.paid", "Data": {}, "Subject": "x" * 201}),
        ("Subject", {"Event": "invoice.paid", "Data": {}, "Subject": "a\0"}),
        ("Subject", {"Event": "invoice.paid", "Data": {}, "Subject": "order:17"}),
        ("Subject", {"Event": "invoice.paid", "Data": {}, "Subject": "Route:17"}),
        ("Subject", {"Event": "invoice.paid", "Data": {}, "Subject": "test:ep_1"}),
    ],
)
def test_what_is_wrong_with_an_event_is_said_and_nothing_is_stored(api, app, paid, said, body):
    answer = api.post("/api/Event", json=body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["Detail"].startswith(said)
    assert stored(app) == 0


def test_numbers_beyond_json_are_refused_and_large_ones_are_kept(api, app, paid):
    huge = b'{"Event": "invoice.paid", "Data": {"N": 1e400}}'
    answer = api.post("/api/Event", content=huge, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["Detail"].startswith("Data")
    large = b'{"Event": "invoice.paid", "Data": {"N": ' + b"9" * 60 + b', "Text": "Infinity"}}'
    assert api.post("/api/Event", content=large, headers={"Content-Type": "application/json"}).status_code == 201
    assert feed_of(api, 1).json()["Items"][0]["Data"] == {"N": int("9" * 60), "Text": "Infinity"}


@pytest.mark.parametrize("number", ["3.141592653589793238462643383279", "123456789012345.123456", "1e-400", "1.10"])
def test_numbers_of_an_event_keep_all_their_digits(api, paid, number):
    one = f'{{"Event": "invoice.paid", "Data": {{"N": {number}, "T": "é", "L": [{number}]}}}}'
    xml = f"<E><Event>invoice.paid</Event><Data>{{&quot;N&quot;: {number}, &quot;L&quot;: [{number}]}}</Data></E>"
    for path, kind, body in (("", "json", one), ("/Bulk", "json", f"[{one}]"), ("", "xml", xml)):
        answer = api.post(f"/api/Event{path}", content=body.encode(), headers={"Content-Type": f"application/{kind}"})
        assert answer.status_code == 201, answer.text
    feed_of(api, 3)
    read = json.loads(api.get("/api/Event").content, parse_float=Decimal)
    found = [(item["Data"]["N"], item["Data"]["L"]) for item in read["Items"] if "N" in item["Data"]]
    assert found == [(Decimal(number), [Decimal(number)])] * 3
    in_xml = etree.fromstring(api.get("/api/Event", headers={"Accept": "application/xml"}).content)
    read = [json.loads(data.text, parse_float=Decimal) for data in in_xml.iter("Data")]
    assert [(data["N"], data["L"]) for data in read if "N" in data] == found


def test_nesting_has_an_end(api, app, paid):
    for depth in (100, 190, 199, 201, 1000, 100_000):
        body = b'{"Event": "invoice.paid", "Data": {"N": ' + b"[" * depth + b"]" * depth + b"}}"
        answer = api.post("/api/Event", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code in (201, 400, 413), depth


def test_the_catalogue_lists_what_is_built_in_and_what_is_ones_own(api, paid):
    items = {one["Name"]: one for one in api.get("/api/EventType").json()["Items"]}
    assert {
        "OrderCreated",
        "OrderUpdated",
        "OrderDeleted",
        "OrderStatusUpdated",
        "RouteCreated",
        "RouteUpdated",
        "RouteDeleted",
        "RouteStarted",
        "RouteClosed",
        "RouteOptimized",
        "EndpointDown",
        "EndpointDisabled",
        "invoice.paid",
    } <= set(items)
    built_in = {one.name for one in EVENT_TYPES}
    assert set(items) == built_in | {"invoice.paid"}
    assert all(one["Meaning"] and one["Sample"] for one in items.values())
    assert all(one["Schema"]["properties"] for name, one in items.items() if name != "invoice.paid")
    assert items["invoice.paid"] == {
        "Name": "invoice.paid",
        "Meaning": "An invoice was paid.",
        "Schema": None,
        "Sample": {"Invoice": "I-1"},
        "CheckData": True,
        "Custom": True,
        "OptIn": False,
    }


def test_an_event_type_is_described_anew(api, paid):
    answer = api.post("/api/EventType", json={"Name": "invoice.paid", "Meaning": "Now.", "Schema": {"type": "object"}})
    assert answer.status_code == 202
    (found,) = [one for one in api.get("/api/EventType").json()["Items"] if one["Custom"]]
    assert (found["Meaning"], found["Schema"], found["Sample"]) == ("Now.", {"type": "object"}, None)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"Name": "invoice paid", "Meaning": "x"}),
        (400, {"Name": "invoice-paid", "Meaning": "x"}),
        (400, {"Name": "caf\u00e9", "Meaning": "x"}),
        (400, {"Name": "x" * 101, "Meaning": "x"}),
        (400, {"Name": "", "Meaning": "x"}),
        (400, {"Name": "a\n", "Meaning": ""}),
        (400, {"Name": "a"}),
        (400, {"Name": "a", "Meaning": "x" * 501}),
        (400, {"Name": "a", "Meaning": "x\0"}),
        (400, {"Name": "a", "Meaning": "x", "Schema": []}),
        (400, {"Name": "a", "Meaning": "x", "Sample": {"N": "x" * 70_000}}),
        (409, {"Name": "OrderCreated", "Meaning": "x"}),
        (409, {"Name": "ordercreated", "Meaning": "x"}),
    ],
)
def test_a_wrong_event_type_is_refused(api, status, body):
    answer = api.post("/api/EventType", json=body)
    assert answer.status_code == status, answer.text
    assert not [one for one in api.get("/api/EventType").json()["Items"] if one["Custom"]]


def test_an_event_type_goes_when_no_endpoint_names_it(api, app, account, paid):
    endpoint_id = an_endpoint(app, account, event_types=("invoice.paid",))
    assert api.delete("/api/EventType/invoice.paid").status_code == 409
    api.put(f"/api/Webhook/{endpoint_id}", json={"EventTypes": ["OrderCreated"]})
    assert api.delete("/api/EventType/invoice.paid").status_code == 200
    assert api.delete("/api/EventType/invoice.paid").status_code == 404
    assert api.delete("/api/EventType/OrderCreated").status_code == 404
    assert api.post("/api/Event", json={"Event": "invoice.paid", "Data": {}}).status_code == 400
