"""Null members are left out of what the original's operations answer, and nothing else is: asked of all operations.

What a document declares is read from the published one. The other tests have the nulls sent, since a member that is
missing because it was misspelt would else look like one that is null.
"""

import re

from safety.conftest import DAY
from safety.test_apart import body_of, of_first
from support.pictures import a_picture
from support.published import JSON
from support.walks import operations
from waybell.web.api.original_operations import ORIGINAL


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


def test_the_reading_operations_of_the_original_leave_out_just_the_null_members_that_they_declare(
    api, published, furnished
):
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
            expected = sent.json()
            if operation_id in ORIGINAL:
                expected = without_declared_nulls(published, expected, schema)
            # Links to pictures and proofs are signed anew each time.
            assert shape_of(omitted.json()) == shape_of(expected), path
            assert int(omitted.headers["Content-Length"]) == len(omitted.content)
            left_out |= {operation_id} if len(omitted.content) < len(sent.content) else set()
    assert len(left_out) > 15, left_out
    assert left_out <= ORIGINAL


def shape_of(value):
    """The names of all members, and whether there is something."""
    if isinstance(value, dict):
        return {name: shape_of(one) for name, one in value.items()}
    return [shape_of(one) for one in value] if isinstance(value, list) else value is None


def test_no_writing_operation_of_the_original_answers_a_declared_null(api, published, furnished):
    set_nulls(api, "omit")
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
            if kinds[method, path] not in ORIGINAL:
                continue
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


def test_our_own_operations_send_nulls_and_what_publishers_say_stays_as_it_is(api, told):
    set_nulls(api, "omit")
    data = {"a": None, "b": [None, {"c": None}], "Cursor": None}
    headers = {"X-One": "1", "X-Two": "2"}
    sent = {"Url": "https://e.example/x", "EventTypes": ["my.event"], "Headers": headers}
    api.post("/api/EventType", json={"Name": "my.event", "Meaning": "m", "Sample": data})
    made = api.post("/api/Webhook", json=sent).json()
    assert (made["Headers"], made["RateLimit"], made["ParkedAt"]) == (dict.fromkeys(headers), None, None)
    assert api.post("/api/Event", json={"Event": "my.event", "Data": data}).json()["Key"] is None
    told.news()
    [event] = api.get("/api/Event", params={"Event": "my.event"}).json()["Items"]
    assert event["Data"] == data
    page = api.get(f"/api/Webhook/{made['Id']}/Message").json()
    assert page["Cursor"] is None
    message = api.get(f"/api/Webhook/Message/{page['Items'][0]['Id']}").json()
    assert (message["Body"]["Data"], message["Error"]) == (data, None)
    [own] = [one for one in api.get("/api/EventType").json()["Items"] if one["Custom"]]
    assert own["Sample"] == data


def test_what_may_be_left_out_is_not_required_in_the_document(published):
    for operation_id in ORIGINAL:
        for answer in published.answers(operation_id).values():
            for name in names_in(published, answer.get("content", {}).get(JSON, {})):
                schema = published.document["components"]["schemas"][name]
                for member in schema.get("required", []):
                    assert "null" not in str(schema["properties"][member]), (operation_id, name, member)


def names_in(published, value):
    """The names of all schemas that this one refers to, however deep."""
    found, new = set(), set(re.findall(r"#/components/schemas/(\w+)", str(value)))
    while new:
        found |= new
        schemas = published.document["components"]["schemas"]
        new = {name for one in new for name in re.findall(r"#/components/schemas/(\w+)", str(schemas[one]))} - found
    return found
