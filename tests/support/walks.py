"""Everything that the application offers, asked of itself: no test that walks it can forget what is new."""

import re
from collections.abc import Iterator, Mapping

from fastapi.testclient import TestClient

from waybell.web.ui.app import PAGES

# Whoever knows the token of an inbox may post there; a link for a time is its own permission.
OPEN_TO_ALL = {"/in/{token}"}
STREAMS = {"/live/{kind}", "/live/{kind}/{one}"}  # without end: what they look at is walked below


def operations(api: TestClient) -> list[tuple]:
    """Each operation: its method, path, path parameters, what it takes, and whether it may make something.

    Those that may come last.
    """
    found = []
    document = api.get("/api/openapi.json").json()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            names = [one["name"] for one in operation.get("parameters", []) if one["in"] == "path"]
            content = _with_example(document, operation.get("requestBody", {}).get("content", {}))
            makes = bool(content) and (not names or path.endswith("/Order"))
            found.append((makes, bool(content), method.upper(), path, names, content))
    return [(*rest, makes) for makes, _, *rest in sorted(found, key=lambda one: one[:2])]


def _with_example(document: dict, content: dict) -> dict:
    """What an operation takes, with the first of its examples in JSON."""
    of_json = content.get("application/json", {})
    for shown in of_json.get("examples", {}).values():
        example = document["components"]["examples"][shown["$ref"].rpartition("/")[2]] if "$ref" in shown else shown
        return {**content, "application/json": {**of_json, "example": example["value"]}}
    return content


def page_routes() -> Iterator[tuple[str, str]]:
    """Method and path of each page and form; streams and what is open to all are left out."""
    for module in PAGES:
        for route in module.router.routes:
            if route.path not in OPEN_TO_ALL | STREAMS:
                for method in route.methods:
                    yield method, route.path


def path_of(path: str, known: Mapping[str, str]) -> str:
    """The path of a page with these ids in it; they are named as the API names them."""
    ids = {re.sub("(?<!^)([A-Z])", r"_\1", name).lower(): value for name, value in known.items()}
    name = {"/picture/{name}": "pic_1.jpg", "/report/{name}": f"{ids['track_id']}.pdf"}.get(path, "")
    to = path.format_map(ids | {"noun": "Order", "name": name, "short_id": "o1", "word": "teams"})
    query = {"/track": f"?id={ids['track_id']}", "/directory/{word}/edit": "?key=zyx-Team"}
    return to + query.get(path, "")
