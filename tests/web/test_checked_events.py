"""Events of one's own types fit the Schema of their type."""

import pytest
from sqlalchemy import update

from waybell.events import schema_process
from waybell.events.tables import custom_event_types

SCHEMA = {
    "type": "object",
    "required": ["Total"],
    "properties": {"Total": {"type": "number"}, "Lines": {"type": "array", "items": {"type": "string"}}},
}
PAID = {"Name": "invoice.paid", "Meaning": "an invoice was paid", "Schema": SCHEMA}
MANY_CHOICES = {"properties": {"A": {"type": "array", "items": {"enum": list(range(3000))}}}}


def register(api, **members):
    answer = api.post("/api/EventType", json=PAID | members)
    assert answer.status_code in (201, 202), answer.text


def shown(api):
    return next(one for one in api.get("/api/EventType").json()["Items"] if one["Custom"])


def publish(api, data, name="invoice.paid"):
    answer = api.post("/api/Event", json={"Event": name, "Data": data})
    return answer.status_code, answer.json().get("Detail")


def stored(api):
    return len(api.get("/api/Event").json()["Items"])


def test_data_that_do_not_fit_are_refused_with_their_place(api):
    register(api)
    assert publish(api, {"Total": "x", "Lines": ["a", 5]})[0] == 400
    assert publish(api, {"Total": "x"}) == (400, 'Data.Total: "x" is not of type "number"')
    assert publish(api, {"Total": 1, "Lines": ["a", 5]}) == (400, 'Data.Lines[1]: 5 is not of type "string"')
    assert publish(api, {}) == (400, 'Data: "Total" is a required property')
    assert publish(api, {"Total": 1, "More": None})[0] == 201


def test_a_bulk_names_each_event_that_does_not_fit_and_stores_none(api):
    register(api)
    good, bad = ({"Event": "invoice.paid", "Data": data} for data in ({"Total": 1}, {}))
    answer = api.post("/api/Event/Bulk", json=[good, bad, good, bad])
    assert answer.status_code == 400
    fault = 'Data: "Total" is a required property'
    assert answer.json()["Detail"].splitlines() == [f"[1].{fault}", f"[3].{fault}"]
    assert api.post("/api/Event/Bulk", json=[good] * 3).status_code == 201


def test_the_check_is_on_for_new_types_and_can_be_switched(api):
    register(api)
    assert shown(api)["CheckData"] is True
    register(api, CheckData=False)
    assert publish(api, {})[0] == 201
    register(api)  # described anew, and not checked as before
    assert shown(api)["CheckData"] is False
    assert publish(api, {})[0] == 201
    register(api, CheckData=True)
    assert publish(api, {})[0] == 400
    register(api, Schema={"type": "object", "maxProperties": 0})
    assert publish(api, {})[0] == 201
    assert publish(api, {"Total": 1})[0] == 400


def test_types_from_before_are_not_checked_until_somebody_says_so(api, db):
    register(api)
    with db.transaction() as tx:
        tx.execute(update(custom_event_types).values(data_schema={"$ref": "http://x/"}, check_data=False))
    assert publish(api, {})[0] == 201
    assert api.post("/api/EventType", json=shown(api)).status_code == 202
    assert publish(api, {})[0] == 201
    assert api.post("/api/EventType", json=shown(api) | {"CheckData": True}).status_code == 400


@pytest.mark.parametrize("schema", [{"type": 5}, {"$ref": "https://example.com/schema.json"}, {"pattern": r"(a)\1"}])
def test_a_schema_that_cannot_be_checked_against_is_refused(api, schema):
    answer = api.post("/api/EventType", json=PAID | {"Schema": schema})
    assert answer.status_code == 400
    assert answer.json()["Detail"].startswith("Schema")
    assert api.post("/api/EventType", json=PAID | {"Schema": schema, "CheckData": False}).status_code == 201


def test_built_in_types_say_that_they_fit(api):
    assert all(one["CheckData"] for one in api.get("/api/EventType").json()["Items"])


def test_what_may_take_long_is_checked_in_a_process_of_its_own(api):
    register(api, Schema=MANY_CHOICES)
    assert publish(api, {"A": list(range(3000))})[0] == 201
    assert publish(api, {"A": [*range(2999), 3000]})[0] == 400
    assert stored(api) <= 1


def test_what_takes_too_long_is_refused_in_words(api, monkeypatch):
    register(api, Schema=MANY_CHOICES)
    monkeypatch.setattr(schema_process._processes, "_seconds", 0)
    status, detail = publish(api, {"A": list(range(3000))})
    assert status == 400
    assert detail.startswith("Data: could not be checked against its Schema in time.")


def test_more_than_can_wait_are_told_to_come_again(api):
    register(api, Schema=MANY_CHOICES)
    places = schema_process._processes._bulkhead._places
    taken = 0
    while places.acquire(blocking=False):
        taken += 1
    try:
        answer = api.post("/api/Event", json={"Event": "invoice.paid", "Data": {"A": list(range(3000))}})
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        assert publish(api, {"A": [1]})[0] == 201
    finally:
        for _ in range(taken):
            places.release()
