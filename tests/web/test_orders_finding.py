"""Finding orders: by what they are called, and in lists."""

import pytest

from support.documents import an_order


def test_an_order_is_found_under_all_its_names_in_any_letter_case_of_the_path(api, posted):
    track_id = posted["TrackId"]
    for path in ("/API/ORDER/NUMBER/N-1", "/api/order/id/ext-1", f"/api/Order/trackid/{track_id.upper()}"):
        assert api.get(path).json() == posted


@pytest.mark.parametrize("key", ["N%2F1", "N%2F1%20", "%20N%2F1"])
def test_a_key_may_hold_slashes_and_stand_between_blanks(api, key):
    api.post("/api/Order", json=an_order("N/1"))
    assert api.get(f"/api/Order/Number/{key}").json()["Number"] == "N/1"
    assert api.delete(f"/api/Order/Number/{key}").status_code == 200


@pytest.mark.parametrize(
    "path", ["Number/?", "Number/%00", "Id/N-1", "TrackId/N-1", "TrackId/7c9e6679-7425-40de-944b-e07fc1f90ae7"]
)
def test_what_is_not_there_is_not_found(api, posted, path):
    assert api.get(f"/api/Order/{path}").status_code == 404


@pytest.mark.parametrize("date", ["2026-11-23", "2026-11-23T00%3A00%3A00", "2026-11-23T10:00:00"])
def test_orders_are_listed_by_date(api, posted, date):
    api.post("/api/Order", json=an_order("N-2", Date="2026-11-24"))
    assert [order["Number"] for order in api.get(f"/api/Order/Date/{date}").json()] == ["N-1"]


def test_a_day_without_orders_is_an_empty_list_and_a_wrong_one_refused(api):
    assert api.get("/api/Order/Date/2031-01-01").json() == []
    for date in ("soon", "2026-13-01", "0000-00-00", "99999-01-01"):
        assert api.get(f"/api/Order/Date/{date}").status_code == 400


def test_nobody_sees_or_changes_the_orders_of_another_account(api, other_api, told, posted):
    track_id = posted["TrackId"]
    for path in ("Number/N-1", "Id/ext-1", f"TrackId/{track_id}"):
        assert other_api.get(f"/api/Order/{path}").status_code == 404
        assert other_api.put(f"/api/Order/{path}/Complete").status_code == 404
        assert other_api.put(f"/api/Order/{path}/Reject").status_code == 404
    assert other_api.put("/api/Order", json={"Number": "N-1", "Note": "x"}).status_code == 404
    assert other_api.delete("/api/Order/Number/N-1").status_code == 404
    assert other_api.get("/api/Order/Date/2026-11-23").json() == []
    assert told.news() == []
