"""In a real browser: the live list of attempts, and that it stands still under the hand."""

import re

import pytest
from playwright.sync_api import expect

from support.endpoints import publish, tools_of
from support.receiver import Answer, Receiver
from waybell.webhooks.endpoints import actions

WEBHOOKS = "/settings/web-api/webhooks"


@pytest.fixture
def failing():
    receiver = Receiver(Answer(500))
    yield receiver
    receiver.close()


@pytest.fixture
def add(server, me, failing):
    """Publishes an event that the endpoint is attempted with, and waits for the attempt."""
    with server.app.database.transaction() as tx:
        wanted = {"url": failing.url, "event_types": ("OrderUpdated",)}
        endpoint_id = actions.add(tx, tools_of(server.app), me.actor, wanted)

    def publish_about(subject):
        before = len(failing.received)
        publish(server.app.database, me.account, subject)
        failing.wait_for(before + 1)

    publish_about.path = f"{server.url}{WEBHOOKS}/{endpoint_id}"  # type: ignore[attr-defined]
    return publish_about


def test_the_list_moves_by_itself_and_stands_still_while_rows_are_chosen_or_it_is_held(me, add):
    page = me.open("dispatcher", add.path)
    add("order:first")
    expect(page.get_by_text("order:first").first).to_be_visible()
    news = page.get_by_role("link", name="There is news")
    for number, hold in enumerate([page.locator(".row-check").first, page.get_by_label("Pause")]):
        hold.check()
        add(f"order:held-{number}")
        expect(news).to_be_visible()
        expect(page.get_by_text(f"order:held-{number}")).to_have_count(0)
        page.locator(".row-check:checked, #paused:checked").first.uncheck()
        expect(page.get_by_text(f"order:held-{number}").first).to_be_visible()
        expect(news).to_be_hidden()


def test_an_answer_that_is_on_its_way_moves_no_list_that_was_stopped_meanwhile(me, add):
    page = me.open("dispatcher", add.path)
    add("order:early")
    expect(page.get_by_text("order:early").first).to_be_visible()
    held, is_open = [], []
    page.route(lambda url: url.endswith(add.path), lambda route: route.continue_() if is_open else held.append(route))
    with page.expect_request(lambda request: request.url.endswith(add.path)):
        add("order:late")
    page.get_by_label("Pause").check()
    is_open.append(True)
    for route in held:
        route.continue_()
    expect(page.get_by_role("link", name="There is news")).to_be_visible()
    expect(page.get_by_text("order:late")).to_have_count(0)
    page.get_by_label("Pause").uncheck()
    expect(page.get_by_text("order:late").first).to_be_visible()


def test_open_unfolds_the_attempt_that_was_clicked_and_its_link_survives(me, add, failing):
    add("order:1")
    failing.wait_for(3)  # it is tried again
    page = me.open("viewer", add.path)
    page.get_by_role("link", name="Open attempt 1 of the message about order:1").click()
    for _ in range(2):
        expect(page.locator("#attempt-1[open]")).to_contain_text("Answered 500 Internal Server Error")
        expect(page.locator("details[id^=attempt-][open]")).to_have_count(1)
        page.reload()
    page.locator("#attempt-1").get_by_role("link", name="Link to this attempt").click()
    expect(page).to_have_url(re.compile(r"\?attempt=1#attempt-1$"))


def test_what_failed_is_chosen_and_sent_again(me, add, failing):
    add("order:chosen")
    page = me.open("dispatcher", f"{add.path}?state=failed")
    page.get_by_label("Select the message about order:chosen").first.check()
    failing.answer = Answer(204)
    page.get_by_role("button", name="Resend the selected").click()
    expect(page.get_by_text("1 message is being resent.")).to_be_visible()
    page.get_by_role("link", name="Succeeded").click()
    expect(page.locator(".status-pill", has_text="204").first).to_be_visible()
