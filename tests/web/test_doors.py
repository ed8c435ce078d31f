"""The two doors of the API: what answers at the root too and what does not, and that both answer alike."""

from dataclasses import replace
from urllib.parse import urljoin

import pytest
from fastapi.testclient import TestClient

from support.documents import a_route, an_order, post_route
from support.operations import OPERATIONS as SPEC
from waybell.app import build_web
from waybell.web.api import original_operations
from waybell.web.app import OPERATIONS
from waybell.web.ui.app import PAGES

_ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ROUTES = [route for noun in OPERATIONS for route in noun.api.routes]


def test_the_operations_at_the_root_are_those_of_the_original():
    assert set(SPEC) == original_operations.ORIGINAL
    assert set(original_operations.NOUNS) == {one.path.split("/")[1] for one in SPEC.values()}


def test_no_page_has_a_path_that_begins_as_those_operations_do():
    words = {route.path.lower().split("/")[1] for module in PAGES for route in module.router.routes}
    assert not words & {noun.lower() for noun in original_operations.NOUNS}


@_ONE_DATABASE
def test_an_operation_of_the_original_answers_at_both_doors_and_one_of_ours_under_api_alone(web):
    for number, route in enumerate(ROUTES):
        path = route.path.replace("{", "").replace("}", "")
        stranger = TestClient(web, client=(f"192.0.2.{number}", 40_000))  # from many addresses: see `wrong_keys`
        for method in route.methods:
            assert stranger.request(method, path).status_code == 401, path
            at_root = stranger.request(method, path.removeprefix("/api").swapcase())
            assert (at_root.status_code == 401) == (route.operation_id in SPEC), (method, path)
            assert at_root.status_code in {401, 404, 405}


@pytest.mark.parametrize("door", ["/api", ""])
def test_a_client_works_at_either_door(api, told, door):
    assert api.post(f"{door}/order", json=an_order("N/1")).status_code == 201
    assert api.post(f"{door}/Order/Bulk?updateAddressGps=true", json=[an_order("B")]).status_code == 201
    assert api.get(f"{door}/ORDER/number/N%2F1").json()["Number"] == "N/1"
    assert api.get(f"{door}/Order/Number/N%2F1", headers={"Accept": "text/xml"}).text.endswith("</Order>")
    assert api.get(f"{door}/Order/Number/B/Pdf").content.startswith(b"%PDF")
    assert api.put(f"{door}/Order/", json={"Number": "B", "Note": "x"}).status_code == 202
    assert api.get(f"{door}/Test").text == '"ok"' or api.get(f"{door}/Test").text == "ok"
    assert api.delete(f"{door}/Order/Number/B").status_code == 200
    assert api.get(f"{door}/Order/Number/B").status_code == 410
    # It is no page: neither cookies nor the site that a browser comes from play a part.
    foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example", "Cookie": "session=x"}
    assert api.post(f"{door}/Order", json=an_order("C"), headers=foreign).status_code == 201
    assert told.types().count("OrderCreated") == 3


@pytest.mark.parametrize("door", ["/api", ""])
def test_a_location_leads_to_what_was_made_from_either_door(api, door):
    driver = {"Name": "D", "Username": "d", "Password": "secret"}
    vehicle = {"Number": "1 A", "DriverUsername": "d", "Depot": "D"}
    made = [
        api.post(f"{door}/Order", json=an_order("ä/1")),
        api.post(f"{door}/Route", json=a_route()),
        api.post(f"{door}/Driver", json=driver),
        api.post(f"{door}/Vehicle", json=vehicle),
        api.post("/api/Client", json={"Id": "C/1", "Name": "C"}),
        api.post("/api/Webhook", json={"Url": "https://e.example/x", "EventTypes": ["OrderCreated"]}),
    ]
    for answer in made:
        assert answer.status_code == 201, answer.text
        found = api.get(urljoin(str(answer.url), answer.headers["Location"]))
        assert found.status_code == 200, (answer.url, answer.headers["Location"])


@pytest.mark.parametrize(
    ("method", "path", "status", "told"),
    [
        ("GET", "/Order", 405, "There is no GET /Order at the root"),
        ("GET", "/order/nothing", 404, "There is no GET /order/nothing at the root"),
        ("PUT", "/Route/Optimize/Code/R-1", 404, "There is no PUT /Route/Optimize/Code/R-1 at the root"),
        ("POST", "/RejectReason", 405, "This path takes GET and HEAD."),
        ("GET", "/api/Nothing", 404, "There is no GET /api/Nothing here"),
    ],
)
def test_what_is_not_there_is_told_by_the_api_and_not_by_a_page(api, method, path, status, told):
    answer = api.request(method, path)
    assert (answer.status_code, answer.json()["Status"]) == (status, status)
    assert told in answer.json()["Detail"]
    xml = api.request(method, path, headers={"Accept": "application/xml"})
    assert xml.text.count("<ApiResponse>") == 1


@pytest.mark.parametrize("path", ["/Webhook", "/Event", "/Key", "/Client", "/orders", "/Orderly", "/tests", "/drive"])
def test_all_else_at_the_root_is_for_the_pages(api, path):
    answer = api.get(path, follow_redirects=False)
    assert answer.status_code in {303, 404}
    assert "x-rate-limit-limit" not in answer.headers


@pytest.fixture
def guarded(app, client_of, account):
    """The same API where a proxy guards /api alone."""
    closed = replace(app, settings=app.settings.model_copy(update={"api_at_root": False}))
    return TestClient(build_web(closed), headers=client_of(account).headers)


@_ONE_DATABASE
def test_a_setting_closes_the_door_at_the_root(guarded):
    made = guarded.post("/api/Order", json=an_order())
    assert made.headers["Location"] == "/api/Order/Number/N-1"
    assert guarded.get(made.headers["Location"]).status_code == 200
    answer = guarded.get("/Order/Number/N-1", follow_redirects=False)
    assert (answer.status_code, "x-rate-limit-limit" in answer.headers) == (404, False)
    assert "root" not in str(guarded.app.openapi()["servers"])


@pytest.mark.parametrize(
    "path", ["/api/Test", "/Test", "/api/Order/Number/N-1", "/api/Nothing", "/Order/Number/N-1/Pdf"]
)
def test_an_answer_of_the_api_is_its_keys_own(api, path):
    api.post("/api/Order", json=an_order())
    post_route(api, a_route())
    answer = api.get(path)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "x-api-key" in answer.headers["Vary"].lower()
    assert "accept-encoding" in answer.headers["Vary"].lower()


def test_the_document_of_the_api_is_for_everybody(api):
    answer = api.get("/api/openapi.json")
    assert "Cache-Control" not in answer.headers
    assert "x-api-key" not in answer.headers["Vary"].lower()
