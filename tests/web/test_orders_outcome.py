"""What came of an order: completed, rejected, canceled, and the events that tell it."""

import pytest

from support.documents import get_order, without_nulls


@pytest.mark.parametrize("way", ["Number/N-1", "id/ext-1", "TrackId/{}"])
def test_an_order_on_a_route_is_completed(api, told, routed, way):
    path = f"/api/Order/{way.format(routed['TrackId'])}/Complete"
    answer = api.put(path, json={"StatusDate": "2026-11-23T15:31:00", "SignatureName": "Front desk", "CODActual": 5})
    assert answer.status_code == 200, answer.text
    [event] = told.news()
    assert event.type == "OrderStatusUpdated"
    assert (event.data["StatusId"], event.data["Status"], event.data["CODActual"]) == (3, "Delivered", "5")
    assert (event.data["StatusDate"], event.data["SignatureName"]) == ("2026-11-23T15:31:00", "Front desk")
    assert without_nulls(get_order(api)) == event.data


@pytest.mark.parametrize("what", ["Complete", "Reject"])
@pytest.mark.parametrize("headers", [{}, {"Content-Type": "application/json"}])
def test_an_outcome_needs_no_body(api, told, routed, what, headers):
    assert api.put(f"/api/Order/Number/N-1/{what}", headers=headers).status_code == 200
    assert told.types() == ["OrderStatusUpdated"]


@pytest.mark.parametrize("what", ["Complete", "Reject"])
def test_an_order_on_no_route_has_no_outcome(api, told, posted, what):
    assert api.put(f"/api/Order/Number/N-1/{what}").status_code == 400
    assert told.news() == []


def test_an_outcome_is_said_once(api, told, routed):
    api.put("/api/Order/Number/N-1/Complete")
    told.news()
    for what in ("Complete", "Reject"):
        assert api.put(f"/api/Order/Number/N-1/{what}").status_code == 400
    assert told.news() == []
