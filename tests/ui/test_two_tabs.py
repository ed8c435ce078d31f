"""Two tabs, or two people, change the same thing: nobody overwrites the other unseen, and nothing typed is lost."""

import re

import pytest

from ui.test_endpoints import WEBHOOKS, add

ENDPOINT = {"Url": "https://example.com/hook", "Which": "all", "Concurrency": "4", "Schemes": "v1", "Ordered": "yes"}


def seen(ui, path):
    return re.search(r'name="Seen" value="(\w+)"', ui.get(path).text)[1]


@pytest.fixture
def forms(ui):
    """The page of each form, what it sends, and the name of a field with two values that differ."""
    made = ui.post("/settings/web-api/keys", data={"Name": "First", "Access": "full"})
    key = re.search(r"/settings/web-api/keys/(key_\w+)", made.text)[0]
    return [
        (f"{WEBHOOKS}/{add(ui)}/settings", ENDPOINT, "Description"),
        (key, {"Access": "full"}, "Name"),
        ("/settings/account", {"TimeZone": "Europe/Tallinn"}, "Name"),
    ]


def test_what_another_tab_has_saved_is_not_overwritten_unseen(ui, forms):
    for path, sent, field in forms:
        before = seen(ui, path)
        assert ui.post(path, data=sent | {field: "Of the first tab", "Seen": before}).status_code == 303, path
        second = ui.post(path, data=sent | {field: "Of the second tab", "Seen": before})
        assert second.status_code == 400, path
        assert "another tab" in second.text
        assert "Of the second tab" in second.text
        assert "Of the first tab" in ui.get(path).text
        # Who has been told may save once more.
        told = re.search(r'name="Seen" value="(\w+)"', second.text)[1]
        assert ui.post(path, data=sent | {field: "Of the second tab", "Seen": told}).status_code == 303, path
        assert "Of the second tab" in ui.get(path).text


def test_saving_twice_in_one_tab_is_no_conflict(ui, forms):
    for path, sent, field in forms:
        for value in ("One", "Two"):
            assert ui.post(path, data=sent | {field: value, "Seen": seen(ui, path)}).status_code == 303, path
