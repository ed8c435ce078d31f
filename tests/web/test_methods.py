"""HEAD wherever there is GET, a full Allow with each 405, and one Host: for the API and for the pages."""

import re

import pytest

from support.asking import ask_as_server
from support.walks import STREAMS
from waybell.web.app import OPERATIONS
from waybell.web.ui.app import PAGES

_ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MONITORING = ("/healthz", "/readyz", "/metrics", "/api/openapi.json", "/static/none.css")


@pytest.fixture
def ask(web, api):
    """Ask with a good key, unless other headers are given."""

    def ask(method, path, headers=(("host", "x"), ("x-api-key", api.headers["X-API-KEY"])), version="1.1"):
        return ask_as_server(web, method, path, headers, version)

    return ask


@_ONE_DATABASE
def test_head_is_answered_as_get_is_without_the_body(ask, app, api):
    api.post("/api/Order", json={"Number": "number", "Client": "C", "Address": "A"})
    paths = [re.sub(r"[{}]", "", path) for path in all_gets() if path not in STREAMS]
    for path in (*paths, *MONITORING, "/Test", "/Order/Number/number", "/Order/Number/number/Pdf"):
        status, headers, body, _ = ask("GET", path)
        assert body or status == 303, path
        head_status, head_headers, head_body, bodies = ask("HEAD", path)
        assert (head_status, head_body, len(bodies)) == (status, b"", 1), path
        varying = {"x-rate-limit-remaining", "content-length" if path == "/metrics" or path.endswith("Pdf") else ""}
        for name in headers.keys() - varying - {"x-rate-limit-reset"}:
            assert head_headers[name] == headers[name], (path, name)


def all_gets():
    routes = [route for module in OPERATIONS for route in module.api.routes]
    routes += [route for module in PAGES for route in module.router.routes]
    return sorted({route.path for route in routes if "GET" in route.methods})


@_ONE_DATABASE
@pytest.mark.parametrize("method", ["TRACE", "OPTIONS", "PATCH", "PROPFIND", "HEAD"])
def test_a_405_names_all_methods_of_the_path_and_says_what_to_do(ask, method):
    for path, wanted in (
        ("/api/Order", "POST, PUT"),
        ("/Order", "POST, PUT"),
        ("/api/Order/Number/N-1", "DELETE, GET, HEAD"),
        ("/api/Route/Code/R-1", "DELETE, GET, HEAD, PUT"),
        ("/api/Webhook", "GET, HEAD, POST"),
        ("/api/Driver", "GET, HEAD, POST, PUT"),
        ("/RejectReason", "GET, HEAD"),
        ("/api/RejectReason", "GET, HEAD, POST"),
        ("/healthz", "GET, HEAD"),
        ("/sign-in", "GET, HEAD, POST"),
        ("/sign-out", "POST"),
        ("/static/none.css", "GET, HEAD"),
    ):
        if method == "HEAD" and "GET" in wanted:
            continue
        status, headers, body, _ = ask(method, path)
        assert (status, headers["allow"]) == (405, wanted), path
        words = wanted.replace(", ", " and ") if wanted.count(",") == 1 else wanted.rpartition(", ")[2]
        assert method == "HEAD" or words in body.decode(), (path, body)


def test_what_the_state_of_an_object_forbids_says_which_methods_there_are_too(api):
    driver = {"Name": "D", "Username": "d", "Password": "secret"}
    assert api.post("/api/Driver", json=driver).status_code == 201
    answer = api.post("/api/Driver", json=driver)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, POST, PUT")


@_ONE_DATABASE
@pytest.mark.parametrize("path", ["/api/Test", "/Test", "/healthz", "/sign-in"])
@pytest.mark.parametrize(
    ("hosts", "version", "good"),
    [
        (["a.example"], "1.1", True),
        (["a.example:8080"], "1.1", True),
        (["[::1]:8080"], "1.1", True),
        (["my_host"], "1.1", True),
        ([], "1.0", True),
        ([""], "1.1", True),
        ([], "1.1", False),
        (["a.example", "b.example"], "1.1", False),
        (["a.example", "a.example"], "1.1", False),
        (["a.example", "a.example"], "1.0", False),
        (["a.example, b.example"], "1.1", False),
        (["a/b"], "1.1", False),
        (["a:b"], "1.1", False),
    ],
)
def test_two_hosts_none_in_http_1_1_and_what_is_none_are_400(ask, api, path, hosts, version, good):
    headers = [("x-api-key", api.headers["X-API-KEY"]), *[("host", host) for host in hosts]]
    status, _, body, _ = ask("GET", path, headers, version)
    assert (status == 200) == good
    assert good or (status, b"Host header" in body) == (400, True)
