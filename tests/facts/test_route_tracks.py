"""These operations read where the vehicle of a route was. Operations of our own bring the points in."""

from support.operations import each

ROUTE = {"Code": "R-1", "Id": "ext-r"}


def a_point(minute):
    return {"Lat": 59.0, "Lng": 24.0, "Speed": 10.0, "Date": f"2026-11-23T08:{minute:02}:00"}


@each("GetRouteTrackByCode", "GetRouteTrackById")
def test_a_track_is_the_points_of_the_route_in_the_order_of_time(api, other_api, told, operation):
    api.post("/api/Route", json=ROUTE)
    told.news()
    for minutes, key in (((5, 1), "Code/R-1"), ((3,), "Id/ext-r")):
        assert api.post(f"/api/Route/Track/{key}", json=[a_point(at) for at in minutes]).status_code == 201
    track = operation(api, ROUTE)
    assert (track.status_code, track.json()) == (200, {"TrackPoints": [a_point(1), a_point(3), a_point(5)]})
    assert operation(other_api, ROUTE).status_code == 404
    assert told.news() == []


@each("GetRouteTrackByCode", "GetRouteTrackById")
def test_a_route_without_a_track_an_unknown_and_a_deleted_one_have_none(api, operation):
    assert operation(api, ROUTE).status_code == 404
    api.post("/api/Route", json=ROUTE)
    assert operation(api, ROUTE).status_code == 404
    api.post("/api/Route/Track/Code/R-1", json=[a_point(1)])
    api.delete("/api/Route/Code/R-1")
    assert operation(api, ROUTE).status_code == 404
