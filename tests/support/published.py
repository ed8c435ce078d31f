"""What our own API document promises, and whether an answer keeps it: in JSON, and in XML read by it alone."""

from typing import Any

import jsonschema_rs
from lxml import etree
from pydantic_core import from_json

JSON, XML = "application/json", "application/xml"


class Published:
    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self._validators: dict[tuple[str, str, str], Any] = {}  # making one takes longer than most answers
        self.operations = {
            operation["operationId"]: (method.upper(), path, operation)
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
        }

    def check(self, operation_id: str, answer: Any) -> None:
        """Raises when the status, the type or the body of the answer is not what the document says."""
        status = str(answer.status_code)
        promised = self.answers(operation_id)[status]
        kind = answer.headers["Content-Type"].partition(";")[0]
        schema = promised["content"][kind].get("schema", {})
        if kind in {JSON, XML}:
            value = answer.json() if kind == JSON else self.from_xml(etree.fromstring(answer.content), schema)
            which = operation_id, status, kind
            if which not in self._validators:
                whole = {**schema, "components": self.document["components"]}
                self._validators[which] = jsonschema_rs.validator_for(whole)
            self._validators[which].validate(value)

    def answers(self, operation_id: str) -> dict[str, Any]:
        """What the operation can answer, by its status; errors stand in the document once for all operations."""
        answers = self.operations[operation_id][2]["responses"]
        return {status: self.found(one) for status, one in answers.items()}

    def found(self, one: dict[str, Any]) -> dict[str, Any]:
        """A part of the document, or what it refers to."""
        where = self.document
        for part in one.get("$ref", "").split("/")[1:]:
            where = where[part]
        return where if "$ref" in one else one

    def root(self, operation_id: str, status: int) -> str | None:
        """The name of the root element; None when the answer is neither JSON nor XML."""
        content = self.answers(operation_id)[str(status)]["content"]
        return self.resolved(content[XML]["schema"])["xml"]["name"] if XML in content else None

    def resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        for kind in schema.get("anyOf", []):
            if "$ref" in kind:
                return self.resolved(kind)
        name = schema.get("$ref", "").rpartition("/")[2]
        return self.document["components"]["schemas"][name] if name else schema

    def from_xml(self, element: Any, schema: dict[str, Any]) -> Any:
        """The value that an element stands for; its name is the one that the schema has, when it has one."""
        plain = self.resolved(schema)
        kinds = plain.get("type", [])
        kinds = {kinds} if isinstance(kinds, str) else set(kinds)
        assert not element.attrib
        if "properties" in plain:
            members = plain["properties"]
            tags = [child.tag for child in element]
            assert tags == sorted(tags, key=list(members).index), "members stand in the order of the schema"
            return dict.fromkeys(plain.get("required", [])) | {
                child.tag: self.from_xml(child, members[child.tag]) for child in element
            }
        if "array" in kinds:
            assert plain["xml"]["wrapped"]
            name = self.resolved(plain["items"])["xml"]["name"]
            assert {child.tag for child in element} <= {name}
            return [self.from_xml(child, plain["items"]) for child in element]
        assert len(element) == 0
        text = element.text or ""
        if kinds & {"integer", "number", "boolean", "object"}:
            return from_json(text)
        return text


def as_xml(value: Any, name: str = "Anything") -> bytes:
    """A value as a caller would write it in XML, with names of no meaning where any will do."""

    def fill(element: Any, part: Any) -> None:
        if isinstance(part, dict):
            for member, inner in part.items():
                fill(etree.SubElement(element, member), inner)
        elif isinstance(part, list):
            for inner in part:
                fill(etree.SubElement(element, "Item"), inner)
        else:
            element.text = str(part)

    root = etree.Element(name)
    fill(root, value)
    return etree.tostring(root)
