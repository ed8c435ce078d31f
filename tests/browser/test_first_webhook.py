"""In a real browser: from an empty account to a webhook that is received, and what happens when one is not."""

import re

import pytest
from playwright.sync_api import expect

from browser.conftest import PASSWORD
from support.browser import axe_violations
from support.program import Program, eventually, free_port

WEBHOOKS = "/settings/web-api/webhooks"


@pytest.fixture
def opened(me):
    """An admin on the page Getting started, with the inbox open."""
    page = me.open("admin")
    expect(page).to_have_url(re.compile("/welcome$"))
    page.get_by_role("button", name="Open the inbox").click()
    return page


def test_from_an_empty_account_to_the_first_received_webhook(opened):
    opened.get_by_role("button", name="Create a sample order").click()
    expect(opened.get_by_text(re.compile(r"OrderCreated SAMPLE-"))).to_be_visible()
    expect(opened.get_by_text(re.compile("[Vv]erified")).first).to_be_visible()
    assert axe_violations(opened) == []


def test_an_endpoint_is_added_in_two_steps_and_a_refused_url_says_why(me, server):
    page = me.open("admin", WEBHOOKS + "/new")
    page.get_by_label("URL").fill("https://10.1.2.3/hook")
    page.get_by_role("button", name="Check and continue").click()
    expect(page.get_by_text("not a public address")).to_be_visible()
    expect(page.get_by_label("URL")).to_have_value("https://10.1.2.3/hook")
    page.get_by_label("URL").fill("https://example.com/hook")
    page.get_by_role("button", name="Check and continue").click()
    page.get_by_label("Only these").check()
    page.get_by_label("Search the event types").fill("closed")
    expect(page.get_by_text("RouteClosed", exact=True)).to_be_visible()
    expect(page.get_by_text("OrderCreated", exact=True)).to_be_hidden()
    page.get_by_role("checkbox", name=re.compile("RouteClosed")).check()
    page.get_by_role("button", name="Add endpoint").click()
    expect(page).to_have_url(re.compile(r"/ep_\w+/settings$"))
    page.get_by_role("button", name="Reveal").click()
    expect(page.get_by_text(re.compile("whsec_[A-Za-z0-9+/=]{20,}")).first).to_be_visible()


def test_a_failure_becomes_a_success_by_itself_while_two_browsers_watch(opened, me, server, tmp_path):
    """The second browser asks a web process of its own."""
    opened.goto(server.url + "/inbox")
    opened.get_by_label("It answers").select_option("503")
    opened.get_by_role("button", name="Set").click()
    port = free_port()
    other_web = Program(tmp_path, "web", **{**server.settings, "PORT": str(port)})
    try:
        eventually(lambda: other_web.status("/healthz") == 200)
        opened.goto(server.url + WEBHOOKS)
        opened.get_by_role("row").nth(1).get_by_role("link").click()
        path = opened.url.removeprefix(server.url)
        other = me.open("viewer", f"http://127.0.0.1:{port}{path}")
        expect(other.get_by_text("No attempt yet")).to_be_visible()
        watching = opened.context.new_page()
        watching.goto(server.url + "/welcome")
        watching.get_by_role("button", name="Create a sample order").click()
        for page in (opened, other):
            expect(page.locator(".status-pill", has_text="503").first).to_be_visible()
        watching.goto(server.url + "/inbox")
        watching.get_by_label("It answers").select_option("204")
        watching.get_by_role("button", name="Set").click()
        for page in (opened, other):
            expect(page.locator(".status-pill", has_text="204").first).to_be_visible()
    finally:
        other_web.end()


def test_after_signing_out_nothing_is_shown_until_one_signs_in_again(me, server):
    page = me.open("admin", "/settings/account")
    email = page.get_by_text(re.compile(r"^\S+@example.com, admin$")).inner_text().partition(",")[0]
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", name="Sign in to Waybell")).to_be_visible()
    page.goto(server.url + "/orders")
    expect(page).to_have_url(re.compile("/sign-in"))
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{server.url}/orders")
    expect(page.get_by_role("heading", name="Orders", exact=True)).to_be_visible()
