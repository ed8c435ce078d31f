"""Times without a day and time slots: on which day they lie, how they move, and when they go over midnight."""

import pytest

from support.documents import a_route, a_stop, an_order, get_order, get_route, post_route

DAY, NEXT = "2026-12-10", "2026-12-11"  # both later than today
HOURS = {"TimeSlotFrom": "12:00", "TimeSlotTo": "13:00"}
WITH_LEG = {**HOURS, "PickupOrder": {"Client": "Mill", "TimeSlotFrom": "08:00", "TimeSlotTo": "09:00"}}


def slots(order):
    leg = order["PickupOrder"] or {"TimeSlotFrom": None, "TimeSlotTo": None}
    return [one[name] for one in (order, leg) for name in ("TimeSlotFrom", "TimeSlotTo")]


def on(day):
    return [f"{day}T{hour}:00:00" for hour in ("12", "13", "08", "09")]


def xml(root, **members):
    return f"<{root}>{''.join(f'<{name}>{value}</{name}>' for name, value in members.items())}</{root}>"


def placing(api):
    """The ways in which an order comes to the route R-1."""
    order = a_stop("N-1", **WITH_LEG)
    return {
        "POST /Route": lambda: post_route(api, a_route(Date=DAY, Orders=[order])),
        "POST /Route?update=true": lambda: [
            post_route(api, a_route(Date=DAY)),
            post_route(api, a_route(Date=DAY, Orders=[order]), update="true"),
        ],
        "PUT /Route/Code": lambda: [
            post_route(api, a_route(Date=DAY)),
            api.put("/api/Route/Code/R-1", json={"Orders": [order]}),
        ],
        "PUT /Route/Id": lambda: [
            post_route(api, a_route()),
            api.put("/api/Route/Id/ext-r", json={"Date": DAY, "Orders": [order]}),
        ],
        "PUT /Route/Code/../Order": lambda: [
            post_route(api, a_route(Date=DAY)),
            api.put("/api/Route/Code/R-1/Order", json=order),
        ],
        "PUT /Route/Id/../Order": lambda: [
            post_route(api, a_route(Date=DAY)),
            api.put("/api/Route/Id/ext-r/Order", json=order),
        ],
    }


@pytest.mark.parametrize("door", placing(None))
def test_an_order_that_comes_with_a_route_and_names_no_date_is_for_the_day_of_the_route(api, door):
    """Choice 8."""
    placing(api)[door]()
    order = get_order(api)
    assert (order["Date"], slots(order)) == (f"{DAY}T00:00:00", on(DAY))


def test_an_order_that_comes_with_a_route_keeps_a_date_of_its_own(api):
    """Choice 8."""
    post_route(api, a_route(Date=DAY, Orders=[a_stop("N-1", Date=NEXT, **WITH_LEG)]))
    assert slots(get_order(api)) == on(NEXT)


# Moves


def unscheduled(api, **members):
    assert api.post("/api/Order", json=an_order(Date=DAY, **{**WITH_LEG, **members})).status_code == 201


def scheduled(api):
    post_route(api, a_route(Date=DAY, StartTimePlan="07:00", Orders=[a_stop("N-1", **WITH_LEG)]))
    post_route(api, {"Code": "R-2", "Date": NEXT})


def put_next(api, **query):
    assert api.put("/api/Route/Code/R-2/Order/Number/N-1", params=query).status_code == 202


MOVES = {
    "Date of an order": lambda api: [
        unscheduled(api),
        api.put("/api/Order", json={"Number": "N-1", "Date": NEXT}),
    ],
    "Date of an order by TrackId": lambda api: [
        unscheduled(api),
        api.put(f"/api/Order/TrackId/{get_order(api)['TrackId']}", json={"Date": NEXT}),
    ],
    "Date of an order in XML": lambda api: [
        unscheduled(api),
        api.put(
            "/api/Order", content=xml("NewOrder", Number="N-1", Date=NEXT), headers={"Content-Type": "application/xml"}
        ),
    ],
    "Date of an order on a route": lambda api: [
        scheduled(api),
        api.put("/api/Order", json={"Number": "N-1", "Date": NEXT}),
    ],
    "put on a route of another day": lambda api: [
        post_route(api, {"Code": "R-2", "Date": NEXT}),
        unscheduled(api),
        put_next(api),
    ],
    "put on another route": lambda api: [scheduled(api), put_next(api, allowTransfer="true")],
    "tried again another day": lambda api: [
        scheduled(api),
        api.put("/api/Order/Number/N-1/Reject"),
        put_next(api, allowReschedule="true"),
    ],
    "Date of its route": lambda api: [scheduled(api), api.put("/api/Route/Code/R-1", json={"Date": NEXT})],
    "Date of its route, with the order": lambda api: [
        scheduled(api),
        api.put("/api/Route/Code/R-1", json={"Date": NEXT, "Orders": [{"Number": "N-1"}]}),
    ],
    "Date in a route": lambda api: [
        scheduled(api),
        api.put("/api/Route/Code/R-1", json={"Orders": [{"Number": "N-1", "Date": NEXT}]}),
    ],
}


@pytest.mark.parametrize("move", MOVES)
def test_what_moves_to_another_day_takes_its_time_slots_along(api, told, move):
    """Choice 35."""
    MOVES[move](api)
    order = get_order(api)
    assert (order["Date"], slots(order)) == (f"{NEXT}T00:00:00", on(NEXT))
    last = [event.data for event in told.news() if event.type.startswith("Order")][-1]
    assert last["TimeSlotFrom"] == f"{NEXT}T12:00:00"


def test_a_slot_over_midnight_moves_whole_to_a_route_of_the_day_after(api):
    """Choice 35."""
    post_route(api, {"Code": "R-1", "Date": NEXT})
    api.post("/api/Order", json=a_stop("N-1", Date=DAY, TimeSlotFrom="23:30", TimeSlotTo="00:30"))
    assert api.put("/api/Route/Code/R-1/Order/Number/N-1").status_code == 202
    assert slots(get_order(api))[:2] == [f"{NEXT}T23:30:00", "2026-12-12T00:30:00"]


def test_a_route_that_moves_takes_its_plan_along_but_not_what_was_carried_out(api):
    """Choice 35."""
    orders = [a_stop("N-1", **WITH_LEG), a_stop("N-2", **WITH_LEG)]
    post_route(api, a_route(Date=DAY, StartTimePlan="22:30", Orders=orders))
    api.put("/api/Order/Number/N-2/Complete")
    api.put("/api/Route/Code/R-1", json={"Date": NEXT})
    assert get_route(api)["StartTimePlan"] == f"{NEXT}T22:30:00"
    assert (slots(get_order(api)), slots(get_order(api, "N-2"))) == (on(NEXT), on(DAY))
    api.put("/api/Route/Code/R-1", json={"Date": DAY, "StartTimePlan": "06:00"})
    assert get_route(api)["StartTimePlan"] == f"{DAY}T06:00:00"


def test_an_order_with_its_slot_after_midnight_stays_on_that_day_on_a_route_of_the_night(api):
    """Choice 35."""
    night = {"TimeSlotFrom": "00:30", "TimeSlotTo": "01:30"}
    post_route(api, {"Code": "R-1", "Date": DAY, "StartTimePlan": "22:00", "Orders": [a_stop("N-1", **night)]})
    api.post("/api/Order", json=a_stop("N-2", Date=NEXT, **night))
    api.put("/api/Route/Code/R-1/Order/Number/N-2")
    after_midnight = [f"{NEXT}T00:30:00", f"{NEXT}T01:30:00"]
    assert [slots(get_order(api, number))[:2] for number in ("N-1", "N-2")] == [after_midnight] * 2
    api.put("/api/Order", json={"Number": "N-1", "TimeSlotFrom": "00:45"})
    api.put("/api/Order", json={"Number": "N-2", **night})
    assert [order["TimeSlotFrom"][11:] for order in get_route(api)["Orders"]] == ["00:45:00", "00:30:00"]
    assert {order["TimeSlotTo"] for order in get_route(api)["Orders"]} == {f"{NEXT}T01:30:00"}


def test_an_order_with_another_date_than_its_route_goes_to_the_day_of_the_next_route(api):
    """Choice 35."""
    scheduled(api)
    post_route(api, {"Code": "R-2", "Date": "2026-12-12"})
    api.put("/api/Order", json={"Number": "N-1", "Date": NEXT})
    api.put("/api/Route/Code/R-2/Order/Number/N-1", params={"allowTransfer": "true"})
    order = get_order(api)
    assert (order["Date"], slots(order)) == ("2026-12-12T00:00:00", on("2026-12-12"))


# Over midnight


@pytest.mark.parametrize(
    ("first", "then", "slot"),
    [
        ({"TimeSlotFrom": "23:30", "TimeSlotTo": "00:30"}, {}, (f"{DAY}T23:30:00", f"{NEXT}T00:30:00")),
        ({"TimeSlotFrom": f"{DAY}T23:30:00", "TimeSlotTo": "00:30"}, {}, (f"{DAY}T23:30:00", f"{NEXT}T00:30:00")),
        ({"TimeSlotFrom": "23:30"}, {"TimeSlotTo": "0:30"}, (f"{DAY}T23:30:00", f"{NEXT}T00:30:00")),
        ({"TimeSlotTo": "00:30"}, {"TimeSlotFrom": "23:30:00"}, (f"{DAY}T23:30:00", f"{NEXT}T00:30:00")),
        (
            {"TimeSlotFrom": "22:00", "TimeSlotTo": "02:00"},
            {"TimeSlotFrom": "01:00"},
            (f"{DAY}T01:00:00", f"{DAY}T02:00:00"),
        ),
        ({"TimeSlotFrom": "08:00", "TimeSlotTo": "08:00"}, {}, (f"{DAY}T08:00:00", f"{DAY}T08:00:00")),
        ({"TimeSlotFrom": "23:30", "TimeSlotTo": "00:30"}, {"Date": NEXT}, (f"{NEXT}T23:30:00", "2026-12-12T00:30:00")),
    ],
)
@pytest.mark.parametrize("leg", [False, True])
def test_an_end_without_a_day_that_lies_before_the_beginning_is_of_the_next_day(api, first, then, slot, leg):
    """Choice 35. One that is the beginning is a point in time."""

    def sent(members):
        outer = {name: value for name, value in members.items() if name == "Date"}
        return {**outer, "PickupOrder": {name: members[name] for name in members if name != "Date"}} if leg else members

    assert api.post("/api/Order", json=an_order(Date=DAY, **sent(first))).status_code == 201
    assert api.put("/api/Order", json={"Number": "N-1", **sent(then)}).status_code == 202
    order = get_order(api)
    order = order["PickupOrder"] if leg else order
    assert (order["TimeSlotFrom"], order["TimeSlotTo"]) == slot


def test_a_slot_in_which_clocks_are_put_back_is_not_backwards(api):
    """Choice 35. At four o'clock of summer time it is three again in Tallinn."""
    slot = {"TimeSlotFrom": "2026-10-25T00:30:00Z", "TimeSlotTo": "2026-10-25T01:15:00Z"}
    assert api.post("/api/Order", json=an_order(Date="2026-10-25", **slot)).status_code == 201
    assert slots(get_order(api))[:2] == ["2026-10-25T03:30:00"] * 2


def test_a_slot_over_midnight_is_read_from_xml_too(api):
    """Choice 35."""
    slot = {"TimeSlotFrom": "23:30", "TimeSlotTo": "00:30"}
    body = xml("NewOrder", Number="N-1", Client="C", Address="A", Date=DAY, **slot, PickupOrder=xml("x", **slot)[3:-4])
    assert api.post("/api/Order", content=body, headers={"Content-Type": "application/xml"}).status_code == 201
    assert slots(get_order(api)) == [f"{DAY}T23:30:00", f"{NEXT}T00:30:00"] * 2


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ({"TimeSlotFrom": f"{NEXT}T08:00:00", "TimeSlotTo": f"{DAY}T08:00:00"}, None),
        ({"TimeSlotFrom": "08:00", "TimeSlotTo": f"{DAY}T07:00:00"}, None),
        ({"TimeSlotFrom": "08:00"}, {"TimeSlotTo": f"{DAY}T07:00:00"}),
        ({"TimeSlotTo": "08:00"}, {"TimeSlotFrom": f"{NEXT}T08:00:00"}),
        ({"TimeSlotTo": "2026-12-01T08:00:00"}, {"TimeSlotFrom": "08:00"}),
    ],
)
@pytest.mark.parametrize("leg", [False, True])
def test_days_in_the_wrong_order_are_refused(api, told, first, then, leg):
    """Choice 35."""
    where = "PickupOrder.TimeSlotTo: " if leg else "TimeSlotTo: "

    def sent(members):
        return {"PickupOrder": members} if leg else members

    answer = api.post("/api/Order", json=an_order(Date=DAY, **sent(first)))
    if then:
        assert answer.status_code == 201
        told.news()
        answer = api.put("/api/Order", json={"Number": "N-1", **sent(then)})
    assert (answer.status_code, answer.json()["Detail"].startswith(where)) == (400, True)
    assert told.news() == []


def test_one_order_of_a_bulk_with_days_in_the_wrong_order_leaves_the_others(api):
    """Choice 35."""
    wrong = an_order(TimeSlotFrom=f"{NEXT}T08:00:00", TimeSlotTo=f"{DAY}T08:00:00")
    answer = api.post("/api/Order/Bulk", json=[wrong, an_order("N-2")])
    assert [bool(one["Error"]) for one in answer.json()] == [True, False]
    refused = api.post("/api/Route", json=a_route(Orders=[a_stop("A"), wrong]))
    assert (refused.status_code, refused.json()["Detail"].partition(":")[0]) == (400, "Orders[1].TimeSlotTo")


@pytest.mark.parametrize("number", ["N-1", "N-9"])
def test_one_order_in_the_list_of_a_route_with_days_in_the_wrong_order_is_named(api, number):
    """Choice 35."""
    post_route(api, a_route(Date=DAY, Orders=[a_stop("N-0"), a_stop("N-1")]))
    wrong = a_stop(number, TimeSlotFrom=f"{NEXT}T08:00:00", TimeSlotTo=f"{DAY}T08:00:00")
    refused = api.put("/api/Route/Code/R-1", json={"Orders": [{"Number": "N-0"}, wrong]})
    assert (refused.status_code, refused.json()["Detail"].partition(":")[0]) == (400, "Orders[1].TimeSlotTo")


# What happened on a route


def facts(api):
    """The ways to say when something happened on the route R-1 with its order N-1, and how that is shown."""
    return {
        "start": lambda hour: [api.put(f"/api/Route/Start/Code/R-1?statusDate={hour}"), get_route(api)["StartDate"]][1],
        "close": lambda hour: [api.put(f"/api/Route/Close/Id/ext-r?statusDate={hour}"), get_route(api)["CloseDate"]][1],
        "complete": lambda hour: [
            api.put("/api/Order/Number/N-1/Complete", json={"StatusDate": hour}),
            get_order(api)["StatusDate"],
        ][1],
        "reject": lambda hour: [
            api.put("/api/Order/Number/N-1/Reject", json={"StatusDate": hour}),
            get_order(api)["StatusDate"],
        ][1],
        "load": lambda hour: [
            api.put("/api/Order/Number/N-1/Load", json={"LoadStatus": "loaded", "LoadDate": hour}),
            get_order(api)["LoadDate"],
        ][1],
        "track": lambda hour: [
            api.post("/api/Route/Track/Code/R-1", json=[{"Lat": 59, "Lng": 24, "Date": hour}]),
            api.get("/api/Route/Track/Id/ext-r").json()["TrackPoints"][0]["Date"],
        ][1],
        "check": lambda hour: [
            api.post("/api/VehicleCheck", json={"VehicleNumber": "1", "RouteNumber": "R-1", "Date": hour}),
            api.get("/api/VehicleCheck/1").json()["Date"],
        ][1],
    }


@pytest.mark.parametrize("fact", facts(None))
def test_a_time_without_a_day_is_of_the_day_of_the_route(api, fact):
    """Choice 44."""
    post_route(api, a_route("N-1", Date="2026-11-20"))
    assert facts(api)[fact]("9:05") == "2026-11-20T09:05:00"


@pytest.mark.parametrize("fact", facts(None))
def test_on_a_route_of_the_night_it_is_of_the_night_after(api, fact):
    """Choice 44."""
    post_route(api, a_route("N-1", Date="2026-11-20", StartTimePlan="22:00"))
    assert facts(api)[fact]("00:05") == "2026-11-21T00:05:00"


def test_on_a_route_of_several_days_it_is_of_the_one_nearest_to_now(api):
    """Choice 44. It is noon of the 23rd."""
    post_route(api, a_route("N-1", Date="2026-11-21", StartTimePlan="08:00"))
    api.put("/api/Route/Start/Code/R-1?statusDate=2026-11-24T07:00:00")
    assert facts(api)["track"]("18:30") == "2026-11-23T18:30:00"
