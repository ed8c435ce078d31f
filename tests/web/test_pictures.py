"""Photos of single goods, signatures at loading, and pictures of vehicle checks: shown where the API shows them."""

import itertools
from datetime import timedelta
from io import BytesIO
from urllib.parse import urlsplit

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from support.documents import a_stop, get_order, post_route
from support.pictures import a_picture, opened
from waybell.pictures.tables import pictures

KEYS = ["Number/N-1", "Id/ext-1", "TrackId"]
LINES = [
    {"OrderLineId": "1", "GoodsId": "G-1", "GoodsName": "Cups", "Quantity": 2},
    {"OrderLineId": "2", "GoodsId": "G-2", "GoodsName": "Plates", "Quantity": 3},
]


@pytest.fixture
def order(api, told):
    post_route(api, {"Code": "R-1", "Date": "2026-11-23", "Orders": [a_stop("N-1", Id="ext-1", GoodsList=LINES)]})
    told.news()
    return get_order(api)


@pytest.fixture
def check(api):
    values = [{"Label": "Tyres", "Status": True}, {"Label": "Lights"}, {"Note": "no label"}]
    sent = {"VehicleNumber": "123 ABC", "Date": "2026-11-23T07:00:00", "Values": values}
    assert api.post("/api/VehicleCheck", json=sent).status_code == 201


def path_of(key, order):
    return f"/api/Order/{key}" + (f"/{order['TrackId']}" if key == "TrackId" else "")


_widths = itertools.count(40)  # each picture is another one: the same file again would add nothing


def post(api, path, picture=None, kind="image/jpeg", **query):
    sent = picture or a_picture(next(_widths), 30)
    return api.post(path, content=sent, headers={"Content-Type": kind}, params=query)


def fetch(api, url):
    """As somebody who has nothing but the link."""
    parts = urlsplit(url)
    return api.get(f"{parts.path}?{parts.query}", headers={"X-API-KEY": ""})


def photos(order):
    return [len(line["Photos"] or []) for line in order["GoodsList"]]


def last(api, number="123 ABC"):
    answer = api.get(f"/api/VehicleCheck/{number}")
    assert answer.status_code == 200, answer.text
    return answer.json()


# Of goods


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("line", [{"orderLineId": "2"}, {"goodsId": "G-2"}, {"goodsName": "Plates"}])
def test_a_photo_of_goods_is_shown_by_their_line_and_told(api, told, order, key, line):
    assert [(one["HasPhoto"], one["Photos"]) for one in order["GoodsList"]] == [(None, None)] * 2
    assert post(api, f"{path_of(key, order)}/Goods/Photo", a_picture(50, 40), **line).status_code == 201
    after = get_order(api)
    assert photos(after) == [0, 1]
    assert (after["GoodsList"][1]["HasPhoto"], after["HasPhoto"]) == (True, None)
    assert "PhotoIds" not in after["GoodsList"][1]
    [event] = told.news()
    assert (event.type, event.data["GoodsList"][1]["Photos"]) == ("OrderUpdated", after["GoodsList"][1]["Photos"])
    assert opened(fetch(api, after["GoodsList"][1]["Photos"][0]).content).size == (50, 40)


def test_photos_of_like_lines_go_to_each_in_turn(api):
    like = [LINES[0], LINES[1] | {"GoodsId": "G-1"}]
    post_route(api, {"Code": "R-1", "Date": "2026-11-23", "Orders": [a_stop("N-1", Id="ext-1", GoodsList=like)]})
    for shown in ([1, 0], [1, 1], [2, 1]):
        assert post(api, "/api/Order/Id/ext-1/Goods/Photo", goodsId="G-1").status_code == 201
        assert photos(get_order(api)) == shown
    post(api, "/api/Order/Id/ext-1/Goods/Photo", goodsId="G-1", goodsName="Plates")
    assert photos(get_order(api)) == [2, 2]


def test_a_link_to_a_photo_of_goods_is_good_for_a_day_and_made_anew_with_each_answer(api, clock, order):
    post(api, "/api/Order/Id/ext-1/Goods/Photo", goodsId="G-1")
    [url] = get_order(api)["GoodsList"][0]["Photos"]
    clock.move_to(clock.now() + timedelta(hours=24))
    assert fetch(api, url).status_code == 200
    clock.move_to(clock.now() + timedelta(seconds=1))
    assert fetch(api, url).status_code == 404
    [again] = get_order(api)["GoodsList"][0]["Photos"]
    assert fetch(api, again).status_code == 200
    assert api.get("/api/Route/Code/R-1").json()["Orders"][0]["GoodsList"][0]["Photos"] == [again]


@pytest.mark.parametrize("line", [{}, {"orderLineId": "3"}, {"goodsName": "x" * 300}])
def test_goods_that_the_order_does_not_have_get_no_photo(api, told, order, line):
    assert post(api, "/api/Order/Number/N-1/Goods/Photo", **line).status_code == 400
    assert told.news() == []


def test_photos_of_goods_are_bounded_and_of_a_live_order_of_ones_own(api, other_api, order):
    for at in range(30):
        assert post(api, "/api/Order/Id/ext-1/Goods/Photo", orderLineId=str(at % 2 + 1)).status_code == 201
    assert photos(get_order(api)) == [15, 15]
    refused = post(api, "/api/Order/Id/ext-1/Goods/Photo", goodsId="G-1")
    assert (refused.status_code, "30 pictures" in refused.json()["Detail"]) == (400, True)
    assert post(other_api, "/api/Order/Id/ext-1/Goods/Photo", goodsId="G-1").status_code == 404
    assert post(api, "/api/Order/Id/none/Goods/Photo", goodsId="G-1").status_code == 404


def test_photos_stay_with_their_goods_through_changes_and_outcomes_until_another_try(api, told, order):
    post(api, "/api/Order/Id/ext-1/Goods/Photo", orderLineId="2")
    told.news()
    assert api.put("/api/Order", json={"Id": "ext-1", "GoodsList": LINES}).status_code == 202
    assert told.news() == []
    new = [{"OrderLineId": "3", "GoodsName": "Forks"}, LINES[1]]
    assert api.put("/api/Order", json={"Id": "ext-1", "GoodsList": new}).status_code == 202
    assert photos(get_order(api)) == [0, 1]
    assert api.put("/api/Order/Id/ext-1/Reject").status_code == 200
    assert photos(get_order(api)) == [0, 1]
    assert api.put("/api/Route/Code/R-1/Order/Number/N-1?allowReschedule=true").status_code == 202
    assert [(one["HasPhoto"], one["Photos"]) for one in get_order(api)["GoodsList"]] == [(None, None)] * 2


def test_pictures_of_goods_and_loading_go_with_their_order(api, db, order):
    post(api, "/api/Order/Id/ext-1/Goods/Photo", goodsId="G-1")
    post(api, "/api/Order/Id/ext-1/LoadSignature")
    [url] = get_order(api)["GoodsList"][0]["Photos"]
    assert api.delete("/api/Order/Id/ext-1").status_code == 200
    assert fetch(api, url).status_code == 404
    with db.reading() as tx:
        assert tx.execute(select(pictures.c.id)).all() == []


def test_the_proof_of_delivery_shows_the_photos_of_goods(api, order):
    def images():
        answer = api.get("/api/Order/Id/ext-1/Pdf")
        assert answer.status_code == 200
        return sum(len(page.images) for page in PdfReader(BytesIO(answer.content)).pages)

    before = images()
    post(api, "/api/Order/Id/ext-1/Goods/Photo", a_picture(50, 40), goodsId="G-1")
    assert images() == before + 1


# At loading


@pytest.mark.parametrize("key", KEYS)
def test_a_signature_at_loading_is_shown_by_the_order_and_told(api, told, order, key):
    assert order["LoadSignaturePhotos"] is None
    assert post(api, f"{path_of(key, order)}/LoadSignature", a_picture(50, 40)).status_code == 201
    after = get_order(api)
    assert (after["HasSignaturePhoto"], after["SignaturePhotos"]) == (None, None)
    [event] = told.news()
    assert event.data["LoadSignaturePhotos"] == after["LoadSignaturePhotos"]
    assert opened(fetch(api, after["LoadSignaturePhotos"][0]).content).size == (50, 40)
    for _ in range(2):
        assert post(api, f"{path_of(key, order)}/LoadSignature").status_code == 201
    refused = post(api, f"{path_of(key, order)}/LoadSignature")
    assert (refused.status_code, "3 pictures" in refused.json()["Detail"]) == (400, True)


def test_another_try_keeps_the_signature_at_loading(api, order):
    post(api, "/api/Order/Id/ext-1/LoadSignature")
    api.put("/api/Order/Id/ext-1/Reject")
    api.put("/api/Route/Code/R-1/Order/Number/N-1?allowReschedule=true")
    assert len(get_order(api)["LoadSignaturePhotos"]) == 1


# Of vehicle checks


def test_a_photo_is_shown_by_the_value_that_it_is_of(api, clock, check):
    assert post(api, "/api/VehicleCheck/123 abc/Photo", a_picture(50, 40), label="Lights").status_code == 201
    values = last(api)["Values"]
    assert [value["Photo"] for value in values] == [None, True, None]
    assert "PhotoIds" not in values[1]
    [url] = values[1]["Photos"]
    assert opened(fetch(api, url).content).size == (50, 40)
    clock.move_to(clock.now() + timedelta(hours=24, seconds=1))
    assert fetch(api, url).status_code == 404
    [listed] = api.get("/api/VehicleCheck/Date/2026-11-23").json()
    assert fetch(api, listed["Values"][1]["Photos"][0]).status_code == 200


def test_a_check_has_one_signature_the_last(api, db, check):
    assert (last(api)["HasSignature"], last(api)["SignaturePhoto"]) == (False, None)
    for width in (60, 50):
        assert post(api, "/api/VehicleCheck/123 ABC/Signature", a_picture(width, 40)).status_code == 201
    found = last(api)
    assert found["HasSignature"] is True
    assert opened(fetch(api, found["SignaturePhoto"]).content).size == (50, 40)
    with db.reading() as tx:
        assert len(tx.execute(select(pictures.c.id)).all()) == 1


def test_photos_of_values_with_one_label_go_to_each_in_turn(api):
    values = [{"Label": "Tyre", "Note": side} for side in ("left", "right")]
    assert api.post("/api/VehicleCheck", json={"VehicleNumber": "123 ABC", "Values": values}).status_code == 201
    for shown in ([1, 0], [1, 1], [2, 1]):
        assert post(api, "/api/VehicleCheck/123 ABC/Photo", label="Tyre").status_code == 201
        assert [len(value["Photos"] or []) for value in last(api)["Values"]] == shown


def test_pictures_are_of_the_latest_check_and_the_others_stay_as_they_were(api, check):
    post(api, "/api/VehicleCheck/123 ABC/Photo", label="Tyres")
    later = {"VehicleNumber": "123 ABC", "Date": "2026-11-23T17:00:00", "Values": [{"Label": "Tyres"}]}
    assert api.post("/api/VehicleCheck", json=later).status_code == 201
    post(api, "/api/VehicleCheck/123 ABC/Photo", label="Tyres")
    post(api, "/api/VehicleCheck/123 ABC/Signature")
    first, second = api.get("/api/VehicleCheck/Date/2026-11-23").json()
    assert [len(one["Values"][0]["Photos"]) for one in (first, second)] == [1, 1]
    assert (first["HasSignature"], second["HasSignature"]) == (False, True)


def test_what_is_no_value_of_the_check_and_no_check_of_ones_own_gets_no_picture(api, other_api, check):
    for query in ({}, {"label": "Brakes"}, {"label": ""}):
        refused = post(api, "/api/VehicleCheck/123 ABC/Photo", **query)
        assert refused.status_code == 400
        assert refused.json()["Detail"].startswith("label: ")
    for client, number in ((api, "9"), (other_api, "123 ABC")):
        assert post(client, f"/api/VehicleCheck/{number}/Photo", label="Tyres").status_code == 404
        assert post(client, f"/api/VehicleCheck/{number}/Signature").status_code == 404


def test_pictures_of_a_check_are_bounded(api, check):
    for _ in range(30):
        assert post(api, "/api/VehicleCheck/123 ABC/Photo", label="Tyres").status_code == 201
    assert post(api, "/api/VehicleCheck/123 ABC/Photo", label="Lights").status_code == 400
    assert len(last(api)["Values"][0]["Photos"]) == 30


# All of them


DOORS = [
    "/api/Order/Id/ext-1/Goods/Photo?goodsId=G-1",
    "/api/Order/Id/ext-1/LoadSignature",
    "/api/VehicleCheck/123 ABC/Photo?label=Tyres",
    "/api/VehicleCheck/123 ABC/Signature",
]


@pytest.mark.parametrize("door", DOORS)
def test_a_picture_is_sent_as_one_and_within_bounds(api, order, check, door):
    def sent(content, kind="image/jpeg"):
        return api.post(door, content=content, headers={"Content-Type": kind}).status_code

    assert sent(a_picture(20, 20), "application/json") == 415
    assert sent(b"<svg/>") == 400
    assert sent(a_picture(20, 20) + b"\0" * 9_000_000) == 201
    assert sent(b"\xff" * 11_000_000) == 413
