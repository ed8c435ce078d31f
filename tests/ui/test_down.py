"""While an endpoint is down, every page says so to everybody of the account; and the alert URL in the settings."""

import re
from datetime import timedelta

import pytest

from support.endpoints import an_endpoint, tools_of
from support.pages import text_of
from waybell.accounts import audit
from waybell.accounts.model import Actor
from waybell.webhooks.endpoints import actions, parking, store

WEBHOOKS = "/settings/web-api/webhooks"
PAGES = ("/orders", "/routes", "/events", WEBHOOKS, "/settings/web-api", "/inbox", "/settings/account", "/welcome")


@pytest.fixture
def endpoint_id(app, account):
    return an_endpoint(app, account, description="The warehouse")


@pytest.fixture
def parked(db, endpoint_id):
    with db.transaction() as tx:
        parking.park(tx, {endpoint_id: "http_status 503"}, tx.now + timedelta(minutes=1))
    return endpoint_id


def banner(page):
    """What stands in the banner of a page."""
    section = re.search(r'<section id="down".*?</section>', page.text, re.DOTALL)[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", section)).strip()


@pytest.mark.parametrize("role", ["admin", "dispatcher", "viewer"])
def test_every_page_says_to_everybody_that_an_endpoint_is_down(ui_as, parked, role):
    client = ui_as(role)
    for path in PAGES:
        page = client.get(path)
        assert "The warehouse is down since" in banner(page), path
        assert "it answers 503" in banner(page)
        assert f'href="{WEBHOOKS}/{parked}"' in page.text
        assert 'hx-sse:connect="/live/' in page.text  # so that it goes away by itself
    assert client.get(f"{WEBHOOKS}/{parked}").status_code == 200


def test_its_own_page_says_it_once(ui, parked):
    page = ui.get(f"{WEBHOOKS}/{parked}")
    assert banner(page) == ""
    assert "Parked since" in text_of(page)
    assert f'hx-get="/down?but={parked}"' in page.text
    assert banner(ui.get(f"/down?but={parked}")) == ""


def test_the_banner_goes_when_the_endpoint_is_back(ui, db, parked):
    assert "is down since" in banner(ui.get("/down"))
    with db.transaction() as tx:
        parking.resume(tx, parked)
    assert banner(ui.get("/down")) == ""
    for path in PAGES:
        assert banner(ui.get(path)) == "", path
    assert "hx-sse:connect" not in ui.get("/settings/account").text  # no stream for nothing


@pytest.mark.parametrize(("reason", "said"), [("gone", "answered 410 Gone"), ("parked too long", "down for too long")])
def test_one_that_we_disabled_is_told_of_until_somebody_decides(ui, db, endpoint_id, reason, said):
    with db.transaction() as tx:
        parking.disable(tx, endpoint_id, reason)
    assert said in banner(ui.get("/orders"))
    own = ui.get(f"{WEBHOOKS}/{endpoint_id}")
    assert "Leave it disabled" in own.text
    ui.post(f"{WEBHOOKS}/{endpoint_id}/disable")
    assert banner(ui.get("/orders")) == ""
    assert "Leave it disabled" not in ui.get(f"{WEBHOOKS}/{endpoint_id}").text
    assert "Disabled by hand" in text_of(ui.get(f"{WEBHOOKS}/{endpoint_id}"))


def test_one_that_somebody_disabled_is_no_news(ui, app, db, account, endpoint_id):
    with db.transaction() as tx:
        actions.disable(tx, tools_of(app), Actor(account, "Anna"), endpoint_id)
    assert banner(ui.get("/orders")) == ""


def test_of_many_three_are_named(ui, app, db, account):
    ids = [an_endpoint(app, account, description=f"No {number}") for number in range(6)]
    with db.transaction() as tx:
        parking.park(tx, dict.fromkeys(ids, "timeout"), tx.now)
    text = banner(ui.get("/orders"))
    assert text.count("is down since") == 3
    assert "3 more webhook endpoints are down" in text


def test_another_account_hears_nothing_of_it(other_ui, parked):
    for path in (*PAGES, "/down"):
        assert banner(other_ui.get(path)) == ""


def test_what_an_endpoint_is_called_is_text(ui, app, db, account):
    endpoint_id = an_endpoint(app, account, description="<script>alert(1)</script>")
    with db.transaction() as tx:
        parking.park(tx, {endpoint_id: "timeout"}, tx.now)
    assert "<script>alert" not in ui.get("/orders").text


# The alert URL


def notice_of(answer):
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def test_the_alert_url_is_set_shown_and_removed(ui, db, account):
    path = "/settings/account"
    assert notice_of(ui.post(f"{path}/alerts", data={"Url": "https://alerts.example/hook"})) == path
    page = ui.get(path)
    assert 'value="https://alerts.example/hook"' in page.text
    with db.reading() as tx:
        row = store.find_alert_url(tx, account.id)
        assert audit.entries(tx, account)[0].act == "set the alert URL"
    assert f'href="{WEBHOOKS}/{row.id}"' in page.text
    ui.post(f"{path}/alerts", data={"Url": ""})
    assert f'href="{WEBHOOKS}/{row.id}"' not in ui.get(path).text
    ui.post(f"{path}/alerts", data={"Url": ""})  # there is none: nothing to do


@pytest.mark.parametrize("url", ["ftp://x.example/", "https://10.0.0.1/", "https://e.example/hook", "nothing"])
def test_a_wrong_alert_url_is_refused_and_kept_in_the_form(ui, endpoint_id, db, account, url):
    answer = ui.post("/settings/account/alerts", data={"Url": url})
    assert answer.status_code == 400
    assert f'value="{url}"' in answer.text
    assert 'id="fault-Url"' in answer.text
    with db.reading() as tx:
        assert store.find_alert_url(tx, account.id) is None


def test_only_admins_change_it(ui_as, db, account):
    for role in ("dispatcher", "viewer"):
        assert ui_as(role).post("/settings/account/alerts", data={"Url": "https://a.example/"}).status_code == 403
        assert "Admins can change it" in ui_as(role).get("/settings/account").text


def test_an_account_with_an_alert_url_alone_still_begins_with_getting_started(ui):
    ui.post("/settings/account/alerts", data={"Url": "https://alerts.example/hook"})
    assert ui.get("/").headers["location"] == "/welcome"
