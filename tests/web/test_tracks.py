"""The track of a route: points in, points out, and what the route shows of them."""

import pytest


def a_point(minute, lat=59.0, lng=24.0, **members):
    return {"Lat": lat, "Lng": lng, "Speed": 10, "Date": f"2026-11-23T08:{minute:02}:00", **members}


def add(api, *points, key="Code/R-1"):
    answer = api.post(f"/api/Route/Track/{key}", json=list(points))
    assert answer.status_code == 201, answer.text


def track(api, key="Code/R-1"):
    answer = api.get(f"/api/Route/Track/{key}")
    assert answer.status_code == 200, answer.text
    assert list(answer.json()) == ["TrackPoints"]
    return answer.json()["TrackPoints"]


def summed(api):
    route = api.get("/api/Route/Code/R-1").json()
    return route["Track"], route["LocationLat"], route["LocationLon"]


@pytest.fixture(autouse=True)
def route(api, told):
    api.post("/api/Route", json={"Code": "R-1", "Id": "ext-r"})
    told.news()


def test_the_route_shows_the_metres_driven_and_where_it_is(api, told):
    assert summed(api) == (None, None, None)
    add(api, a_point(1, 59.0))
    assert summed(api) == (0, 59.0, 24.0)
    add(api, a_point(2, 59.01), a_point(3, 59.02))
    metres, lat, lng = summed(api)
    assert (lat, lng) == (59.02, 24.0)
    assert metres == pytest.approx(2224, abs=1)
    assert told.news() == []


def test_points_that_come_late_are_fitted_in(api):
    add(api, a_point(1, 59.0), a_point(3, 59.02))
    add(api, a_point(2, 59.03))
    metres, lat, _ = summed(api)
    assert lat == 59.02
    assert metres == pytest.approx(3336 + 1112, abs=2)


def test_points_that_are_sent_twice_are_there_once(api):
    points = [a_point(1, 59.0), a_point(2, 59.01)]
    add(api, *points)
    before = summed(api)
    add(api, *points)
    assert len(track(api)) == 2
    assert summed(api) == before


def test_times_with_a_zone_are_the_accounts(api):
    add(api, a_point(1, Date="2026-11-23T08:00:00.000Z"))
    assert track(api)[0]["Date"] == "2026-11-23T10:00:00"  # Tallinn


def test_callers_habits_are_understood(api):
    add(api, {"LAT": "59.5", "lng": 24, "date": "2026-11-23T08:00"})
    assert track(api) == [{"Lat": 59.5, "Lng": 24.0, "Speed": 0.0, "Date": "2026-11-23T08:00:00"}]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"Lat": 90.1}, "[1].Lat: "),
        ({"Lng": None}, "[1].Lng: "),
        ({"Speed": "fast"}, "[1].Speed: "),
        ({"Date": ""}, "[1].Date: "),
        ({"Date": None}, "[1].Date: "),
        ({"Date": "soon"}, "[1].Date: "),
    ],
)
def test_what_cannot_be_a_point_is_refused_naming_the_member_and_none_is_kept(api, change, line):
    answer = api.post("/api/Route/Track/Code/R-1", json=[a_point(1), a_point(2, **change)])
    assert answer.status_code == 400
    assert answer.json()["Detail"].startswith(line)
    assert api.get("/api/Route/Track/Code/R-1").status_code == 404


def test_points_are_an_array_of_1_to_1000(api):
    for body in ([], {}, None, [a_point(1)] * 1001):
        assert api.post("/api/Route/Track/Code/R-1", json=body).status_code == 400
    add(api, *(a_point(at % 60, 59 + at / 1e4) for at in range(1000)))
    assert len(track(api)) == 1000


def test_nothing_is_added_to_a_route_that_is_unknown_or_anothers(api, other_api):
    add(api, a_point(1))
    for key in ("Code/R-9", "Id/nothing"):
        assert api.post(f"/api/Route/Track/{key}", json=[a_point(1)]).status_code == 404
    assert other_api.post("/api/Route/Track/Code/R-1", json=[a_point(2)]).status_code == 404
    other_api.post("/api/Route", json={"Code": "R-1"})
    add(other_api, a_point(2))
    assert [len(track(client)) for client in (api, other_api)] == [1, 1]
    assert summed(api)[0] == 0
