"""`UpdateOrder` changes the order of an Id, else of a Number, and `UpdateOrderByTrackId` that of a TrackId."""

from datetime import timedelta
from uuid import UUID

import pytest

from support.documents import a_route, a_stop, an_order, get_order, post_route, without_nulls
from support.operations import each


def change(api, operation, order, flags=None, **members):
    """Change an order that has a Number. The TrackId is in the path, else the Number in the body says which order."""
    named = {} if "TrackId" in operation.id else {"Number": order["Number"]}
    return operation(api, order, json=named | members, **(flags or {}))


@each("UpdateOrder", "UpdateOrderByTrackId")
def test_a_change_of_an_order_keeps_what_it_leaves_out_and_is_told_in_full(api, told, posted, operation):
    changed = change(api, operation, posted, Note="Ring twice")
    assert (changed.status_code, changed.json()["Status"]) == (202, 202)
    [event] = told.news()
    assert (event.type, event.data["Note"], event.data["Client"]) == ("OrderUpdated", "Ring twice", posted["Client"])
    assert without_nulls(get_order(api)) == event.data


@each("UpdateOrder", "UpdateOrderByTrackId")
def test_a_change_that_changes_nothing_is_not_told(api, told, posted, operation):
    for members in ({}, {"Client": "Blue Harbour Cafe"}, {"Note": None}, {"Weight": "0"}, {"Date": ""}):
        assert change(api, operation, posted, **members).status_code == 202, members
        assert told.news() == []


@each("UpdateOrder", "UpdateOrderByTrackId")
def test_a_change_that_cannot_be_is_refused_naming_the_member(api, told, posted, operation):
    for members, line in (
        ({"Weight": "much"}, "Weight: "),
        ({"Client": "x" * 256}, "Client: "),
        ({"GoodsList": {}}, "GoodsList: "),
    ):
        answer = change(api, operation, posted, **members)
        assert (answer.status_code, answer.json()["Detail"][: len(line)]) == (400, line), members
        assert told.news() == []


@each("UpdateOrder")
def test_an_order_is_named_by_its_id_and_without_one_by_its_number(api, posted, operation):
    operation(api, json={"Id": "ext-1", "Number": "N-9"})
    assert get_order(api, "N-9")["TrackId"] == posted["TrackId"]
    api.post("/api/Order", json=an_order("M-1"))
    operation(api, json={"Id": "ext-2", "Number": "M-1"})
    assert get_order(api, "M-1")["Id"] == "ext-2"


@each("UpdateOrder")
def test_a_number_does_not_name_an_order_that_has_another_id(api, told, posted, operation):
    assert operation(api, json={"Id": "ext-2", "Number": "N-1", "Note": "x"}).status_code == 404
    assert told.news() == []


@each("UpdateOrder")
@pytest.mark.parametrize("names", [{"Number": "N-1"}, {"Id": "x"}])
def test_of_several_orders_with_a_name_only_the_newest_is_changed(api, told, operation, names):
    for note in ("old", "new"):
        api.post("/api/Order", json=an_order(Id="x", Note=note))
    told.news()
    assert operation(api, json=names | {"Note": "changed"}).status_code == 202
    assert [order["Note"] for order in api.get("/api/Order/Date/2026-11-23").json()] == ["old", "changed"]
    assert told.types() == ["OrderUpdated"]


@each("UpdateOrder")
def test_of_two_orders_with_one_number_the_one_of_the_type_is_changed(api, operation):
    for order_type in (0, 1):
        api.post("/api/Order", json=an_order(Type=order_type))
    operation(api, json={"Number": "N-1", "Type": 0, "Note": "delivery"})
    assert [order["Note"] for order in api.get("/api/Order/Date/2026-11-23").json()] == ["delivery", None]


@each("UpdateOrder")
def test_a_change_of_nothing_known_is_not_found_and_one_that_names_nothing_refused(api, told, operation):
    assert operation(api, json={"Number": "?"}).status_code == 404
    assert operation(api, json={"Note": "?"}).status_code == 400


@each("UpdateOrder")
def test_a_change_of_an_order_that_was_deleted_is_gone_unless_another_has_its_name(api, told, posted, operation):
    api.delete("/api/Order/Id/ext-1")
    told.news()
    for names in ({"Id": "ext-1"}, {"Number": "N-1"}):
        gone = operation(api, json=names | {"Note": "x"})
        assert (gone.status_code, gone.json()["Status"], gone.json()["Order"]["Id"]) == (410, 410, "ext-1")
    assert told.news() == []
    api.post("/api/Order", json=an_order())
    assert operation(api, json={"Number": "N-1", "Note": "x"}).status_code == 202


@each("UpdateOrder", "UpdateOrderByTrackId")
def test_another_address_does_not_keep_the_coordinates_of_the_old(api, told, operation):
    api.post("/api/Order", json=an_order(AddressId="A-1", AddressLat=59.4, AddressLon=24.7))
    change(api, operation, get_order(api), Address="Narva mnt 1")
    order = get_order(api)
    assert (order["Address"], order["AddressId"], order["AddressLat"]) == ("Narva mnt 1", None, None)


@each("UpdateOrder", "UpdateOrderByTrackId")
def test_the_address_of_an_order_on_a_route_stays(api, told, routed, operation):
    assert change(api, operation, routed, Address="Elsewhere 1").status_code == 202
    assert get_order(api)["Address"] == "Kalasadama 4, Tallinn"
    assert told.news() == []


@each("UpdateOrder", "UpdateOrderByTrackId")
def test_a_change_of_an_order_on_a_route_is_not_a_change_of_the_route(api, told, routed, operation):
    change(api, operation, routed, Note="x")
    assert told.types() == ["OrderUpdated"]


@each("UpdateOrder", "UpdateOrderByTrackId")
def test_a_processed_order_is_changed_only_by_force_which_its_track_id_does_not_have(api, told, routed, operation):
    api.put("/api/Order/Number/N-1/Complete")
    told.news()
    assert change(api, operation, routed, Note="x").status_code == 405
    assert told.news() == []
    by_force = change(api, operation, routed, {"forceupdate": "true"}, Note="x").status_code
    by_number = operation.id == "UpdateOrder"
    assert (by_force, told.types()) == ((202, ["OrderUpdated"]) if by_number else (405, []))


@each("UpdateOrder", "UpdateOrderByTrackId")
def test_lists_that_are_not_sent_stay(api, told, operation):
    lists = {"GoodsList": [{"GoodsName": "Cups"}], "CustomFields": [{"Id": "cf_1", "Value": "a"}]}
    api.post("/api/Order", json=an_order(**lists, PickupOrder={"Client": "Mill"}, Note="n"))
    before = get_order(api)
    told.news()
    for members in ({}, {"GoodsList": None, "CustomFields": None, "PickupOrder": None, "Note": ""}):
        assert change(api, operation, before, **members).status_code == 202, members
        assert (get_order(api), told.news()) == (before, [])


@each("UpdateOrder", "UpdateOrderByTrackId")
def test_lists_that_are_sent_replace_what_was_there(api, operation):
    lists = {"GoodsList": [{"GoodsName": "Cups"}], "CustomFields": [{"Id": "cf_1", "Value": "a"}]}
    api.post("/api/Order", json=an_order(**lists))
    change(api, operation, get_order(api), GoodsList=[], CustomFields=[{"Id": "cf_2", "Value": "b"}])
    order = get_order(api)
    assert order["GoodsList"] == []
    assert order["CustomFields"] == [{"Id": "cf_2", "Label": None, "Value": "b"}]


@each("UpdateOrder", "UpdateOrderByTrackId")
def test_a_known_address_and_an_order_on_a_route_take_new_coordinates_only_when_told_to(api, routed, operation):
    there = {"AddressLat": 59.4, "AddressLon": 24.7}
    change(api, operation, routed, **there)
    assert get_order(api)["AddressLat"] is None
    change(api, operation, routed, {"updateAddressGps": "true"}, **there)
    api.post("/api/Order", json=an_order("N-2"))
    assert get_order(api)["AddressLat"] == get_order(api, "N-2")["AddressLat"] == 59.4


# By TrackId


@each("UpdateOrderByTrackId")
def test_an_order_is_changed_by_its_track_id_its_number_and_id_too(api, told, posted, operation):
    names = {"TrackId": posted["TrackId"].upper()}
    assert operation(api, names, json={"Number": "N-9", "Id": "ext-9", "Note": "x"}).status_code == 202
    [event] = told.news()
    assert (event.type, event.data["TrackId"]) == ("OrderUpdated", posted["TrackId"])
    changed = get_order(api, "N-9")
    assert (changed["Id"], changed["Note"], changed["Client"]) == ("ext-9", "x", posted["Client"])


@each("UpdateOrderByTrackId")
def test_what_is_unknown_deleted_or_anothers_is_not_changed_by_its_track_id(api, other_api, told, posted, operation):
    assert operation(other_api, posted, json={"Note": "x"}).status_code == 404
    api.delete("/api/Order/Number/N-1")
    told.news()
    for track_id in (posted["TrackId"], "N-1"):
        assert operation(api, {"TrackId": track_id}, json={"Note": "x"}).status_code == 404
    assert told.news() == []


# The leg that collects


def test_a_pickup_leg_has_a_track_id_of_its_own_and_times_like_its_order(api, clock):
    leg = {"Client": "Mill", "TimeSlotFrom": "07:30", "TimeSlotTo": "2026-11-24T08:00:00Z"}
    api.post("/api/Order", json=an_order(Date="2026-11-24", PickupOrder=leg))
    order = get_order(api)
    leg = order["PickupOrder"]
    assert (leg["TimeSlotFrom"], leg["TimeSlotTo"]) == ("2026-11-24T07:30:00", "2026-11-24T10:00:00")
    assert str(UUID(leg["TrackId"])) == leg["TrackId"] == leg["TrackKey"] != order["TrackId"]
    assert (leg["Type"], leg["ChangeDate"], leg["RouteDate"]) == (1, "2026-11-23T14:00:00", None)
    post_route(api, a_route())
    api.put("/api/Route/Code/R-1/Order/Number/N-1")
    assert get_order(api)["PickupOrder"]["RouteDate"] == "2026-11-23T00:00:00"


def test_a_pickup_leg_is_changed_in_parts_and_stays_the_same_leg(api, told, clock):
    leg = {"Client": "Mill", "Address": "Quay 1", "CustomFields": [{"Id": "cf_1", "Value": "a"}]}
    api.post("/api/Order", json=an_order(PickupOrder=leg))
    before = get_order(api)["PickupOrder"]
    told.news()
    clock.move_to(clock.now() + timedelta(hours=1))
    api.put("/api/Order", json={"Number": "N-1", "PickupOrder": {"Address": "Quay 2"}})
    assert get_order(api)["PickupOrder"] == before | {"Address": "Quay 2", "ChangeDate": "2026-11-23T15:00:00"}
    assert told.types() == ["OrderUpdated"]


def test_an_order_gets_its_pickup_leg_later(api, posted):
    api.put("/api/Order", json={"Number": "N-1", "PickupOrder": {"Client": "Mill"}})
    assert UUID(get_order(api)["PickupOrder"]["TrackId"])


def test_lines_that_are_sent_again_keep_what_came_of_them(api):
    lines = [{"OrderLineId": str(at), "GoodsName": name, "Quantity": 2} for at, name in enumerate(("Cups", "Plates"))]
    post_route(api, a_route(Orders=[a_stop("N-1", GoodsList=lines)]))
    reason = api.get("/api/RejectReason").json()["GoodsIssue"][0]
    facts = [{"OrderLineId": "1", "QuantityFact": 1, "GoodsRejectReasonId": reason["Id"]}]
    api.put("/api/Order/Number/N-1/Complete", json={"GoodsList": facts})
    sent = [lines[1] | {"Note": "blue"}, {"GoodsName": "Forks", "Quantity": 3}]
    assert api.put("/api/Order?forceUpdate=true", json={"Number": "N-1", "GoodsList": sent}).status_code == 202
    plates, forks = get_order(api)["GoodsList"]
    assert (plates["Note"], plates["QuantityFact"], plates["RejectReason"]) == ("blue", 1, reason["Name"])
    assert (forks["QuantityFact"], forks["RejectReason"]) == (None, None)
