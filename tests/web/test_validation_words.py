"""The Detail of a 400 is in our words, whatever is wrong and wherever: none of the validator's passes."""

from collections.abc import Iterator

import pytest
from pydantic import BaseModel, ValidationError

from waybell.web.api import webhook_models
from waybell.web.app import OPERATIONS
from waybell.wire.model import Request
from waybell.wire.validation_words import WORDS, explain

RUBBISH = [
    None,
    "",
    "x",
    "x" * 3000,
    " \0",
    True,
    -7,
    1.5,
    10**30,
    float("inf"),
    float("nan"),
    [],
    [1],
    ["x" * 200] * 600,
    [[]] * 11_000,
    {},
    {"a": {}},
    [{"Id": 1, "Value": {}}],
    "1" * 5000,
    "NaN",
    "25:00",
    "2026-02-30",
    "2026-11-23T10:00:00+99:00",
    "2026-11-23T10:00:00 Europe",
    "9999-12-31T23:59:59",
]


def all_models(kind: type[BaseModel] = Request) -> Iterator[type[BaseModel]]:
    """What callers send: all bodies, and what is asked in queries."""
    for one in kind.__subclasses__():
        yield one
        yield from all_models(one)


MODELS = sorted(
    {*all_models(), webhook_models.MessageQuery, webhook_models.AttemptQuery, webhook_models.FeedQuery},
    key=str,
)


@pytest.mark.parametrize("model", MODELS, ids=lambda one: one.__name__)
def test_every_fault_of_every_member_is_told_in_our_words(model):
    assert OPERATIONS  # all modules are loaded, and so are their models
    for name, field in model.model_fields.items():
        for value in RUBBISH:
            check(model, {field.alias or name: value})
    for value in RUBBISH:
        check(model, value)


def check(model, value):
    try:
        model.model_validate(value)
    except ValidationError as error:
        faults = error.errors(include_url=False)
        text = explain(faults)
        for fault in faults:
            assert fault["type"] in {*WORDS, "value_error"}, fault
            assert fault["type"] == "value_error" or fault["msg"] not in text
        for theirs in (
            "Input should",
            "should have",
            "should match",
            "Field required",
            "valid dictionary",
            "isoformat",
        ):
            assert theirs not in text


@pytest.mark.parametrize(
    ("method", "path", "body", "told"),
    [
        ("POST", "/api/Order", 5, "body: must be an object"),
        ("POST", "/api/Order", None, "body: is required"),
        ("POST", "/api/Order/Bulk", {}, "body: must be a list"),
        ("POST", "/api/Order/Bulk", [], "body: must hold at least 1"),
        ("POST", "/api/Order", {"PickupOrder": 5}, "PickupOrder: must be an object"),
        ("POST", "/api/Order", {"GoodsList": [5]}, "GoodsList[0]: must be an object"),
        ("POST", "/api/Order", {"Weight": "x"}, "Weight: must be a number"),
        ("POST", "/api/Order", {"AddressLat": 91}, "AddressLat: must be at most 90"),
        ("POST", "/api/Order", {"Date": "2026-02-30"}, "Date: must be a date (yyyy-MM-dd)"),
        ("POST", "/api/Order", {"Date": "25:00"}, "Date: must be a date (yyyy-MM-dd)"),
        ("POST", "/api/Webhook", {"Schemes": ["v9"]}, "Schemes[0]: must be one of 'v1' or 'v1a'"),
        ("GET", "/api/Webhook?Limit=501", None, "Limit: must be at most 500"),
        ("GET", "/api/Event?Limit=x", None, "Limit: must be a whole number"),
        ("GET", "/api/Client?limit=0", None, "limit: must be at least 1"),
        ("DELETE", "/api/Route/Code/x?deleteOrders=maybe", None, "deleteOrders: must be true or false"),
        ("PUT", "/api/Route/Start/Code/x?statusDate=late", None, "statusDate: must be a date (yyyy-MM-dd)"),
    ],
)
def test_the_detail_names_the_place_and_says_what_is_due(api, method, path, body, told):
    answer = api.request(method, path, json=body) if body is not None else api.request(method, path)
    assert (answer.status_code, answer.json()["Title"]) == (400, "Bad Request")
    assert told in answer.json()["Detail"], answer.text


def test_an_item_of_a_bulk_is_told_so_too(api):
    answer = api.post("/api/Order/Bulk", json=[{"Weight": "x"}, 5])
    assert [one["Error"] for one in answer.json()] == ["Weight: must be a number", "body: must be an object"]
