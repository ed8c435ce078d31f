"""These operations read proofs of delivery and shipping labels. `unit/test_documents.py` tests what these look like."""

import io
import re
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from pypdf import PdfReader

from support.operations import each
from support.pictures import a_picture
from waybell.accounts import keys
from waybell.accounts.model import Actor
from waybell.app import build_web
from waybell.directory.reject_reasons import DEFAULT
from waybell.settings import Settings


def text_of(answer):
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)


@pytest.fixture
def order(api):
    sent = {
        "Number": "N/1 ä",
        "Id": "ext-1",
        "Date": "2026-11-23",
        "Client": "Кафе «Гавань»",
        "Address": "Kalasadama 4, Tallinn",
        "GoodsList": [{"OrderLineId": "1", "GoodsName": "Čokoláda", "Quantity": 10}],
        "COD": 48.9,
    }
    route = {"Code": "R-1", "Date": "2026-11-23", "Orders": [sent], "DriverLogin": "d1", "DriverName": "Driver One"}
    assert api.post("/api/Route", json=route).status_code == 201
    return api.get("/api/Order/Id/ext-1").json()


@each("GetOrderPodByNumber", "GetOrderPodById")
def test_a_proof_tells_what_came_of_the_order(api, told, order, operation):
    assert "Delivery note" in text_of(operation(api, order))
    done = {
        "GoodsList": [{"OrderLineId": "1", "QuantityFact": 7, "GoodsRejectReasonId": DEFAULT.goods_issue[0].id}],
        "CODActual": 30,
    }
    assert api.put("/api/Order/Id/ext-1/Complete", json=done).status_code == 200
    told.news()
    answer = operation(api, order)
    text = text_of(answer)
    assert told.news() == []
    for said in ("Northwind Deliveries", "Partially delivered", "Кафе «Гавань»", "Čokoláda", "Driver One", "30.00"):
        assert said in text
    assert re.search(r"10\s+7", text)
    named = "inline; filename=\"proof-N_1__.pdf\"; filename*=UTF-8''proof-N%2F1%20%C3%A4.pdf"
    assert answer.headers["content-disposition"] == named


def test_a_time_that_nobody_sent_stands_there_by_the_clock_on_the_wall(api, order):
    assert api.put("/api/Order/Id/ext-1/Complete").status_code == 200
    assert api.get("/api/Order/Id/ext-1").json()["StatusDate"] == "2026-11-23T12:00:00"  # UTC, as the API has it
    assert "2026-11-23 14:00" in text_of(api.get("/api/Order/Id/ext-1/Pdf"))


def test_pictures_stand_in_the_proof(api, order):
    for kind, colour in (("Photo", "red"), ("Signature", "white")):
        sent = api.post(
            f"/api/Order/Id/ext-1/{kind}", content=a_picture(colour=colour), headers={"Content-Type": "image/jpeg"}
        )
        assert sent.status_code == 201
    api.put("/api/Order/Id/ext-1/Complete")
    pages = PdfReader(io.BytesIO(api.get("/api/Order/Id/ext-1/Pdf").content)).pages
    assert sum(len(page.images) for page in pages) == 2


@each("GetOrderShippingLabelByNumber", "GetOrderShippingLabelById")
def test_a_label_has_the_size_that_is_asked_for_six_on_an_a4_sheet_without_one(api, order, operation):
    for flags, size in (
        ({}, (595, 842)),
        ({"pagetype": ""}, (595, 842)),
        ({"pageType": "10x10"}, (283, 283)),
        ({"PAGETYPE": "10X15"}, (283, 425)),
    ):
        answer = operation(api, order, **flags)
        assert "Кафе «Гавань»" in text_of(answer), flags
        [page] = PdfReader(io.BytesIO(answer.content)).pages
        assert tuple(round(float(side)) for side in page.mediabox.upper_right) == size


@each("GetOrderShippingLabelByNumber", "GetOrderShippingLabelById")
def test_other_sizes_are_refused(api, order, operation):
    for page_type in ("A4", "10x", "10x15x", "\0", "x" * 5000):
        refused = operation(api, order, pageType=page_type)
        assert refused.status_code == 400, page_type
        assert "pageType: must be one of 6A4, 10x10, 10x15" in refused.json()["Detail"]


@each("GetOrderPodByNumber", "GetOrderPodById", "GetOrderShippingLabelByNumber", "GetOrderShippingLabelById")
def test_there_is_none_for_an_order_that_is_unknown_deleted_or_of_others(api, other_api, order, operation):
    assert operation(api, {"Number": "none", "Id": "none"}).status_code == 404
    assert operation(other_api, order).status_code == 404
    api.delete("/api/Order/Id/ext-1")
    assert operation(api, order).status_code == 404


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@each("GetOrderPodByNumber", "GetOrderPodById", "GetOrderShippingLabelByNumber", "GetOrderShippingLabelById")
def test_a_proof_can_be_asked_for_twice_a_second_and_a_label_ten_times(app, account, operation):
    with app.database.transaction() as tx:
        _, key = keys.create(tx, Actor(account, "tests"), "tests")
    limits = {name: Settings.model_fields[name].default for name in ("pdf_calls_per_second", "label_calls_per_second")}
    web = build_web(replace(app, settings=app.settings.model_copy(update=limits)))
    client = TestClient(web, headers={"X-API-KEY": key})
    none = {"Number": "none", "Id": "none"}
    often = 2 if "Pod" in operation.id else 10
    assert [operation(client, none).status_code for _ in range(often + 1)] == [404] * often + [429]


def test_the_longest_order_that_the_api_takes_has_documents(api):
    long = {
        "Number": "W" * 50,
        "Client": "Ж" * 255,
        "Address": "x" * 255,
        "Note": "n" * 500,
        "ContactName": "c" * 255,
        "Phone": "5" * 50,
        "Shipper": "s" * 255,
        "Depot": "d" * 255,
        "Barcode": "b" * 128,
        "COD": 1e308,
        "Weight": -1e308,
        "Pallets": 1e-308,
        "TimeSlotFrom": "09:00",
        "GoodsList": [{"GoodsName": "g" * 255, "GoodsUnit": "u" * 50, "Note": "n" * 255, "Quantity": 1e308}] * 300,
    }
    assert api.post("/api/Order", json=long).status_code == 201
    assert "WWW" in text_of(api.get(f"/api/Order/Number/{long['Number']}/Pdf"))
    for page_type in ("6A4", "10x10", "10x15"):
        assert "ЖЖЖ" in text_of(api.get(f"/api/Order/Number/{long['Number']}/Shipping-label?pageType={page_type}"))
