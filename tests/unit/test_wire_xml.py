"""Documents as XML, in and out, by the fields of their models."""

import time
from typing import Any

import pytest
from lxml import etree
from pydantic import ValidationError

from waybell.orders.model import CustomField, Goods, Order
from waybell.orders.requests import CompleteOrder, NewOrder
from waybell.orders.samples import sample_on_route
from waybell.web.api.webhook_models import EventModel, PageOf, PublishRequest
from waybell.wire import xml
from waybell.wire.model import ApiModel


class Shelf(ApiModel):
    books: list[str] | None = None
    pages: list[int] | None = None
    goods_list: list[Goods] | None = None
    fields: list[CustomField] | None = None
    free: dict[str, Any] | None = None
    open: bool | None = None


def written(value, shape):
    return etree.fromstring(xml.write(value, shape))


@pytest.mark.parametrize(
    ("shape", "name"),
    [
        (Order, "Order"),
        (list[Order], "ArrayOfOrder"),
        (list[Order] | None, "ArrayOfOrder"),
        (str, "string"),
        (list[str], "ArrayOfString"),
        (PageOf[EventModel], "PageOfEvent"),
    ],
)
def test_a_root_has_the_name_of_its_schema(shape, name):
    assert xml.element_name(shape) == name


def test_members_stand_in_the_order_of_the_api_and_null_ones_are_left_out():
    order = sample_on_route().as_answer()
    root = written(order, Order)
    assert root.tag == "Order"
    assert [child.tag for child in root] == [name for name, value in order.items() if value is not None]


def test_a_document_begins_with_its_declaration():
    assert xml.write("ok", str).splitlines() == [b"<?xml version='1.0' encoding='utf-8'?>", b"<string>ok</string>"]


def test_lists_are_wrapped_and_their_items_named_by_their_schema_or_kind():
    shelf = Shelf(books=["A", "B"], pages=[1], goods_list=[Goods(goods_name="Cups")], fields=[])
    root = written(shelf.as_answer(), Shelf)
    assert root.xpath("Books/string/text()") == ["A", "B"]
    assert root.xpath("Pages/int/text()") == ["1"]
    assert root.xpath("GoodsList/Goods/GoodsName/text()") == ["Cups"]
    assert len(root.find("Fields")) == 0


def test_values_are_written_as_in_json():
    shelf = Shelf(
        open=True, goods_list=[Goods(quantity=2.5)], fields=[CustomField(value=v) for v in (True, 7, "x", [1])]
    )
    root = written(shelf.as_answer(), Shelf)
    assert (root.findtext("Open"), root.findtext(".//Quantity")) == ("true", "2.5")
    assert root.xpath("Fields/CustomField/Value/text()") == ["true", "7", "x", "[1]"]


def test_what_is_free_in_form_is_json_as_text_both_ways():
    data = {"not a name": [1, {"a": None}], "<b>": "&"}
    root = written(Shelf(free=data).as_answer(), Shelf)
    assert xml.read(etree.tostring(root), Shelf) == {"Free": data}


def test_characters_that_xml_cannot_carry_are_replaced():
    assert written({"Books": ["a\x01b\ufffe\0"]}, Shelf).findtext("Books/string") == "a\ufffdb\ufffd\ufffd"


def test_what_is_written_is_read_again():
    order = sample_on_route().as_data()
    read = Order.model_validate(xml.read(xml.write(order, Order), Order))
    assert read.as_data() == order


@pytest.mark.parametrize(
    ("body", "read"),
    [
        (b"<Order><Client>C</Client><Number>7</Number></Order>", {"Client": "C", "Number": "7"}),
        (b"<anything><NUMBER>7</NUMBER></anything>", {"Number": "7"}),
        (b'<o xmlns="urn:x" xmlns:y="urn:y"><y:Number y:a="b">7</y:Number></o>', {"Number": "7"}),
        (b"<o><Unknown><Deep/></Unknown><Number>7</Number></o>", {"Unknown": {"Deep": None}, "Number": "7"}),
        (b"<o><Number/><Client> </Client></o>", {"Number": None, "Client": None}),
        (
            b'<o xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><GoodsList xsi:nil="true"/></o>',
            {"GoodsList": None},
        ),
        (b"<o><Number>a<!-- b --><![CDATA[<c>]]></Number><?pi?></o>", {"Number": "a<c>"}),
        (b"<o><GoodsList/></o>", {"GoodsList": []}),
        (b"<o><GoodsList><Goods><Cost>1</Cost></Goods></GoodsList></o>", {"GoodsList": [{"Cost": "1"}]}),
        (
            b"<o><GoodsList><NewOrderGoods/><x><GoodsName>Cups</GoodsName></x></GoodsList></o>",
            {"GoodsList": [{}, {"GoodsName": "Cups"}]},
        ),
        ("<?xml version='1.0' encoding='iso-8859-1'?><o><Client>ä</Client></o>".encode(), {"Client": "ä"}),
        (b"<NewOrder/>", {}),
    ],
)
def test_any_root_name_order_and_letter_case_is_read(body, read):
    assert xml.read(body, NewOrder | None) == read


def test_a_list_is_read_by_its_items_whatever_they_are_called():
    body = b"<Orders><Order><Number>1</Number></Order><NewOrder><Number>2</Number></NewOrder></Orders>"
    assert xml.read(body, list[NewOrder]) == [{"Number": "1"}, {"Number": "2"}]


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"<o><Number><a>1</a></Number></o>", "Number"),
        (b"<o><GoodsList>Cups</GoodsList></o>", "GoodsList"),
        (b"<o><GoodsList><Goods>Cups</Goods></GoodsList></o>", "GoodsList.0"),
        (b"<o><PickupOrder>1</PickupOrder></o>", "PickupOrder"),
        (b"<o>7</o>", ""),
    ],
)
def test_objects_lists_and_texts_do_not_stand_for_each_other(body, fault):
    with pytest.raises(ValidationError) as refused:
        NewOrder.model_validate(xml.read(body, NewOrder))
    assert ".".join(map(str, refused.value.errors()[0]["loc"])) == fault


def test_free_form_that_is_no_json_is_refused_by_its_name():
    with pytest.raises(ValueError, match="Data"):
        xml.read(b"<e><Data>{'a': 1}</Data></e>", PublishRequest)


_ENTITIES = (
    b'<!DOCTYPE o [<!ENTITY a "'
    + b"a" * 1000
    + b'">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + level, b"&%c;" % (97 + level) * 50) for level in range(8))
)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"<o>",
        b"<o></p>",
        b"<o/><o/>",
        b"<o>&undefined;</o>",
        b"<o>&#0;</o>",
        b"<o>\x01</o>",
        b"<o>\xff</o>",
        b"<d>" * 5000 + b"</d>" * 5000,
        b"<!DOCTYPE o><o/>",
        b'<!DOCTYPE o SYSTEM "http://127.0.0.1:1/o.dtd"><o/>',
        b'<!DOCTYPE o [<!ENTITY f SYSTEM "file:///etc/passwd">]><o><Client>&f;</Client></o>',
        b'<!DOCTYPE o [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]><o/>',
        _ENTITIES + b"]><o><Client>&i;</Client></o>",
        _ENTITIES + b']><o x="&i;"/>',
    ],
)
def test_what_is_no_xml_or_has_a_doctype_is_refused_at_once(body):
    begun = time.process_time()
    with pytest.raises(ValueError):
        xml.read(body, CompleteOrder)
    assert time.process_time() - begun < 1
