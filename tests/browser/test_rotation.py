"""In a real browser: a new signing secret, while the receiver still has the old one."""

import re

import pytest
from playwright.sync_api import expect
from standardwebhooks import Webhook, WebhookVerificationError

from support.endpoints import publish

SECRET = re.compile(r"^whsec_[A-Za-z0-9+/=]{20,}$")


@pytest.fixture
def publish_one(server, me, receiver):
    """Publishes an event and answers the webhook that was received."""

    def publish_about(subject):
        before = len(receiver.received)  # counted first: the webhook may be here before publish answers
        publish(server.app.database, me.account, subject)
        return receiver.wait_for(before + 1)[-1]

    return publish_about


def verifies(secret, received):
    try:
        Webhook(secret).verify(received.body, received.headers)
    except WebhookVerificationError:
        return False
    return True


def test_during_a_rotation_webhooks_verify_with_the_old_and_with_the_new_secret(
    me, receiver, add_endpoint, publish_one
):
    path = add_endpoint(receiver.url)
    page = me.open("admin", f"{path}/settings")
    expect(page.get_by_text(SECRET)).to_have_count(0)
    page.get_by_role("button", name="Reveal").click()
    old = page.get_by_text(SECRET).inner_text()
    before = publish_one("order:before")

    page.get_by_role("button", name="Rotate").click()
    page.get_by_label("The old secret stops").select_option("1")
    page.get_by_role("button", name="Rotate now").click()
    expect(page.get_by_text("The new secret signs from now on. The old one stops in an hour")).to_be_visible()
    new, still = page.get_by_text(SECRET).all_inner_texts()
    assert still == old != new

    during = publish_one("order:during")
    assert [verifies(secret, during) for secret in (old, new)] == [True, True]
    assert [verifies(secret, before) for secret in (old, new)] == [True, False]
    expect(page.locator(".figures div", has_text="Succeeded").locator("strong")).to_have_text("2")
    expect(page.get_by_text(SECRET)).to_have_count(2)  # the page has followed what was sent, and they still stand there
    page.goto(f"{path}/settings")
    expect(page.get_by_text(re.compile(r"the old one, signs until .*\d\d:\d\d:\d\d"))).to_be_visible()
    expect(page.get_by_text(SECRET)).to_have_count(0)


def test_a_rotation_at_once_ends_the_old_secret(me, receiver, add_endpoint, publish_one):
    page = me.open("admin", f"{add_endpoint(receiver.url)}/settings")
    page.get_by_role("button", name="Reveal").click()
    old = page.get_by_text(SECRET).inner_text()
    page.get_by_role("button", name="Rotate").click()
    page.get_by_label("The old secret stops").select_option("0")
    page.get_by_role("button", name="Rotate now").click()
    expect(page.get_by_text("The old one stops at once")).to_be_visible()
    new = page.get_by_text(SECRET).inner_text()
    after = publish_one("order:after")
    assert [verifies(secret, after) for secret in (old, new)] == [False, True]
