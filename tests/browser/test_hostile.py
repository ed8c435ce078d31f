"""In a real browser: what others wrote is shown on the pages, and never becomes a part of them."""

import urllib.request
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from support.browser import look_at
from support.endpoints import rows_of, tools_of
from support.receiver import Answer
from waybell.accounts import keys
from waybell.inbox import actions as inbox
from waybell.simulating.client import Client
from waybell.webhooks.endpoints import actions as webhooks

WEBHOOKS = "/settings/web-api/webhooks"
# Out of a text, an attribute of either quote, and a block of code; by scripts, handlers, and what our own script obeys.
EVIL = (
    "\"'></code></pre></script><script>window.ran = 1</script><img src=x onerror='window.ran = 1'>"
    "<b class=evil hx-get=/inbox hx-trigger=load hx-target=body data-opens=rotate>{{ 7 * 7 }}</b>"
)
NUMBER = "<b class=evil>1</b>"  # it stands in lists, where EVIL would be long


@pytest.fixture
def api(server, me):
    with Client(f"http://127.0.0.1:{server.settings['PORT']}", me.key) as client:
        yield client


@pytest.fixture
def watched(me):
    """An admin's page; whatever runs or opens is a fault."""
    page = me.open("admin", None)
    opened = []
    page.on("dialog", lambda dialog: opened.append(dialog.message))
    page.on("dialog", lambda dialog: dialog.dismiss())
    page.on("popup", lambda popup: opened.append(popup.url))
    yield page
    assert not opened


def expect_shown(page, *texts):
    """The page has these as text, and nothing of them as elements or by running. `somebody` sees errors of scripts."""
    shown = page.evaluate("document.body.textContent")
    assert [text for text in texts if text not in shown] == [], page.url
    expect(page.locator(".evil")).to_have_count(0)
    assert page.evaluate("window.ran") is None, page.url
    assert "49" not in page.title()


def test_what_orders_events_endpoints_and_receivers_say_is_text_on_every_page(
    me, server, receiver, add_endpoint, api, watched
):
    receiver.answer = Answer(500, (("X-Evil", EVIL),), EVIL.encode())
    path = add_endpoint(receiver.url, description=EVIL)
    endpoint_id = path.rpartition("/")[2]
    with server.app.database.transaction() as tx:
        box = inbox.open_inbox(tx, me.actor)
        url = server.app.settings.inbox_url + box.token
        webhooks.add(tx, tools_of(server.app), me.actor, {"url": url, "description": EVIL})
        keys.create(tx, me.actor, EVIL[:100])
    page = watched
    page.goto(path)

    # A list that is open takes in what comes.
    goods = [{"OrderLineId": "1", "GoodsName": EVIL}]
    order = {"Number": NUMBER, "Client": EVIL, "Address": EVIL, "Note": EVIL, "GoodsList": goods}
    api.call("POST", "/api/Order", order)
    expect(page.get_by_text(NUMBER).first).to_be_visible()
    expect_shown(page, NUMBER, EVIL)
    api.call("POST", "/api/EventType", {"Name": "invoice.paid", "Meaning": EVIL})
    api.call(
        "POST", "/api/Event", {"Event": "invoice.paid", "Subject": EVIL, "Data": {"Text": EVIL, EVIL: "<b class=evil>"}}
    )
    expect(page.get_by_text("invoice.paid").first).to_be_visible()
    expect_shown(page, NUMBER, EVIL)

    page.goto(f"{path}/test")
    page.get_by_role("button", name="Send OrderCreated").click()
    expect(page.get_by_role("heading", name="What came of it")).to_be_visible()
    expect_shown(page, EVIL, f"X-Evil: {EVIL}")

    strange = urllib.request.Request(url, EVIL.encode(), {"X-Evil": EVIL})
    urllib.request.urlopen(strange, timeout=60).close()
    messages = {row.event_type: row for row in rows_of(server.app.database, endpoint_id) if row.subject[:5] != "test:"}
    found = api.call("GET", f"/api/Order/Number/{quote(NUMBER, safe='')}")
    pages = {
        "/board": [NUMBER],
        "/orders": [NUMBER, EVIL],
        f"/orders?q={quote(EVIL)}": [],
        f"/orders/{found['TrackId']}": [NUMBER, EVIL],
        "/events": [NUMBER, EVIL],
        f"/events?object={quote(EVIL)}": [EVIL],
        f"/events/{messages['OrderCreated'].event_id}": [NUMBER, EVIL],
        f"/events/{messages['invoice.paid'].event_id}": [EVIL],
        WEBHOOKS: [EVIL],
        f"{WEBHOOKS}/{endpoint_id}": [NUMBER, EVIL],
        f"{WEBHOOKS}/{endpoint_id}?object={quote(EVIL)}": [EVIL],
        f"{WEBHOOKS}/{endpoint_id}?state=waiting": [EVIL],
        f"{WEBHOOKS}/{endpoint_id}/retry?object={quote(EVIL)}": [EVIL],
        f"{WEBHOOKS}/{endpoint_id}/settings": [EVIL],
        f"{WEBHOOKS}/{endpoint_id}/verify": [EVIL],
        f"{WEBHOOKS}/{endpoint_id}/messages/{messages['OrderCreated'].id}": [NUMBER, f"X-Evil: {EVIL}"],
        f"{WEBHOOKS}/{endpoint_id}/messages/{messages['invoice.paid'].id}": [EVIL, f"X-Evil: {EVIL}"],
        f"{WEBHOOKS}/new": [],
        "/inbox": [NUMBER, EVIL],
        "/welcome": [EVIL],
        "/settings/web-api": [EVIL[:100]],
        "/settings/audit": [],
        f"/nothing/{quote(EVIL)}": [],
        f"/sign-in?to={quote(EVIL)}": [],
    }
    arrived = next(link for link in look_at(page, ["/inbox"])[0].links if link.startswith("/inbox/req_"))
    pages[arrived] = [EVIL]
    for to, texts in pages.items():
        page.goto(server.url + to)
        if to == "/board":  # which fetches its rows itself
            expect(page.locator(".row-order").first).to_be_visible()
        expect_shown(page, *texts)
