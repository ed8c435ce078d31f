"""The papers of a route: what a driver and a loader need, and nothing of other accounts."""

import pytest

from support.documents import a_route, a_stop
from support.pages import text_of


@pytest.fixture
def path(api, ui) -> str:
    stops = [
        a_stop("1", Note="Ring twice", COD=12.5, Weight=2, GoodsList=[{"GoodsName": "Milk", "Quantity": 3}]),
        a_stop("2", Type=1, Weight=7),
        a_stop("3", Weight=1.5),
    ]
    assert api.post("/api/Route", json=a_route() | {"Orders": stops}).status_code == 201
    return "/routes/" + ui.get("/routes").text.split('<tr id="route-')[1].split('"')[0]


def test_the_sheet_has_the_stops_in_their_sequence(path, ui):
    text = text_of(ui.get(f"{path}/sheet"))
    assert text.index("1 street") < text.index("2 street") < text.index("3 street")
    for words in ("Ring twice", "collect 12.50", "Milk", "collection"):
        assert words in text


def test_what_is_delivered_last_is_loaded_first_and_collections_are_left_out(path, ui):
    answer = ui.get(f"{path}/loading")
    rows = answer.text[answer.text.index("<tbody>") : answer.text.index("</tbody>")]
    assert rows.index('number">3<') < rows.index('number">1<')
    assert "7" not in rows
    assert "2 orders, 3.5 kg" in text_of(answer)


def test_others_see_no_paper(path, other_ui):
    assert [other_ui.get(f"{path}/{paper}").status_code for paper in ("sheet", "loading")] == [404, 404]
