"""What Waybell chose where the Track-POD API leaves it open, 37 to 45: outcomes, stops, codes, links, passwords."""

from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from support.documents import a_route, a_stop, an_order, get_order, get_route, post_route, stops
from waybell.directory.tables import drivers

# 37


@pytest.mark.parametrize("body", [None, {}, {"RejectReasonId": None}])
def test_an_order_rejected_without_a_reason_has_status_5_and_no_reason(api, routed, body):
    """Choice 37."""
    assert api.put("/api/Order/Number/N-1/Reject", json=body).status_code == 200
    assert (get_order(api)["StatusId"], get_order(api)["RejectReason"]) == (5, None)


# 38


@pytest.mark.parametrize("first", ["Complete", "Reject"])
@pytest.mark.parametrize("then", ["Complete", "Reject"])
def test_a_complete_or_reject_of_an_order_that_has_its_outcome_is_400(api, told, routed, first, then):
    """Choice 38."""
    assert api.put(f"/api/Order/Number/N-1/{first}").status_code == 200
    told.news()
    assert api.put(f"/api/Order/Number/N-1/{then}").status_code == 400
    assert told.news() == []


# 39


def test_without_merging_orders_at_the_same_address_get_stops_of_their_own(api):
    """Choice 39."""
    orders = [a_stop("A"), a_stop("B"), a_stop("C", Address="a  STREET")]
    post_route(api, {"Code": "R-1", "Orders": orders})
    assert stops(api) == [("A", 1), ("C", 1), ("B", 2)]
    post_route(api, {"Code": "R-2", "Orders": orders}, mergeAddresses="false")
    assert stops(api, "R-2") == [("A", 1), ("B", 2), ("C", 3)]


# 40


def test_a_code_is_used_again_on_another_day_and_the_newest_route_is_meant(api):
    """Choice 40."""
    post_route(api, a_route(Date="2026-11-24"))
    post_route(api, a_route(Date="2026-11-23"))
    assert get_route(api)["Date"] == "2026-11-23T00:00:00"


def test_code_and_date_together_decide_whether_a_route_is_there_to_be_updated(api):
    """Choice 40."""
    post_route(api, a_route("A"))
    assert api.post("/api/Route", json=a_route("B")).status_code == 400
    assert post_route(api, a_route("B"), update="true").status_code == 202
    assert post_route(api, a_route("C", Date="2026-11-24"), update="true").status_code == 201


def test_an_export_is_confirmed_for_the_route_of_a_code_that_waits_for_it_even_if_it_is_not_the_newest(api):
    """Choice 40. Here we differ from "the newest": of a Code that is used daily, yesterday's route could not be
    confirmed once there is one of today."""
    post_route(api, a_route(Date="2026-11-23"))
    api.put("/api/Route/Close/Code/R-1")
    post_route(api, a_route(Date="2026-11-24"))
    assert api.put("/api/Route/Export/Code/R-1").status_code == 202
    assert (api.get("/api/Route/Export/Code").json(), api.get("/api/Route/Export/Code?status=0").json()) == (
        [],
        ["R-1"],
    )


# 41


def test_the_track_link_leads_to_the_public_address_with_the_track_id_which_is_the_track_key_too(api, posted):
    """Choice 41."""
    assert posted["TrackLink"] == f"https://waybell.example/track?id={posted['TrackId']}"
    assert posted["TrackKey"] == posted["TrackId"]
    assert api.get(posted["TrackLink"].removeprefix("https://waybell.example")).status_code == 200


# 42


def test_a_custom_field_that_is_defined_has_its_label_and_a_value_of_its_kind_another_the_text_that_was_sent(api):
    """Choice 42."""
    for number, kind in ((1, "number"), (2, "flag"), (3, "text")):
        api.post("/api/CustomField", json={"Id": f"cf_{number}", "Label": f"label {number}", "Kind": kind})
    fields = [{"Id": f"cf_{number}", "Value": value} for number, value in enumerate(["12.5", "true", "7", "8"], 1)]
    api.post("/api/Order", json=an_order(CustomFields=fields))
    assert get_order(api)["CustomFields"] == [
        {"Id": "cf_1", "Label": "label 1", "Value": 12.5},
        {"Id": "cf_2", "Label": "label 2", "Value": True},
        {"Id": "cf_3", "Label": "label 3", "Value": "7"},
        {"Id": "cf_4", "Label": None, "Value": "8"},
    ]


# 43


@pytest.mark.parametrize(("sent", "status"), [(0, 201), (8, 201), ("480", 201), (481, 400), (-1, 400)])
def test_the_work_time_of_a_vehicle_is_0_to_480_and_stays_as_given(api, sent, status):
    """Choice 43."""
    api.post("/api/Driver", json={"Name": "Driver One", "Username": "driver1", "Password": "secret"})
    vehicle = {"Number": "123 ABC", "DriverUsername": "driver1", "Depot": "Dock 1", "MaxWorkTime": sent}
    assert api.post("/api/Vehicle", json=vehicle).status_code == status
    kept = [one["MaxWorkTime"] for one in api.get("/api/Vehicle").json()]
    assert kept == ([int(sent)] if status == 201 else [])


# 44


def test_a_status_date_that_is_sent_is_local_wall_time_and_without_one_it_is_now_in_utc(api, clock):
    """Choice 44."""
    post_route(api, a_route("A", "B"))
    api.put("/api/Route/Start/Code/R-1?statusDate=2026-11-23T13:30:00")
    api.put("/api/Order/Number/A/Complete", json={"StatusDate": "2026-11-23T13:45:00"})
    clock.move_to(clock.now() + timedelta(hours=1))
    api.put("/api/Order/Number/B/Reject")
    api.put("/api/Route/Close/Code/R-1")
    route = get_route(api)
    assert (route["StartDate"], route["CloseDate"]) == ("2026-11-23T13:30:00", "2026-11-23T13:00:00")
    assert [order["StatusDate"] for order in route["Orders"]] == ["2026-11-23T13:45:00", "2026-11-23T13:00:00"]


# 45


def test_a_password_is_seen_by_nobody_and_kept_as_a_hash(api, db):
    """Choice 45."""
    api.post("/api/Driver", json={"Name": "Driver One", "Username": "driver1", "Password": "a secret"})
    [driver] = api.get("/api/Driver").json()
    for path in ("Driver", f"Driver/Id/{driver['Id']}", "Driver/Username/driver1"):
        answer = api.get(f"/api/{path}").text
        assert "Password" not in answer
        assert "a secret" not in answer
    with db.reading() as tx:
        assert PasswordHasher().verify(tx.execute(select(drivers.c.password_hash)).scalar_one(), "a secret")
        assert "a secret" not in str(tx.execute(select(drivers)).one())
