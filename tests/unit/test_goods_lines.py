"""Which line is meant, when several are of the same goods: what is said of each stays with it."""

from datetime import UTC, datetime
from time import process_time
from zoneinfo import ZoneInfo

import pytest

from waybell.ground.clock import Moment
from waybell.ground.errors import Invalid
from waybell.orders import editing, outcome
from waybell.orders.goods_lines import Lines
from waybell.orders.model import Goods, Order
from waybell.orders.outcome import Stop, goods_pictured
from waybell.orders.requests import CompleteOrder, CompleteOrderGoods, GoodsLine, NewOrder, NewOrderGoods

MOMENT = Moment(datetime(2026, 11, 23, 12, 0, tzinfo=UTC), ZoneInfo("Europe/Tallinn"))
SOLD, FREE = {"GoodsName": "cola", "Quantity": 5}, {"GoodsName": "cola", "Quantity": 3}
NUMBERED = [{"OrderLineId": "1", **SOLD}, {"OrderLineId": "2", **FREE}]


def an_order(goods: list) -> Order:
    """Return an order with these lines, on a route."""
    request = NewOrder.model_validate({"Number": "N-1", "GoodsList": goods})
    order = editing.draft(request, "7c9e6679-7425-40de-944b-e07fc1f90ae7", MOMENT)
    return outcome.placed(order, Stop("r1", 1, "Ready"), MOMENT.local)


@pytest.mark.parametrize(
    ("lines", "said", "places"),
    [
        ([SOLD, FREE], [{"GoodsName": "cola"}] * 2, [0, 1]),
        ([SOLD, FREE], [{"GoodsName": "cola"}] * 3, [0, 1, None]),
        ([{"GoodsId": "7", **SOLD}, {"GoodsId": "7", **FREE}], [{"GoodsId": "7"}] * 2, [0, 1]),
        ([{"OrderLineId": "1", **SOLD}] * 2, [{"OrderLineId": "1"}] * 2, [0, 1]),
        # What is named more tellingly chooses first.
        (NUMBERED, [{"GoodsName": "cola"}, {"OrderLineId": "1"}], [1, 0]),
        (NUMBERED, [{"OrderLineId": "3", "GoodsName": "cola"}, {"OrderLineId": "1"}], [1, 0]),
        # A line that somebody else has taken is not swapped for one with another id.
        (NUMBERED, [{"OrderLineId": "1", "GoodsName": "cola"}] * 2, [0, None]),
        # The other names tell like lines apart.
        ([{"GoodsId": "7", "GoodsName": one} for one in ("red", "blue")], [{"GoodsId": "7", "GoodsName": "blue"}], [1]),
        ([{"GoodsId": "7"}, {"GoodsName": "cola"}], [{"GoodsName": "cola"}, {"GoodsId": "7"}], [1, 0]),
        ([{}, {"GoodsName": "cola"}], [{}, {"GoodsName": "?"}, {"GoodsName": "cola"}], [None, None, 1]),
    ],
)
def test_each_fact_is_of_a_line_of_its_own(lines, said, places):
    facts = [CompleteOrderGoods.model_validate(one) for one in said]
    assert Lines([Goods.model_validate(line) for line in lines]).share_out(facts) == places


@pytest.mark.parametrize(
    ("sent", "facts"),
    [
        ([SOLD, FREE], [4, 1]),
        ([FREE, SOLD], [1, 4]),
        ([FREE], [1]),
        ([{"GoodsName": "cola", "Quantity": 9}, SOLD], [1, 4]),
        ([SOLD, FREE, SOLD], [4, 1, None]),
        ([{"GoodsName": "cola"}, {"GoodsName": "cola", "Note": "n"}], [4, 1]),
        ([{"GoodsName": "water", "Quantity": 5}], [None]),
    ],
)
def test_a_list_that_is_sent_anew_leaves_what_came_of_each_line_with_it(sent, facts):
    told = CompleteOrder.model_validate({"GoodsList": [{"GoodsName": "cola", "QuantityFact": fact} for fact in (4, 1)]})
    order = outcome.completed(an_order(goods=[SOLD, FREE]), told, MOMENT)
    after = editing.edited(order, NewOrder.model_validate({"GoodsList": sent}), MOMENT)
    assert [line.quantity_fact for line in after.goods_list or []] == facts


def test_barcodes_name_a_line_that_is_sent_anew():
    known = [Goods(order_line_barcode=code, goods_barcode="G") for code in ("A", "B")]
    sent = [NewOrderGoods(order_line_barcode=code, goods_barcode="G", quantity=1) for code in ("B", "A")]
    assert Lines(known).share_out(sent) == [1, 0]
    assert Lines(known).share_out([NewOrderGoods(goods_barcode="G")] * 2) == [0, 1]


def test_more_facts_than_like_lines_are_refused():
    told = CompleteOrder.model_validate({"GoodsList": [{"GoodsName": "cola", "QuantityFact": 1}] * 3})
    with pytest.raises(Invalid, match=r"^GoodsList\[2\]: the order has 2 lines with this GoodsName"):
        outcome.completed(an_order(goods=[SOLD, FREE]), told, MOMENT)


def test_photos_by_one_name_go_to_the_line_that_has_the_fewest():
    order = an_order(goods=[{"GoodsName": "water"}, SOLD, FREE])
    for picture in ("a", "b", "c"):
        order = goods_pictured(order, GoodsLine(goods_name="cola"), picture)
    assert [line.photo_ids for line in order.goods_list or []] == [None, ["a", "c"], ["b"]]


@pytest.mark.parametrize("line", [{}, {"GoodsName": "cola"}, {"GoodsName": "cola", "GoodsBarcode": "b"}])
def test_many_like_lines_take_no_time_worth_speaking_of(line):
    """If it grew with the square, these would take half a minute."""
    known, sent = Goods.model_validate(line), NewOrderGoods.model_validate(line)
    begun = process_time()
    Lines([known] * 8000).share_out([sent] * 8000)
    assert process_time() - begun < 3
