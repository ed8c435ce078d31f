"""What is an account's own stays its own: every operation on webhooks, with the ids of another account."""

import re

import pytest
from fastapi.routing import APIRoute

from support.endpoints import finish_all, publish
from waybell.web.api import events, webhooks
from waybell.web.api.routing import ApiRoute
from waybell.webhooks.history import jobs

BODIES = {
    "UpdateWebhook": {"Description": "mine now"},
    "TestWebhook": {"EventType": "OrderCreated"},
    "RetryWebhook": {"FailedSince": "2026-11-01T00:00:00Z"},
    "CancelWebhook": {"WaitingSince": "2026-11-01T00:00:00Z"},
}
WITH_IDS = [
    (method, route)
    for route in (*webhooks.api.routes, *events.api.routes)
    if isinstance(route, APIRoute) and "{" in route.path
    for method in route.methods
]


@pytest.fixture
def theirs(api, app, account):
    """Ids of everything that the first account has."""
    endpoint_id = api.post("/api/Webhook", json={"Url": "https://example.com/", "Headers": {"X-A": "b"}}).json()["Id"]
    api.post("/api/EventType", json={"Name": "invoice.paid", "Meaning": "x"})
    publish(app.database, account, "order:1", "order:2")
    finish_all(app.database, endpoint_id, "failed")
    message = api.get(f"/api/Webhook/{endpoint_id}/Message").json()["Items"][0]
    job = api.post(f"/api/Webhook/{endpoint_id}/Retry", json={"MissedSince": "2026-11-01T00:00:00Z"}).json()
    return {"endpoint_id": endpoint_id, "message_id": message["Id"], "job_id": job["Id"], "name": "invoice.paid"}


def path_of(route: APIRoute, ids) -> str:
    return re.sub(r"\{(\w+)[^}]*\}", lambda match: ids[match[1]], route.path)


@pytest.mark.parametrize("whose", ["theirs", "nobody's", "odd"])
def test_ids_of_others_are_not_found_and_nothing_changes(api, other_api, theirs, whose):
    def everything() -> list:
        endpoint = f"/api/Webhook/{theirs['endpoint_id']}"
        paths = (endpoint, f"{endpoint}/Secret", f"{endpoint}/Message", f"{endpoint}/Retry", f"{endpoint}/Cancel")
        return [api.get(path).json() for path in (*paths, "/api/EventType")]

    before = everything()
    ids = theirs if whose == "theirs" else dict.fromkeys(theirs, "ep_1" if whose == "nobody's" else "%00\u2603%2F")
    for method, route in WITH_IDS:
        body = BODIES.get(route.operation_id)
        sent = {"json": body} if body else {}
        answer = other_api.request(method, path_of(route, ids), **sent)
        assert answer.status_code == 404, (method, route.path, answer.text)
        assert set(answer.json()) == {"Status", "Title", "Detail"}, (method, route.path)
    assert everything() == before


def test_lists_show_only_ones_own(api, other_api, theirs):
    assert other_api.get("/api/Webhook").json()["Items"] == []
    assert other_api.get("/api/Event").json()["Items"] == []
    assert not [one for one in other_api.get("/api/EventType").json()["Items"] if one["Custom"]]


def test_others_cannot_name_ones_own_in_their_requests(other_api, theirs):
    assert (
        other_api.post("/api/Webhook", json={"Url": "https://example.com/", "EventTypes": ["invoice.paid"]}).status_code
        == 400
    )
    assert other_api.post("/api/Event", json={"Event": "invoice.paid", "Data": {}}).status_code == 400
    mine = other_api.post("/api/Webhook", json={"Url": "https://example.com/"}).json()["Id"]
    retry = f"/api/Webhook/{mine}/Retry"
    assert other_api.post(retry, json={"MessageIds": [theirs["message_id"]]}).status_code == 404
    assert other_api.get(f"{retry}/{theirs['job_id']}").status_code == 404
    cancel = f"/api/Webhook/{mine}/Cancel"
    assert other_api.post(cancel, json={"MessageIds": [theirs["message_id"]]}).status_code == 404


def test_what_an_endpoint_missed_is_of_its_own_account(app, other_api, theirs):
    mine = other_api.post("/api/Webhook", json={"Url": "https://example.com/"}).json()["Id"]
    job = other_api.post(f"/api/Webhook/{mine}/Retry", json={"MissedSince": "2026-11-01T00:00:00Z"}).json()
    while jobs.run_once(app.database, lambda _ids: None):
        pass
    assert job["Total"] == 0
    assert other_api.get(f"/api/Webhook/{mine}/Message").json()["Items"] == []


def test_without_a_key_there_is_nothing(web, api):
    for method, route in WITH_IDS:
        path = path_of(route, {"endpoint_id": "e", "message_id": "m", "job_id": "j", "name": "n"})
        assert api.request(method, path, headers={"X-API-KEY": "wb_wrong"}).status_code == 401


def test_every_operation_says_what_it_answers(api):
    paths = api.get("/api/openapi.json").json()["paths"]
    for route in (*webhooks.api.routes, *events.api.routes):
        assert isinstance(route, ApiRoute)
        for method in route.methods:
            path = re.sub(r"_(\w)", lambda found: found[1].upper(), route.path)  # {message_id} is shown as {messageId}
            answers = paths[path][method.lower()]["responses"]
            content = next(answer for status, answer in answers.items() if status.startswith("2"))["content"]
            assert content["application/json"]["schema"], route.path
