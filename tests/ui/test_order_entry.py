"""Orders that people enter on a page: the same rules and the same events as through the API, and nothing lost."""

import html
import re

import pytest

from support.pages import text_of

NEW = "/orders/new"
CAFE = {"Kind": "delivery", "Date": "2026-11-23", "Client": "Blue Harbour Cafe", "Address": "1 Quay street"}


def fields_of(page: str) -> dict[str, list[str]]:
    """Return what a browser would send if nothing were changed."""
    found: dict[str, list[str]] = {}
    form = page[page.index('class="entry"') :]
    for tag in re.findall(r"<input[^>]*>", form):
        attributes = {name: html.unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', tag)}
        if attributes.get("type") in ("radio", "checkbox") and " checked" not in tag:
            continue
        if "name" in attributes:
            found.setdefault(attributes["name"], []).append(attributes.get("value", ""))
    for name, options in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = [html.unescape(chosen[1]) if chosen else ""]
    for name, text in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        found[name] = [html.unescape(text)]
    return found


def enter(ui, **fields) -> str:
    """Enter an order, and return the path of its page."""
    answer = ui.post(NEW, data=CAFE | fields)
    assert answer.status_code == 303, text_of(answer.text)
    return answer.headers["location"]


def order_of(api, path) -> dict:
    return api.get(f"/api/Order/TrackId/{path.rsplit('/', 1)[1]}").json()


def test_an_order_is_entered_with_its_goods_and_told_like_one_of_the_api(ui, api, told):
    goods = {"Goods.GoodsName": ["Milk", "", "Bread"], "Goods.Quantity": ["12", "", "2.5"], "Goods.Cost": ["", "", ""]}
    for name in ("GoodsUnit", "GoodsId", "OrderLineId", "Note", "OrderLineBarcode", "GoodsBarcode"):
        goods[f"Goods.{name}"] = ["", "", ""]
    path = enter(ui, Number="17", TimeSlotFrom="22:00", TimeSlotTo="02:00", Weight="12.5", Note="Ring twice", **goods)
    order = order_of(api, path)
    assert (order["Number"], order["Client"], order["Weight"], order["Note"]) == (
        "17",
        CAFE["Client"],
        12.5,
        "Ring twice",
    )
    assert (order["TimeSlotFrom"], order["TimeSlotTo"]) == ("2026-11-23T22:00:00", "2026-11-24T02:00:00")
    assert [(line["GoodsName"], line["Quantity"]) for line in order["GoodsList"]] == [("Milk", 12), ("Bread", 2.5)]
    told.exactly("OrderCreated")


def test_a_form_that_is_sent_unchanged_changes_nothing_and_tells_nobody(ui, api, told):
    path = enter(ui, Number="17", TimeSlotFrom="09:00", ServiceTime="7.5", COD="3", Phone="+372 5", Email="a@b.example")
    before = order_of(api, path)
    told.news()
    page = ui.get(f"{path}/edit").text
    assert ui.post(f"{path}/edit", data=fields_of(page)).status_code == 303
    assert order_of(api, path) == before
    told.exactly()


def test_a_change_sends_what_was_touched_and_an_emptied_input_empties_its_member(ui, api):
    path = enter(ui, Number="17", Note="Ring twice", Phone="12")
    api.put(
        "/api/Order", json={"Number": "17", "TimeSlotFrom": "2026-11-23T09:00:30", "TimeSlotTo": "2026-11-23T11:00:00"}
    )
    fields = fields_of(ui.get(f"{path}/edit").text) | {"Note": "", "Phone": "34"}
    assert ui.post(f"{path}/edit", data=fields).status_code == 303
    order = order_of(api, path)
    assert (order.get("Note"), order["Phone"]) == (None, "34")
    assert order["TimeSlotFrom"] == "2026-11-23T09:00:30"  # the form shows no seconds, and keeps them


def test_another_address_loses_its_coordinates_and_the_page_says_so(ui, api):
    path = enter(ui, Number="17", AddressLat="59.43", AddressLon="24.75")
    fields = fields_of(ui.get(f"{path}/edit").text) | {"Note": "Ring twice"}
    page = text_of(ui.post(f"{path}/edit", data=fields, follow_redirects=True))
    assert "was changed." in page
    assert "has no coordinates yet" not in page
    fields = fields_of(ui.get(f"{path}/edit").text) | {"Address": "2 Quay street"}
    page = text_of(ui.post(f"{path}/edit", data=fields, follow_redirects=True))
    assert "was changed. Its new address has no coordinates yet" in page
    assert order_of(api, path).get("AddressLat") is None


@pytest.mark.parametrize(
    ("fields", "name", "words"),
    [
        ({"Client": ""}, "Client", "is required"),
        ({"Client": "", "Address": ""}, "Address", "is required"),
        ({"Weight": "heavy"}, "Weight", "must be a number"),
        ({"TimeSlotFrom": "25:00"}, "TimeSlotFrom", "must be a date"),
        ({"Email": "x" * 300}, "Email", "no longer than 255"),
        ({"Kind": "pigeon"}, "Kind", "choose one of"),
        ({"PickupOrder.Client": "Mill"}, "Kind", "has no pick-up"),
        ({"Kind": "pickup-hub-delivery", "PickupOrder.Client": "Mill", "PickupOrder.Address": "2"}, "Number", "links"),
        ({"Kind": "pickup-hub-delivery", "Number": "17"}, "PickupOrder.Client", "required for the collection"),
        (
            {"Kind": "pickup-delivery", "PickupOrder.Weight": "", "PickupOrder.ServiceTime": "x"},
            "PickupOrder.ServiceTime",
            "number",
        ),
    ],
)
def test_what_is_wrong_stands_beside_its_input_and_nothing_typed_is_lost(ui, told, fields, name, words):
    refused = ui.post(NEW, data=CAFE | {"Note": "keep me"} | fields)
    assert refused.status_code == 400
    found = re.search(rf'id="fault-{re.escape(name)}">([^<]*)<', refused.text)
    if name == "Kind":
        assert words in refused.text.lower()
    else:
        assert found, text_of(refused.text)
        assert words in html.unescape(found[1]).lower()
    assert ">keep me</textarea>" in refused.text
    told.exactly()


def test_the_four_types(ui, api):
    leg = {"PickupOrder.Client": "Mill", "PickupOrder.Address": "2 Mill lane", "PickupOrder.TimeSlotFrom": "08:00"}
    assert order_of(api, enter(ui, Number="1"))["Type"] == 0
    assert order_of(api, enter(ui, Number="2", Kind="collection"))["Type"] == 1
    both = order_of(api, enter(ui, Number="3", Kind="pickup-delivery", **leg))
    assert (both["Type"], both["PickupOrder"]["Client"]) == (0, "Mill")
    delivery = order_of(
        api, enter(ui, Number="4", Kind="pickup-hub-delivery", Weight="5", **leg, **{"PickupOrder.Date": "2026-11-22"})
    )
    [collection] = api.get("/api/Order/Date/2026-11-22").json()
    assert (delivery["Type"], delivery["Client"], delivery.get("PickupOrder")) == (0, CAFE["Client"], None)
    assert (collection["Type"], collection["Client"], collection["Weight"]) == (1, "Mill", 5)
    assert collection["TimeSlotFrom"] == "2026-11-22T08:00:00"


def test_a_double_click_makes_one_order(ui, told):
    first = ui.post(NEW, data=CAFE | {"form": "t" * 22})
    again = ui.post(NEW, data=CAFE | {"form": "t" * 22})
    assert first.headers["location"] == again.headers["location"]
    told.exactly("OrderCreated")


def test_two_people_change_one_order(ui, ui_as, api):
    path = enter(ui, Number="17")
    mine, theirs = (fields_of(one.get(f"{path}/edit").text) for one in (ui, ui_as("dispatcher")))
    assert ui_as("dispatcher").post(f"{path}/edit", data=theirs | {"Phone": "1"}).status_code == 303
    refused = ui.post(f"{path}/edit", data=mine | {"Phone": "2"})
    assert refused.status_code == 400
    assert "Somebody else" in refused.text
    assert order_of(api, path)["Phone"] == "1"
    assert ui.post(f"{path}/edit", data=fields_of(refused.text)).status_code == 303
    assert order_of(api, path)["Phone"] == "2"


def test_a_duplicate_has_its_own_keys(ui, api):
    path = enter(ui, Number="17", Id="x", Note="Ring twice", Barcode="99")
    fields = fields_of(ui.get(f"{NEW}?like={path.rsplit('/', 1)[1]}").text)
    assert (fields["Number"], fields["Id"], fields["Barcode"], fields["Note"]) == ([""], [""], [""], ["Ring twice"])
    other = ui.post(NEW, data=fields)
    assert other.status_code == 303
    assert order_of(api, other.headers["location"])["Note"] == "Ring twice"


def test_an_order_with_very_many_lines_keeps_them(ui, api):
    lines = [{"GoodsName": f"G{number}", "Quantity": 1} for number in range(101)]
    api.post("/api/Order", json={"Number": "17", "Client": "C", "Address": "A", "GoodsList": lines})
    path = f"/orders/{api.get('/api/Order/Number/17').json()['TrackId']}"
    page = ui.get(f"{path}/edit").text
    assert "101 lines of goods" in page
    assert ui.post(f"{path}/edit", data=fields_of(page) | {"Phone": "1"}).status_code == 303
    assert len(order_of(api, path)["GoodsList"]) == 101


def test_known_clients_are_suggested_with_their_place(ui, api, other_ui):
    enter(
        ui,
        Client="Blue Harbour Cafe",
        Address="1 Quay street",
        TimeSlotFrom="09:00",
        Phone="1",
        AddressLat="59.4",
        AddressLon="24.7",
    )
    enter(ui, Client="100% Bread", Address="2 Quay street")
    [found] = ui.get("/orders/clients.json?q=harbour").json()
    assert (found["Text"], found["More"]) == ("Blue Harbour Cafe", "1 Quay street")
    assert (found["Members"]["TimeSlotFrom"], found["Members"]["AddressLat"]) == ("09:00", 59.4)
    assert [one["Text"] for one in ui.get("/orders/clients.json", params={"q": "100%"}).json()] == ["100% Bread"]
    assert other_ui.get("/orders/clients.json?q=harbour").json() == []


def test_an_order_is_deleted_and_one_with_an_outcome_is_not(ui, api):
    path = enter(ui, Number="17")
    stop = {"Number": "18", "Client": "C", "Address": "A"}
    assert api.post("/api/Route", json={"Code": "R", "Orders": [stop]}).status_code == 201
    assert api.put("/api/Route/Start/Code/R").status_code == 202
    assert api.put("/api/Order/Number/18/Complete", json={}).status_code == 200
    done = f"/orders/{api.get('/api/Order/Number/18').json()['TrackId']}"
    assert ui.post(f"{path}/delete").headers["location"] == "/orders"
    assert "Deleted" in ui.get(path).text
    assert ui.post(f"{done}/delete").headers["location"] == done
    assert order_of(api, done)["Number"] == "18"


def test_viewers_look_and_do_not_enter(ui, ui_as):
    path = enter(ui, Number="17")
    viewer = ui_as("viewer")
    for answer in (
        viewer.get(NEW),
        viewer.post(NEW, data=CAFE),
        viewer.get(f"{path}/edit"),
        viewer.post(f"{path}/delete"),
    ):
        assert answer.status_code == 403
    assert "/edit" not in viewer.get(path).text
    assert NEW not in viewer.get("/orders").text
