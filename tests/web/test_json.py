"""The habits of real clients, and where leniency ends: the facts, section 0, and the choices of section 5."""

import pytest

ORDER = {"Number": "N-1", "Client": "C", "Address": "A"}


def order(api, number="N-1"):
    answer = api.get(f"/api/Order/Number/{number}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def raw(api, body, path="/api/Order"):
    return api.post(path, content=body, headers={"Content-Type": "application/json"})


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
        ({"Unknown": {"x": []}}, "Note", None),
        ({"Note": " by the door \t"}, "Note", "by the door"),
        ({"Weight": "", "Date": "", "Phone": " ", "TimeSlotFrom": " "}, "Phone", None),
        ({"Note": "line\r\n\tline"}, "Note", "line\r\n\tline"),
        ({"PickupOrder": None, "GoodsList": None}, "GoodsList", None),
    ],
)
def test_numbers_texts_and_flags_stand_for_each_other_and_blanks_for_nothing(api, sent, member, read):
    answer = api.post("/api/Order", json=ORDER | sent)
    assert answer.status_code == 201, answer.text
    found = order(api)[member]
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
def test_what_cannot_be_read_is_400_with_the_field_named(api, member, value):
    answer = api.post("/api/Order", json=ORDER | {member: value})
    assert (answer.status_code, answer.json()["Title"]) == (400, "Bad Request")
    assert answer.json()["Detail"].startswith(member)
    assert api.get("/api/Order/Number/N-1").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        b'{"Weight": NaN}',
        b'{"Weight": Infinity}',
        b'{"Weight": 1e999}',
        b'{"Note": "\\ud800"}',
        b'{"Note": "\x01"}',
        b'{"GoodsList": ' + b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"Number": "\xff"}',
        b"[]",
        b"7",
    ],
)
def test_what_is_no_json_object_is_400(api, body):
    answer = raw(api, body)
    assert answer.status_code == 400
    assert set(answer.json()) == {"Status", "Title", "Detail"}


def test_a_number_of_a_thousand_digits_is_400_with_the_field_named(api):
    answer = raw(api, b'{"Number": "N-1", "Client": "C", "Address": "A", "Type": ' + b"9" * 1000 + b"}")
    assert (answer.status_code, answer.json()["Detail"][:4]) == (400, "Type")


@pytest.mark.parametrize("number", ["N/1", "a b", "100%", "%2F", "ä/ö", "a+b", "a?b#c"])
def test_a_key_may_hold_whatever_its_path_can_encode(api, number):
    made = api.post("/api/Order", json=ORDER | {"Number": number})
    assert api.get("/api" + made.headers["Location"]).json()["Number"] == number


def test_blanks_around_keys_do_not_count(api):
    api.post("/api/Order", json=ORDER | {"Number": " N-1 "})
    assert order(api, "%20N-1%20")["Number"] == "N-1"


@pytest.mark.parametrize("accept", ["text/html", "application/pdf", "nonsense", "application/json;q=0"])
def test_an_accept_that_we_cannot_meet_is_met_with_json(api, accept):
    answer = api.get("/api/Driver", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")


@pytest.mark.parametrize(
    "body",
    [b"[]", b"{}", b'{"Orders": []}', b"7", b"null", b"", b'"x"', b"[" + b",".join([b"{}"] * 501) + b"]"],
)
def test_a_bulk_that_is_no_array_of_1_to_500_is_400(api, body):
    answer = raw(api, body, "/api/Order/Bulk")
    assert (answer.status_code, answer.json()["Status"]) == (400, 400)


def test_a_bulk_in_an_envelope_stores_nothing(api):
    assert raw(
        api, b'{"Orders": [{"Number": "N-1", "Client": "C", "Address": "A"}]}', "/api/Order/Bulk"
    ).is_client_error
    assert api.get("/api/Order/Number/N-1").status_code == 404


def test_a_bulk_of_500_is_made_and_one_more_is_refused_whole(api):
    many = [ORDER | {"Number": f"N-{number}"} for number in range(1, 502)]
    assert api.post("/api/Order/Bulk", json=many).status_code == 400
    assert api.get("/api/Order/Number/N-1").status_code == 404
    assert api.post("/api/Order/Bulk", json=many[:500]).status_code == 201
    assert order(api, "N-500")["Number"] == "N-500"


def test_several_faults_are_a_line_each(api):
    detail = api.post("/api/Order", json=ORDER | {"Weight": "x", "Type": 7}).json()["Detail"]
    assert sorted(line.partition(":")[0] for line in detail.splitlines()) == ["Type", "Weight"]
