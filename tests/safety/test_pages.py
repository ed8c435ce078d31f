"""What a browser is told about every page: no scripts and styles but our own files; and no page needs more."""

import json
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from safety.conftest import URL
from support.walks import page_routes, path_of
from waybell.web.ui import render


class Inline(HTMLParser):
    """Collects what the policy would not let run: scripts and styles in the page, `on...` and `style` attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "style" or (tag == "script" and not (given.get("src") or "").startswith("/static/")):
            self.found.append(tag)
        self.found += [f"{tag} {name}" for name in given if name == "style" or name.startswith("on")]
        self.found += [f"{tag} {value}" for value in given.values() if (value or "").lower().startswith("javascript:")]


@pytest.fixture
def stranger(web) -> TestClient:
    return TestClient(web, base_url=URL, follow_redirects=False)


def test_every_page_has_the_policy_and_obeys_it(visitor, account, furnished, stranger):
    admin = visitor(account)
    pages = 0
    for method, path in page_routes():
        for client in (admin, stranger):
            if path == "/sign-out" and client is admin:
                continue
            answer = client.request(method, path_of(path, furnished.ids), **({"data": {}} if method == "POST" else {}))
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy, path
            assert "script-src 'self';" in policy, path
            assert "style-src 'self';" in policy, path
            assert "unsafe" not in policy, path
            assert answer.headers["x-content-type-options"] == "nosniff", path
            if answer.headers.get("content-type", "").startswith("text/html"):
                pages += 1
                assert Inline(answer.text).found == [], path
                assert answer.headers["cache-control"] == "no-store", path
    assert pages > 50


def test_the_walk_would_see_it():
    text = '<p style="x"><a href="javascript:x" onclick="y"></a><script>z</script><script src="//cdn"></script>'
    assert len(Inline(f"{text}<style></style>").found) == 6


@pytest.mark.parametrize("path", ["/nothing", "/static/nothing.js", "/orders/%00", "/picture/x", "/in/x"])
def test_errors_have_it_too(stranger, path):
    assert "unsafe" not in stranger.get(path).headers["content-security-policy"]


def quoted(notice) -> str:
    return quote(json.dumps(notice))


@pytest.mark.parametrize(
    "notice",
    [
        "x",
        "%ff",
        quoted(None),
        quoted("text"),
        quoted({"text": 1, "failed": False}),
        quoted({"text": "x"}),
        quoted({"text": "x", "failed": "no"}),
        quoted({"text": "x", "failed": False, "more": 1}),
        "[" * 30_000,
    ],
    ids=lambda notice: notice[:20],
)
@pytest.mark.parametrize("path", ["/sign-in", "/nothing", "/track", "/api/docs"])
def test_a_notice_that_is_not_ours_is_dropped(stranger, path, notice):
    plain = stranger.get(path)
    answer = stranger.get(path, headers={"Cookie": f"waybell-notice={notice}"})
    assert (answer.status_code, answer.text) == (plain.status_code, plain.text)
    assert 'waybell-notice=""; ' in answer.headers["set-cookie"]


@pytest.mark.parametrize("lost", ["with_query", "static"], ids=["of one page", "also of the page that tells of it"])
def test_a_fault_of_ours_has_it_too(web, visitor, account, furnished, monkeypatch, lost):
    monkeypatch.delitem(render.templates.globals, lost)
    client = visitor(account)
    client = TestClient(web, base_url=URL, cookies=client.cookies, raise_server_exceptions=False)
    answer = client.get("/orders")
    assert answer.status_code == 500
    assert "on our side" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
