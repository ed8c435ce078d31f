"""These operations list the routes that the caller's own system has yet to take over, and confirm that it did."""

from support.documents import post_route
from support.operations import each


def a_closed_route(api, code, **members):
    post_route(api, {"Code": code, "Date": "2026-11-23", **members})
    assert api.put(f"/api/Route/Close/Code/{code}").status_code == 202


def to_export(api, member="Code", **query):
    answer = api.get(f"/api/Route/Export/{member}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


@each("GetRouteExportCode", "GetRouteExportId")
def test_closed_routes_are_listed_and_ready_ones_when_these_are_asked_for(api, told, operation):
    a_closed_route(api, "R-1", Id="R-1")
    for code in ("R-2", "R-3"):
        post_route(api, {"Code": code, "Id": code})
    api.put("/api/Route/Start/Code/R-3")
    told.news()
    found = [operation(api, **query).json() for query in ({}, {"STATUS": 5}, {"status": 0})]
    assert found == [["R-1"], ["R-1"], ["R-2"]]
    assert told.news() == []


@each("SetRouteExportCode", "SetRouteExportId")
def test_routes_wait_for_their_export_until_it_is_confirmed_which_may_be_repeated(api, told, operation):
    for code in ("R-1", "R-2"):
        a_closed_route(api, code, Id=f"ext-{code}")
    told.news()
    assert (to_export(api), to_export(api, "Id")) == (["R-1", "R-2"], ["ext-R-1", "ext-R-2"])
    for _ in range(2):
        confirmed = operation(api, {"Code": "R-1", "Id": "ext-R-1"})
        assert (confirmed.status_code, confirmed.json()["Status"]) == (202, 202)
        assert (to_export(api), to_export(api, "Id")) == (["R-2"], ["ext-R-2"])
    assert told.news() == []


@each("GetRouteExportCode", "GetRouteExportId")
def test_no_other_status_can_be_asked_for(api, operation):
    for status in ("1", "-1", "closed", "5.5", "9" * 30):
        answer = operation(api, status=status)
        assert (answer.status_code, answer.json()["Detail"][:8]) == (400, "status: "), status


@each("GetRouteExportCode", "GetRouteExportId")
def test_a_route_without_a_code_or_an_id_is_not_in_the_list_of_these(api, operation):
    post_route(api, {"Id": "ext-1"})
    post_route(api, {"Code": "R-2"})
    assert operation(api, status=0).json() == {"Code": ["R-2"], "Id": ["ext-1"]}[operation.path.split("/")[-1]]


@each("SetRouteExportCode", "SetRouteExportId")
def test_of_several_routes_with_a_name_the_one_that_waits_is_confirmed(api, operation):
    """Elsewhere the newest with a name is meant. Here it would be wrong: a Code is used daily, and the closed route of
    yesterday could not be confirmed once there is one of today.
    """
    a_closed_route(api, "R-1", Id="ext-1")
    post_route(api, {"Code": "R-1", "Id": "ext-1", "Date": "2026-11-24"})
    operation(api, {"Code": "R-1", "Id": "ext-1"})
    assert (to_export(api), to_export(api, status=0)) == ([], ["R-1"])
    operation(api, {"Code": "R-1", "Id": "ext-1"})
    assert to_export(api, status=0) == []


@each("SetRouteExportCode", "SetRouteExportId")
def test_a_route_that_is_unknown_deleted_or_anothers_is_neither_listed_nor_confirmed(api, other_api, operation):
    a_closed_route(api, "R-1", Id="ext-1")
    route = {"Code": "R-1", "Id": "ext-1"}
    assert to_export(other_api) == to_export(other_api, "Id") == []
    assert operation(other_api, route).status_code == 404
    assert operation(api, {"Code": "ext-1", "Id": "R-1"}).status_code == 404
    assert to_export(api) == ["R-1"]
    api.delete("/api/Route/Code/R-1")
    assert (to_export(api), operation(api, route).status_code) == ([], 404)
