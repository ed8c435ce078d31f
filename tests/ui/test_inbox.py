"""The built-in inbox: it takes what anybody posts, checks it, and shows it to its account."""

import base64
import html
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook

from waybell.accounts.model import Actor
from waybell.inbox import actions as inbox
from waybell.webhooks.endpoints import actions, secrets, store
from waybell.webhooks.model import Secret
from waybell.webhooks.signing import new_secret, signature_header

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def opened(ui, app, account) -> inbox.Inbox:
    """An inbox, and an endpoint that sends there, as the button makes them."""
    assert ui.post("/inbox/start").headers["location"] == "/inbox"
    with app.database.reading() as tx:
        found = inbox.find(tx, account)
    assert found
    return found


def endpoint_ids(app, opened) -> list[str]:
    with app.database.reading() as tx:
        return [row.id for row in inbox.senders(tx, opened, app.settings.inbox_url + opened.token)]


def secret_of(app, tools, opened) -> str:
    [endpoint_id] = endpoint_ids(app, opened)
    with app.database.reading() as tx:
        return secrets.secrets_in_force(tx, tools, endpoint_id)[0].value


def body(number: str = "17", **data: object) -> bytes:
    document = {"Metadata": {"Event": "OrderCreated", "Id": "evt_1"}, "Data": {"Number": number, **data}}
    return json.dumps(document).encode()


def signed(secret: str, content: bytes, at: datetime | None = None) -> dict[str, str]:
    # The library that verifies looks at the clock on the wall.
    at = at or datetime.now(UTC)
    return {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("evt_1", at, content.decode()),
    }


def post(client, opened, content: bytes, headers: Mapping[str, str | bytes] | None = None):
    return client.post(f"/in/{opened.token}", content=content, headers=headers or {})


def kept(app, opened) -> list:
    with app.database.reading() as tx:
        return inbox.requests(tx, opened, 1000)


def test_before_it_is_opened_the_page_offers_to(ui, ui_as):
    assert "Open the inbox" in ui.get("/inbox").text
    page = ui_as("viewer").get("/inbox").text
    assert "Open the inbox" not in page
    assert "An admin of" in page


def test_opening_it_makes_an_endpoint_for_all_events_once(ui, app, opened, account):
    assert ui.post("/inbox/start").status_code == 303
    [endpoint_id] = endpoint_ids(app, opened)
    with app.database.reading() as tx:
        row = store.find(tx, account.id, endpoint_id)
    assert (row.url, row.description, row.event_types) == (
        f"https://waybell.example/in/{opened.token}",
        "Built-in inbox",
        [],
    )
    page = ui.get("/inbox").text
    assert row.url in page
    assert f"/settings/web-api/webhooks/{endpoint_id}" in page


@pytest.mark.parametrize("role", ["viewer", "dispatcher"])
def test_only_an_admin_opens_it(ui_as, role):
    assert ui_as(role).post("/inbox/start").status_code == 403


def test_when_its_endpoint_is_gone_the_page_offers_to_add_one(ui, app, tools, opened, actor):
    [endpoint_id] = endpoint_ids(app, opened)
    with app.database.transaction() as tx:
        actions.remove(tx, tools, actor, endpoint_id)
    assert "Add an endpoint that sends here" in ui.get("/inbox").text
    ui.post("/inbox/start")
    assert endpoint_ids(app, opened) not in ([], [endpoint_id])


def test_what_arrives_is_shown_newest_first_with_its_verdict(ui, stranger, app, tools, opened):
    secret = secret_of(app, tools, opened)
    for number in ("1", "2"):
        assert post(stranger, opened, body(number), signed(secret, body(number))).status_code == 204
    page = ui.get("/inbox").text
    assert "Verified with the endpoint&#39;s secret (v1)." in page
    numbers = re.findall(r'min-w-0">(\d)</span>', page)
    assert numbers == ["2", "1"]
    assert "OrderCreated" in page
    assert "webhook-signature: v1," in page
    assert "/events/evt_1" in page


def test_a_v1a_signature_is_verified_too(stranger, app, tools, opened, actor, clock):
    [endpoint_id] = endpoint_ids(app, opened)
    with app.database.transaction() as tx:
        actions.change(tx, tools, actor, endpoint_id, {"schemes": ("v1a",)})
        assert secrets.secrets_in_force(tx, tools, endpoint_id)[0].public_key
        private = secrets.secrets_in_force(tx, tools, endpoint_id)[0].value
    at = clock.now()
    headers = {"webhook-id": "evt_1", "webhook-timestamp": str(int(at.timestamp()))}
    headers["webhook-signature"] = signature_header([Secret("v1a", private)], "evt_1", at, body())
    post(stranger, opened, body(), headers)
    assert kept(app, opened)[0].verdict == "Verified with the endpoint's secret (v1a)."


def test_both_secrets_of_a_rotation_are_in_force(stranger, app, tools, opened, actor):
    old = secret_of(app, tools, opened)
    with app.database.transaction() as tx:
        secrets.rotate(tx, tools, actor, endpoint_ids(app, opened)[0])
    new = secret_of(app, tools, opened)
    assert new != old
    for secret in (old, new):
        post(stranger, opened, body(), signed(secret, body()))
    assert [row.verified for row in kept(app, opened)] == [True, True]


def test_what_is_not_verified_says_why(stranger, app, tools, opened, actor):
    secret = secret_of(app, tools, opened)
    post(stranger, opened, body())
    post(stranger, opened, body(), signed(new_secret("v1"), body()))
    post(stranger, opened, body("changed"), signed(secret, body()))
    post(stranger, opened, body(), signed(secret, body(), datetime.now(UTC) - timedelta(minutes=6)))
    with app.database.transaction() as tx:
        actions.remove(tx, tools, actor, endpoint_ids(app, opened)[0])
    post(stranger, opened, body(), signed(secret, body()))
    rows = kept(app, opened)
    assert not any(row.verified for row in rows)
    assert [row.verdict for row in reversed(rows)] == [
        "It carries no signature.",
        "The signature does not match the endpoint's secrets.",
        "The signature does not match the endpoint's secrets.",
        "The timestamp is more than five minutes from now.",
        "No endpoint of this account sends here.",
    ]


RUBBISH_HEADERS = (
    {"webhook-signature": "v1"},
    {"webhook-id": "x", "webhook-timestamp": "9" * 40, "webhook-signature": "v1,x v1a,x"},
    {"webhook-id": "x", "webhook-timestamp": "nan", "webhook-signature": "v1,\xff v1a,\xff"},
    {"webhook-id": "x", "webhook-timestamp": "NOW", "webhook-signature": "v1,\xff"},
    {"webhook-id": "x", "webhook-timestamp": "NOW", "webhook-signature": "v1a,\xff"},
    {"webhook-id": "x", "webhook-timestamp": "NOW", "webhook-signature": "v1,a,b"},
)
RUBBISH_BODIES = (b"", b"\xff\x00\xfe", b"[" * 100_000, b"null", b'{"Data": 1, "Metadata": []}')


@pytest.mark.parametrize("scheme", ["v1", "v1a"])
def test_rubbish_is_kept_and_shown_and_never_verified(ui, stranger, app, tools, opened, actor, clock, scheme):
    with app.database.transaction() as tx:
        actions.change(tx, tools, actor, endpoint_ids(app, opened)[0], {"schemes": (scheme,)})
    now = str(int((clock.now() if scheme == "v1a" else datetime.now(UTC)).timestamp()))
    for headers in RUBBISH_HEADERS:
        sent = {name: value.replace("NOW", now).encode("latin-1") for name, value in headers.items()}
        for content in RUBBISH_BODIES:
            assert post(stranger, opened, content, sent).status_code == 204
    rows = kept(app, opened)
    assert len(rows) == len(RUBBISH_HEADERS) * len(RUBBISH_BODIES)
    assert not any(row.verified for row in rows)
    assert ui.get("/inbox").status_code == 200
    assert {ui.get(f"/inbox/{row.id}").status_code for row in rows} == {200}


def test_scripts_are_shown_and_not_run(ui, stranger, opened):
    post(stranger, opened, body(SCRIPT, Note=SCRIPT), {"x-script": SCRIPT})
    post(stranger, opened, SCRIPT.encode())
    page = ui.get("/inbox").text
    assert SCRIPT not in page
    assert html.escape(SCRIPT) in page


def test_what_it_answers_is_chosen_and_not_just_anything(ui, stranger, app, opened):
    for status in inbox.ANSWERS:
        assert ui.post("/inbox/answer", data={"Answer": str(status)}).status_code == 303
        answer = post(stranger, opened, body())
        assert (answer.status_code, answer.content) == (status, b"")
    assert [row.answered for row in reversed(kept(app, opened))] == list(inbox.ANSWERS)
    for wrong in ("200", "410", "", "x", "\N{SUPERSCRIPT TWO}04", "9" * 5000):
        assert ui.post("/inbox/answer", data={"Answer": wrong}).status_code == 400
    assert post(stranger, opened, body()).status_code == inbox.ANSWERS[-1]


def test_a_viewer_sees_but_changes_nothing(ui_as, stranger, app, opened):
    post(stranger, opened, body())
    viewer = ui_as("viewer")
    page = viewer.get("/inbox").text
    assert "OrderCreated" in page
    assert 'action="/inbox/' not in page
    for path in ("/inbox/answer", "/inbox/clear"):
        assert viewer.post(path, data={"Answer": "500"}).status_code == 403
    assert len(kept(app, opened)) == 1


def test_it_keeps_the_newest_and_forgets_the_others(ui, stranger, app, opened, monkeypatch):
    monkeypatch.setattr(inbox, "KEPT_REQUESTS", 30)
    for number in range(33):
        post(stranger, opened, body(str(number)))
    rows = kept(app, opened)
    assert [json.loads(row.body)["Data"]["Number"] for row in rows] == [str(n) for n in range(32, 2, -1)]

    first = ui.get("/inbox").text
    older = re.search(r'href="(/inbox\?after=[^"]+)"', first)
    assert older
    second = ui.get(older[1]).text
    assert len(re.findall("<details", first)) + len(re.findall("<details", second)) == 30


def test_of_a_long_body_the_beginning_is_kept_and_its_event_is_known(ui, stranger, app, opened):
    content = body("17", Note="x" * 100_000)
    post(stranger, opened, content)
    [row] = kept(app, opened)
    assert (len(row.body), row.body_bytes) == (64 * 1024, len(content))
    page = ui.get("/inbox").text
    assert "OrderCreated" in page
    assert "97.7 KB" in page
    assert len(page) < 50_000
    assert len(ui.get(f"/inbox/{row.id}").text) > 64 * 1024


def test_an_event_type_with_a_dot_is_called_by_its_name(ui, stranger, opened):
    post(stranger, opened, b'{"Metadata": {"Event": "invoice.paid"}, "Data": {}}')
    page = ui.get("/inbox").text
    assert "invoice.paid</" in page
    assert "a request</" not in page


def test_a_body_over_the_limit_is_refused(stranger, app, opened):
    assert post(stranger, opened, b"x" * (app.settings.max_body_bytes + 1)).status_code == 413
    assert kept(app, opened) == []


def test_clearing_it_empties_it(ui, stranger, app, opened):
    post(stranger, opened, body())
    assert ui.post("/inbox/clear").headers["location"] == "/inbox"
    assert kept(app, opened) == []
    assert "Nothing has arrived yet" in ui.get("/inbox").text


@pytest.mark.parametrize("token", ["x", "x" * 43, "%00", "..", "%2e%2e%2fapi"])
def test_an_unknown_url_is_not_there(stranger, opened, token):
    assert stranger.post(f"/in/{token}", content=b"{}").status_code in (404, 405)


def test_its_url_is_open_to_browsers_of_other_sites_too(stranger, opened):
    assert post(stranger, opened, b"{}", {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}).is_success


def test_another_account_sees_nothing_of_it(other_ui, stranger, app, opened):
    post(stranger, opened, body())
    [row] = kept(app, opened)
    page = other_ui.get("/inbox").text
    assert opened.token not in page
    assert "OrderCreated" not in page
    assert other_ui.get(f"/inbox/{row.id}").status_code == 404
    other_ui.post("/inbox/clear")
    assert len(kept(app, opened)) == 1


@pytest.mark.parametrize("query", ["after=%00", "after=req_%00x", "after=zzz", "after=" + "x" * 200])
def test_an_odd_place_in_the_list_is_no_fault_of_ours(ui, opened, query):
    assert ui.get(f"/inbox?{query}").status_code in (200, 404)
    assert ui.get("/inbox/req_%00").status_code == 404


def test_who_is_not_signed_in_is_led_to_the_sign_in(stranger):
    assert stranger.get("/inbox").headers["location"] == "/sign-in?to=%2Finbox"


def test_the_start_leads_to_the_inbox_once_only(app, account, actor):
    """Two who open it at the same moment get the same one."""
    with app.database.transaction() as tx:
        first = inbox.open_inbox(tx, actor)
    with app.database.transaction() as tx:
        assert inbox.open_inbox(tx, Actor(account, "somebody else")) == first
    assert len(base64.urlsafe_b64decode(first.token + "=")) == 32
