"""What Waybell chose where the Track-POD API leaves it open, 25 to 36: refusals, and how bodies are read."""

import pytest
from lxml import etree

from support.documents import an_order, get_order
from support.pictures import a_picture
from waybell.accounts.grants import Grant
from waybell.ground.rates import Rates
from waybell.settings import Settings

# 25


def test_a_429_is_an_api_response_with_retry_after_and_the_rate_headers(key_with):
    """Choice 25. The headers are on all other answers too: see `test_platform`."""
    api = key_with(Grant(rates=Rates(per_second=3)))
    assert [api.get("/api/Test").status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = api.get("/api/Order/Number/1")
    assert refused.json() == {
        "Status": 429,
        "Title": "Too Many Requests",
        "Detail": "This key may make 3 requests a second. Try again in 1 s.",
    }
    assert refused.headers["retry-after"] == "1"
    assert {"x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset"} <= set(refused.headers)


# 26


def test_the_limit_is_the_word_1m_and_what_remains_is_counted_from_the_400_of_the_minute(key_with):
    """Choice 26."""
    api = key_with(Grant(rates=Settings().default_rates))
    for left in ("399", "398"):
        headers = api.get("/api/Test").headers
        assert (headers["X-Rate-Limit-Limit"], headers["X-Rate-Limit-Remaining"]) == ("1m", left)


# 27


@pytest.mark.parametrize(
    ("accept", "body", "content_type"),
    [
        (None, "ok", "text/plain; charset=utf-8"),
        ("*/*", "ok", "text/plain; charset=utf-8"),
        ("text/plain", "ok", "text/plain; charset=utf-8"),
        ("application/json", '"ok"', "application/json"),
        ("text/json", '"ok"', "text/json"),
        (
            "application/xml",
            "<?xml version='1.0' encoding='utf-8'?>\n<string>ok</string>",
            "application/xml; charset=utf-8",
        ),
    ],
)
def test_the_test_answers_text_unless_json_or_xml_is_asked_for(api, accept, body, content_type):
    """Choice 27."""
    del api.headers["Accept"]
    answer = api.get("/api/Test", headers={"Accept": accept} if accept else {})
    assert (answer.text, answer.headers["Content-Type"]) == (body, content_type)


# 28


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "text/json", "application/json-patch+json", "APPLICATION/JSON;charset=utf-8", None],
)
def test_all_types_of_json_are_read_and_a_body_without_a_type_too(api, content_type):
    """Choice 28."""
    body = b'\xef\xbb\xbf{"Number": "1", "Client": "C", "Address": "A"}'
    headers = {"Content-Type": content_type} if content_type else {}
    assert api.post("/api/Order", content=body, headers=headers).status_code == 201


@pytest.mark.parametrize(
    "content_type", ["application/xml", "text/xml", "Application/XML; charset=utf-8", "application/vnd.x+xml"]
)
def test_all_types_of_xml_are_read(api, content_type):
    """Choice 28."""
    body = b"<o><Number>1</Number><Client>C</Client><Address>A</Address></o>"
    assert api.post("/api/Order", content=body, headers={"Content-Type": content_type}).status_code == 201


@pytest.mark.parametrize(("content_type", "status"), [("text/json", 200), ("text/xml", 200), ("text/csv", 415)])
def test_an_empty_body_may_have_any_of_these_types_and_another_is_415(api, routed, content_type, status):
    """Choice 28."""
    headers = {"Content-Type": content_type}
    assert api.get("/api/Order/Number/N-1", headers=headers).status_code == status
    assert api.put("/api/Order/Number/N-1/Complete", headers=headers).status_code == status


# 29


@pytest.mark.parametrize("accept", ["text/html", "application/pdf", "nonsense", "application/json;q=0"])
def test_an_accept_that_cannot_be_met_is_met_with_json(api, accept):
    """Choice 29."""
    answer = api.get("/api/Driver", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")


# 30


@pytest.mark.parametrize(
    ("sent", "member", "read"),
    [
        ({"Weight": "10.5"}, "Weight", 10.5),
        ({"Type": "1"}, "Type", 1),
        ({"Type": 1.0}, "Type", 1),
        ({"Phone": 3725550}, "Phone", "3725550"),
        ({"Note": 1.5}, "Note", "1.5"),
        ({"Note": True}, "Note", "true"),
        ({"NotificationsPolicy": {"EnRouteNotificationEnabled": "true"}}, "NotificationsPolicy", True),
        ({"NotificationsPolicy": {"EnRouteNotificationEnabled": "False"}}, "NotificationsPolicy", False),
        ({"NotificationsPolicy": {"EnRouteNotificationEnabled": 1}}, "NotificationsPolicy", True),
        ({"Note": " by the door \t"}, "Note", "by the door"),
        ({"Weight": "", "Date": "", "Phone": " ", "TimeSlotFrom": " "}, "Phone", None),
        ({"Note": "line\r\n\tline"}, "Note", "line\r\n\tline"),
        ({"PickupOrder": None, "GoodsList": None}, "GoodsList", None),
    ],
)
def test_numbers_texts_and_flags_stand_for_each_other_and_blanks_for_nothing(api, sent, member, read):
    """Choice 30."""
    answer = api.post("/api/Order", json=an_order(**sent))
    assert answer.status_code == 201, answer.text
    found = get_order(api)[member]
    assert (found["EnRouteNotificationEnabled"] if isinstance(found, dict) else found) == read


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("Number", {}),
        ("Number", ["N-1"]),
        ("Weight", []),
        ("Weight", "heavy"),
        ("Weight", "NaN"),
        ("Weight", "-Infinity"),
        ("Weight", "1e999"),
        ("Type", 2),
        ("Type", 1.5),
        ("Type", 10**40),
        ("GoodsList", {"GoodsName": "Cups"}),
        ("GoodsList", "Cups"),
        ("PickupOrder", [1]),
        ("Number", "x" * 51),
        ("Note", "x" * 501),
        ("Note", "a\0b"),
        ("Note", "a\x1bb"),
        ("Client", "\ufffe"),
        ("TimeSlotFrom", 5),
        ("TimeSlotFrom", {}),
        ("Date", "tomorrow"),
        ("Priority", "urgent"),
        ("CustomFields", [{"Id": "17"}]),
    ],
)
def test_objects_for_texts_over_long_texts_and_what_else_cannot_be_read_is_400_with_the_field_in_the_detail(
    api, member, value
):
    """Choice 30."""
    answer = api.post("/api/Order", json=an_order(**{member: value}))
    assert (answer.status_code, answer.json()["Title"]) == (400, "Bad Request")
    assert answer.json()["Detail"].startswith(member)
    assert api.get("/api/Order/Number/N-1").status_code == 404


# 31

UNKNOWN = {"Unheard": {"x": []}, "GoodsList": [{"GoodsName": "Cups", "Colour": "blue"}]}
UNKNOWN_IN_XML = b"""<NewOrder><Client>C</Client><Address>A</Address><Unheard><x/></Unheard>
    <GoodsList><Goods><GoodsName>Cups</GoodsName></Goods></GoodsList></NewOrder>"""


@pytest.fixture
def strict(api):
    """The same API where members that it does not know are refused."""
    state = api.app.state
    state.settings = state.settings.model_copy(update={"unknown_members": "refuse"})
    return api


def test_unknown_members_are_ignored(api):
    """Choice 31."""
    assert api.post("/api/Order", json=an_order(**UNKNOWN)).status_code == 201
    assert get_order(api)["GoodsList"][0]["GoodsName"] == "Cups"
    assert api.post("/api/Order", content=UNKNOWN_IN_XML, headers={"Content-Type": "text/xml"}).status_code == 201


def test_a_setting_refuses_unknown_members_for_strict_tests_of_a_client(strict):
    """Choice 31."""
    answer = strict.post("/api/Order", json=an_order(Unheard=1, Unseen=2))
    lines = [line.partition(":")[0] for line in answer.json()["Detail"].splitlines()]
    assert (answer.status_code, lines) == (400, ["Unheard", "Unseen"])
    inner = {name: value for name, value in UNKNOWN.items() if name == "GoodsList"}
    answer = strict.post("/api/Order", json=an_order(**inner))
    assert (answer.status_code, answer.json()["Detail"].partition(":")[0]) == (400, "GoodsList[0].Colour")
    answer = strict.post("/api/Order", content=UNKNOWN_IN_XML, headers={"Content-Type": "text/xml"})
    assert (answer.status_code, answer.json()["Detail"].partition(":")[0]) == (400, "Unheard")
    answer = strict.post("/api/Order/Bulk", json=[an_order("N-1", Unheard=1), an_order("N-2")])
    assert [(one["Error"] or "").partition(":")[0] for one in answer.json()] == ["Unheard", ""]
    assert strict.post("/api/Order", json={"NUMBER": "N-3", "client": "C", "address": "A"}).status_code == 201


def test_what_is_stored_is_read_whatever_requests_are_refused_for(strict):
    """Choice 31."""
    goods = {"GoodsId": "G-1", "GoodsName": "Cups", "GoodsUnit": "pcs"}
    field = {"Id": "cf_1", "Label": "Floor", "Kind": "number"}
    for noun, entry in (("Goods", goods), ("CustomField", field)):
        assert strict.post(f"/api/{noun}", json=entry).status_code == 201
        assert strict.get(f"/api/{noun}").json()[0].items() >= entry.items()
    lines = {"GoodsList": [{"GoodsId": "G-1"}], "CustomFields": [{"Id": "cf_1", "Value": "3"}]}
    assert strict.post("/api/Order", json=an_order(**lines)).status_code == 201
    order = get_order(strict)
    assert (order["GoodsList"][0]["GoodsUnit"], order["CustomFields"][0]["Label"]) == ("pcs", "Floor")


# 32


def test_the_detail_of_a_400_has_a_line_for_each_field_and_its_title_is_bad_request(api):
    """Choice 32."""
    answer = api.post("/api/Order", json=an_order(Weight="x", Type=7)).json()
    assert (answer["Status"], answer["Title"]) == (400, "Bad Request")
    assert sorted(line.partition(":")[0] for line in answer["Detail"].splitlines()) == ["Type", "Weight"]


# 33


@pytest.mark.parametrize("number", ["N/1", "a b", "100%", "%2F", "ä/ö", "a+b", "a?b#c"])
def test_a_key_may_hold_whatever_its_path_can_encode_slashes_too(api, number):
    """Choice 33."""
    made = api.post("/api/Order", json=an_order(number))
    assert api.get("/api" + made.headers["Location"]).json()["Number"] == number


# 34


def test_blanks_around_keys_and_logins_are_neither_stored_nor_looked_for(api):
    """Choice 34."""
    api.post("/api/Order", json=an_order(" N-1 ", Id=" x "))
    api.post("/api/Driver", json={"Name": "Driver One", "Username": " driver1 ", "Password": "secret"})
    for path in ("Order/Number/N-1", "Order/Number/%20N-1%20", "Order/Id/x%20"):
        order = api.get(f"/api/{path}").json()
        assert (order["Number"], order["Id"]) == ("N-1", "x")
    assert api.get("/api/Driver/Username/%20driver1").json()["Username"] == "driver1"
    assert api.put("/api/Order", json={"Number": "N-1  ", "Note": "x"}).status_code == 202


# 35


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("09:30", "2026-11-24T09:30:00"),
        ("09:30:15", "2026-11-24T09:30:15"),
        ("2026-11-25T09:30:00", "2026-11-25T09:30:00"),
        ("2026-11-25T09:30:00.000Z", "2026-11-25T11:30:00"),
        ("2026-11-25T23:30:00-05:00", "2026-11-26T06:30:00"),
    ],
)
def test_a_slot_of_time_alone_is_on_the_date_of_the_order_and_a_zone_is_converted_to_the_accounts(api, sent, kept):
    """Choice 35."""
    leg = {"Client": "Mill", "TimeSlotFrom": sent}
    api.post("/api/Order", json=an_order(Date="2026-11-24", TimeSlotFrom=sent, TimeSlotTo=sent, PickupOrder=leg))
    order = get_order(api)
    assert {order["TimeSlotFrom"], order["TimeSlotTo"], order["PickupOrder"]["TimeSlotFrom"]} == {kept}


# 36


def test_lists_of_photos_in_xml_are_wrapped_with_string_items(api, posted):
    """Choice 36."""
    for kind, colour in (("Photo", "red"), ("Photo", "blue"), ("Signature", "red")):
        picture = a_picture(colour=colour)
        sent = api.post(f"/api/Order/Number/N-1/{kind}", content=picture, headers={"Content-Type": "image/jpeg"})
        assert sent.status_code == 201
    order = etree.fromstring(api.get("/api/Order/Number/N-1", headers={"Accept": "application/xml"}).content)
    assert [child.tag for child in order.find("Photos")] == ["string", "string"]
    assert [child.tag for child in order.find("SignaturePhotos")] == ["string"]


# 53


@pytest.mark.parametrize("path", ["/Order/Number/N-1", "/order/Number/N-1", "/api/Order/Number/N-1"])
def test_the_paths_of_the_original_are_there_as_it_has_them_and_under_api(api, posted, path):
    """Choice 53."""
    assert api.get(path).json() == posted


# 54


@pytest.mark.parametrize("never", ["0001-01-01T00:00:00", "0001-01-01T00:00:00.0000000Z"])
def test_line_breaks_in_json_are_taken_as_they_are_and_the_first_moment_as_absent(api, never):
    """Choice 54."""
    body = '{"Number": "N-1", "Client": "C", "Address": "A", "Note": "one\r\n\ttwo", "Date": "' + never + '"}'
    assert api.post("/api/Order", content=body, headers={"Content-Type": "application/json"}).status_code == 201
    order = get_order(api)
    assert (order["Note"], order["Date"]) == ("one\r\n\ttwo", "2026-11-23T00:00:00")
