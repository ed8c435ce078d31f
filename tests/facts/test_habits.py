"""Habits of clients that call the Track-POD API today, each of which must work here."""

from urllib.parse import quote

import pytest

from support.documents import a_route, an_order, get_order, post_route


@pytest.mark.parametrize("path", ["/api/order/bulk", "/API/Order/BULK", "/api/Order/Bulk/"])
def test_paths_match_in_other_letter_case_and_with_a_slash_at_their_end(api, path):
    assert api.post(path, json=[an_order()]).status_code == 201


def test_without_an_accept_header_the_answer_is_json(api):
    del api.headers["Accept"]
    assert api.get("/api/Driver").headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("content_type", ["application/json", "application/xml"])
def test_a_get_and_a_put_without_a_body_may_have_a_content_type(api, posted, content_type):
    headers = {"Content-Type": content_type}
    post_route(api, a_route())
    assert api.get("/api/Order/Number/N-1", headers=headers).status_code == 200
    assert api.put("/api/Route/Code/R-1/Order/Number/N-1", headers=headers).status_code == 202
    assert api.put("/api/Order/Number/N-1/Complete", headers=headers).status_code == 200


def test_numbers_may_be_sent_as_strings(api):
    goods = [{"GoodsName": "Cups", "Quantity": "2"}]
    sent = an_order(Weight="10.5", Type="1", AddressLat="59.4", AddressLon="24.7", GoodsList=goods)
    assert api.post("/api/Order", json=sent).status_code == 201
    order = get_order(api)
    assert (order["Weight"], order["Type"], order["AddressLat"], order["AddressLon"]) == (10.5, 1, 59.4, 24.7)
    assert order["GoodsList"][0]["Quantity"] == 2


def test_blanks_at_the_end_of_values_and_of_keys_in_paths_do_not_count(api):
    assert api.post("/api/Order", json=an_order("N-1 ", Client="Blue Harbour Cafe  ")).status_code == 201
    order = api.get("/api/Order/Number/N-1%20%20").json()
    assert (order["Number"], order["Client"]) == ("N-1", "Blue Harbour Cafe")


def test_a_put_may_say_only_what_changes(api, posted):
    assert api.put("/api/Order", json={"Number": "N-1", "Note": "Ring twice"}).status_code == 202
    changed = get_order(api)
    assert changed["Note"] == "Ring twice"
    assert {name for name in changed if changed[name] != posted[name]} <= {"Note", "ChangeDate"}


@pytest.mark.parametrize("member", ["Number", "Id"])
def test_a_key_in_a_path_may_hold_encoded_slashes(api, member):
    key = "2026/11/7"
    api.post("/api/Order", json=an_order(**{"Number": None, member: key}))
    assert api.get(f"/api/Order/{member}/{quote(key, safe='')}").json()[member] == key
