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


# Canceled, in the older words

CANCELED = {"Status": "NotDelivered", "RejectReason": "Canceled"}


@pytest.mark.parametrize("way", ["Number/N-1", "Id/ext-1", "TrackId/{}"])
def test_an_order_is_canceled_in_the_older_words(api, told, posted, way):
    answer = api.put(f"/api/Order/{way.format(posted['TrackId'])}/Status", json=CANCELED)
    assert (answer.status_code, answer.json()["Status"]) == (200, 200)
    [event] = told.news()
    assert event.type == "OrderStatusUpdated"
    assert (event.data["StatusId"], event.data["Status"]) == (5, "Not delivered")
    assert (event.data["RejectReason"], event.data["StatusDate"]) == ("Canceled", "2026-11-23T12:00:00")


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        {"Status": "Unknown", "RejectReason": "Canceled"},
        {"Status": "NotDelivered", "RejectReason": "None"},
        {"Status": "NotDelivered"},
        {"Status": "Delivered", "RejectReason": "Canceled"},
    ],
)
def test_no_other_status_can_be_said_in_the_older_words(api, told, posted, body):
    assert api.put("/api/Order/Number/N-1/Status", json=body).status_code == 405
    assert told.news() == []


def test_an_order_is_canceled_once_and_never_after_an_outcome(api, told, routed):
    assert api.put(
        "/api/Order/Number/N-1/Status", json={"status": "notdelivered", "REJECTREASON": "canceled"}
    ).is_success
    told.news()
    assert api.put("/api/Order/Number/N-1/Status", json=CANCELED).status_code == 400
    assert api.put("/api/Order/Number/N-1/Complete").status_code == 400
    assert told.news() == []


def test_what_names_no_order_has_no_outcome(api, other_api, told, posted):
    for client, path in ((api, "Number/unknown"), (api, "TrackId/N-1"), (other_api, f"TrackId/{posted['TrackId']}")):
        for what in ("Complete", "Reject", "Status"):
            assert client.put(f"/api/Order/{path}/{what}", json=CANCELED).status_code == 404
    assert told.news() == []


@pytest.mark.parametrize("body", [[], "x", {"Status": {}}, {"RejectReason": ["Canceled"]}])
def test_an_older_status_that_is_none_is_refused(api, told, posted, body):
    assert api.put("/api/Order/Number/N-1/Status", json=body).status_code == 400
    assert told.news() == []
