"""The leg that collects what an order delivers is filled from the directories, and teaches them, as its order does."""

import pytest

from support.documents import a_stop, an_order, get_order, post_route, without_nulls

PLACE = ("Client", "ClientNote", "Address", "AddressLat", "AddressLon", "AddressZone")
MILL = ("Mill", "Back door", "Quay 1, Tallinn", 59.4, 24.7, "North")


@pytest.fixture(autouse=True)
def directory(api):
    address = {"Id": "A-1", "FullAddress": MILL[2], "Lat": MILL[3], "Lon": MILL[4], "Zone": MILL[5]}
    for noun, entry in (("Client", {"Id": "C-1", "Name": MILL[0], "Note": MILL[1]}), ("Address", address)):
        answer = api.post(f"/api/{noun}", json=entry)
        assert answer.status_code in (201, 202), answer.text


def post(api, leg, number="N-1", **query):
    answer = api.post("/api/Order", json=an_order(number, PickupOrder=leg), params=query)
    assert answer.status_code == 201, answer.text
    return leg_of(api, number)


def put(api, leg, **query):
    answer = api.put("/api/Order", json={"Number": "N-1", "PickupOrder": leg}, params=query)
    assert answer.status_code == 202, answer.text
    return leg_of(api)


def leg_of(api, number="N-1"):
    return get_order(api, number)["PickupOrder"]


def place(leg):
    return tuple(leg[name] for name in PLACE)


def test_a_leg_that_names_client_and_address_by_their_ids_is_filled(api, told):
    leg = post(api, {"ClientId": "C-1", "AddressId": "A-1"})
    assert place(leg) == MILL
    [event] = told.news()
    assert tuple(event.data["PickupOrder"][name] for name in PLACE) == MILL


def test_a_leg_with_the_text_of_a_known_address_gets_its_coordinates(api):
    assert place(post(api, {"Client": "X", "Address": "quay 1,  tallinn"}))[3:] == MILL[3:]


def test_what_a_leg_says_itself_stands(api):
    leg = post(api, {"ClientId": "C-1", "Client": "The mill", "AddressId": "A-1", "AddressZone": "South"})
    assert place(leg) == ("The mill", *MILL[1:5], "South")


def test_a_leg_gets_it_when_it_comes_later_and_when_it_goes_elsewhere(api):
    api.post("/api/Order", json=an_order())
    assert place(put(api, {"ClientId": "C-1", "AddressId": "A-1"})) == MILL
    api.post("/api/Address", json={"Id": "A-2", "FullAddress": "Quay 2", "Lat": 58, "Lon": 25})
    assert place(put(api, {"AddressId": "A-2"})) == (*MILL[:2], "Quay 2", 58, 25, "North")
    assert place(put(api, {"Address": "Quay 3"})) == (*MILL[:2], "Quay 3", None, None, "North")
    assert leg_of(api)["AddressId"] is None


def test_a_leg_may_be_without_client_and_address_and_name_some_that_nobody_knows(api):
    leg = post(api, {"ClientId": "C-9", "AddressId": "A-9", "Note": "n"})
    assert place(leg) == (None,) * 6
    assert (leg["ClientId"], leg["AddressId"], leg["Note"]) == ("C-9", "A-9", "n")


def test_what_a_leg_names_with_an_id_of_the_callers_is_learned(api):
    post(api, {"ClientId": "C-2", "Client": "Farm", "AddressId": "A-2", "Address": "Field 2", "AddressLat": 58.5})
    assert place(post(api, {"ClientId": "C-2", "AddressId": "A-2"}, "N-2"))[::2] == ("Farm", "Field 2", None)
    assert api.post("/api/Order", json={"Number": "N-3", "ClientId": "C-2", "AddressId": "A-2"}).status_code == 201


def test_a_leg_moves_a_known_address_only_when_that_is_asked_for(api):
    sent = {"AddressId": "A-1", "AddressLat": 58, "AddressLon": 25}
    assert place(post(api, sent))[3:5] == MILL[3:5]
    assert place(post(api, {"AddressId": "A-1"}, "N-2"))[3:5] == MILL[3:5]
    assert place(post(api, sent, "N-3", updateAddressGps=True))[3:5] == (58, 25)
    assert place(post(api, {"AddressId": "A-1"}, "N-4"))[3:5] == (58, 25)


def test_what_the_directory_learns_later_does_not_move_a_leg_that_stays_and_an_equal_change_is_none(api, told):
    before = post(api, {"ClientId": "C-1", "AddressId": "A-1"})
    post(api, {"AddressId": "A-1", "AddressLat": 58, "AddressLon": 25}, "N-2", updateAddressGps=True)
    told.news()
    assert put(api, {"ClientId": "C-1", "AddressId": "A-1"}) == before
    assert told.news() == []
    assert place(put(api, {"Note": "n"})) == MILL


def test_a_leg_that_comes_when_the_order_is_on_a_route_is_told_as_get_shows_it(api, told):
    post_route(api, {"Code": "R-1", "Date": "2026-12-10", "Orders": [a_stop("N-1")]})
    told.news()
    leg = put(api, {"Client": "Mill"})
    [event] = told.news()
    assert (event.data["PickupOrder"], leg["RouteDate"]) == (without_nulls(leg), "2026-12-10T00:00:00")


def test_a_leg_that_comes_when_the_order_is_on_a_route_of_the_night_has_the_slot_of_its_address_there(api):
    api.post("/api/Address", json={"Id": "A-1", "FullAddress": MILL[2], "TimeSlotFrom": "00:30", "TimeSlotTo": "01:30"})
    post_route(api, {"Code": "R-1", "Date": "2026-12-10", "StartTimePlan": "22:00", "Orders": [a_stop("N-1")]})
    leg = put(api, {"AddressId": "A-1"})
    assert (leg["TimeSlotFrom"], leg["TimeSlotTo"]) == ("2026-12-11T00:30:00", "2026-12-11T01:30:00")
