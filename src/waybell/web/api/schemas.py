"""JSON Schemas for the OpenAPI document: short, with the names that callers know, and with the names of XML."""

from typing import Any

from waybell.web.api.words import meaning
from waybell.wire.model import schema_name

REF = "#/components/schemas/"
_REFS = (REF, "#/$defs/")
_KINDS = {"string": "string", "integer": "int", "number": "double", "boolean": "boolean"}


class Schemas:
    """The schemas in the components of the document, to which other places refer."""

    def __init__(self, made: dict[str, Any]) -> None:
        """Take over the schemas that the framework has made, by the names of their classes."""
        self.components: dict[str, Any] = {}
        self._shared = {schema_name(name) for name in made}
        for name, schema in made.items():
            self._add(schema_name(name), schema)

    def shown(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return a schema to show. Its definitions, and itself if it has members, move to the components."""
        for name, definition in schema.get("$defs", {}).items():
            self._share(schema_name(name), definition)
        if "properties" not in schema:
            return self._plain(schema)
        name = schema_name(schema["title"])
        self._share(name, schema)
        return {"$ref": REF + name}

    def _share(self, name: str, schema: dict[str, Any]) -> None:
        if name not in self._shared:
            self._shared.add(name)
            self._add(name, schema)

    def _add(self, name: str, schema: dict[str, Any]) -> None:
        self.components[name] = self._plain(schema) | {"xml": {"name": name}}

    def _plain(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return a schema without titles that repeat names, with null as one more type, and with the names of XML."""
        if "$ref" in schema:
            name = next(schema["$ref"].removeprefix(ref) for ref in _REFS if schema["$ref"].startswith(ref))
            return schema | {"$ref": REF + schema_name(name)}
        plain = {key: value for key, value in schema.items() if key not in {"title", "$defs"}}
        if "anyOf" in plain:
            plain = self._joined(plain)
        if "properties" in plain:
            owner = schema_name(schema["title"])
            plain["properties"] = {
                name: self._member(owner, name, member) for name, member in plain["properties"].items()
            }
        if "items" in plain:
            item = self.shown(plain["items"])
            kind = item.get("type")
            kind = kind[0] if isinstance(kind, list) else kind  # the type besides null
            if kind in _KINDS:
                item["xml"] = {"name": _KINDS[kind]}
            plain |= {"items": item, "xml": {"wrapped": True}}
        return plain

    def _member(self, owner: str, name: str, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the schema of a member with its meaning, followed by the format that its type describes."""
        sentences = [words for words in (meaning(owner, name), schema.get("description")) if words]
        return self.shown(schema) | ({"description": " ".join(sentences)} if sentences else {})

    def _joined(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return `X or null` as one schema, if X has a type."""
        kinds = [kind for kind in schema["anyOf"] if kind.get("type") != "null"]
        if len(kinds) < len(schema["anyOf"]) and len(kinds) == 1 and "type" in kinds[0]:
            nullable: dict[str, Any] = {"type": [kinds[0]["type"], "null"]}
            if "enum" in kinds[0]:
                nullable["enum"] = [*kinds[0]["enum"], None]
            return {**kinds[0], **nullable, **{key: value for key, value in schema.items() if key != "anyOf"}}
        return schema | {"anyOf": [self.shown(kind) for kind in schema["anyOf"]]}
