"""Signing in and out, and what stands around every page."""

import asyncio
import dataclasses
import html
import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient

from support.asking import ask_as_server
from support.pages import COOKIE
from support.stories import run
from support.waiting import wait_for
from waybell.accounts import actions as accounts
from waybell.accounts import sessions
from waybell.accounts.passwords import hashed
from waybell.app import build_web
from waybell.web.ui import live

EMAIL, PASSWORD = "dana@example.com", "correct horse battery"


@pytest.fixture
def user_id(app, account) -> str:
    with app.database.transaction() as tx:
        return accounts.create_user(tx, account, email=EMAIL, name="Dana", role="admin", password=hashed(PASSWORD))


def enter(client: TestClient, email: str = EMAIL, password: str = PASSWORD, to: str = "/"):
    return client.post("/sign-in", data={"Email": email, "Password": password, "to": to})


def link_token(app, user_id: str) -> str:
    with app.database.transaction() as tx:
        return sessions.make_link(tx, user_id)


def follow(client: TestClient, token: str):
    return client.post(f"/sign-in/link?token={token}")


def test_the_right_password_signs_in(stranger, user_id):
    answer = enter(stranger, " Dana@Example.com ")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    for guard in (COOKIE, "HttpOnly", "Secure", "SameSite=lax", "Path=/"):
        assert guard in cookie
    assert "Domain" not in cookie
    assert stranger.get("/welcome").status_code == 200
    assert stranger.get("/sign-in?to=/inbox").headers["location"] == "/inbox"  # who is in need not sign in again


def test_a_wrong_password_is_refused_and_the_email_kept(stranger, user_id):
    for email in (EMAIL, "nobody@example.com"):
        answer = enter(stranger, email, "wrong", "/inbox")
        assert answer.status_code == 401
        assert "The e-mail address or the password is wrong." in answer.text
        assert f'value="{email}"' in answer.text
        assert 'name="to" value="/inbox"' in answer.text
        assert "wrong</" not in answer.text.replace("is wrong.", "")
        assert "set-cookie" not in answer.headers


def test_what_was_typed_is_shown_and_not_run(stranger):
    page = enter(stranger, '"><script>alert(1)</script>', "x").text
    assert "<script>alert" not in page


def test_odd_characters_in_the_form_are_just_wrong(stranger, user_id):
    for email, password in (
        ("\0", "\0"),
        ("a" * 10_000, "b" * 10_000),
        (EMAIL, "\udcff".encode("utf-8", "replace").decode()),
    ):
        assert enter(stranger, email, password).status_code == 401


def test_too_many_wrong_passwords_have_to_wait(stranger, user_id):
    # The window slides by the clock on the wall: it may let one more pass than it is to.
    tried = [enter(stranger, password="wrong").status_code for _ in range(12)]
    assert (tried[:10], tried[-1]) == ([401] * 10, 429)
    refused = enter(stranger)
    assert refused.status_code == 429
    assert "five minutes" in refused.text
    assert enter(stranger, "somebody.else@example.com", "wrong").status_code == 401  # others may go on trying


def test_wrong_passwords_that_come_at_once_are_counted_too(stranger, user_id):
    with ThreadPoolExecutor(20) as pool:
        tried = list(pool.map(lambda n: enter(stranger, password=f"wrong {n}").status_code, range(20)))
    assert tried.count(401) <= 10
    assert set(tried) == {401, 429}


def test_the_right_password_is_not_counted(stranger, user_id):
    assert [enter(stranger).status_code for _ in range(15)] == [303] * 15


def test_one_place_cannot_lock_a_user_out_everywhere(web, user_id, monkeypatch):
    """In an hour it has fewer tries than everywhere together."""
    begin = time.time()

    def enter_from(address: str, password: str = "wrong") -> int:
        client = TestClient(web, base_url="https://waybell.example", client=(address, 5000), follow_redirects=False)
        return enter(client, password=password).status_code

    tried = []
    for minute in range(0, 55, 5):
        monkeypatch.setattr(time, "time", lambda minute=minute: begin + minute * 60)
        tried += [enter_from("192.0.2.1") for _ in range(12)]
    assert 30 <= tried.count(401) <= 60  # the window slides by estimate
    assert enter_from("192.0.2.2", PASSWORD) == 303


def test_a_network_of_ipv6_counts_as_one_place_and_one_user_is_guarded_from_all(web, user_id):
    def enter_from(address: str, password: str = "wrong") -> int:
        client = TestClient(web, base_url="https://waybell.example", client=(address, 5000), follow_redirects=False)
        return enter(client, password=password).status_code

    tried = [enter_from(f"2001:db8::{n}") for n in range(12)]
    assert (tried[:10], tried[-1]) == ([401] * 10, 429)
    assert enter_from("2001:db8:0:1::1", PASSWORD) == 303
    tried = [enter_from(f"192.0.2.{n}") for n in range(95)]
    assert (tried[:85], tried[-1]) == ([401] * 85, 429)


@pytest.mark.parametrize(
    "to",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n//evil.example",
        "evil",
        "",
    ],
)
def test_the_way_back_never_leads_elsewhere(stranger, user_id, to):
    assert enter(stranger, to=to).headers["location"] == "/"
    assert stranger.get("/sign-in", params={"to": to}).headers["location"] == "/"


def test_the_way_back_is_the_page_that_was_asked_for(stranger, user_id):
    asked = stranger.get("/inbox?after=req_1")
    assert asked.status_code == 303
    form = stranger.get(asked.headers["location"]).text
    assert 'name="to" value="/inbox?after=req_1"' in form
    assert enter(stranger, to="/inbox?after=req_1").headers["location"] == "/inbox?after=req_1"


def test_a_link_signs_in_once(stranger, app, user_id):
    token = link_token(app, user_id)
    answer = follow(stranger, token)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert stranger.get("/welcome").status_code == 200
    stranger.cookies.clear()
    for again in (follow(stranger, token), stranger.get(f"/sign-in/link?token={token}")):
        assert again.status_code == 401
        assert "waybell user link" in again.text
    assert stranger.get("/welcome").status_code == 303


def test_opening_a_link_does_not_use_it_up(stranger, app, user_id):
    """Mail scanners and previews open each link before its reader does."""
    token = link_token(app, user_id)
    for _ in range(3):
        page = stranger.get(f"/sign-in/link?token={token}")
        assert page.status_code == 200
        assert "set-cookie" not in page.headers
    assert EMAIL in page.text
    assert '<form method="post">' in page.text  # which goes to the same URL
    assert follow(stranger, token).headers["location"] == "/"


def test_a_link_is_too_old_after_an_hour(stranger, app, user_id, clock):
    token = link_token(app, user_id)
    clock.move_to(clock.now() + timedelta(hours=1))
    assert stranger.get(f"/sign-in/link?token={token}").status_code == 401
    assert follow(stranger, token).status_code == 401


@pytest.mark.parametrize("query", ["", "?token=", "?token=x", "?token=%00", "?token=%ff"])
def test_what_is_no_link_is_refused(stranger, query):
    assert stranger.get(f"/sign-in/link{query}").status_code == 401
    assert stranger.post(f"/sign-in/link{query}").status_code == 401


def test_signing_out_ends_the_session_and_not_only_the_cookie(ui, stranger):
    token = ui.cookies[COOKIE]
    answer = ui.post("/sign-out")
    assert answer.headers["location"] == "/sign-in"
    stranger.cookies.set(COOKIE, token)
    assert stranger.get("/inbox").status_code == 303


def test_an_open_stream_ends_soon_after_the_session(app, web, ui, monkeypatch):
    monkeypatch.setattr(live, "_ASK_EVERY_SECONDS", 0.05)
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/live/events",
        "raw_path": b"/live/events",
        "root_path": "",
        "query_string": b"",
        "scheme": "https",
        "server": ("waybell.example", 443),
        "client": ("192.0.2.1", 5000),
        "headers": [(b"cookie", f"{COOKIE}={ui.cookies[COOKIE]}".encode())],
    }
    sent = []

    async def send(message) -> None:
        sent.append(message)

    async def never() -> None:
        await asyncio.Event().wait()

    async def story() -> None:
        stream = asyncio.ensure_future(web(scope, never, send))
        deadline = asyncio.get_running_loop().time() + 60
        while not any(b"changed" in message.get("body", b"") for message in sent):
            await asyncio.wait([stream], timeout=0.01)
            assert not stream.done()
            assert asyncio.get_running_loop().time() < deadline
        await asyncio.wait([stream], timeout=0.5)  # several times as long as between two questions
        assert not stream.done()
        await asyncio.to_thread(ui.post, "/sign-out")
        await asyncio.wait_for(stream, 60)

    run(story)
    wait_for(lambda: not app.database.engine.pool.checkedout())  # a last look may still be at work in its thread
    assert sent[0]["status"] == 200


def test_the_head_of_a_stream_ends_by_itself(app, ui, web):
    """It has no body that could go on, while nobody hangs up."""
    cookies = "; ".join(f"{name}={value}" for name, value in ui.cookies.items())
    told = ask_as_server(web, "HEAD", "/live/events", [("host", "waybell.example"), ("cookie", cookies)])
    wait_for(lambda: not app.database.engine.pool.checkedout())  # a last look may still be at work in its thread
    status, headers, body, bodies = told
    assert (status, headers["content-type"].partition(";")[0], body, len(bodies)) == (200, "text/event-stream", b"", 1)


def test_an_expired_session_leads_to_the_sign_in_and_back(ui, clock):
    assert ui.get("/inbox").status_code == 200
    clock.move_to(clock.now() + timedelta(days=8))
    assert ui.get("/inbox").headers["location"] == "/sign-in?to=%2Finbox"
    live = ui.get("/inbox", headers={"HX-Request": "true"})  # an open page fetches a part of itself
    assert (live.status_code, live.headers["hx-redirect"]) == (401, "/sign-in")
    assert ui.post("/inbox/clear").headers["location"] == "/sign-in"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://waybell.example:81"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://waybell.example"},
    ],
)
@pytest.mark.parametrize("path", ["/inbox/start", "/sign-in", "/sign-out"])
def test_a_form_of_another_site_is_refused(ui, headers, path):
    answer = ui.post(path, headers=headers)
    assert answer.status_code == 403
    assert ui.get("/inbox").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://waybell.example"}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {}],
)
def test_our_own_forms_are_taken(ui, headers):
    assert ui.post("/inbox/start", headers=headers).status_code == 303


@pytest.mark.parametrize("path", ["/inbox", "/welcome", "/sign-in", "/settings/audit", "/nothing/here", "/"])
def test_every_page_is_sent_with_the_headers_that_guard_it(ui, stranger, path):
    for client in (ui, stranger):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/inbox", "/welcome", "/sign-in", "/settings/audit"])
def test_no_page_needs_what_the_policy_forbids(ui, stranger, path):
    for page in (ui.get(path).text, stranger.get(path).text):
        assert " style=" not in page
        assert "<script>" not in page
        assert " onclick=" not in page


@pytest.mark.parametrize(
    ("url", "headers", "told"),
    [
        ("http://127.0.0.1:8080", {}, ""),
        ("http://localhost:8080", {}, ""),
        ("http://shop.example", {}, "http://shop.example"),
        ("http://shop.example:81", {"X-Forwarded-Proto": "https"}, "https://shop.example:81"),
    ],
)
def test_a_server_that_does_not_know_its_url_says_so_at_the_sign_in(app, url, headers, told):
    """A proxy of another name makes all links useless, and nothing else tells the operator why."""
    own = dataclasses.replace(app, settings=app.settings.model_copy(update={"public_url": None}))
    page = TestClient(build_web(own), base_url=url).get("/sign-in", headers=headers).text
    assert ("WAYBELL_PUBLIC_URL" in page) == bool(told)
    assert told in page


def test_a_form_that_comes_by_a_name_that_is_not_known_says_what_to_set(stranger):
    """A proxy that changes Host makes the forms of its own pages look foreign where browsers send Origin alone."""
    answer = stranger.post("/sign-in", headers={"Origin": "http://shop.example"})
    assert answer.status_code == 403
    assert "http://shop.example" in answer.text
    assert "WAYBELL_PUBLIC_URL" in answer.text


def test_a_session_that_ended_over_a_form_comes_back_to_it_with_what_was_typed(ui, stranger, app, user_id):
    """From the page of the form over the sign-in, once with a wrong password, back to the form."""
    where = "/settings/web-api/webhooks/new"
    sent = {"Url": "https://example.com/hook", "Description": 'the "warehouse" <b>', "form": "a-token"}
    asked = stranger.post(where, data=sent, headers={"Referer": f"https://waybell.example{where}"})
    assert asked.status_code == 401
    assert "What you typed is kept" in asked.text
    for password, status in (("wrong", 401), (PASSWORD, 303)):
        typed = html.unescape(re.search(r'name="typed" value="([^"]*)"', asked.text)[1])
        asked = stranger.post("/sign-in", data={"Email": EMAIL, "Password": password, "to": where, "typed": typed})
        assert asked.status_code == status
    assert "example.com" not in asked.headers["location"]
    page = stranger.get(asked.headers["location"])
    assert page.status_code == 200
    assert 'value="https://example.com/hook"' in page.text
    assert "warehouse" in page.text
    assert "<b>" not in page.text
    assert "a-token" not in page.text


@pytest.mark.parametrize(
    ("path", "sent", "referer", "to"),
    [
        ("/settings/account/password", {"OldPassword": "a", "Password": "b"}, "/settings/account", "/settings/account"),
        ("/sign-out", {}, "/orders?q=1&draft=x", "/orders?q=1"),
        ("/sign-out", {}, "", "/"),
    ],
)
def test_a_form_without_anything_to_keep_leads_to_its_page_over_the_sign_in(stranger, path, sent, referer, to):
    headers = {"Referer": f"https://waybell.example{referer}"} if referer else {}
    answer = stranger.post(path, data=sent, headers=headers)
    assert answer.status_code == 303
    assert parse_qs(urlsplit(answer.headers["location"]).query).get("to", ["/"]) == [to]


def test_the_page_of_another_site_is_no_way_back(stranger):
    headers = {"Referer": "https://evil.example/x", "Origin": "https://waybell.example"}
    assert stranger.post("/sign-out", headers=headers).headers["location"] == "/sign-in"


@pytest.mark.parametrize("typed", ["x", "[]", '["/x"]', '["/x", 7]', '["//evil", [["a"]]]', "[" * 5000, '{"a": 1}'])
def test_rubbish_beside_a_sign_in_does_no_harm(stranger, user_id, typed):
    sent = {"Email": EMAIL, "Password": PASSWORD, "to": "/orders", "typed": typed}
    answer = stranger.post("/sign-in", data=sent)
    assert (answer.status_code, answer.headers["location"]) == (303, "/orders")
