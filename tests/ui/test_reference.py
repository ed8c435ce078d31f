"""The API reference for people: every operation, without a sign-in, without anything from elsewhere."""

import re

import pytest
from fastapi.testclient import TestClient


@pytest.fixture
def anybody(web):
    return TestClient(web)


@pytest.fixture
def document(web):
    return web.openapi()


def test_the_overview_leads_to_every_operation_and_event(anybody, document):
    text = anybody.get("/api/docs").text
    operations = [one for methods in document["paths"].values() for one in methods.values()]
    operations += [methods["post"] for methods in document["webhooks"].values()]
    for operation in operations:
        assert f'href="/api/docs/{operation["tags"][0]}#{operation["operationId"]}"' in text


def test_the_page_of_a_noun_shows_its_operations_whole(anybody, document):
    for tag in document["tags"]:
        answer = anybody.get(f"/api/docs/{tag['name']}")
        assert answer.status_code == 200, tag["name"]
        assert "<section" in answer.text
    text = anybody.get("/api/docs/Order").text
    for shown in ('id="AddOrderBulk"', "list of NewOrder", "updateAddressGps", "GoodsName", "&lt;NewOrder&gt;", "410"):
        assert shown in text


def test_nothing_on_it_comes_from_elsewhere(anybody):
    for path in ("/api/docs", "/api/docs/Webhook"):
        answer = anybody.get(path)
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        links = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
        assert links
        assert all(link.startswith(("/", "#")) for link in links)
        assert "style=" not in answer.text


@pytest.mark.parametrize("path", ["/api/docs/Nothing", "/api/docs/Order/x", "/api/docs/%00"])
def test_what_is_no_page_of_it_is_not_found(anybody, path):
    assert anybody.get(path).status_code == 404


def test_the_web_api_page_leads_to_it(ui):
    assert 'href="/api/docs"' in ui.get("/settings/web-api").text
