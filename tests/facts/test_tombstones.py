"""For how long a deleted order is gone, and not merely unknown."""

from datetime import timedelta

import pytest

from support.documents import a_route, a_stop, an_order, get_order, post_route
from waybell.upkeep import tombstones

NAMES = ["Number/N-1", "Id/ext-1"]


@pytest.fixture
def keep(app, clock):
    """Lets days pass, with the chore that forgets at their end; tombstones are kept as the settings say."""

    def keep(days, settings=app.settings):
        clock.move_to(clock.now() + days)
        while tombstones.run_once(app.database, settings):
            pass

    return keep


def statuses(api, *names):
    return [api.get(f"/api/Order/{name}").status_code for name in names or NAMES]


@pytest.mark.parametrize("days", [365, 3])
def test_a_tombstone_answers_410_until_it_is_365_days_old_or_as_many_as_are_set_and_then_404(
    app, api, posted, keep, days
):
    """Choice 23."""
    settings = app.settings.model_copy(update={"keep_deleted": timedelta(days=days)} if days != 365 else {})
    assert api.delete("/api/Order/Number/N-1").status_code == 200
    keep(timedelta(days=days), settings)
    assert statuses(api) == [410, 410]
    assert api.get("/api/Order/Number/N-1/List").status_code == 410
    assert api.put("/api/Order", json={"Number": "N-1", "Note": "x"}).status_code == 410
    keep(timedelta(microseconds=1), settings)
    assert statuses(api) == [404, 404]
    assert api.get("/api/Order/Number/N-1/List").json() == []
    assert api.put("/api/Order", json={"Number": "N-1", "Note": "x"}).status_code == 404


def test_only_what_was_deleted_is_forgotten_however_old_it_is(api, posted, keep):
    post_route(api, a_route())
    keep(timedelta(days=5000))
    assert get_order(api)["Id"] == "ext-1"
    assert api.get("/api/Route/Code/R-1").status_code == 200


def test_of_several_orders_with_a_name_each_tombstone_has_its_own_time(api, posted, keep):
    assert api.delete("/api/Order/Id/ext-1").status_code == 200
    keep(timedelta(days=200))
    assert api.post("/api/Order", json=an_order(Id="ext-1", Note="newer")).status_code == 201
    assert api.delete("/api/Order/Id/ext-1").status_code == 200
    keep(timedelta(days=200))
    answer = api.get("/api/Order/Number/N-1")
    assert (answer.status_code, answer.json()["Order"]["Note"]) == (410, "newer")
    keep(timedelta(days=200))
    assert statuses(api) == [404, 404]


def test_a_deleted_route_is_forgotten_with_its_track_and_what_was_taken_off_it_stays(api, keep):
    post_route(api, a_route("A", "B"))
    point = {"Lat": 59.0, "Lng": 24.0, "Date": "2026-11-23T08:00:00"}
    assert api.post("/api/Route/Track/Code/R-1", json=[point]).status_code == 201
    assert api.delete("/api/Route/Code/R-1?deleteOrders=false").status_code == 200
    keep(timedelta(days=366))
    assert api.get("/api/Route/Code/R-1").status_code == 404
    assert statuses(api, "Number/A", "Number/B") == [200, 200]
    assert api.post("/api/Route", json=a_route("C")).status_code == 201


def test_names_of_what_was_forgotten_are_as_new(api, posted, keep, told):
    assert api.delete("/api/Order/Number/N-1").status_code == 200
    keep(timedelta(days=366))
    told.news()
    assert api.post("/api/Order", json=a_stop("N-1", Id="ext-1")).status_code == 201
    assert told.types() == ["OrderCreated"]
    assert statuses(api) == [200, 200]
