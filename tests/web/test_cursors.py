"""Every list of the API refuses a cursor that was damaged on its way; it goes on nowhere, and does not begin anew."""

import pytest

from support.published import Published
from waybell.ground.cursors import pack


@pytest.fixture
def lists(api, app, web, clock):
    """The path of each list that goes on at a cursor, with more to list than fits on its first page."""
    for number in range(3):
        made = api.post("/api/Webhook", json={"Url": f"https://e.example/{number}", "EventTypes": ["OrderCreated"]})
    endpoint = made.json()["Id"]
    for number in range(2):
        api.post("/api/Order", json={"Number": str(number), "Client": "C", "Address": "A"})
        since = clock.now().isoformat()
        for act, moment in (("Retry", "FailedSince"), ("Cancel", "WaitingSince")):
            job = api.post(f"/api/Webhook/{endpoint}/{act}", json={moment: since}).json()
            assert api.delete(f"/api/Webhook/{endpoint}/{act}/{job['Id']}").status_code == 200  # one at a time
        api.post(f"/api/Webhook/{endpoint}/Test", json={"EventType": "OrderCreated"})
    app.watch.sweep(app.database)
    found = [
        path.format(endpoint_id=endpoint, endpointId=endpoint)
        for method, path, operation in Published(web.openapi()).operations.values()
        if method.upper() == "GET" and "After" in {one["name"] for one in operation.get("parameters", [])}
    ]
    assert len(found) == 7
    return found


def test_a_damaged_cursor_is_refused_by_every_list(api, lists):
    cursors = {path: api.get(path, params={"Limit": 1}).json()["Cursor"] for path in lists}
    for path, cursor in cursors.items():
        assert api.get(path, params={"After": cursor}).status_code == 200, path
        others = [other for one, other in cursors.items() if one != path]
        cut = [cursor[:length] for length in range(1, len(cursor))]
        for damaged in ["'", "!!!", "\0", "%3D", "====", cursor[:4] + "!" + cursor[4:], f"{cursor}=", *cut, *others]:
            answer = api.get(path, params={"After": damaged})
            assert answer.status_code == 400, (path, damaged)
            assert answer.json()["Detail"].startswith("After: ")


def test_a_cursor_of_another_endpoint_is_refused(api, lists):
    other = api.get("/api/Webhook").json()["Items"][0]["Id"]
    of_endpoints = [path for path in lists if "/ep_" in path]
    assert len(of_endpoints) == 4
    for path in of_endpoints:
        cursor = api.get(path, params={"Limit": 1}).json()["Cursor"]
        there = "/".join(other if part.startswith("ep_") else part for part in path.split("/"))
        assert api.get(there, params={"After": cursor}).status_code == 400, path


def test_a_reader_goes_on_with_a_cursor_that_it_got_before_cursors_had_a_checksum(api, lists):
    oldest = pack("-1.-1")
    assert api.get("/api/Event", params={"After": oldest}).json()["Items"]
    assert api.get("/api/Event", params={"After": pack("-1.-1.-1")}).status_code == 400
    assert api.get("/api/Event", params={"After": pack(f"{2**63}.1")}).status_code == 400
