"""The platform that clients of the Track-POD API expect: keys, rates, content types, times, errors and results."""

import asyncio
import gzip
import socket
import threading
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.request import Request, urlopen

import brotli
import pytest
import uvicorn
from fastapi.testclient import TestClient
from lxml import etree

from support.documents import a_route, an_order, get_order, get_route, post_route
from support.published import JSON, XML
from support.waiting import wait_for
from waybell.accounts import keys
from waybell.accounts.grants import Grant
from waybell.accounts.model import Actor
from waybell.ground.rates import Rates
from waybell.settings import Settings
from waybell.web.protocol import BoundedHttp

RATE_HEADERS = {"x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset"}
_ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


# Hosts


def test_paths_have_no_version_behind_the_base_url_that_clients_are_given(published):
    bases = [server["url"] for server in published.document["servers"]]
    assert bases == ["https://waybell.example"]
    nouns = {path.split("/")[2] for path in published.document["paths"]}
    assert {path.split("/")[1] for path in published.document["paths"]} == {"api"}
    assert {"Order", "Route", "Driver", "Vehicle", "VehicleCheck", "Address", "RejectReason", "Test"} <= nouns


# Auth


@_ONE_DATABASE
@pytest.mark.parametrize("headers", [{}, {"X-API-KEY": ""}], ids=["no header", "empty"])
def test_every_operation_without_a_key_is_401_the_test_too(web, published, headers):
    for number, (operation_id, (method, path, _)) in enumerate(published.operations.items()):
        # From many addresses: one without a good key is not listened to for long.
        stranger = TestClient(web, client=(f"192.0.2.{number % 250}", 40_000))
        answer = stranger.request(method, path, headers=headers)
        assert (answer.status_code, answer.json()["Status"]) == (401, 401), operation_id
        published.check(operation_id, answer)
    assert "Test" in published.operations


# Keys


def test_an_account_has_any_number_of_keys_and_each_can_be_disabled(app, web, account):
    actor = Actor(account, "tests")
    with app.database.transaction() as tx:
        made = [keys.create(tx, actor, f"key {number}") for number in range(30)]
        keys.enable(tx, actor, made[7][0].id, enabled=False)
    client = TestClient(web)
    answers = [client.get("/api/Test", headers={"X-API-KEY": text}).status_code for _, text in made]
    assert answers == [200] * 7 + [401] + [200] * 22


# Restricted keys


def test_a_restricted_key_is_for_chosen_shippers_depots_methods_and_kinds_of_object(api, key_with):
    for number, shipper, depot in (("A", "S1", "D1"), ("B", "S2", "D1"), ("C", "S1", "D2")):
        api.post("/api/Order", json=an_order(number, ShipperId=shipper, DepotId=depot))

    def seen_by(restricted):
        return [restricted.get(f"/api/Order/Number/{number}").status_code for number in "ABC"]

    assert seen_by(key_with(Grant(shippers=("S1",)))) == [200, 404, 200]
    assert seen_by(key_with(Grant(depots=("D1",)))) == [200, 200, 404]
    assert seen_by(key_with(Grant(shippers=("S1",), depots=("D1",)))) == [200, 404, 404]
    assert seen_by(key_with(Grant(methods=("POST",)))) == [403, 403, 403]
    assert seen_by(key_with(Grant(kinds=("Routes", "Directories")))) == [403, 403, 403]


# Rate limit


@pytest.mark.parametrize(
    ("path", "calls"),
    [("/api/Test", 20), ("/api/Order/Number/N-1/Pdf", 2), ("/api/Order/Number/N-1/Shipping-label", 10)],
)
def test_a_key_may_call_20_times_a_second_2_for_pdfs_and_10_for_labels_then_it_is_429(
    api, key_with, clock, path, calls
):
    api.post("/api/Order", json=an_order())
    client = key_with(Grant(rates=Settings().default_rates))
    assert [client.get(path).status_code for _ in range(calls + 1)] == [200] * calls + [429]
    clock.move_to(clock.now() + timedelta(seconds=1))
    assert client.get(path).status_code == 200


@_ONE_DATABASE
def test_a_key_may_call_400_times_a_minute_then_it_is_429(key_with, clock):
    api = key_with(Grant(rates=Rates(per_second=1000, per_minute=Settings().calls_per_minute)))
    assert [api.get("/api/Test").status_code for _ in range(401)] == [200] * 400 + [429]
    clock.move_to(clock.now() + timedelta(minutes=1))
    assert api.get("/api/Test").headers["x-rate-limit-remaining"] == "399"


# Rate headers


def test_every_answer_to_a_key_has_the_three_rate_headers_also_of_mistakes_and_of_429(key_with):
    api = key_with(Grant(rates=Rates(per_minute=5)))
    left = []
    for method, path, status in (
        ("GET", "/api/Test", 200),
        ("GET", "/api/Order/Number/none", 404),
        ("POST", "/api/Order", 400),
        ("GET", "/api/Key", 403),
        ("get", "/api/ORDER/TrackId/%00", 404),
        ("GET", "/api/Test", 429),
    ):
        answer = api.request(method, path)
        assert answer.status_code == status
        assert set(answer.headers) >= RATE_HEADERS, path
        assert answer.headers["x-rate-limit-limit"] == "1m"
        assert answer.headers["x-rate-limit-reset"] == "2026-11-23T12:01:00.0000000Z"
        left.append(int(answer.headers["x-rate-limit-remaining"]))
    assert left == [4, 3, 2, 1, 0, 0]


def test_the_reset_is_utc_to_the_second_for_clients_that_cut_it_at_the_first_dot(api, clock):
    answer = api.get("/api/Test")
    cut, _, fraction = answer.headers["X-Rate-Limit-Reset"].partition(".")
    reset = datetime.strptime(cut, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    assert clock.now() < reset <= clock.now() + timedelta(minutes=1)
    assert (len(fraction), fraction[-1]) == (8, "Z")  # seven decimals


@_ONE_DATABASE
def test_the_server_sends_the_date_with_its_answers_to_be_compared_with_the_reset(web, api):
    config = uvicorn.Config(web, http=BoundedHttp, ws="none", lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
        thread.start()
        wait_for(lambda: server.started)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/api/Test"
        with urlopen(Request(url, headers={"X-API-KEY": api.headers["X-API-KEY"]})) as answer:
            sent = parsedate_to_datetime(answer.headers["Date"])
        server.should_exit = True
        thread.join()
    assert abs(datetime.now(UTC) - sent) < timedelta(minutes=1)


# Content types


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x"]
)
@pytest.mark.parametrize(("method", "path"), [("POST", "/api/Order"), ("GET", "/api/Test")])
def test_a_content_type_that_is_neither_json_nor_xml_is_415_for_get_test_too(api, method, path, content_type):
    answer = api.request(method, path, content=b"{}", headers={"Content-Type": content_type})
    assert (answer.status_code, answer.json()["Status"]) == (415, 415)


@pytest.mark.parametrize("accept", ["application/json", "text/json", "application/xml", "text/xml"])
def test_the_answer_is_of_the_type_that_accept_names(api, accept):
    answer = api.get("/api/Driver", headers={"Accept": accept})
    assert answer.headers["Content-Type"].partition(";")[0] == accept
    read = etree.fromstring(answer.content).tag if accept.endswith("xml") else answer.json()
    assert read == ("ArrayOfDriver" if accept.endswith("xml") else [])


@pytest.mark.parametrize("accept", [None, "*/*", "text/plain"])
def test_without_accept_with_any_type_and_with_plain_text_documents_are_json(api, accept):
    del api.headers["Accept"]
    answer = api.get("/api/Driver", headers={"Accept": accept} if accept else {})
    assert (answer.headers["Content-Type"], answer.json()) == ("application/json", [])


# Compression


@pytest.mark.parametrize(
    ("encoding", "unpack"), [("gzip", gzip.decompress), ("deflate", zlib.decompress), ("br", brotli.decompress)]
)
def test_answers_are_packed_with_gzip_deflate_and_br(api, encoding, unpack):
    for number in range(3):
        api.post("/api/Order", json=an_order(f"N-{number}"))
    path = "/api/Order/Date/2026-11-23"
    with api.stream("GET", path, headers={"Accept-Encoding": encoding}) as answer:
        packed = b"".join(answer.iter_raw())
    assert answer.headers["Content-Encoding"] == encoding
    assert unpack(packed) == api.get(path).content


# Casing


@pytest.mark.parametrize("path", ["/order/Number/N-1", "/Order/id/ext-1", "/ORDER/NUMBER/N-1", "/order/number/N-1"])
def test_routing_is_case_insensitive(api, posted, path):
    assert api.get(f"/api{path}").json() == posted


def test_the_names_of_query_parameters_match_in_any_letter_case(api):
    post_route(api, {"Code": "R", "Orders": [an_order()]})
    assert api.delete("/api/Route/Code/R?DELETEORDERS=false").status_code == 200
    assert get_order(api)["RouteNumber"] is None


@pytest.mark.parametrize("kind", [JSON, XML])
def test_members_are_named_in_pascal_case_in_json_and_in_xml(api, posted, kind):
    answer = api.get("/api/Order/Number/N-1", headers={"Accept": kind})
    names = list(answer.json()) if kind == JSON else [str(child.tag) for child in etree.fromstring(answer.content)]
    assert {"Number", "Client", "COD", "TrackId", "CreateDateUtc"} <= set(names)
    assert all(name[0].isupper() and "_" not in name for name in names)


# Stack


def test_member_names_match_in_any_letter_case_at_every_depth(api):
    sent = {"number": "N-1", "CLIENT": "C", "address": "A", "goodslist": [{"GOODSNAME": "Cups", "quantity": 2}]}
    assert api.post("/api/Order", json=sent).status_code == 201
    assert get_order(api)["GoodsList"][0]["Quantity"] == 2


def test_unknown_members_are_ignored_texts_are_numbers_and_numbers_texts(api):
    sent = an_order(5, Weight="10.5", Phone=3725550, Unheard={"of": [1]}, GoodsList=[{"Quantity": "3", "Size": "L"}])
    assert api.post("/api/Order", json=sent).status_code == 201
    order = get_order(api, "5")
    assert (order["Weight"], order["Phone"], order["GoodsList"][0]["Quantity"]) == (10.5, "3725550", 3)
    assert "Unheard" not in order


def test_an_object_where_a_text_is_due_is_an_error(api):
    answer = api.post("/api/Order", json=an_order(Note={"text": "Ring twice"}))
    assert (answer.status_code, answer.json()["Detail"][:6]) == (400, "Note: ")


# Dates out


def test_dates_go_out_in_iso_without_a_zone_those_called_utc_and_deleted_date_in_utc_others_local(api, posted):
    assert posted["Date"] == "2026-11-23T00:00:00"
    assert posted["CreateDateUtc"] == "2026-11-23T12:00:00"
    assert posted["ChangeDate"] == "2026-11-23T14:00:00"  # Tallinn
    api.delete("/api/Order/Number/N-1")
    assert api.get("/api/Order/Number/N-1").json()["Order"]["DeletedDate"] == "2026-11-23T12:00:00"


# Dates in


@pytest.mark.parametrize(
    "sent", ["2026-11-24", "2026-11-24T08:30:00", "2026-11-24T08:30:00.000Z", "2026-11-24T08:30:00+02:00"]
)
def test_dates_come_in_as_days_as_times_of_a_day_and_as_javascript_writes_them(api, sent):
    assert api.post("/api/Order", json=an_order(Date=sent)).status_code == 201
    assert get_order(api)["Date"] == "2026-11-24T00:00:00"


@pytest.mark.parametrize("sent", ["09:00", "09:00:00", "2026-11-23T09:00:00", "2026-11-23T07:00:00.000Z"])
def test_time_slots_and_planned_starts_come_in_as_times_alone_too(api, sent):
    post_route(api, a_route("A", StartTimePlan=sent))
    api.post("/api/Order", json=an_order(TimeSlotFrom=sent, TimeSlotTo=sent))
    assert get_route(api)["StartTimePlan"] == "2026-11-23T09:00:00"
    assert {get_order(api)[slot] for slot in ("TimeSlotFrom", "TimeSlotTo")} == {"2026-11-23T09:00:00"}


@pytest.mark.parametrize("date", ["2026-11-23", "2026-11-23T08%3A30%3A00", "2026-11-23T08:30:00"])
def test_dates_in_paths_may_have_a_time_with_encoded_colons(api, posted, date):
    assert api.get(f"/api/Order/Date/{date}").json() == [posted]


# Errors and results


def test_all_but_a_200_get_is_status_title_and_detail_and_410_tells_of_the_removed_order_too(api):
    for answer in (
        api.post("/api/Order", json=an_order()),
        api.put("/api/Order", json={"Number": "N-1", "Note": "x"}),
        api.put("/api/Order", json={"Number": "N-1", "Weight": "x"}),
        api.get("/api/Order/Number/none"),
        api.get("/api/Nothing"),
        api.delete("/api/Order/Number/N-1"),
    ):
        assert list(answer.json()) == ["Status", "Title", "Detail"]
        assert answer.json()["Status"] == answer.status_code
    gone = api.get("/api/Order/Number/N-1")
    assert (gone.status_code, list(gone.json())) == (410, ["Order", "Status", "Title", "Detail"])
    assert gone.json()["Order"]["Number"] == "N-1"


# After POST /Order


def test_a_new_order_is_201_without_its_data_and_with_a_relative_location_by_its_number(api):
    made = api.post("/api/Order", json=an_order(Id="ext-1"))
    assert made.status_code == 201
    assert made.text.startswith('{"Status":201,')
    assert set(made.json()) == {"Status", "Title", "Detail"}
    assert made.headers["Location"] == "/Order/Number/N-1"
    assert api.get("/api" + made.headers["Location"]).json()["Id"] == "ext-1"


# Numbers not unique


def test_a_delivery_and_a_collection_may_have_the_same_number_and_id_and_both_are_listed(api, told):
    for order_type in (0, 1):
        assert api.post("/api/Order", json=an_order(Id="x", Type=order_type)).status_code == 201
    assert [order["Type"] for order in api.get("/api/Order/Number/N-1/List").json()] == [1, 0]
    assert told.types() == ["OrderCreated", "OrderCreated"]
