"""Null members are left out of every answer of the API, and nothing else is: asked of all operations.

What a document declares is read from the published one. The other tests have the nulls sent, since a member that is
missing because it was misspelt would else look like one that is null.
"""

from safety.conftest import DAY
from safety.test_apart import body_of, of_first
from support.pictures import a_picture
from support.published import JSON, Published
from support.walks import operations


def set_nulls(api, kind):
    api.app.state.settings = api.app.state.settings.model_copy(update={"null_members": kind})


def without_declared_nulls(published, value, schema):
    """The value without the members that its schema declares and that are null; what is free in form stays."""
    for kind in schema.get("anyOf", []):
        if "$ref" in kind or "items" in kind:
            schema = kind
    plain = published.resolved(schema)
    if isinstance(value, list) and "items" in plain:
        return [without_declared_nulls(published, one, plain["items"]) for one in value]
    declared = plain.get("properties")
    if not isinstance(value, dict) or declared is None:
        return value
    return {
        name: without_declared_nulls(published, one, declared.get(name, {}))
        for name, one in value.items()
        if one is not None or name not in declared
    }


def test_every_reading_operation_leaves_out_just_the_null_members_that_it_declares(api, web, furnished):
    published = Published(web.openapi())
    left_out = set()
    for operation_id, (method, path, operation) in published.operations.items():
        if method != "GET":
            continue
        names = [one["name"] for one in operation.get("parameters", []) if one["in"] == "path"]
        url = path.format_map({name: of_first(furnished, path, name) for name in names})
        set_nulls(api, "send")
        sent = api.get(url)
        set_nulls(api, "omit")
        omitted = api.get(url, headers={"Accept-Encoding": "identity"})
        assert (sent.status_code == 200) == (omitted.status_code == 200), url
        if sent.status_code != 200:  # where the walk names nothing that is there
            continue
        published.check(operation_id, sent)
        published.check(operation_id, omitted)
        if omitted.headers["Content-Type"] == JSON:
            schema = published.answers(operation_id)["200"]["content"][JSON]["schema"]
            # Links to pictures and proofs are signed anew each time.
            assert shape_of(omitted.json()) == shape_of(without_declared_nulls(published, sent.json(), schema)), path
            assert int(omitted.headers["Content-Length"]) == len(omitted.content)
            left_out |= {operation_id} if len(omitted.content) < len(sent.content) else set()
    assert len(left_out) > 30, left_out


def shape_of(value):
    """The names of all members, and whether there is something."""
    if isinstance(value, dict):
        return {name: shape_of(one) for name, one in value.items()}
    return [shape_of(one) for one in value] if isinstance(value, list) else value is None


def test_no_writing_operation_answers_a_declared_null(api, web, furnished):
    set_nulls(api, "omit")
    published = Published(web.openapi())
    kinds = {(method, path): name for name, (method, path, _) in published.operations.items()}
    for method, path, names, content, _ in operations(api):
        sent = {}
        if "application/json" in content:
            sent = {"json": body_of(furnished, path, content)}
        elif content:
            sent = {"content": a_picture(), "headers": {"Content-Type": "image/jpeg"}}
        url = path.format_map({name: of_first(furnished, path, name) for name in names})
        answer = api.request(method, url, **sent)
        assert answer.status_code < 500, (url, answer.text)
        promised = published.answers(kinds[method, path]).get(str(answer.status_code))
        if promised and answer.headers.get("Content-Type") == JSON:
            published.check(kinds[method, path], answer)
            schema = promised["content"][JSON]["schema"]
            assert answer.json() == without_declared_nulls(published, answer.json(), schema), url


def test_an_order_that_was_deleted_is_told_without_nulls_too(api, furnished):
    set_nulls(api, "omit")
    api.post("/api/Order", json={"Number": "gone", "Client": "C", "Address": "A", "Date": DAY})
    api.delete("/api/Order/Number/gone")
    gone = api.get("/api/Order/Number/gone")
    assert gone.status_code == 410
    assert b"null" not in gone.content
    assert gone.json()["Order"]["Number"] == "gone"


def test_keys_of_maps_and_what_publishers_say_stay_as_they_are(api, told):
    set_nulls(api, "omit")
    data = {"a": None, "b": [None, {"c": None}], "Cursor": None}
    headers = {"X-One": "1", "X-Two": "2"}
    sent = {"Url": "https://e.example/x", "EventTypes": ["my.event"], "Headers": headers}
    api.post("/api/EventType", json={"Name": "my.event", "Meaning": "m", "Sample": data})
    made = api.post("/api/Webhook", json=sent).json()
    assert made["Headers"] == dict.fromkeys(headers)
    assert made.keys().isdisjoint({"RateLimit", "HexHeader", "ParkedAt", "PausedUntil"})
    assert api.get("/api/Webhook").json()["Items"][0]["Headers"] == dict.fromkeys(headers)
    published = api.post("/api/Event", json={"Event": "my.event", "Data": data}).json()
    assert "Key" not in published
    told.news()
    [event] = api.get("/api/Event", params={"Event": "my.event"}).json()["Items"]
    assert event["Data"] == data
    page = api.get(f"/api/Webhook/{made['Id']}/Message").json()
    assert "Cursor" not in page
    message = api.get(f"/api/Webhook/Message/{page['Items'][0]['Id']}").json()
    assert message["Body"]["Data"] == data
    assert message.keys().isdisjoint({"Error", "Status", "FinishedAt"})
    [own] = [one for one in api.get("/api/EventType").json()["Items"] if one["Custom"]]
    assert (own["Sample"], "Schema" in own) == (data, False)
