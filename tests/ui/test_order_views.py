"""The list of orders as a person likes it: chosen columns, and views saved under a name."""

import re

import pytest

from support.documents import a_stop


@pytest.fixture
def order(api):
    more = {"Weight": 12.5, "Phone": "<b>1", "TeamCode": "T1", "Date": "2026-11-23"}
    assert api.post("/api/Order", json=a_stop("17", **more)).status_code == 201


def heads(page: str) -> list[str]:
    head = page[page.index("<thead>") : page.index("</thead>")]
    return [text for text in re.findall(r">([^<>]+)<", head) if text.strip() and text not in "▲▼"]


def test_columns_are_chosen_in_the_url(ui, order):
    page = ui.get("/orders?cols=weight&cols=phone&cols=team&cols=nonsense").text
    assert heads(page) == ["Number", "Weight", "Phone", "Team"]
    assert "12.5" in page
    assert "&lt;b&gt;1" in page
    assert heads(ui.get("/orders?cols=nonsense").text) == heads(ui.get("/orders").text)


def test_a_view_is_saved_for_its_user_found_again_and_deleted(ui, ui_as, order):
    view = "state=unscheduled&cols=weight"
    saved = ui.post("/views", data={"Name": "Heavy & late", "back": f"/orders?{view}&after=x"})
    assert saved.headers["location"] == f"/orders?{view}"
    page = ui.get("/orders").text
    assert f'href="/orders?{view.replace("&", "&amp;")}"' in page
    assert "Heavy &amp; late" in page
    assert "Heavy" not in ui_as("dispatcher").get("/orders").text
    ui.post("/views", data={"Name": "Heavy & late", "back": "/orders?state=done"})
    assert 'href="/orders?state=done"' in ui.get("/orders").text
    ui.post("/views/delete", data={"Name": "Heavy & late", "back": "/orders"})
    assert 'value="Heavy' not in ui.get("/orders").text


@pytest.mark.parametrize(
    "data",
    [
        {"Name": ""},
        {"Name": "x" * 61},
        {"Name": "a\x07b"},
        {"Name": "long", "back": "/orders?q=" + "x" * 3000},
        {"Name": "elsewhere", "back": "https://elsewhere.example/?q=1"},
    ],
)
def test_what_is_no_name_or_no_list_of_ours_is_refused_or_led_home(ui, order, data):
    answer = ui.post("/views", data={"back": "/orders?q=1"} | data)
    assert answer.headers["location"].startswith("/orders")
    assert "elsewhere.example" not in ui.get("/orders").text
