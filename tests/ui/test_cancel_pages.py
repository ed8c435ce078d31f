"""Skipping from the pages: one message, a selection, all that wait and match; and sending now what waits."""

import html
import json
import re
from datetime import timedelta
from urllib.parse import unquote

import pytest
from sqlalchemy import update

from support.endpoints import an_endpoint, assert_lanes_are_sound, finish_all, publish, rows_of
from support.pages import text_of
from waybell.webhooks.history import jobs
from waybell.webhooks.messages.tables import messages

WEBHOOKS = "/settings/web-api/webhooks"


@pytest.fixture
def endpoint_id(app, account):
    return an_endpoint(app, account)


@pytest.fixture
def path(endpoint_id):
    return f"{WEBHOOKS}/{endpoint_id}"


@pytest.fixture
def held(db, account, endpoint_id, clock):
    """order:1 is held back: its first message failed by 422 and waits for a retry, 14 wait behind it. And order:2."""
    publish(db, account, "order:1", event_type="OrderCreated")
    publish(db, account, *["order:1"] * 14, "order:2")
    first = rows_of(db, endpoint_id)[0]
    with db.transaction() as tx:
        failed = update(messages).where(messages.c.id == first.id)
        later = tx.now + timedelta(hours=2)
        tx.execute(failed.values(due_at=later, failures=4, attempt=4, error="http_status", status=422))
    return rows_of(db, endpoint_id)


def notice(answer):
    """The line that the next page begins with, and whether it is bad news."""
    assert answer.status_code == 303, answer.text
    said = json.loads(unquote(answer.cookies["waybell-notice"].strip('"')))
    return said["text"], said["failed"]


def fields_of(page, action):
    """What the form with this action sends."""
    form = re.search(rf'<form method="post" action="{re.escape(action)}".*?</form>', page, re.DOTALL)[0]
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form):
        found.setdefault(name, []).append(html.unescape(value))
    return found


def states(db, endpoint_id):
    assert_lanes_are_sound(db, endpoint_id)
    return [row.state for row in rows_of(db, endpoint_id)]


def run_jobs(db):
    while jobs.run_once(db, print, 3):
        pass


def test_a_message_is_skipped_after_it_was_asked_and_those_behind_it_go_on(ui_as, db, endpoint_id, path, held):
    dispatcher = ui_as("dispatcher")
    one = f"{path}/messages/{held[0].id}"
    assert f'href="{one}/cancel"' in dispatcher.get(one).text
    assert "14 messages about the same object wait behind it." in text_of(dispatcher.get(one))
    asked = text_of(dispatcher.get(f"{one}/cancel"))
    assert "it failed 4 times, last with 422" in asked
    assert "Skip it; 14 behind it go on" in asked
    assert states(db, endpoint_id)[0] == "waiting"
    answer = dispatcher.post(f"{one}/cancel")
    assert notice(answer) == ("It is skipped; 14 behind it go on.", False)
    assert answer.headers["location"] == one
    assert states(db, endpoint_id)[:2] == ["canceled", "waiting"]
    assert rows_of(db, endpoint_id)[1].due_at is not None
    assert "somebody skipped it" in text_of(dispatcher.get(one))
    assert "does not wait any more" in text_of(dispatcher.get(f"{one}/cancel"))
    assert notice(dispatcher.post(f"{one}/retry"))[1] is False  # sent all the same


def test_why_says_what_holds_a_message_and_lets_it_be_skipped(ui, db, endpoint_id, held):
    first = text_of(ui.get(f"/events/{held[0].event_id}"))
    assert "14 messages about the same object wait behind it; if you skip this one, they go on" in first
    page = ui.get(f"/events/{held[9].event_id}")
    why = text_of(page)
    assert "9 earlier messages about the same object come first" in why
    assert "5 messages about the same object wait behind it" in why
    assert "OrderCreated (version 1)" in why
    assert "which has waited since" in why
    assert "the last attempt failed (it answers 422), retry 4 of 5 is sent" in why
    assert "14 messages about the same object wait behind it" in why
    (skip,) = re.findall(rf'href="([^"]*/messages/{held[0].id}/cancel[^"]*)"', page.text)
    assert f'name="to" value="/events/{held[9].event_id}"' in ui.get(html.unescape(skip)).text
    answer = ui.post(skip.partition("?")[0], data={"to": f"/events/{held[9].event_id}"})
    assert answer.headers["location"] == f"/events/{held[9].event_id}"
    assert "8 earlier messages" in text_of(ui.get(f"/events/{held[9].event_id}"))


def test_nobody_is_led_elsewhere_after_a_skip(ui, held, path):
    for to in ("https://evil.example/", "//evil.example/", "/orders"):
        answer = ui.post(f"{path}/messages/{held[0].id}/cancel", data={"to": to})
        assert answer.headers["location"] == f"{path}/messages/{held[0].id}"


@pytest.mark.parametrize("state", ["succeeded", "failed"])
def test_when_it_is_too_late_that_is_said(ui, db, endpoint_id, path, held, state):
    finish_all(db, endpoint_id, state)
    assert notice(ui.post(f"{path}/messages/{held[0].id}/cancel"))[1] is True
    assert set(states(db, endpoint_id)) == {state}


def test_all_that_waits_is_counted_and_then_canceled(ui, db, endpoint_id, path, held):
    listed = ui.get(f"{path}?state=waiting")
    assert "Cancel all that waits" in text_of(listed)
    asked = ui.get(f"{path}/cancel?state=waiting")
    assert "Cancel 16 messages" in text_of(asked)
    answer = ui.post(f"{path}/cancel", data=fields_of(asked.text, f"{path}/cancel"))
    assert notice(answer) == ("16 messages are being canceled.", False)
    assert answer.headers["location"] == f"{path}?state=waiting"
    assert "Canceling: 0 of 16 canceled" in text_of(ui.get(path))
    run_jobs(db)
    assert states(db, endpoint_id) == ["canceled"] * 16
    assert "Nothing waits" in text_of(ui.get(f"{path}?state=waiting"))
    assert "16 of 16" in text_of(ui.get(f"{path}/cancel"))
    assert notice(ui.post(f"{path}/cancel", data={"What": "waiting"}))[0].startswith("Nothing waits")


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("event=OrderCreated", 1),
        ("object=order:2", 1),
        ("outcome=4xx", 1),
        ("outcome=dns", 0),
        ("until=2026-11-01T10:00", 0),
    ],
)
def test_only_what_matches_is_listed_and_canceled(ui, db, endpoint_id, path, held, query, count):
    listed = ui.get(f"{path}?state=waiting&{query}").text
    assert listed.count('name="MessageIds"') == count
    if not count:
        assert "No message that waits is like that." in listed
        return
    asked = ui.get(f"{path}/cancel?state=waiting&{query}")
    assert "matches the filter will not be sent" in text_of(asked)
    ui.post(f"{path}/cancel", data=fields_of(asked.text, f"{path}/cancel"))
    run_jobs(db)
    assert states(db, endpoint_id).count("canceled") == count


def test_what_waits_behind_another_is_listed_when_it_matches(ui, path, held):
    listed = ui.get(f"{path}?state=waiting&event=OrderUpdated")
    assert listed.text.count('name="MessageIds"') == 15
    assert "an earlier message about the same object" in text_of(listed)


def test_a_selection_is_asked_for_and_canceled(ui, db, endpoint_id, path, held):
    chosen = [held[0].id, held[15].id]
    asked = ui.get(f"{path}/cancel", params={"What": "selected", "state": "waiting", "MessageIds": chosen})
    assert "2 messages that you selected will not be sent" in text_of(asked)
    ui.post(f"{path}/cancel", data=fields_of(asked.text, f"{path}/cancel"))
    run_jobs(db)
    assert [row.id for row in rows_of(db, endpoint_id) if row.state == "canceled"] == chosen
    assert "Select at least one" in text_of(ui.get(f"{path}/cancel?What=selected"))


def test_retries_that_wait_are_sent_now(ui, db, endpoint_id, path, held, clock):
    assert "Send all that waits now" in text_of(ui.get(f"{path}?state=waiting"))
    asked = ui.get(f"{path}/retry?What=waiting&state=waiting")
    assert "1 message that waits for its next retry goes now" in text_of(asked)
    ui.post(f"{path}/retry", data=fields_of(asked.text, f"{path}/retry"))
    run_jobs(db)
    first = rows_of(db, endpoint_id)[0]
    assert (first.due_at, first.failures, first.manual) == (clock.now(), 0, True)
    assert "Nothing waits for its next retry" in text_of(ui.get(f"{path}/retry?What=waiting"))


def test_who_only_looks_may_not_cancel(ui_as, db, endpoint_id, path, held):
    viewer = ui_as("viewer")
    for to in ("cancel", f"messages/{held[0].id}/cancel"):
        assert viewer.get(f"{path}/{to}").status_code == 403
        assert viewer.post(f"{path}/{to}", data={"What": "waiting"}).status_code == 403
    for page in (f"{path}?state=waiting", f"{path}/messages/{held[0].id}", f"/events/{held[0].event_id}"):
        assert "/cancel" not in viewer.get(page).text
    run_jobs(db)
    assert set(states(db, endpoint_id)) == {"waiting"}


def test_what_is_another_accounts_is_not_there(other_ui, db, endpoint_id, path, held):
    for to in ("cancel", f"messages/{held[0].id}/cancel"):
        assert other_ui.get(f"{path}/{to}").status_code == 404
        assert other_ui.post(f"{path}/{to}", data={"What": "waiting"}).status_code == 404
    run_jobs(db)
    assert set(states(db, endpoint_id)) == {"waiting"}
