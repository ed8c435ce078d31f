"""However large the lists are that a caller sends: what is too much is refused before it costs anything."""

from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from support.documents import a_route, an_order, get_order, get_route
from waybell.documents import layout_process, proof, text
from waybell.ground.errors import TooLarge
from waybell.orders.requests import NewOrder
from waybell.wire import sizes
from waybell.wire.xml import write

LINE = {"GoodsName": "Cups", "Quantity": 1}


def an_order_of(lines: int, number: str = "N-1") -> dict[str, Any]:
    return an_order(number, GoodsList=[LINE] * lines)


@pytest.fixture
def small(api):
    """The same API where an order has at most three lines of goods, and a request fifteen."""
    state = api.app.state
    state.settings = state.settings.model_copy(update={"max_goods_lines": 3})
    return api


def test_an_order_has_a_thousand_lines_of_goods_at_most(api):
    assert api.post("/api/Order", json=an_order_of(1000)).status_code == 201
    assert len(get_order(api)["GoodsList"]) == 1000
    for answer in (
        api.post("/api/Order", json=an_order_of(1001)),
        api.put("/api/Order", json=an_order_of(1001)),
        api.put("/api/Order/Number/N-1/Complete", json={"GoodsList": [{}] * 1001}),
        api.post("/api/Order", content=write(an_order_of(1001), NewOrder), headers={"Content-Type": "text/xml"}),
    ):
        assert answer.status_code == 400
        assert answer.json()["Detail"] == "GoodsList: must not have more than 1000 lines, and has 1001"


def test_a_bulk_is_no_way_round_the_lines_of_goods(small):
    answer = small.post("/api/Order/Bulk", json=[an_order_of(4, "N-1"), an_order_of(3, "N-2")])
    assert answer.status_code == 200
    assert [one["Error"] and one["Error"][:10] for one in answer.json()] == ["GoodsList:", None]
    assert small.post("/api/Order/Bulk", json=[an_order_of(3, f"N-{at}") for at in range(5)]).status_code == 201
    for answer in (
        small.post("/api/Order/Bulk", json=[an_order_of(3, f"M-{at}") for at in range(6)]),
        small.post("/api/Route", json=a_route(Orders=[an_order_of(3, f"M-{at}") for at in range(6)])),
    ):
        assert answer.status_code == 413
        assert "15 lines of goods together" in answer.json()["Detail"]
    assert small.get("/api/Order/Number/M-1").status_code == 404


def test_a_route_does_not_become_larger_than_a_request_could_make_it(small):
    """Each change of it is told with all its orders."""
    assert (
        small.post("/api/Route", json=a_route(Orders=[an_order_of(3, f"N-{at}") for at in range(2)])).status_code == 201
    )
    assert small.post("/api/Order", json=an_order_of(3, "M-1")).status_code == 201
    assert small.put("/api/Route/Code/R-1/Order", json=an_order_of(2, "N-5")).status_code == 202
    for answer in (
        small.put("/api/Route/Code/R-1/Order", json=an_order_of(2, "N-6")),
        small.put("/api/Route/Code/R-1/Order/Number/M-1"),
        small.put("/api/Order", json=an_order_of(4, "N-5")),
        small.put(
            "/api/Route/Code/R-1", json={"Orders": [{"Number": f"N-{at}"} for at in (0, 1, 5)] + [an_order_of(2)]}
        ),
    ):
        assert answer.status_code == 400, answer.text
    assert sum(len(order["GoodsList"]) for order in get_route(small)["Orders"]) == 8
    assert small.put("/api/Order", json=an_order_of(3, "N-5")).status_code == 202
    assert small.put("/api/Route/Start/Code/R-1").status_code == 202
    assert small.put("/api/Order/Number/N-1/Complete").status_code == 200


def test_a_route_has_five_hundred_orders_at_most(api):
    orders = [an_order(f"N-{at}") for at in range(500)]
    assert api.post("/api/Route", json=a_route(Orders=[*orders, an_order()])).status_code == 400
    assert api.post("/api/Route", json=a_route(Orders=orders)).status_code == 201
    answer = api.put("/api/Route/Code/R-1/Order", json=an_order("one more"))
    assert answer.status_code == 400
    assert "501 orders, and a route has 500 at most" in answer.json()["Detail"]


@pytest.mark.parametrize(
    "wrap",
    [
        lambda fields: ("PATCH", "/api/Route/Code/R-1/CustomFields", fields),
        lambda fields: ("PUT", "/api/Route/Code/R-1", {"CustomFields": fields}),
        lambda fields: ("POST", "/api/Order", an_order(CustomFields=fields)),
        lambda fields: ("POST", "/api/Order", an_order(PickupOrder={"CustomFields": fields})),
    ],
)
def test_there_are_a_hundred_custom_fields_at_most(api, wrap):
    assert api.post("/api/Route", json=a_route()).status_code == 201
    method, path, body = wrap([{"Id": f"cf_{at}", "Value": "x"} for at in range(100)])
    assert api.request(method, path, json=body).status_code in (201, 202)
    method, path, body = wrap([{"Id": f"cf_{at}", "Value": "x"} for at in range(101)])
    assert api.request(method, path, json=body).status_code == 400


def test_custom_fields_that_come_one_after_the_other_are_a_hundred_too(api):
    assert api.post("/api/Route", json=a_route()).status_code == 201
    some, others = ([{"Id": f"cf_{at}", "Value": "x"} for at in range(first, first + 60)] for first in (0, 60))
    assert api.patch("/api/Route/Code/R-1/CustomFields", json=some).status_code == 202
    assert api.patch("/api/Route/Code/R-1/CustomFields", json=others).status_code == 400
    assert api.patch("/api/Route/Code/R-1/CustomFields", json=some[:40] + others[:40]).status_code == 202


# Before a body is read

JSON, XML = "application/json", "application/xml"
HOSTILE = {
    "objects": (JSON, b"[" + b"{}," * 300_000 + b"{}]"),
    "lines": (JSON, b'{"GoodsList":[' + b"{}," * 300_000 + b"{}]}"),
    "lists": (JSON, b"[" + b"[]," * 300_000 + b"[]]"),
    "nesting": (JSON, b"[" * 1_000_000),
    "nested objects": (JSON, b'{"a":' * 170_000 + b"1" + b"}" * 170_000),
    "a long number": (JSON, b'{"Weight":' + b"9" * 1_000_000 + b"}"),
    "values": (JSON, b"[" + b"1," * 520_000 + b"1]"),
    "texts that do not end": (JSON, b'["' + b'\\"' * 500_000 + b"[" * 60_000),
    "elements": (XML, b"<Order>" + b"<a/>" * 260_000 + b"</Order>"),
    "lines in XML": (XML, b"<Order><GoodsList>" + b"<G/>" * 260_000 + b"</GoodsList></Order>"),
    "nesting in XML": (XML, b"<a>" * 130_000 + b"</a>" * 130_000),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("path", ["/api/Order", "/api/Order/Bulk", "/api/Route", "/api/Event"])
def test_a_hostile_body_is_refused(api, name, path):
    content_type, body = HOSTILE[name]
    answer = api.post(path, content=body[: 1024 * 1024], headers={"Content-Type": content_type})
    assert answer.status_code in (400, 413), answer.text
    assert len(answer.content) < 10_000


def test_signs_inside_of_texts_do_not_count(api):
    data = {"Note": "{[," * 200_000, "Quoted": '"\\' * 1000}
    assert api.post("/api/EventType", json={"Name": "a.b", "Meaning": "c"}).status_code == 201
    assert api.post("/api/Event", json={"Event": "a.b", "Data": data}).status_code == 201


def test_the_measure_is_exact():
    sizes.check_json(b'{"a":"' + b"{" * 60_000 + b'"}')
    sizes.check_json(b"[" * 50_000)
    for body in (b"[" * 50_001, b"[" * 25_000 + b'"\\"",' + b"{" * 25_001, b"," * 500_001):
        with pytest.raises(TooLarge):
            sizes.check_json(body)


# Long documents


def a_long_order(api) -> None:
    lines = [{"OrderLineId": f"{at}", "GoodsName": f"Goods {at}", "Quantity": 1} for at in range(1000)]
    assert api.post("/api/Order", json=an_order(GoodsList=lines)).status_code == 201


def test_a_long_document_is_laid_out_in_a_process_of_its_own(api, monkeypatch):
    a_long_order(api)
    monkeypatch.setattr(proof, "laid_out", None)  # here it would not be made
    answer = api.get("/api/Order/Number/N-1/Pdf")
    assert answer.status_code == 200
    assert "Goods 999" in "".join(page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages)


@pytest.mark.parametrize(("bulkhead", "long"), [(layout_process._processes._bulkhead, True), (text.bulkhead, False)])
def test_more_documents_than_can_wait_are_to_be_asked_for_again(api, bulkhead, long):
    if long:
        a_long_order(api)
    else:
        assert api.post("/api/Order", json=an_order_of(3)).status_code == 201
    taken = 0
    while bulkhead._places.acquire(blocking=False):
        taken += 1
    try:
        answer = api.get("/api/Order/Number/N-1/Pdf")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    finally:
        for _ in range(taken):
            bulkhead._places.release()
    assert api.get("/api/Order/Number/N-1/Pdf").status_code == 200
