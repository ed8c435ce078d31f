"""The OpenAPI document: whole, right by its own schemas, and made from the operations."""

import json

import jsonschema_rs
import pytest
import schemathesis
from fastapi.routing import APIRoute
from lxml import etree

from support.published import JSON, XML, Published
from waybell.app import EVENT_TYPES
from waybell.web.api.words import meaning


@pytest.fixture
def document(api_document):
    return api_document


@pytest.fixture
def operations(document):
    return {name: operation for name, (_, _, operation) in Published(document).operations.items()}


def refs(value):
    if isinstance(value, dict):
        yield from (part for key, part in value.items() if key == "$ref")
        for part in value.values():
            yield from refs(part)
    elif isinstance(value, list):
        for part in value:
            yield from refs(part)


def test_it_is_served_to_everybody(api, document):
    del api.headers["X-API-KEY"]
    answer = api.get("/api/openapi.json")
    assert answer.json() == json.loads(json.dumps(document))
    assert (document["openapi"], document["servers"][0]["url"]) == ("3.1.0", "https://waybell.example")
    assert "https://waybell.example/Order" in document["servers"][0]["description"]


def test_every_reference_leads_somewhere_and_every_component_is_used(document):
    kinds = ("schemas", "examples", "responses", "headers")
    there = {f"#/components/{kind}/{name}" for kind in kinds for name in document["components"][kind]}
    assert set(refs(document)) == there


def test_it_is_an_openapi_document(document):
    schemathesis.openapi.from_dict(document).validate()
    broken = {**document, "paths": {"/api/Test": {"get": {"responses": "none"}}}}
    with pytest.raises(jsonschema_rs.ValidationError):
        schemathesis.openapi.from_dict(broken).validate()


def test_every_operation_is_in_it_once_and_in_words(web, document, operations):
    routes = [route for route in web.routes if isinstance(route, APIRoute) and route.include_in_schema]
    assert sorted(operations) == sorted(route.operation_id for route in routes)
    tags = {tag["name"] for tag in document["tags"] if tag["description"]}
    for name, operation in operations.items():
        assert operation["summary"], name
        assert set(operation["tags"]) <= tags, name


def test_every_operation_takes_a_key_and_says_how_it_fails(document, operations):
    assert document["security"] == [{"ApiKey": []}]
    key = document["components"]["securitySchemes"]["ApiKey"]
    assert (key["type"], key["in"], key["name"]) == ("apiKey", "header", "X-API-KEY")
    published = Published(document)
    for name, operation in operations.items():
        answers = published.answers(name)
        assert answers.keys() >= {"401", "415", "429", "500"}, name
        assert ("413" in answers) == ("requestBody" in operation), name
        keyed = any(one["name"] == "Idempotency-Key" for one in operation.get("parameters", []))
        assert keyed == ("422" in answers) == (published.operations[name][0] != "GET"), name
        for status in answers.keys() & {"400", "401", "404", "405", "409", "413", "415", "422", "429", "500", "503"}:
            for kind in (JSON, XML):
                assert answers[status]["content"][kind]["schema"]["$ref"].endswith("/ApiResponse"), name
    assert "410" in operations["GetOrderByNumber"]["responses"]


def test_whatever_is_json_is_xml_too(operations):
    for name, operation in operations.items():
        for holder in [operation.get("requestBody", {}), *operation["responses"].values()]:
            assert (JSON in holder.get("content", {})) == (XML in holder.get("content", {})), name


def test_examples_are_what_they_are_examples_of(document, operations):
    published = Published(document)
    seen = set()
    for name, operation in operations.items():
        for holder in [operation.get("requestBody", {}), *operation["responses"].values()]:
            for kind, content in holder.get("content", {}).items():
                for known_as, example in content.get("examples", {}).items():
                    value = published.found(example)["value"]
                    if kind == XML:
                        root = etree.fromstring(value.encode())
                        assert root.tag == published.resolved(content["schema"])["xml"]["name"], name
                        value = published.from_xml(root, content["schema"])
                    try:
                        jsonschema_rs.validate({**content["schema"], "components": document["components"]}, value)
                    except jsonschema_rs.ValidationError as error:
                        error.add_note(f"{known_as}: see EXAMPLES in src/waybell/web/api/examples.py")
                        raise
                    seen.add(known_as)
    assert len(seen) * 2 == len(document["components"]["examples"])


def test_every_body_and_every_good_answer_has_an_example(operations):
    for name, operation in operations.items():
        good = [answer for status, answer in operation["responses"].items() if status < "300"]
        for holder in [operation.get("requestBody", {}), *good]:
            for kind, content in holder.get("content", {}).items():
                is_readable = kind in {JSON, XML, "text/plain"}  # others are pictures and PDFs
                has_one = content.keys() & {"example", "examples"}
                assert has_one or not is_readable, f"{name}, {kind}: see EXAMPLES in src/waybell/web/api/examples.py"


@pytest.mark.parametrize("event_type", EVENT_TYPES, ids=lambda one: one.name)
def test_every_event_type_is_a_webhook_with_its_body_headers_and_answers(document, event_type):
    webhook = document["webhooks"][event_type.name]["post"]
    content = webhook["requestBody"]["content"][JSON]
    jsonschema_rs.validate({**content["schema"], "components": document["components"]}, content["example"])
    assert content["example"]["Metadata"]["Event"] == event_type.name
    assert content["example"]["Data"] == event_type.sample
    headers = [one["name"] for one in webhook["parameters"]]
    assert headers == ["webhook-id", "webhook-timestamp", "webhook-signature", "traceparent"]
    assert {"2XX", "410", "default"} == set(webhook["responses"])


def test_an_event_of_another_name_does_not_fit(document):
    content = document["webhooks"]["OrderCreated"]["post"]["requestBody"]["content"][JSON]
    wrong = content["example"] | {"Metadata": content["example"]["Metadata"] | {"Event": "OrderUpdated"}}
    assert not jsonschema_rs.is_valid({**content["schema"], "components": document["components"]}, wrong)


def test_members_say_what_they_take(document):
    schemas = document["components"]["schemas"]
    members = schemas["NewOrder"]["properties"]
    assert members["Number"] == {
        "type": ["string", "null"],
        "maxLength": 50,
        "description": meaning("Order", "Number"),
    }
    assert members["GoodsList"] == {
        "type": ["array", "null"],
        "description": meaning("Order", "GoodsList"),
        "items": {"$ref": "#/components/schemas/NewOrderGoods"},
        "xml": {"wrapped": True},
    }
    assert schemas["Order"]["properties"]["Photos"]["items"]["xml"] == {"name": "string"}
    assert schemas["Order"]["xml"] == {"name": "Order"}


def test_an_operation_is_described_in_the_words_of_its_way(document):
    described = document["paths"]["/api/Route/Code/{code}/Order/Id/{orderId}"]["put"]["description"]
    assert "order with this Id" in described
    assert "route with this Code" in described


def texts(value):
    if isinstance(value, dict):
        yield from (part for key, part in value.items() if key in ("summary", "description") and isinstance(part, str))
        for part in value.values():
            yield from texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from texts(part)


def test_each_operation_says_first_what_it_does(operations):
    for name, operation in operations.items():
        assert not operation["summary"].startswith("Not "), name
        assert len(operation["summary"].split()) >= 3, (name, operation["summary"])


def test_nothing_of_the_source_stands_in_it(document):
    """Callers have no use for file names, and comments to the source say nothing to them."""
    shown = list(texts(document))
    assert len(shown) > 500
    assert [text for text in shown if ".py" in text or "noqa" in text or "type: ignore" in text] == []
