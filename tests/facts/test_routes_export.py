"""Export: which routes the caller's own system has yet to take over."""

import pytest

from support.documents import post_route


def a_closed_route(api, code, **members):
    post_route(api, {"Code": code, "Date": "2026-11-23", **members})
    assert api.put(f"/api/Route/Close/Code/{code}").status_code == 202


def to_export(api, member="Code", **query):
    answer = api.get(f"/api/Route/Export/{member}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_closed_routes_wait_for_their_export_until_it_is_confirmed(api, told):
    for code in ("R-1", "R-2"):
        a_closed_route(api, code, Id=f"ext-{code}")
    told.news()
    assert (to_export(api), to_export(api, "Id")) == (["R-1", "R-2"], ["ext-R-1", "ext-R-2"])
    assert api.put("/api/Route/Export/Code/R-1").status_code == 202
    assert (to_export(api), to_export(api, "Id")) == (["R-2"], ["ext-R-2"])
    assert api.put("/api/Route/Export/Id/ext-R-2").status_code == 202
    assert (to_export(api), to_export(api, "Id")) == ([], [])
    assert told.news() == []


def test_routes_that_are_ready_are_listed_when_asked_for(api):
    a_closed_route(api, "R-1")
    post_route(api, {"Code": "R-2"})
    post_route(api, {"Code": "R-3"})
    api.put("/api/Route/Start/Code/R-3")
    assert (to_export(api, status=0), to_export(api, STATUS=5)) == (["R-2"], ["R-1"])
    api.put("/api/Route/Export/Code/R-2")
    assert to_export(api, status=0) == []


@pytest.mark.parametrize("status", ["1", "-1", "closed", "5.5", "9" * 30])
@pytest.mark.parametrize("member", ["Code", "Id"])
def test_no_other_status_can_be_asked_for(api, member, status):
    answer = api.get(f"/api/Route/Export/{member}?status={status}")
    assert (answer.status_code, answer.json()["Detail"][:8]) == (400, "status: ")


def test_a_route_without_a_code_or_an_id_is_not_in_the_list_of_these(api):
    post_route(api, {"Id": "ext-1"})
    post_route(api, {"Code": "R-2"})
    assert (to_export(api, status=0), to_export(api, "Id", status=0)) == (["R-2"], ["ext-1"])


def test_a_confirmation_may_be_repeated(api):
    a_closed_route(api, "R-1")
    for _ in range(2):
        assert api.put("/API/route/export/code/R-1").status_code == 202
    assert to_export(api) == []


def test_of_several_routes_with_a_code_the_one_that_waits_is_confirmed(api):
    a_closed_route(api, "R-1")
    post_route(api, {"Code": "R-1", "Date": "2026-11-24"})
    api.put("/api/Route/Export/Code/R-1")
    assert (to_export(api), to_export(api, status=0)) == ([], ["R-1"])
    api.put("/api/Route/Export/Code/R-1")
    assert to_export(api, status=0) == []


def test_what_is_not_there_is_neither_listed_nor_confirmed(api, other_api):
    a_closed_route(api, "R-1")
    assert other_api.get("/api/Route/Export/Code").json() == []
    assert other_api.put("/api/Route/Export/Code/R-1").status_code == 404
    assert to_export(api) == ["R-1"]
    api.delete("/api/Route/Code/R-1")
    assert to_export(api) == []
    for way in ("Code/R-1", "Id/R-1"):
        assert api.put(f"/api/Route/Export/{way}").status_code == 404
