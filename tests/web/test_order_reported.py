"""What drivers and receivers report: photos, signatures, loading, feedback; and the links under which it is seen."""

import struct
import zlib
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from PIL import Image

from support.pictures import a_picture, opened, saved

KEYS = ["Number/N-1", "Id/ext-1", "TrackId"]


@pytest.fixture
def order(api, told):
    sent = {"Number": "N-1", "Id": "ext-1", "Client": "Blue Harbour Cafe", "Address": "Kalasadama 4, Tallinn"}
    route = {"Code": "R-1", "Date": "2026-11-23", "Orders": [sent, sent | {"Number": "N-2", "Id": "ext-2"}]}
    assert api.post("/api/Route", json=route).status_code == 201
    told.news()
    return api.get("/api/Order/Number/N-1").json()


def get(api, number="N-1"):
    return api.get(f"/api/Order/Number/{number}").json()


def path_of(key, order):
    return f"/api/Order/{key}" + (f"/{order['TrackId'].upper()}" if key == "TrackId" else "")


def post(api, path, picture, kind="image/jpeg"):
    return api.post(path, content=picture, headers={"Content-Type": kind})


def fetch(api, url):
    """As somebody who has nothing but the link."""
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc) == ("https", "waybell.example")
    return api.get(f"{parts.path}?{parts.query}", headers={"X-API-KEY": ""})


# Pictures


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    ("door", "flag", "member"),
    [("Photo", "HasPhoto", "Photos"), ("Signature", "HasSignaturePhoto", "SignaturePhotos")],
)
def test_a_picture_is_shown_by_the_order_and_told(api, told, order, key, door, flag, member):
    assert (order[flag], order[member]) == (None, None)
    made = post(api, f"{path_of(key, order)}/{door}", a_picture(500, 400, "blue"))
    assert (made.status_code, made.json()["Status"]) == (201, 201)
    after = get(api)
    assert after[flag] is True
    [event] = told.news()
    assert (event.type, event.data[member]) == ("OrderUpdated", after[member])
    [url] = after[member]
    assert urlsplit(url).path.endswith(".jpg")
    answer = fetch(api, url)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert opened(answer.content).size == (500, 400)


def test_pictures_stand_in_the_order_in_which_they_came(api, order):
    for width in (300, 200, 100):
        post(api, "/api/Order/Id/ext-1/Photo", a_picture(width, 100))
    assert [opened(fetch(api, url).content).width for url in get(api)["Photos"]] == [300, 200, 100]


@pytest.mark.parametrize("door", ["Photo", "Signature", "LoadSignature", "Goods/Photo?goodsName=cola"])
def test_a_file_that_is_sent_again_adds_nothing(api, told, order, door):
    """A phone that got no answer sends its photo again; it knows nothing of an Idempotency-Key."""
    api.put("/api/Order", json={"Number": "N-1", "GoodsList": [{"GoodsName": "cola"}, {"GoodsName": "cola"}]})
    told.news()
    first, again = (post(api, f"/api/Order/Number/N-1/{door}", a_picture(50, 40)) for _ in range(2))
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert len(told.news()) == 1
    assert post(api, f"/api/Order/Number/N-1/{door}", a_picture(51, 40)).status_code == 201
    assert len(told.news()) == 1


def test_a_file_counts_anew_for_another_kind_line_and_order(api, told, order):
    api.put("/api/Order", json={"Number": "N-1", "GoodsList": [{"GoodsName": "cola"}, {"GoodsName": "water"}]})
    told.news()
    doors = ["Photo", "Signature", "LoadSignature", "Goods/Photo?goodsName=cola", "Goods/Photo?goodsName=water"]
    for path in [*(f"N-1/{door}" for door in doors), "N-2/Photo"]:
        assert post(api, f"/api/Order/Number/{path}", a_picture(50, 40)).status_code == 201
    assert len(told.news()) == 6


def test_nothing_but_pixels_is_kept(api, order):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    exif[0x010F] = "Camera of somebody"
    picture = a_picture(600, 400, exif=exif, comment=b"taken at home")
    assert b"Camera of somebody" in picture
    post(api, "/api/Order/Id/ext-1/Photo", picture)
    kept = fetch(api, get(api)["Photos"][0]).content
    assert opened(kept).size == (400, 600)
    assert b"Camera" not in kept
    assert b"home" not in kept
    assert not opened(kept).getexif()


@pytest.mark.parametrize("size", [(4000, 3000), (30, 5000), (1601, 1)])
def test_a_picture_is_no_larger_than_sensible(api, order, size):
    assert post(api, "/api/Order/Id/ext-1/Photo", a_picture(*size)).status_code == 201
    assert max(opened(fetch(api, get(api)["Photos"][0]).content).size) == 1600


def test_what_phones_make_is_taken(api, order):
    for picture in (a_picture(8160, 6120), a_picture(4032, 3024, progressive=True), a_picture(4032, 3024, form="PNG")):
        assert post(api, "/api/Order/Id/ext-1/Photo", picture).status_code == 201


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(a_picture(5000, 5000, form="PNG"), id="a large PNG"),
        pytest.param(a_picture(1600, 16_000), id="a JPEG that cannot be read at a fraction"),
        pytest.param(a_picture(6000, 5000, progressive=True), id="a large progressive JPEG"),
    ],
)
def test_what_would_take_too_much_memory_is_refused(api, order, picture):
    refused = post(api, "/api/Order/Id/ext-1/Photo", picture)
    assert (refused.status_code, "more pixels" in refused.json()["Detail"]) == (400, True)


def test_more_pictures_than_can_wait_are_to_come_again(api, web, order):
    places = web.state.costly.pictures._places
    taken = 0
    while places.acquire(blocking=False):
        taken += 1
    try:
        refused = post(api, "/api/Order/Id/ext-1/Photo", a_picture())
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    finally:
        places.release(taken)
    assert post(api, "/api/Order/Id/ext-1/Photo", a_picture()).status_code == 201


def test_a_signature_on_nothing_stands_on_white(api, order):
    post(api, "/api/Order/Id/ext-1/Signature", saved(Image.new("RGBA", (50, 40), (0, 0, 0, 0))), "image/png")
    assert opened(fetch(api, get(api)["SignaturePhotos"][0]).content).getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "CMYK"])
def test_pictures_of_every_kind_are_read(api, order, mode):
    form = "JPEG" if mode == "CMYK" else "PNG"
    assert post(api, "/api/Order/Id/ext-1/Photo", saved(Image.new(mode, (50, 40)), form)).status_code == 201


def _png(width, height, data=b""):
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + data + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def _text_bomb():
    packed = zlib.compress(b"a" * 50_000_000)
    content = b"t\0\0" + packed
    return struct.pack(">I", len(content)) + b"zTXt" + content + struct.pack(">I", zlib.crc32(b"zTXt" + content))


@pytest.mark.parametrize(
    "rubbish",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff\xd8\xff", id="the beginning of a JPEG"),
        pytest.param(a_picture()[:500], id="half a JPEG"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", id="SVG"),
        pytest.param(b"<html><script>alert(1)</script>", id="HTML"),
        pytest.param(saved(Image.new("RGB", (9, 9)), "GIF"), id="GIF"),
        pytest.param(saved(Image.new("RGB", (9, 9)), "TIFF"), id="TIFF"),
        pytest.param(_png(60_000, 60_000), id="a bomb"),
        pytest.param(_png(12_000, 12_000), id="a smaller bomb"),
        pytest.param(_png(2**31 - 1, 2**31 - 1), id="a larger bomb"),
        pytest.param(_png(10, 10, _text_bomb()), id="a bomb of text"),
        pytest.param(_png(0, 0), id="no pixels"),
        pytest.param(a_picture() + b"\xff\xda" * 200, id="endless scans"),
    ],
)
def test_what_is_no_sensible_picture_is_refused(api, told, order, rubbish):
    for door in ("Photo", "Signature"):
        refused = post(api, f"/api/Order/Id/ext-1/{door}", rubbish, "image/png")
        assert refused.status_code == 400, refused.text
        assert "picture" in refused.json()["Detail"]
    assert get(api)["HasPhoto"] is None
    assert told.news() == []


def test_a_picture_is_sent_as_one_and_within_bounds(api, order):
    for kind in ("application/json", "image/svg+xml", "image/gif", "text/plain"):
        assert post(api, "/api/Order/Id/ext-1/Photo", a_picture(), kind).status_code == 415
    assert post(api, "/api/Order/Id/ext-1/Photo", a_picture(), "IMAGE/PNG; x=1").status_code == 201
    assert api.post("/api/Order/Id/ext-1/Photo", content=a_picture()).status_code == 201
    assert post(api, "/api/Order/Id/ext-1/Photo", a_picture() + b"\0" * 9_000_000).status_code == 201
    assert post(api, "/api/Order/Id/ext-1/Photo", b"\xff" * 11_000_000).status_code == 413


def test_an_order_has_so_many_pictures_and_no_more(api, told, order):
    for door, most in (("Photo", 10), ("Signature", 3)):
        for width in range(most):
            assert post(api, f"/api/Order/Id/ext-1/{door}", a_picture(width + 21, 20)).status_code == 201
        told.news()
        refused = post(api, f"/api/Order/Id/ext-1/{door}", a_picture(20, 20))
        assert refused.status_code == 400
        assert f"{most} pictures" in refused.json()["Detail"]
        assert told.news() == []


def test_a_picture_is_for_a_live_order_of_ones_own(api, other_api, order):
    for key in KEYS:
        assert post(other_api, f"{path_of(key, order)}/Photo", a_picture()).status_code == 404
        assert post(api, f"{path_of(key, order)}/Photo", a_picture(), "image/png").status_code == 201
    assert post(api, "/api/Order/Number/none/Photo", a_picture()).status_code == 404
    assert api.post("/api/Order/Id/ext-1/Photo", content=a_picture(), headers={"X-API-KEY": "no"}).status_code == 401


def test_pictures_go_with_their_order(api, order):
    post(api, "/api/Order/Id/ext-1/Photo", a_picture())
    [url] = get(api)["Photos"]
    assert fetch(api, url).status_code == 200
    assert api.delete("/api/Order/Id/ext-1").status_code == 200
    assert fetch(api, url).status_code == 404
    assert post(api, "/api/Order/Id/ext-1/Photo", a_picture()).status_code == 404


def test_another_try_begins_without_the_pictures_of_the_first(api, order):
    for door in ("Photo", "Signature"):
        post(api, f"/api/Order/Id/ext-1/{door}", a_picture())
    assert api.put("/api/Order/Id/ext-1/Reject").status_code == 200
    assert get(api)["ReportUrl"]
    assert api.put("/api/Route/Code/R-1/Order/Number/N-1?allowReschedule=true").status_code == 202
    after = get(api)
    for member in ("HasPhoto", "Photos", "HasSignaturePhoto", "SignaturePhotos", "ReportUrl"):
        assert after[member] is None, member


# Links


def altered(url):
    path, _, query = url.partition("?")
    end, _, signature = query.removeprefix("until=").partition("&sig=")
    other = "A" if signature[0] != "A" else "B"
    yield path
    yield f"{path}?until={end}"
    yield f"{path}?sig={signature}"
    yield f"{path}?until={int(end) + 1}&sig={signature}"
    yield f"{path}?until={end}&sig={other}{signature[1:]}"
    yield f"{path}?until={end}&sig="
    yield f"{path}?until={end}&sig=%00%ff{signature}"
    yield f"{path}?until=99999999999999999999&sig={signature}"
    yield f"{path}?until=-1&sig={signature}"
    yield f"{path}?until=%D9%A1&sig={signature}"
    yield f"{path[:-5]}x{path[-4:]}?until={end}&sig={signature}"


def test_a_link_to_a_picture_is_good_for_a_day_and_only_as_it_is(api, clock, order):
    post(api, "/api/Order/Id/ext-1/Photo", a_picture())
    post(api, "/api/Order/Id/ext-1/Signature", a_picture())
    after = get(api)
    [url], [other] = after["Photos"], after["SignaturePhotos"]
    for wrong in altered(url):
        assert fetch(api, wrong).status_code == 404, wrong
    mixed = f"{url.partition('?')[0]}?{other.partition('?')[2]}"
    assert fetch(api, mixed).status_code == 404
    clock.move_to(clock.now() + timedelta(hours=24))
    assert fetch(api, url).status_code == 200
    clock.move_to(clock.now() + timedelta(seconds=1))
    assert fetch(api, url).status_code == 404
    assert fetch(api, get(api)["Photos"][0]).status_code == 200


def test_a_finished_order_links_to_its_proof_for_an_hour(api, told, clock, order):
    assert order["ReportUrl"] is None
    assert api.put("/api/Order/Id/ext-1/Complete").status_code == 200
    url = get(api)["ReportUrl"]
    [event] = told.news()
    assert event.data["ReportUrl"] == url
    answer = fetch(api, url)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF")
    assert "proof-N-1.pdf" in answer.headers["content-disposition"]
    for wrong in altered(url):
        assert fetch(api, wrong).status_code == 404, wrong
    clock.move_to(clock.now() + timedelta(hours=1, seconds=1))
    assert fetch(api, url).status_code == 404
    assert fetch(api, get(api)["ReportUrl"]).status_code == 200


def test_every_order_tells_where_it_is_tracked(api, told):
    assert api.post("/api/Order", json={"Number": "N-9", "Client": "C", "Address": "A"}).status_code == 201
    order = get(api, "N-9")
    assert order["TrackLink"] == f"https://waybell.example/track?id={order['TrackId']}"
    [event] = told.news()
    assert event.data["TrackLink"] == order["TrackLink"]


# Loading


@pytest.mark.parametrize("key", KEYS)
def test_loading_is_noted_and_told(api, told, order, key):
    noted = api.put(f"{path_of(key, order)}/Load", json={"LoadStatus": "Loaded", "LoadDate": "2026-11-23T07:30:00"})
    assert noted.status_code == 200
    after = get(api)
    assert (after["LoadStatus"], after["LoadDate"]) == ("loaded", "2026-11-23T07:30:00")
    [event] = told.news()
    assert (event.type, event.data["LoadStatus"]) == ("OrderUpdated", "loaded")
    assert api.put(f"{path_of(key, order)}/Load", json={"LoadStatus": "none"}).status_code == 200
    assert (get(api)["LoadStatus"], get(api)["LoadDate"]) == ("none", None)


@pytest.mark.parametrize("state", ["loaded", "not-loaded", "none"])
def test_a_loading_that_is_noted_again_later_changes_nothing(api, told, order, clock, state):
    api.put("/api/Order/Number/N-1/Load", json={"LoadStatus": state})
    first = get(api)
    told.news()
    clock.move_to(clock.now() + timedelta(minutes=5))
    assert api.put("/api/Order/Number/N-1/Load", json={"LoadStatus": state}).status_code == 200
    again = get(api)
    assert ({name for name in again if again[name] != first[name]} - {"ReportUrl"}, told.news()) == (set(), [])


def test_a_route_is_loaded_with_the_last_of_its_orders(api, told, order):
    def load(number, state):
        assert api.put(f"/api/Order/Number/{number}/Load", json={"LoadStatus": state}).status_code == 200
        return told.types(), api.get("/api/Route/Code/R-1").json()["Status"]

    assert load("N-1", "loaded") == (["OrderUpdated"], "Ready")
    assert load("N-2", "loaded") == (["OrderUpdated", "RouteUpdated"], "Loaded")
    assert get(api)["RouteStatus"] == "Loaded"
    assert load("N-2", "loaded") == ([], "Loaded")
    assert load("N-1", "not-loaded") == (["OrderStatusUpdated", "RouteUpdated"], "Ready")
    assert load("N-1", "loaded") == (["OrderStatusUpdated", "RouteUpdated"], "Loaded")
    assert api.put("/api/Route/Start/Code/R-1").status_code == 202
    told.news()
    assert load("N-1", "none") == (["OrderUpdated"], "InProgress")


@pytest.mark.parametrize("started", [False, True])
def test_an_order_that_was_not_loaded_is_rejected_until_it_is_loaded_or_tried_again(api, told, order, started):
    if started:
        api.put("/api/Route/Start/Code/R-1")
    told.news()
    load = {"LoadStatus": "not-loaded", "LoadDate": "2026-11-23T07:30:00"}
    assert api.put("/api/Order/Number/N-1/Load", json=load).status_code == 200
    after = get(api)
    rejected = (5, "Not delivered", "Not loaded", "2026-11-23T07:30:00", "not-loaded")
    assert tuple(after[n] for n in ("StatusId", "Status", "RejectReason", "StatusDate", "LoadStatus")) == rejected
    assert told.types()[0] == "OrderStatusUpdated"
    assert api.put("/api/Order/Number/N-1/Complete").status_code == 400
    assert api.put("/api/Order/Number/N-1/Load", json={"LoadStatus": "loaded"}).status_code == 200
    after = get(api)
    assert (after["StatusId"], after["RejectReason"]) == (1 if started else None, None)
    api.put("/api/Order/Number/N-1/Load", json=load)
    assert api.put("/api/Route/Code/R-1/Order/Number/N-1?allowReschedule=true").status_code == 202
    assert (get(api)["LoadStatus"], get(api)["StatusId"]) == (None, 1 if started else None)
    assert api.put("/api/Order/Number/N-1/Complete").status_code == 200
    api.put("/api/Order/Number/N-1/Load", json=load)
    assert get(api)["StatusId"] == 3


def test_an_order_that_was_not_loaded_keeps_its_status_by_a_setting_or_without_a_route(api, web, told, order):
    api.post("/api/Order", json={"Number": "N-9", "Client": "C", "Address": "A"})
    api.put("/api/Order/Number/N-9/Load", json={"LoadStatus": "not-loaded"})
    web.state.settings = web.state.settings.model_copy(update={"not_loaded_orders": "keep"})
    api.put("/api/Order/Number/N-1/Load", json={"LoadStatus": "not-loaded"})
    assert [get(api, number)["StatusId"] for number in ("N-9", "N-1")] == [None, None]
    assert api.put("/api/Order/Number/N-1/Complete").status_code == 200


def test_an_unscheduled_order_can_be_noted_as_loaded(api):
    assert api.post("/api/Order", json={"Number": "N-9", "Client": "C", "Address": "A"}).status_code == 201
    assert api.put("/api/Order/Number/N-9/Load", json={"LoadStatus": "loaded"}).status_code == 200
    assert get(api, "N-9")["LoadStatus"] == "loaded"


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "LoadStatus"),
        ({"LoadStatus": "half"}, "LoadStatus"),
        ({"LoadStatus": 1}, "LoadStatus"),
        ({"LoadStatus": "loaded", "LoadDate": "soon"}, "LoadDate"),
        ({"LoadStatus": "loaded", "LoadDate": {}}, "LoadDate"),
    ],
)
def test_what_is_wrong_with_loading_is_named(api, told, order, sent, field):
    refused = api.put("/api/Order/Number/N-1/Load", json=sent)
    assert refused.status_code == 400
    assert refused.json()["Detail"].startswith(f"{field}: ")
    assert told.news() == []


# Feedback


@pytest.mark.parametrize("key", KEYS)
def test_feedback_is_noted_and_told(api, told, order, key):
    noted = api.put(f"{path_of(key, order)}/Feedback", json={"Rating": "4", "Text": " Quick & friendly "})
    assert noted.status_code == 200
    after = get(api)
    assert (after["FeedbackRating"], after["Feedback"]) == (4, "Quick & friendly")
    [event] = told.news()
    assert (event.type, event.data["FeedbackRating"]) == ("OrderUpdated", 4)
    assert api.put(f"{path_of(key, order)}/Feedback", json={"Rating": 5}).status_code == 200
    assert (get(api)["FeedbackRating"], get(api)["Feedback"]) == (5, None)


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "Rating"),
        ({"Text": "Good"}, "Rating"),
        ({"Rating": 0}, "Rating"),
        ({"Rating": 5.5}, "Rating"),
        ({"Rating": "good"}, "Rating"),
        ({"Rating": 5, "Text": "x" * 501}, "Text"),
        ({"Rating": 5, "Text": []}, "Text"),
    ],
)
def test_what_is_wrong_with_feedback_is_named(api, told, order, sent, field):
    refused = api.put("/api/Order/Number/N-1/Feedback", json=sent)
    assert refused.status_code == 400
    assert refused.json()["Detail"].startswith(f"{field}: ")
    assert told.news() == []


@pytest.mark.parametrize(("door", "sent"), [("Load", {"LoadStatus": "loaded"}), ("Feedback", {"Rating": 5})])
def test_only_a_live_order_of_ones_own_is_reported_on(api, other_api, order, door, sent):
    for key in KEYS:
        assert other_api.put(f"{path_of(key, order)}/{door}", json=sent).status_code == 404
    api.delete("/api/Order/Id/ext-1")
    for key in KEYS:
        assert api.put(f"{path_of(key, order)}/{door}", json=sent).status_code == 404
