"""The API in XML: asked for by Accept, sent by Content-Type."""

import pytest
from lxml import etree

from support.waiting import wait_for

XML = {"Content-Type": "application/xml", "Accept": "application/xml"}


def parsed(answer):
    assert answer.headers["Content-Type"] == "application/xml; charset=utf-8"
    assert answer.content.startswith(b"<?xml version='1.0' encoding='utf-8'?>")
    return etree.fromstring(answer.content)


def texts(root):
    return {child.tag: child.text for child in root}


@pytest.fixture
def placed(api):
    body = b"""<Order><Client>Blue Harbour Cafe</Client><NUMBER>N-1</NUMBER><Address>Kalasadama 4</Address>
        <weight>12,5</weight></Order>""".replace(b"12,5", b"12.5")
    answer = api.post("/api/Order", content=body, headers=XML)
    assert answer.status_code == 201, answer.text
    return answer


def test_an_order_is_added_and_read_in_xml(api, placed):
    assert parsed(placed).tag == "ApiResponse"
    assert texts(parsed(placed)) == {"Status": "201", "Title": "Created", "Detail": "Order N-1 was created."}
    assert placed.headers["Location"] == "/Order/Number/N-1"
    order = parsed(api.get("/api/Order/Number/N-1", headers=XML))
    in_json = api.get("/api/Order/Number/N-1").json()
    assert order.tag == "Order"
    assert [child.tag for child in order] == [name for name, value in in_json.items() if value is not None]
    assert (order.findtext("Client"), order.findtext("Weight")) == ("Blue Harbour Cafe", "12.5")


@pytest.mark.usefixtures("placed")
@pytest.mark.parametrize(
    ("path", "root", "items"),
    [
        ("/api/Order/Date/2026-11-23", "ArrayOfOrder", ["Order"]),
        ("/api/Order/Date/2001-01-01", "ArrayOfOrder", []),
        ("/api/Driver", "ArrayOfDriver", []),
        ("/api/Vehicle", "ArrayOfVehicleExtended", []),
        ("/api/Route/Date/2026-11-23", "ArrayOfRoute", []),
        ("/api/Webhook", "PageOfEndpoint", ["Items"]),
        ("/api/EventType", "PageOfEventType", ["Items"]),
    ],
)
def test_lists_are_named_after_what_they_hold_also_when_they_hold_nothing(api, path, root, items):
    read = parsed(api.get(path, headers=XML))
    assert (read.tag, [child.tag for child in read]) == (root, items)


def test_a_bulk_is_read_item_by_item_and_answered_in_order(api):
    body = b"""<ArrayOfNewOrder>
        <NewOrder><Number>1</Number><Client>C</Client><Address>A</Address>
            <GoodsList><NewOrderGoods><GoodsName>Cups</GoodsName><Quantity>2</Quantity></NewOrderGoods></GoodsList>
        </NewOrder>
        <Order><Number>2</Number></Order>
    </ArrayOfNewOrder>"""
    answer = api.post("/api/Order/Bulk", content=body, headers=XML)
    assert answer.status_code == 200
    root = parsed(answer)
    assert (root.tag, [child.tag for child in root]) == ("ArrayOfOrderResult", ["OrderResult"] * 2)
    assert root.xpath("OrderResult/Number/text()") == ["1", "2"]
    assert root[0].find("Error") is None
    assert "Client" in root[1].findtext("Error")
    assert api.get("/api/Order/Number/1").json()["GoodsList"][0]["Quantity"] == 2


def test_a_list_of_one_is_a_list(api):
    body = b"<a><b><Number>1</Number><Client>C</Client><Address>A</Address></b></a>"
    assert api.post("/api/Order/Bulk", content=body, headers=XML).status_code == 201
    route = b"<NewRoute><Code>R</Code><Orders>" + body[3:-4].replace(b"1", b"2") + b"</Orders></NewRoute>"
    assert api.post("/api/Route", content=route, headers=XML).status_code == 201
    assert [order["Number"] for order in api.get("/api/Route/Code/R").json()["Orders"]] == ["2"]


@pytest.mark.parametrize("body", [b"<o><Number>1</Number><Client>C</Client></o>", b"<o/>", b"<o>1</o>", b""])
def test_a_bulk_that_is_no_list_is_refused_whole(api, body):
    answer = api.post("/api/Order/Bulk", content=body, headers=XML)
    assert (answer.status_code, parsed(answer).findtext("Status")) == (400, "400")


@pytest.mark.usefixtures("placed")
def test_a_deleted_order_is_told_in_xml(api):
    api.delete("/api/Order/Number/N-1")
    answer = api.get("/api/Order/Number/N-1", headers=XML)
    root = parsed(answer)
    assert (answer.status_code, root.tag) == (410, "ApiRemovedOrderResponse")
    assert [child.tag for child in root] == ["Order", "Status", "Title", "Detail"]
    assert (root.findtext("Order/Number"), root.findtext("Status")) == ("N-1", "410")


def test_a_refusal_names_the_field_in_xml(api):
    body = b"<NewRoute><Code>R</Code><Orders><Order/><Order><Weight>heavy</Weight></Order></Orders></NewRoute>"
    answer = api.post("/api/Route", content=body, headers=XML)
    assert answer.status_code == 400
    assert "Orders[1].Weight" in parsed(answer).findtext("Detail")


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status"),
    [
        ("GET", "/api/Order/Number/x", {"X-API-KEY": "wrong"}, b"", 401),
        ("GET", "/api/Nothing", {}, b"", 404),
        ("GET", "/api/Order/Number/x", {}, b"", 404),
        ("PATCH", "/api/Driver", {}, b"", 405),
        ("POST", "/api/Order", {}, b" " * 2_000_000, 413),
        ("POST", "/api/Order", {"Content-Type": "text/csv"}, b"a;b", 415),
    ],
)
def test_errors_outside_of_an_operation_are_xml_too(api, method, path, headers, body, status):
    answer = api.request(method, path, content=body, headers={"Accept": "application/xml", **headers})
    assert answer.status_code == status
    assert (parsed(answer).tag, parsed(answer).findtext("Status")) == ("ApiResponse", str(status))


def test_an_internal_error_is_xml_too(web, api):
    @web.get("/api/broken")
    def broken():
        raise RuntimeError("not for the caller's eyes")

    answer = api.get("/api/broken", headers={"Accept": "application/xml"})
    assert (answer.status_code, parsed(answer).findtext("Status")) == (500, "500")
    assert "eyes" not in answer.text


@pytest.mark.parametrize(
    "body",
    [
        b"<Order><Client>C</Order>",
        b'<!DOCTYPE o [<!ENTITY f SYSTEM "file:///etc/hostname">]><Order><Number>&f;</Number></Order>',
        b'<!DOCTYPE o [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><Order><Number>&b;</Number></Order>',
        b"<a>" * 300 + b"</a>" * 300,
        b'{"Number": "1"}',
    ],
)
def test_xml_that_is_broken_hostile_or_endless_is_refused_in_words(api, body):
    answer = api.post("/api/Order", content=body, headers={"Content-Type": "application/xml"})
    assert answer.status_code == 400
    assert answer.json()["Detail"].startswith("The body is not read as XML: ")


def test_endpoints_and_events_of_ones_own_are_xml_too(api):
    hook = b"<x><Url>https://erp.example/in</Url><EventTypes><string>OrderCreated</string></EventTypes></x>"
    made = api.post("/api/Webhook", content=hook, headers=XML)
    assert (made.status_code, parsed(made).tag) == (201, "Endpoint")
    assert parsed(made).xpath("EventTypes/string/text()") == ["OrderCreated"]
    secrets = parsed(api.get(f"/api/Webhook/{parsed(made).findtext('Id')}/Secret", headers=XML))
    assert secrets.xpath("Items/Secret/Secret")[0].text.startswith("whsec_")
    kind = b'<x><Name>invoice.paid</Name><Meaning>was paid</Meaning><Sample>{"Invoice": 7}</Sample></x>'
    assert api.post("/api/EventType", content=kind, headers=XML).status_code == 201
    event = b'<x><Event>invoice.paid</Event><Subject>invoice:7</Subject><Data>{"Invoice": 7}</Data></x>'
    assert api.post("/api/Event", content=event, headers=XML).status_code == 201
    # The feed ends before the oldest transaction that runs, be it of another test on this server.
    [told] = wait_for(lambda: parsed(api.get("/api/Event", headers=XML)).xpath("Items/Event"))
    assert told.xpath("Metadata/Event/text()") == ["invoice.paid"]
    assert told.xpath("Data/text()") == ['{"Invoice":7}']
    assert api.get("/api/Event").json()["Items"][0]["Data"] == {"Invoice": 7}


def test_an_answer_says_what_it_varies_with(api):
    assert api.get("/api/Driver").headers["Vary"] == "Accept, Accept-Encoding, X-API-KEY"
