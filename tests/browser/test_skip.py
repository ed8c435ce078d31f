"""In a real browser: a message that its receiver will never take is skipped, and what waited behind it goes on.

No dispatcher runs here until the test starts one: so nothing moves but by the test.
"""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from support.endpoints import publish, rows_of, tools_of
from support.program import Program
from waybell.webhooks.history import jobs
from waybell.webhooks.messages.tables import messages


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def server(request, installation):
    with installation(request.param, "web") as server:
        yield server


@pytest.fixture
def held(server, me, receiver, add_endpoint):
    """The page of an endpoint where order:1 is held back by its first message, which failed by 422; 14 wait behind."""
    db, path = server.app.database, add_endpoint(receiver.url)
    publish(db, me.account, "order:1", event_type="OrderCreated")
    publish(db, me.account, *["order:1"] * 14, "order:2", "order:3")
    first = rows_of(db, path.rpartition("/")[2])[0]
    with db.transaction() as tx:
        failed = {"failures": 4, "attempt": 4, "error": "http_status", "status": 422}
        later = tx.now + timedelta(hours=5)
        tx.execute(update(messages).where(messages.c.id == first.id).values(due_at=later, **failed))
    return path


def test_from_why_to_skip_and_fourteen_go_on(me, server, receiver, held, tmp_path):
    page = me.open("dispatcher", f"{held}?state=waiting")
    row = page.get_by_role("row", name=re.compile("OrderCreated"))
    expect(row).to_contain_text("retry 4 of 5")
    expect(row.locator(".number")).to_have_text("14")
    row.get_by_role("link", name="Why?").click()
    expect(page.get_by_text("14 messages about the same object wait behind it")).to_be_visible()
    page.get_by_role("link", name="Skip it…").click()
    expect(page.get_by_role("heading", name="Skip this message?")).to_be_visible()
    page.get_by_role("link", name="Back").click()
    expect(page).to_have_url(re.compile("/events/"))
    page.get_by_role("link", name="Skip it…").click()
    page.get_by_role("button", name="Skip it; 14 behind it go on").click()
    expect(page.get_by_text("It is skipped; 14 behind it go on.")).to_be_visible()
    expect(page.get_by_text("No: somebody canceled it before it was sent.")).to_be_visible()
    dispatcher = Program(tmp_path, "dispatch", **server.settings)
    try:
        page.goto(held)
        expect(page.locator(".figures div", has_text="Waiting now").locator("strong")).to_have_text("0")
    finally:
        dispatcher.end()
    told = [got.document["Metadata"] for got in receiver.received]
    assert [one["Event"] for one in told] == ["OrderUpdated"] * 16
    assert [one["Version"] for one in told if one["Version"] > 1] == list(range(2, 16))


def test_a_selection_and_all_that_match_are_canceled_with_progress(me, server, held):
    db, page = server.app.database, me.open("dispatcher", f"{held}?state=waiting")
    endpoint_id = held.rpartition("/")[2]
    page.get_by_label("Event type").select_option("OrderUpdated")
    expect(page.get_by_text("an earlier message about the same object").first).to_be_visible()
    boxes = page.get_by_role("checkbox", name=re.compile("Select the message"))
    expect(boxes).to_have_count(16)
    boxes.nth(0).check()
    boxes.nth(1).check()
    page.get_by_role("button", name="Cancel the selected").click()
    page.get_by_role("button", name="Cancel 2 messages").click()
    expect(page.get_by_text("2 messages are being canceled.")).to_be_visible()
    expect(page.get_by_text("Canceling: 0 of 2 canceled.")).to_be_visible()
    while jobs.run_once(db, tools_of(server.app).hint):
        pass
    expect(page.get_by_text("Canceling:")).to_have_count(0)
    page.get_by_role("link", name="Cancel all that match").click()
    page.get_by_role("button", name="Cancel 14 messages").click()
    while jobs.run_once(db, tools_of(server.app).hint):
        pass
    expect(page.get_by_text("No message that waits is like that.")).to_be_visible()
    assert [row.state for row in rows_of(db, endpoint_id)].count("canceled") == 16
    page.goto(f"{held}?state=waiting")
    page.get_by_role("link", name="Send all that waits now").click()
    page.get_by_role("button", name="Send 1 now").click()
    expect(page.get_by_text("1 message is being resent.")).to_be_visible()
