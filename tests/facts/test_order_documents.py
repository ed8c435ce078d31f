"""Proofs of delivery and shipping labels over the API. What they look like is tested with `documents`."""

import io
import re

import pytest
from pypdf import PdfReader

from support.pictures import a_picture
from waybell.directory.reject_reasons import DEFAULT


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


@pytest.mark.parametrize("path", ["Number/N%2F1%20%C3%A4", "id/ext-1"])
def test_a_proof_tells_what_came_of_the_order(api, order, path):
    assert "Delivery note" in text_of(api.get(f"/api/Order/{path}/Pdf"))
    done = {
        "GoodsList": [{"OrderLineId": "1", "QuantityFact": 7, "GoodsRejectReasonId": DEFAULT.goods_issue[0].id}],
        "CODActual": 30,
    }
    assert api.put("/api/Order/Id/ext-1/Complete", json=done).status_code == 200
    answer = api.get(f"/api/Order/{path}/Pdf")
    text = text_of(answer)
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


@pytest.mark.parametrize("path", ["number/N%2F1%20%C3%A4/Shipping-Label", "Id/ext-1/Shipping-label"])
@pytest.mark.parametrize(
    ("query", "size"),
    [("", (595, 842)), ("?pagetype=", (595, 842)), ("?pageType=10x10", (283, 283)), ("?PAGETYPE=10X15", (283, 425))],
)
def test_a_label_has_the_size_that_is_asked_for(api, order, path, query, size):
    answer = api.get(f"/api/Order/{path}{query}")
    assert "Кафе «Гавань»" in text_of(answer)
    [page] = PdfReader(io.BytesIO(answer.content)).pages
    assert tuple(round(float(side)) for side in page.mediabox.upper_right) == size


@pytest.mark.parametrize("page_type", ["A4", "10x", "10x15x", "%00", "x" * 5000])
def test_other_sizes_are_refused(api, order, page_type):
    refused = api.get(f"/api/Order/Id/ext-1/Shipping-label?pageType={page_type}")
    assert refused.status_code == 400
    assert "pageType: must be one of 6A4, 10x10, 10x15" in refused.json()["Detail"]


@pytest.mark.parametrize("document", ["Pdf", "Shipping-label"])
def test_there_is_none_for_an_order_that_is_unknown_deleted_or_of_others(api, other_api, order, document):
    assert api.get(f"/api/Order/Number/none/{document}").status_code == 404
    for path in ("Number/N%2F1%20%C3%A4", "Id/ext-1"):
        assert other_api.get(f"/api/Order/{path}/{document}").status_code == 404
    api.delete("/api/Order/Id/ext-1")
    for path in ("Number/N%2F1%20%C3%A4", "Id/ext-1"):
        assert api.get(f"/api/Order/{path}/{document}").status_code == 404
    assert api.get(f"/api/Order/Id/ext-1/{document}", headers={"X-API-KEY": "none"}).status_code == 401


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
