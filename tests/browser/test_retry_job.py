"""In a real browser: sending hundreds of messages again, with a count before, progress, and a way to stop it.

No dispatcher runs here until the test starts one: so a job goes on exactly when the test says.
"""

import re

import pytest
from playwright.sync_api import expect

from support.endpoints import finish_all, publish, tools_of
from support.program import Program
from waybell.webhooks.history import jobs

FAILED, OTHERS, SLICE = 400, 20, 150


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def server(request, installation):
    with installation(request.param, "web") as server:
        yield server


@pytest.fixture
def failed(server, me, receiver, add_endpoint):
    """The page of an endpoint where 400 OrderUpdated and 20 RouteClosed have failed."""
    db, path = server.app.database, add_endpoint(receiver.url)
    publish(db, me.account, *[f"order:{number}" for number in range(FAILED)])
    publish(db, me.account, *[f"route:{number}" for number in range(OTHERS)], event_type="RouteClosed")
    finish_all(db, path.rpartition("/")[2])
    return path


@pytest.fixture
def carry_on(server):
    """One slice of the job that runs."""
    tools = tools_of(server.app)
    return lambda: jobs.run_once(server.app.database, tools.hint, SLICE)


def ask(page, path):
    """From the list that is filtered by type to the page that counts."""
    page.goto(path)
    page.get_by_label("Event type").select_option("OrderUpdated")
    page.get_by_role("link", name="Resend all that failed and match").click()


def test_all_that_failed_and_match_are_counted_and_sent_again_with_progress(
    me, server, receiver, failed, carry_on, tmp_path
):
    page = me.open("dispatcher", None)
    ask(page, failed)
    expect(page.get_by_text("400 messages that failed and match the filter")).to_be_visible()
    page.get_by_role("button", name="Resend 400").click()
    expect(page.get_by_text("400 messages are being resent.")).to_be_visible()
    expect(page).to_have_url(re.compile("event=OrderUpdated"))
    progress = page.get_by_label("Progress")
    for done in (0, 150, 300):
        expect(page.get_by_text(f"{done} of 400 looked at, {done} set to be sent")).to_be_visible()
        expect(progress).to_have_js_property("value", done)
        expect(progress).to_have_js_property("max", FAILED)
        carry_on()
    expect(progress).to_have_count(0)
    dispatcher = Program(tmp_path, "dispatch", **server.settings)
    try:
        for name, number in [("Succeeded", "400"), ("Waiting now", "0")]:
            expect(page.locator(".figures div", has_text=name).locator("strong")).to_have_text(number)
    finally:
        dispatcher.end()
    assert len(receiver.received) == len({got.event_id for got in receiver.received}) == FAILED
    ask(page, failed)
    expect(page.get_by_text("No failed message matches.")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Failed Succeeded 400 of 400 400"))).to_be_visible()
    page.goto(f"{failed}/retry")
    expect(page.get_by_role("button", name=f"Resend {OTHERS}")).to_be_visible()  # those stay as they were


def test_a_second_job_is_refused_while_one_runs_and_one_that_is_canceled_stops(me, failed, carry_on):
    page = me.open("dispatcher", None)
    for refused in (False, True):
        ask(page, failed)
        page.get_by_role("button", name="Resend 400").click()
        if refused:
            expect(page.get_by_text("is still running. Wait for it, or cancel it.")).to_be_visible()
    carry_on()
    expect(page.get_by_text("150 of 400 looked at, 150 set to be sent")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Canceled. What it has done by then stays done.")).to_be_visible()
    expect(page.get_by_label("Progress")).to_have_count(0)
    assert carry_on() == 0
    ask(page, failed)
    expect(page.get_by_role("button", name="Resend 250")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Failed Canceled 150 of 400 150"))).to_be_visible()
