"""The tracking page: what the receiver of an order sees, who is nobody to us but has its link."""

import re
import time
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from support.pages import text_of
from support.pictures import a_picture
from waybell.ground.ids import new_uuid

PRIVATE = {"Phone": "+372 5550 1234", "Email": "cafe@example.com", "COD": 48.9, "Note": "The key is under the mat"}


@pytest.fixture
def order(api):
    sent = {
        "Number": "<b>1</b>",
        "Id": "ext-1",
        "Date": "2026-11-23",
        "Client": "Blue Harbour Cafe",
        "Address": "Kalasadama 4, Tallinn",
        "TimeSlotFrom": "09:00",
        "TimeSlotTo": "12:00",
        "ContactName": "Front desk",
        **PRIVATE,
    }
    assert api.post("/api/Order", json=sent).status_code == 201
    return api.get("/api/Order/Id/ext-1").json()


@pytest.fixture
def see(stranger, order):
    """The tracking page as its receiver reads it."""
    return lambda: text_of(stranger.get(f"/track?id={order['TrackId']}"))


def rate(stranger, order, **sent):
    return stranger.post("/track", data={"id": order["TrackId"], **sent})


def deliver(api, **sent):
    api.post("/api/Route", json={"Code": "R-1", "Date": "2026-11-23"})
    api.put("/api/Route/Code/R-1/Order/Number/%3Cb%3E1%3C%2Fb%3E")
    assert api.put("/api/Order/Id/ext-1/Complete", json=sent).status_code == 200


def test_the_link_of_an_order_leads_to_its_page(stranger, order):
    path = order["TrackLink"].removeprefix("https://waybell.example")
    assert stranger.get(path).status_code == 200
    assert stranger.get(path.replace(order["TrackId"], order["TrackId"].upper())).status_code == 200


def test_a_receiver_follows_the_order_until_it_is_there(api, see, clock):
    text = see()
    for said in ("Northwind Deliveries", "Order <b>1</b>", "Received", "between 09:00\N{EN DASH}12:00", "2026-11-23"):
        assert said in text
    assert "2026-11-23 14:00" in text  # received at noon in UTC
    api.post("/api/Route", json={"Code": "R-1", "Date": "2026-11-24"})
    api.put("/api/Route/Code/R-1/Order/Number/%3Cb%3E1%3C%2Fb%3E")
    assert "Planned 2026-11-24" in see()
    api.put("/api/Order/Id/ext-1/Load", json={"LoadStatus": "loaded", "LoadDate": "2026-11-24T07:10:00"})
    assert "Loaded 2026-11-24 07:10" in see()
    api.put("/api/Route/Start/Code/R-1?statusDate=2026-11-24T08:00:00")
    assert "On its way 2026-11-24 08:00" in see()
    assert "Delivered, still to come" in see()
    api.put("/api/Order/Id/ext-1/Complete", json={"StatusDate": "2026-11-24T09:30:00"})
    assert "Delivered 2026-11-24 09:30" in see()
    assert "still to come" not in see()


def test_what_nobody_should_see_is_not_on_the_page(api, stranger, order):
    deliver(api, DriverComment="Rude dog", SignatureName="A. Receiver", CODActual=48.9)
    api.post("/api/Order/Id/ext-1/Photo", content=a_picture())
    page = stranger.get(f"/track?id={order['TrackId']}").text
    for private in (
        *map(str, PRIVATE.values()),
        "48.90",
        "Front desk",
        "Rude dog",
        "A. Receiver",
        "/picture/",
        "ext-1",
    ):
        assert private not in page
    assert "<b>1</b>" not in page


def test_the_page_is_for_no_search_engine_and_no_other_site(stranger, order):
    answer = stranger.get(f"/track?id={order['TrackId']}")
    assert "noindex" in answer.headers["x-robots-tag"]
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"


def test_all_ids_that_lead_nowhere_look_alike(api, stranger, order):
    api.post("/api/Order", json={"Number": "N-2", "Client": "C", "Address": "A"})
    deleted = api.get("/api/Order/Number/N-2").json()["TrackId"]
    api.delete("/api/Order/Number/N-2")
    answers = [
        stranger.get("/track", params={"id": track_id})
        for track_id in (new_uuid(), deleted, "", "x" * 3000, "%", "\0", "1' OR 1=1", order["TrackId"][:-1], "ext-1")
    ]
    answers.append(stranger.get("/track"))
    answers.append(rate(stranger, {"TrackId": new_uuid()}, Rating="5"))
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1


def test_ids_are_not_guessed_at_leisure(stranger, order):
    for _ in range(30):
        assert stranger.get(f"/track?id={new_uuid()}").status_code == 404
    for track_id in (new_uuid(), order["TrackId"]):
        assert stranger.get(f"/track?id={track_id}").status_code == 429


def test_nobody_looks_without_end(stranger, order, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 1_800_000_000.0)  # however slow the machine is
    statuses = [stranger.get(f"/track?id={order['TrackId']}").status_code for _ in range(121)]
    assert statuses == [200] * 120 + [429]


def test_a_network_of_ipv6_is_one_place(web, order, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 1_800_000_000.0)

    def status(address: str) -> int:
        client = TestClient(web, base_url="https://waybell.example", client=(address, 5000))
        return client.get(f"/track?id={order['TrackId']}").status_code

    assert [status(f"2001:db8::{n}") for n in range(121)] == [200] * 120 + [429]
    assert status("2001:db8:0:1::1") == 200


def test_a_receiver_says_once_what_they_think(api, stranger, see, order):
    assert "How was it?" not in see()
    assert rate(stranger, order, Rating="5").status_code == 303  # too early
    assert api.get("/api/Order/Id/ext-1").json()["FeedbackRating"] is None
    deliver(api)
    assert "How was it?" in see()
    sent = rate(stranger, order, Rating="4", Text="Quick & <friendly>")
    assert (sent.status_code, sent.headers["location"]) == (303, f"/track?id={order['TrackId']}")
    assert "Thank you" in see()
    assert rate(stranger, order, Rating="1", Text="Changed").status_code == 303
    assert "taken once" in see()
    text = see()
    assert "You rated this order 4 of 5" in text
    assert "How was it?" not in text
    after = api.get("/api/Order/Id/ext-1").json()
    assert (after["FeedbackRating"], after["Feedback"]) == (4, "Quick & <friendly>")


@pytest.mark.parametrize(
    "sent", [{}, {"Rating": "6"}, {"Rating": "x"}, {"Rating": ""}, {"Rating": "4", "Text": "x" * 501}]
)
def test_feedback_that_cannot_be_taken_says_so_and_keeps_what_was_written(api, stranger, order, sent):
    deliver(api)
    refused = rate(stranger, order, **{"Text": "<i>kept</i>", **sent})
    assert refused.status_code == 400
    assert "Choose a rating from 1 to 5" in refused.text
    assert "&lt;i&gt;kept&lt;/i&gt;" in refused.text or "x" * 501 in refused.text
    assert api.get("/api/Order/Id/ext-1").json()["FeedbackRating"] is None


def test_no_other_site_gives_feedback(api, stranger, order):
    deliver(api)
    sent = {"id": order["TrackId"], "Rating": "1"}
    refused = stranger.post("/track", data=sent, headers={"Sec-Fetch-Site": "cross-site"})
    assert refused.status_code == 403
    assert api.get("/api/Order/Id/ext-1").json()["FeedbackRating"] is None


def test_an_order_that_failed_says_so_and_asks_nothing(api, see):
    api.post("/api/Route", json={"Code": "R-1", "Date": "2026-11-23"})
    api.put("/api/Route/Code/R-1/Order/Number/%3Cb%3E1%3C%2Fb%3E")
    assert api.put("/api/Order/Id/ext-1/Reject").status_code == 200
    assert "Not delivered" in see()
    assert "How was it?" not in see()


def test_the_logo_of_the_account_is_on_the_page(ui, stranger, order):
    ui.post("/settings/account/logo", files={"Logo": ("logo.png", a_picture(200, 80, form="PNG"), "image/png")})
    page = stranger.get(f"/track?id={order['TrackId']}").text
    link = re.search(r'<img class="track-logo" src="([^"]+)" alt="Northwind Deliveries">', page)[1].replace(
        "&amp;", "&"
    )
    logo = stranger.get(link)
    assert (logo.status_code, logo.headers["content-type"]) == (200, "image/png")
    assert stranger.get(link.partition("?")[0]).status_code == 404


# The order's own page, for who signed in


def test_the_page_of_an_order_leads_to_its_documents_and_shows_its_pictures(ui, other_ui, api, order):
    api.post("/api/Order/Id/ext-1/Photo", content=a_picture())
    page = ui.get(f"/orders/{order['TrackId']}").text
    [picture] = set(re.findall(r'src="(/picture/[^"]+)"', page))
    assert ui.get(picture.replace("&amp;", "&")).headers["content-type"] == "image/jpeg"
    for path in ("proof.pdf", "label.pdf?type=10x15", "label.pdf"):
        whole = f"/orders/{order['TrackId']}/{path}"
        answer = ui.get(whole)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
        assert other_ui.get(whole).status_code == 404
    assert f'href="/track?id={order["TrackId"]}"' in page
    assert ui.get(f"/orders/{new_uuid()}/proof.pdf").status_code == 404


def test_a_receiver_sees_that_the_route_is_late(api, app, see, clock, order):
    where = {"Id": "ext-1", "AddressLat": 59.4446, "AddressLon": 24.7453, "TimeSlotTo": "14:30"}
    assert api.put("/api/Order", json=where).status_code == 202
    api.post("/api/Route", json={"Code": "R-1", "Date": "2026-11-23"})
    api.put("/api/Route/Code/R-1/Order/Number/%3Cb%3E1%3C%2Fb%3E")
    assert api.put("/api/Route/Start/Code/R-1").status_code == 202
    text = see()
    assert "Expected at 2026-11-23 14:00" in text
    assert "late" not in text
    clock.move_to(clock.now() + timedelta(minutes=45))
    app.etas.pass_time(app.database)
    text = see()
    assert "The driver is late, and is expected 15 minutes after the agreed time." in text
    assert "Expected at 2026-11-23 14:45" in text
