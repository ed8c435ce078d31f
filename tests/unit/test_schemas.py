"""Schemas that strangers write: what is refused, and what they can cost."""

import pytest
from pydantic_core import to_json

from waybell.events import schemas
from waybell.ground.errors import Invalid

NESTED: dict = {}
for _ in range(40):
    NESTED = {"properties": {"a": NESTED}}
CHAIN = {"$ref": "#/$defs/0", "$defs": {str(at): {"$ref": f"#/$defs/{at + 1}"} for at in range(100)} | {"100": {}}}
TREE = {"type": "object", "properties": {"Inner": {"$ref": "#"}}}
DOUBLING = {
    "$ref": "#/$defs/0",
    "$defs": {str(at): {"allOf": [{"$ref": f"#/$defs/{at + 1}"}] * 2} for at in range(12)} | {"12": {"type": "object"}},
}


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"$schema": schemas.DIALECT, "type": "object"},
        {"properties": {"A": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"type": "string", "pattern": r"^\p{L}+\d{2}$"}}},
        {"properties": {"$ref": {"type": "string"}, "pattern": {"type": "string"}}},
        TREE,
        DOUBLING,
    ],
)
def test_what_a_schema_may_be(schema):
    schemas.check_schema(schema)


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "nope"}, "Schema.type: "),
        ({"properties": {"A": {"minimum": "x"}}}, "Schema.properties.A.minimum: "),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, "Schema.$schema: "),
        ({"$ref": "http://127.0.0.1:1/x"}, "leads out of the schema"),
        ({"allOf": [{"$ref": "file:///etc/passwd"}]}, "leads out of the schema"),
        ({"$id": "http://example.com/a", "$dynamicRef": "b#c"}, "leads out of the schema"),
        ({"$ref": "#/$defs/nowhere"}, "nowhere"),
        ({"pattern": r"(a)\1"}, "Schema.pattern: "),
        ({"pattern": "(?=a)b"}, "Schema.pattern: "),
        ({"pattern": "(a{1000}){1000}"}, "Schema.pattern: "),
        ({"allOf": [{"pattern": "a"}] * 51}, "51 patterns"),
        ({"patternProperties": {f"{at}": {} for at in range(51)}}, "51 patterns"),
        (NESTED, "nested more than 64 deep"),
        (CHAIN, "nested more than 64 deep"),
    ],
)
def test_what_a_schema_may_not_be(schema, said):
    with pytest.raises(Invalid) as refused:
        schemas.check_schema(schema)
    assert said in str(refused.value)
    assert len(str(refused.value)) < 500


def test_a_fault_is_told_with_its_place_and_in_few_words():
    schema = {"required": ["Total"], "properties": {"Lines": {"items": {"properties": {"Price": {"type": "number"}}}}}}
    data = {"Lines": [{"Price": 1}, {"Price": "x" * 100_000}]}
    faults = schemas.faults(to_json(schema).decode(), data)
    assert sorted(fault[:20] for fault in faults) == ["Data.Lines[1].Price:", 'Data: "Total" is a r']
    assert all(len(fault) < 300 for fault in faults)
    assert len(schemas.faults('{"additionalProperties": false}', {str(at): at for at in range(100)})) <= 5
    assert schemas.faults(to_json(schema).decode(), {"Total": 1}) == []


def test_a_pattern_takes_no_longer_than_its_text():
    """One that backtracks would take longer than the universe has existed."""
    assert schemas.faults('{"properties": {"A": {"pattern": "^(a+)+$"}}}', {"A": "a" * 100_000 + "!"}) != []


def test_the_work_is_known_beforehand():
    def work(schema, data):
        return schemas.work(to_json(schema).decode(), data)

    assert work({"type": "object"}, {"A": 1}) < schemas.MAX_WORK_AT_ONCE
    assert work(DOUBLING, {"A": "x" * 20}) > 4096 * 20
    assert work({"anyOf": [{"const": at} for at in range(3000)]}, {"A": list(range(3000))}) > schemas.MAX_WORK_AT_ONCE
    assert work(TREE, {}) == float("inf")
