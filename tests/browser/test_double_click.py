"""In a real browser: what is sent twice happens once, by a double click, and also if our script let it through."""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select

from support.endpoints import publish_failed
from waybell.accounts.tables import api_keys
from waybell.orders.tables import orders
from waybell.webhooks.endpoints.tables import endpoint_secrets, endpoints
from waybell.webhooks.jobs.tables import retry_jobs

WEBHOOKS = "/settings/web-api/webhooks"
SEND_TWICE = """button => {
  const send = () => fetch(button.form.action, {method: "POST", body: new URLSearchParams(new FormData(button.form))});
  return Promise.all([send(), send()].map(async sent => (await sent).status));
}"""


@pytest.fixture
def page(me):
    return me.open("admin", None)


@pytest.fixture(params=["by_a_double_click", "at_the_same_moment"])
def twice(request, server):
    """Sends the form of this button twice, and waits for the page that follows."""
    if request.param == "by_a_double_click" and not server.app.database.is_sqlite:
        pytest.skip("our script stops the second click, whatever the database")
    page = request.getfixturevalue("page")

    def by_a_double_click(button, following):
        button.dblclick()
        expect(page.get_by_text(following)).to_be_visible()

    def at_the_same_moment(button, following):
        assert button.evaluate(SEND_TWICE) == [200, 200]

    return {"by_a_double_click": by_a_double_click, "at_the_same_moment": at_the_same_moment}[request.param]


@pytest.fixture
def count(server, me):
    def count_rows(table, *conditions, what=None):
        if "account_id" in table.c:
            conditions += (table.c.account_id == me.account.id,)
        query = select(func.count() if what is None else what).select_from(table).where(*conditions)
        with server.app.database.reading() as tx:
            return tx.execute(query).scalar()

    return count_rows


def test_a_form_is_sent_once_however_often_its_button_is_pressed(page, server):
    page.goto(f"{server.url}/welcome")
    # In place of sending. It hears of each try after our script did.
    page.evaluate("""() => {
      window.sent = 0;
      document.addEventListener("submit", event => { window.sent += !event.defaultPrevented; event.preventDefault(); });
    }""")
    button = page.get_by_role("button", name="Create a sample order")
    button.dblclick()
    button.press("Enter")
    assert page.evaluate("window.sent") == 1


def test_a_sample_order_is_made_once(twice, page, server, count):
    page.goto(f"{server.url}/welcome")
    twice(page.get_by_role("button", name="Create a sample order"), "was made. Its event is on the way.")
    assert count(orders) == 1


def test_an_endpoint_is_added_once(twice, page, server, receiver, count):
    page.goto(f"{server.url}{WEBHOOKS}/new")
    page.get_by_label("URL").fill(receiver.url)
    page.get_by_role("button", name="Check and continue").click()
    twice(page.get_by_role("button", name="Add endpoint"), "The endpoint is added.")
    assert count(endpoints) == 1


def test_a_key_is_made_once(twice, page, server, count):
    page.goto(f"{server.url}/settings/web-api")
    before = count(api_keys)
    page.get_by_role("textbox", name="Name").fill("the ERP")
    twice(page.get_by_role("button", name="Make a key"), "Your new key. Copy it now")
    assert count(api_keys) == before + 1


def test_a_secret_is_rotated_once(twice, page, receiver, add_endpoint, count):
    path = add_endpoint(receiver.url)
    page.goto(f"{path}/settings")
    page.get_by_role("button", name="Rotate").click()
    twice(page.get_by_role("button", name="Rotate now"), re.compile("The new secret signs from now on."))
    assert count(endpoint_secrets, endpoint_secrets.c.endpoint_id == path.rpartition("/")[2]) == 2


def test_all_that_failed_is_sent_again_once(twice, page, server, me, receiver, add_endpoint, count):
    path = add_endpoint(receiver.url)
    publish_failed(server.app.database, me.account, path.rpartition("/")[2], "order:1", "order:2", "order:3")
    page.goto(f"{path}/retry")
    twice(page.get_by_role("button", name="Resend 3"), "3 messages are being resent.")
    page.goto(path)
    expect(page.locator(".figures div", has_text="Succeeded").locator("strong")).to_have_text("3")
    expect(page.get_by_label("Progress")).to_have_count(0)
    assert count(retry_jobs, what=func.sum(retry_jobs.c.retried)) == len(receiver.received) == 3
