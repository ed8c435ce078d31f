"""The lists that callers keep under their own ids: one shape for all kinds, and what orders and routes make of them."""

from typing import Any

import pytest

SHAPES: dict[str, dict[str, Any]] = {
    "Shipper": {"Id": "1", "Name": "n"},
    "Depot": {"Id": "1", "Name": "n", "Lat": 59.4, "Lon": 24.7},
    "Client": {"Id": "1", "Name": "n", "Note": "ring twice"},
    "Goods": {"GoodsId": "1", "GoodsName": "n", "GoodsUnit": "pcs", "Cost": 2.5, "GoodsBarcode": "47"},
    "Team": {"Id": "1", "Name": "n"},
    "CustomField": {"Id": "cf_1", "Label": "n", "Kind": "number"},
}
NOUNS = list(SHAPES)


def key_of(noun):
    return next(iter(SHAPES[noun]))


def an_order(**members):
    return {"Number": "N-1", "Client": "Blue Harbour Cafe", "Address": "Kalasadama 4, Tallinn", **members}


def post(api, path, body, status=(201, 202)):
    answer = api.post(f"/api/{path}", json=body)
    assert answer.status_code in status, answer.text
    return answer


def get(api, path):
    answer = api.get(f"/api/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("noun", NOUNS)
def test_an_entry_is_added_read_changed_and_deleted(api, told, noun):
    sent, key = SHAPES[noun], key_of(noun)
    made = post(api, noun, sent, (201,))
    assert api.get(made.headers["Location"].lower()).json() == sent
    assert get(api, noun) == [sent]
    name = list(sent)[1]
    post(api, noun, {key: sent[key], name: "other"}, (202,))
    assert get(api, noun) == [{**sent, name: "other"}]
    assert api.delete(f"/api/{noun}/Id/{sent[key]}").status_code == 200
    assert get(api, noun) == []
    for method in (api.get, api.delete):
        assert method(f"/api/{noun}/Id/{sent[key]}").status_code == 404
    assert told.news() == []


@pytest.mark.parametrize("noun", NOUNS)
def test_another_account_sees_and_changes_no_entry_of_ours(api, other_api, noun):
    sent, key = SHAPES[noun], key_of(noun)
    post(api, noun, sent)
    assert get(other_api, noun) == []
    for method in (other_api.get, other_api.delete):
        assert method(f"/api/{noun}/Id/{sent[key]}").status_code == 404
    name = list(sent)[1]
    post(other_api, noun, {**sent, name: "theirs"}, (201,))
    assert get(api, noun) == [sent]


@pytest.mark.parametrize("noun", NOUNS)
@pytest.mark.parametrize("lacking", [0, 1])
def test_a_new_entry_needs_its_id_and_its_name(api, noun, lacking):
    member = list(SHAPES[noun])[lacking]
    answer = api.post(f"/api/{noun}", json={**SHAPES[noun], member: ""})
    assert (answer.status_code, answer.json()["Detail"]) == (400, f"{member}: is required")
    assert get(api, noun) == []


@pytest.mark.parametrize(
    ("noun", "change", "line"),
    [
        ("Depot", {"Id": "x" * 51}, "Id: "),
        ("Depot", {"Lat": 91}, "Lat: "),
        ("Client", {"Name": "x" * 256}, "Name: "),
        ("Client", {"Note": "x" * 501}, "Note: "),
        ("Client", {"Id": {}}, "Id: "),
        ("Goods", {"Cost": "dear"}, "Cost: "),
        ("Goods", {"GoodsBarcode": "x" * 129}, "GoodsBarcode: "),
        ("CustomField", {"Id": "colour"}, "Id: "),
        ("CustomField", {"Kind": "colour"}, "Kind: "),
        ("RejectReason", {"Id": 0}, "Id: "),
        ("RejectReason", {"Id": 2**31}, "Id: "),
        ("RejectReason", {"Id": True}, "Id: "),
        ("RejectReason", {"Id": 7, "Name": "n", "List": "Other"}, "List: "),
        ("RejectReason", {"Id": 7, "Name": "n"}, "List: "),
        ("RejectReason", {"Name": "n", "List": "SiteIssue"}, "Id: "),
    ],
)
def test_what_cannot_be_an_entry_is_refused_naming_the_member(api, noun, change, line):
    answer = api.post(f"/api/{noun}", json={**SHAPES.get(noun, {}), **change})
    assert answer.status_code == 400
    assert answer.json()["Detail"].startswith(line)


def test_callers_habits_are_understood(api):
    post(api, "DEPOT", {"ID": 7, "name": " Dock ", "LAT": "59.4"})
    assert get(api, "depot") == [{"Id": "7", "Name": "Dock", "Lat": 59.4, "Lon": None}]


def test_a_bulk_keeps_each_entry_that_can_be_kept(api):
    post(api, "Client", {"Id": "C-1", "Name": "old"})
    items = [{"Id": "C-1", "Name": "new"}, {"ID": "C-2", "Name": "n"}, {"Id": "C-2", "Note": "again"}]
    refused = [{"Id": "C-3"}, {"Id": "C-4", "Name": []}, 5]
    answer = post(api, "Client/Bulk", items, (202,))
    assert [(one["Id"], one["Status"], one["Error"]) for one in answer.json()] == [
        ("C-1", 202, None),
        ("C-2", 201, None),
        ("C-2", 202, None),
    ]
    answer = post(api, "client/bulk", [*refused, {"Id": "C-5", "Name": "n"}], (200,))
    assert [(one["Id"], one["Status"]) for one in answer.json()] == [
        ("C-3", 400),
        ("C-4", 400),
        (None, 400),
        ("C-5", 201),
    ]
    assert answer.json()[0]["Error"] == "Name: is required"
    assert [(one["Id"], one["Name"], one["Note"]) for one in get(api, "Client")] == [
        ("C-1", "new", None),
        ("C-2", "n", "again"),
        ("C-5", "n", None),
    ]


@pytest.mark.parametrize("body", [[], {}, [{"Id": "1", "Name": "n"}] * 501, None])
def test_a_bulk_is_an_array_of_1_to_500(api, body):
    assert api.post("/api/Team/Bulk", json=body).status_code == 400


def test_a_long_list_is_read_in_pages(api):
    post(api, "Client/Bulk", [{"Id": f"C-{at:03}", "Name": "n"} for at in range(7)])
    first = get(api, "Client?Limit=4")
    rest = get(api, f"Client?limit=4&AFTER={first[-1]['Id']}")
    assert [one["Id"] for one in first + rest] == [f"C-{at:03}" for at in range(7)]
    for limit in ("0", "501", "x"):
        assert api.get(f"/api/Client?limit={limit}").status_code == 400


# What orders and routes make of it


def test_a_depot_and_a_shipper_stand_for_their_names_in_orders_and_routes(api):
    post(api, "Depot", {"Id": "D-1", "Name": "Dock 1"})
    post(api, "Shipper", {"Id": "S-1", "Name": "Shipper 1"})
    post(api, "Route", {"Code": "R-1", "DepotId": "D-1", "Orders": [an_order(DepotId="D-1", ShipperId="S-1")]})
    route = get(api, "Route/Code/R-1")
    [order] = route["Orders"]
    assert (route["Depot"], order["Depot"], order["Shipper"]) == ("Dock 1", "Dock 1", "Shipper 1")


def test_a_client_stands_for_its_name_and_note(api):
    post(api, "Client", {"Id": "C-1", "Name": "Blue Harbour", "Note": "ring twice"})
    post(api, "Order", an_order(Client=None, ClientId="C-1"))
    order = get(api, "Order/Number/N-1")
    assert (order["Client"], order["ClientNote"]) == ("Blue Harbour", "ring twice")


def test_another_id_stands_for_its_own_name_and_an_unknown_one_teaches_nothing(api):
    post(api, "Client", {"Id": "C-2", "Name": "Red Harbour", "Note": "knock"})
    post(api, "Depot", {"Id": "D-2", "Name": "Dock 2"})
    leg = {"ClientId": "C-1", "Client": "Mill"}
    post(api, "Order", an_order(ClientId="C-1", DepotId="D-1", Depot="Dock 1", PickupOrder=leg))

    def put(**members):
        assert api.put("/api/Order", json={"Number": "N-1", **members}).status_code == 202
        order = get(api, "Order/Number/N-1")
        return order["Client"], order["ClientNote"], order["Depot"], order["PickupOrder"]["Client"]

    moved = put(ClientId="C-2", DepotId="D-2", PickupOrder={"ClientId": "C-2"})
    assert moved == ("Red Harbour", "knock", "Dock 2", "Red Harbour")
    unknown = put(ClientId="C-9", DepotId="D-9", PickupOrder={"ClientId": "C-9"})
    assert unknown == ("Red Harbour", None, "Dock 2", "Red Harbour")
    assert {one["Id"] for one in get(api, "Client")} == {"C-1", "C-2"}
    assert {one["Id"] for one in get(api, "Depot")} == {"D-1", "D-2"}


def test_an_order_teaches_the_directory_what_it_does_not_know_yet(api):
    lines = [{"GoodsId": "G-1", "GoodsName": "Cups", "Cost": 2}, {"GoodsName": "Plates", "Cost": 3}, {"GoodsId": "G-2"}]
    post(api, "Order", an_order(ClientId="C-1", DepotId="D-1", Depot="Dock 1", GoodsList=lines))
    assert [one["Name"] for one in get(api, "Client")] == ["Blue Harbour Cafe"]
    assert [one["Name"] for one in get(api, "Depot")] == ["Dock 1"]
    assert [(one["GoodsId"], one["Cost"]) for one in get(api, "Goods")] == [("G-1", 2)]


def test_a_later_price_does_not_change_an_order_that_is_changed_elsewhere(api, told):
    post(api, "Order", an_order(GoodsList=[{"GoodsId": "G-1", "GoodsName": "Cups"}]))
    post(api, "Goods", {"GoodsId": "G-1", "Cost": 2})
    assert api.put("/api/Order", json={"Number": "N-1", "Note": "n"}).status_code == 202
    assert get(api, "Order/Number/N-1")["GoodsList"][0]["Cost"] is None


def test_custom_fields_have_their_label_and_a_value_of_their_kind(api, told):
    for number, kind in enumerate(("number", "flag", "text", "date"), 1):
        post(api, "CustomField", {"Id": f"cf_{number}", "Label": f"label {number}", "Kind": kind})
    values = ["123.45", "true", "7", "2019-09-18", "unknown"]
    fields = [{"Id": f"cf_{number}", "Value": value} for number, value in enumerate(values, 1)]
    order = an_order(CustomFields=fields, PickupOrder={"CustomFields": fields[:1]})
    told.news()
    post(api, "Route", {"Code": "R-1", "CustomFields": fields, "Orders": [order]})
    route = get(api, "Route/Code/R-1")
    [order] = route["Orders"]
    wanted = [
        {"Id": "cf_1", "Label": "label 1", "Value": 123.45},
        {"Id": "cf_2", "Label": "label 2", "Value": True},
        {"Id": "cf_3", "Label": "label 3", "Value": "7"},
        {"Id": "cf_4", "Label": "label 4", "Value": "2019-09-18"},
        {"Id": "cf_5", "Label": None, "Value": "unknown"},
    ]
    assert (route["CustomFields"], order["CustomFields"]) == (wanted, wanted)
    assert order["PickupOrder"]["CustomFields"] == wanted[:1]
    [event] = [event for event in told.news() if event.type == "OrderCreated"]
    assert event.data["CustomFields"][:4] == wanted[:4]


def test_custom_fields_are_labelled_when_they_are_sent_and_an_equal_change_is_none(api, told):
    post(api, "CustomField", {"Id": "cf_1", "Label": "Floor", "Kind": "number"})
    fields = [{"Id": "cf_1", "Value": "3"}]
    post(api, "Order", an_order(CustomFields=fields))
    told.news()
    for change in ({"Note": ""}, {"CustomFields": fields}):
        assert api.put("/api/Order", json={"Number": "N-1", **change}).status_code == 202
    assert told.news() == []


# Reject reasons


def reasons(api):
    return {name: [one["Id"] for one in some] for name, some in get(api, "RejectReason").items()}


def test_an_account_changes_its_own_reject_reasons_and_nobody_elses(api, other_api):
    before = reasons(api)
    made = post(api, "RejectReason", {"Id": 7, "Name": "Flood", "List": "SiteIssue"}, (201,))
    assert "Location" not in made.headers
    post(api, "RejectReason", {"Id": "1", "Name": "Nobody in"}, (202,))
    assert api.delete("/api/RejectReason/Id/101").status_code == 200
    assert reasons(api) == {
        **before,
        "SiteIssue": [*before["SiteIssue"], 7],
        "OrderIssue": before["OrderIssue"][1:],
    }
    assert get(api, "RejectReason")["SiteIssue"][0]["Name"] == "Nobody in"
    assert reasons(other_api) == before


def test_the_id_of_a_reject_reason_is_in_one_list(api):
    post(api, "RejectReason", {"Id": 1, "Name": "Refused at the door", "List": "OrderIssue"}, (202,))
    found = reasons(api)
    assert (1 in found["SiteIssue"], 1 in found["OrderIssue"]) == (False, True)


def test_orders_are_rejected_and_completed_with_the_reasons_of_their_own_account(api, other_api):
    lists = {"SiteIssue": 11, "OrderIssue": 12, "GoodsIssue": 13}
    for client in (api, other_api):
        post(client, "Route", {"Code": "R-1", "Orders": [an_order(Number=number) for number in lists]})
    for name, reason_id in lists.items():
        post(api, "RejectReason", {"Id": reason_id, "Name": f"own {name}", "List": name})
    wanted = (("SiteIssue", 11, 2), ("OrderIssue", 12, 5))
    for number, reason_id, status_id in wanted:
        body = {"RejectReasonId": reason_id}
        assert other_api.put(f"/api/Order/Number/{number}/Reject", json=body).status_code == 400
        assert api.put(f"/api/Order/Number/{number}/Reject", json=body).status_code == 200
        order = get(api, f"Order/Number/{number}")
        assert (order["StatusId"], order["RejectReason"]) == (status_id, f"own {number}")
    api.put("/api/Order", json={"Number": "GoodsIssue", "GoodsList": [{"GoodsName": "Cups", "Quantity": 2}]})
    short = {"GoodsList": [{"GoodsName": "Cups", "QuantityFact": 1, "GoodsRejectReasonId": 13}]}
    assert api.put("/api/Order/Number/GoodsIssue/Complete", json=short).status_code == 200
    assert get(api, "Order/Number/GoodsIssue")["GoodsList"][0]["RejectReason"] == "own GoodsIssue"
