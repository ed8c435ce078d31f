"""What is reported of an order besides its outcome: scans, wishes, a number to confirm by; and outcomes put right."""

import pytest

from support.documents import without_nulls
from waybell.accounts.grants import Grant

GOODS = [
    {"OrderLineId": "1", "GoodsName": "Cups", "Quantity": 2, "OrderLineBarcode": "L-1", "GoodsBarcode": "G"},
    {"OrderLineId": "2", "GoodsName": "Plates", "Quantity": 3, "GoodsBarcode": "G"},
]
OUTCOME = ("StatusId", "Status", "RejectReason", "CODActual", "StatusDate")


@pytest.fixture
def day(api, told):
    """An order with goods on a route that has started."""
    order = {"Number": "N-1", "Client": "C", "Address": "A", "ShipperId": "S-1", "Barcode": "O-1", "GoodsList": GOODS}
    route = {"Code": "R-1", "Date": "2026-11-23", "Orders": [order, {"Number": "N-2", "Client": "C", "Address": "B"}]}
    assert api.post("/api/Route", json=route).status_code == 201
    assert api.put("/api/Route/Start/Code/R-1").status_code == 202
    told.news()
    return api


def get(api, number="N-1"):
    return api.get(f"/api/Order/Number/{number}").json()


def members(api, names, number="N-1"):
    order = get(api, number)
    return tuple(order[name] for name in names)


def report(api, what, status=200, number="N-1", **body):
    answer = api.put(f"/api/Order/Number/{number}/{what}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()["Detail"]


# Outcomes put right


def test_an_outcome_is_corrected_and_the_old_one_is_kept(day, told):
    one_cup = [{"OrderLineId": "1", "QuantityFact": 1}]
    report(day, "Complete", CODActual=5, StatusDate="2026-11-23T10:05:00", GoodsList=one_cup)
    told.news()
    said = report(day, "Correct", Outcome="Rejected", RejectReasonId=1, Reason="It was the neighbour's order")
    assert said == "Order N-1 is Not delivered."
    assert members(day, OUTCOME) == (2, "Not delivered", "Nobody there", None, "2026-11-23T10:05:00")
    [correction] = told.news(opt_in=True)
    assert (correction.type, correction.data["CorrectedBy"]) == ("OrderCorrected", "tests")
    before, after = correction.data["Before"], correction.data["After"]
    assert (before["StatusId"], before["CODActual"], after["StatusId"]) == (4, "5", 2)
    assert [(line["OrderLineId"], line["QuantityFact"]) for line in before["GoodsList"]] == [("1", 1), ("2", 3)]
    assert "GoodsList" not in after


def test_a_corrected_outcome_is_told_as_a_change_of_the_status_or_of_the_order(day, told):
    report(day, "Complete")
    told.news()
    report(day, "Correct", GoodsList=[{"OrderLineId": "2", "QuantityFact": 1}], Reason="Two plates came back")
    [event] = told.news()
    assert (event.type, event.data["StatusId"]) == ("OrderStatusUpdated", 4)
    assert event.data == without_nulls(get(day))
    report(day, "Correct", CODActual=7, DriverComment="Paid by card", Reason="The cash was counted again")
    [event] = told.news()
    assert (event.type, event.data["CODActual"], event.data["StatusId"]) == ("OrderUpdated", "7", 4)
    assert [line["QuantityFact"] for line in event.data["GoodsList"]] == [2, 1]


def test_a_rejection_becomes_a_delivery_in_full(day):
    report(day, "Load", LoadStatus="not-loaded")
    assert members(day, ("StatusId", "RejectReason")) == (5, "Not loaded")
    report(day, "Correct", Outcome="completed", StatusDate="2026-11-23T10:05:00", Reason="It was there after all")
    assert members(day, (*OUTCOME, "LoadStatus")) == (3, "Delivered", None, None, "2026-11-23T10:05:00", "loaded")
    assert [line["QuantityFact"] for line in get(day)["GoodsList"]] == [2, 3]


def test_the_reason_of_a_rejection_is_corrected_and_the_times_of_the_visit(day, told):
    report(day, "Arrive", Date="2026-11-23T10:00:00")
    report(day, "Reject", RejectReasonId=1)
    report(day, "Depart", Date="2026-11-23T10:09:00")
    told.news()
    report(day, "Correct", ArrivedDate="2026-11-23T09:58:00", Reason="The phone was slow")
    names = ("StatusId", "RejectReason", "ArrivedDate", "DepartedDate")
    assert members(day, names) == (2, "Nobody there", "2026-11-23T09:58:00", "2026-11-23T10:09:00")
    assert [event.type for event in told.news(opt_in=True)] == ["OrderCorrected"]
    assert "before the ArrivedDate" in report(day, "Correct", 400, DepartedDate="2026-11-23T09:00:00", Reason="x")


def test_a_correction_that_comes_again_changes_nothing(day, told):
    report(day, "Complete")
    for _ in range(2):
        report(day, "Correct", Outcome="rejected", RejectReasonId=1, Reason="The wrong order")
    told.news()
    report(day, "Correct", Outcome="rejected", RejectReasonId=1, Reason="The wrong order")
    assert told.news() == []


def test_what_cannot_be_corrected(day, other_api, key_with, told):
    assert "no outcome yet" in report(day, "Correct", 400, Reason="x")
    report(day, "Complete")
    told.news()
    before = get(day)
    for body in (
        {},
        {"Reason": ""},
        {"Outcome": "postponed", "Reason": "x"},
        {"Outcome": "rejected", "RejectReasonId": 999, "Reason": "x"},
        {"GoodsList": [{"OrderLineId": "9"}], "Reason": "x"},
        {"CODActual": -1, "Reason": "x"},
        {"Lat": 1, "Reason": "x"},
        {"StatusDate": "soon", "Reason": "x"},
        {"Reason": "x" * 501},
    ):
        report(day, "Correct", 400, **body)
    for stranger in (other_api, key_with(Grant(shippers=("S-2",)))):
        assert stranger.put("/api/Order/Number/N-1/Correct", json={"Reason": "x"}).status_code == 404
    assert (get(day), told.news()) == (before, [])


def test_an_order_is_corrected_so_often_and_no_more(day):
    report(day, "Complete")
    for at in range(20):
        report(day, "Correct", DriverComment=f"{at}", Reason="x")
    assert "20 times" in report(day, "Correct", 400, DriverComment="more", Reason="x")


# Scans


def test_a_barcode_is_that_of_the_order_or_of_a_line(day, told):
    report(day, "Scan", Barcode="O-1")
    assert members(day, ("Scanned", "ScanRejectReason")) == (True, None)
    assert told.types() == ["OrderUpdated"]
    report(day, "Scan", Barcode="O-1")
    assert told.news() == []
    for _ in range(2):
        report(day, "Scan", Barcode="G", Stage="load")
    assert [(line["Scanned"], line["LoadStatus"]) for line in get(day)["GoodsList"]] == [(True, "loaded")] * 2
    assert "not of Order N-1" in report(day, "Scan", 400, Barcode="elsewhere")
    assert "not of Order N-2" in report(day, "Scan", 400, "N-2", Barcode="O-1")


def test_what_was_not_scanned_has_a_reason_of_its_stage(day):
    report(day, "Scan", Stage="load", Reason="The label is torn")
    report(day, "Scan", OrderLineId="2", Reason="Wet")
    names = ("Scanned", "LoadCheckScanRejectReason", "ScanRejectReason")
    assert members(day, names) == (False, "The label is torn", None)
    assert [tuple(line[name] for name in names) for line in get(day)["GoodsList"]] == [
        (None, None, None),
        (False, None, "Wet"),
    ]
    report(day, "Scan", OrderLineId="2")
    assert get(day)["GoodsList"][1]["Scanned"] is True
    for body in ({"OrderLineId": "9"}, {"OrderLineId": "2", "Barcode": "L-1"}, {"Stage": "moon"}):
        report(day, "Scan", 400, **body)


# The recipient


def test_wishes_are_noted_until_the_order_has_an_outcome(day, told):
    report(day, "Instructions", DeliveryInstructions="Leave it with the neighbour")
    assert members(day, ("DeliveryInstructions",)) == ("Leave it with the neighbour",)
    [event] = told.news(opt_in=True)
    assert (event.type, event.data["DeliveryInstructions"]) == (
        "OrderInstructionsChanged",
        "Leave it with the neighbour",
    )
    report(day, "Instructions", DeliveryInstructions="")
    assert members(day, ("DeliveryInstructions",)) == (None,)
    [event] = told.news(opt_in=True)
    assert "DeliveryInstructions" not in event.data
    report(day, "Complete")
    report(day, "Instructions", DeliveryInstructions="")
    assert "already" in report(day, "Instructions", 400, DeliveryInstructions="Too late")
    report(day, "Instructions", 400, number="N-2", DeliveryInstructions="x" * 501)


def test_a_pin_is_chosen_or_sent(day, told):
    report(day, "Pin")
    [chosen] = members(day, ("Pin",))
    assert chosen.isdigit()
    assert len(chosen) == 4
    told.news()
    report(day, "Pin")
    assert (members(day, ("Pin",)), told.news()) == ((chosen,), [])
    report(day, "Pin", Pin="00271828")
    assert members(day, ("Pin",)) == ("00271828",)
    for wrong in ("123", "123456789", "12a4", "١٢٣٤", [1]):
        report(day, "Pin", 400, Pin=wrong)
