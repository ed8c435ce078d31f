"""Sending again from the pages: one message, a selection, all that match, what was missed."""

import html
import json
import re
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from sqlalchemy import update

from support.endpoints import an_endpoint, assert_lanes_are_sound, finish_all, publish, rows_of, tools_of
from waybell.accounts.model import Actor
from waybell.webhooks.endpoints import actions
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
def failed(db, account, endpoint_id):
    """Three messages that failed: by a time-out, by 503, and a RouteClosed by 503. Answers their ids."""
    publish(db, account, "order:1", "order:2")
    publish(db, account, "route:1", event_type="RouteClosed")
    finish_all(db, endpoint_id)
    answered: dict[str, Any] = {"error": "http_status", "status": 503}
    with db.transaction() as tx:
        late = {"error": "timeout"}
        for subject, outcome in [("order:1", late), ("order:2", answered), ("route:1", answered)]:
            tx.execute(update(messages).where(messages.c.subject == subject).values(**outcome))
    return [row.id for row in rows_of(db, endpoint_id)]


def notice(answer):
    """The line that the next page begins with, and whether it is bad news."""
    assert answer.status_code == 303
    said = json.loads(unquote(answer.cookies["waybell-notice"].strip('"')))
    return said["text"], said["failed"]


def run_jobs(db):
    while jobs.run_once(db, print, 2):
        pass


def waiting(db, endpoint_id):
    assert_lanes_are_sound(db, endpoint_id)
    return [row.subject for row in rows_of(db, endpoint_id) if row.state == "waiting"]


def fields_of(text, action):
    """What the form that posts to `action` sends by itself."""
    form = re.search(rf'<form method="post" action="{re.escape(action)}".*?</form>', text, re.DOTALL)[0]
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)
    return {name: html.unescape(value) for name, value in hidden}


def test_one_message_is_sent_again(ui_as, db, endpoint_id, path, failed):
    answer = ui_as("dispatcher").post(f"{path}/messages/{failed[0]}/retry")
    assert answer.headers["location"] == f"{path}/messages/{failed[0]}"
    assert notice(answer)[1] is False
    assert waiting(db, endpoint_id) == ["order:1"]


def test_a_selection_is_sent_again(ui_as, db, endpoint_id, path, failed):
    chosen = {"What": "selected", "MessageIds": [failed[0], failed[2], failed[2]], "state": "failed"}
    answer = ui_as("dispatcher").post(f"{path}/retry", data=chosen)
    assert notice(answer) == ("2 messages are being resent.", False)
    assert answer.headers["location"] == f"{path}?state=failed"
    run_jobs(db)
    assert waiting(db, endpoint_id) == ["order:1", "route:1"]


@pytest.mark.parametrize(
    "chosen", [{}, {"MessageIds": ["\0"]}, {"MessageIds": ["msg_none"]}, {"MessageIds": ["x" * 9000] * 3}]
)
def test_a_selection_of_nothing_that_can_be_sent_is_said_so(ui, db, endpoint_id, path, failed, chosen):
    text, bad = notice(ui.post(f"{path}/retry", data={"What": "selected", **chosen}))
    assert bad
    assert text == "Select at least one message." or "is no message of this endpoint" in text
    run_jobs(db)
    assert waiting(db, endpoint_id) == []


@pytest.mark.parametrize("chosen", [{}, {"MessageIds": "msg_1"}])
def test_a_selection_at_an_endpoint_that_is_not_there_is_not_found(ui, other_ui, path, chosen):
    for client, where in ((ui, f"{WEBHOOKS}/ep_unknown"), (other_ui, path)):
        assert client.post(f"{where}/retry", data={"What": "selected", **chosen}).status_code == 404


@pytest.mark.parametrize(
    ("query", "subjects"),
    [
        ("", ["order:1", "order:2", "route:1"]),
        ("state=failed&outcome=5xx", ["order:2", "route:1"]),
        ("outcome=timeout", ["order:1"]),
        ("event=RouteClosed", ["route:1"]),
        ("object=order:2", ["order:2"]),
        ("event=OrderUpdated&outcome=5xx&period=24h", ["order:2"]),
    ],
)
def test_all_that_match_are_counted_and_then_sent_again(ui, db, endpoint_id, path, failed, query, subjects):
    asked = ui.get(f"{path}/retry?{query}").text
    assert f"Resend {len(subjects)}<" in asked
    answer = ui.post(f"{path}/retry", data=fields_of(asked, f"{path}/retry"))
    assert notice(answer)[1] is False
    assert unquote(answer.headers["location"]) == path + (f"?{query}" if query else "")
    assert f"0 of {len(subjects)} looked at" in ui.get(path).text
    run_jobs(db)
    assert waiting(db, endpoint_id) == subjects
    assert "looked at" not in ui.get(path).text


def test_where_nothing_matches_nothing_is_offered(ui, db, endpoint_id, path, failed):
    asked = ui.get(f"{path}/retry?outcome=dns").text
    assert "No failed message matches." in asked
    assert "again</button>" not in asked
    assert notice(ui.post(f"{path}/retry", data={"What": "failed", "outcome": "dns"}))[0].startswith("There is nothing")
    assert waiting(db, endpoint_id) == []


def test_what_an_endpoint_missed_is_sent(ui, db, app, account, clock):
    publish(db, account, "order:1")
    clock.move_to(clock.now() + timedelta(hours=3))
    publish(db, account, "order:2")
    endpoint_id = an_endpoint(app, account)
    path = f"{WEBHOOKS}/{endpoint_id}"
    assert "Resend 2<" in ui.get(f"{path}/retry?What=missed").text
    since = f"{(clock.now() - timedelta(hours=1)).astimezone(account.zone):%Y-%m-%dT%H:%M}"
    asked = ui.get(f"{path}/retry?What=missed&since={since}").text
    assert "Resend 1<" in asked
    ui.post(f"{path}/retry", data=fields_of(asked, f"{path}/retry"))
    run_jobs(db)
    assert waiting(db, endpoint_id) == ["order:2"]


def test_a_time_before_all_time_is_no_fault_of_ours(ui, db, path, failed):
    for what in ("missed", "failed"):
        assert ui.get(f"{path}/retry?What={what}&since=0001-01-01T00:00").status_code == 200
        assert ui.post(f"{path}/retry", data={"What": what, "since": "0001-01-01T00:00"}).status_code == 303


def test_while_one_job_runs_another_is_refused_and_can_be_asked_for_later(ui, db, path, failed):
    ui.post(f"{path}/retry", data={"What": "failed"})
    text, bad = notice(ui.post(f"{path}/retry", data={"What": "selected", "MessageIds": failed[:1]}))
    assert bad
    assert "still running" in text
    run_jobs(db)
    assert notice(ui.post(f"{path}/retry", data={"What": "selected", "MessageIds": failed[:1]}))[1] is False


def test_to_a_disabled_endpoint_nothing_is_sent_again(ui, db, app, account, endpoint_id, path, failed):
    with db.transaction() as tx:
        actions.disable(tx, tools_of(app), Actor(account, "tests"), endpoint_id)
    assert "is disabled" in ui.get(f"{path}/retry").text
    assert "again</button>" not in ui.get(f"{path}/retry").text
    for answer in (
        ui.post(f"{path}/retry", data={"What": "failed"}),
        ui.post(f"{path}/messages/{failed[0]}/retry"),
    ):
        text, bad = notice(answer)
        assert bad
        assert "is disabled" in text
    assert waiting(db, endpoint_id) == []


def test_a_job_is_canceled(ui_as, db, account, endpoint_id, path, failed):
    client = ui_as("dispatcher")
    client.post(f"{path}/retry", data={"What": "failed"})
    jobs.run_once(db, print, 1)
    cancel = re.search(rf'action="({re.escape(path)}/retry/job_\w+/cancel)"', client.get(path).text)[1]
    assert notice(client.post(cancel))[1] is False
    run_jobs(db)
    assert waiting(db, endpoint_id) == ["order:1"]
    assert "Canceled" in client.get(f"{path}/retry").text


def test_who_only_looks_may_not_send_again(ui_as, db, endpoint_id, path, failed):
    viewer = ui_as("viewer")
    assert viewer.get(f"{path}/retry").status_code == 403
    for to, sent in (
        ("retry", {"What": "failed"}),
        (f"messages/{failed[0]}/retry", {}),
        ("retry/job_1/cancel", {}),
    ):
        assert viewer.post(f"{path}/{to}", data=sent).status_code == 403
    run_jobs(db)
    assert waiting(db, endpoint_id) == []


def test_what_is_another_accounts_is_not_there(ui, other_ui, db, endpoint_id, path, failed):
    ui.post(f"{path}/retry", data={"What": "failed"})
    cancel = re.search(rf'action="({re.escape(path)}/retry/job_\w+/cancel)"', ui.get(path).text)[1]
    assert other_ui.post(cancel).status_code == 404
    assert other_ui.post(f"{path}/retry", data={"What": "selected", "MessageIds": failed}).status_code in (303, 404)
    run_jobs(db)
    assert len(waiting(db, endpoint_id)) == 3


@pytest.mark.parametrize("job_id", ["job_none", "job_%00", "%2e%2e"])
def test_a_job_that_is_not_there_is_not_found(ui, path, job_id):
    assert ui.post(f"{path}/retry/{job_id}/cancel").status_code == 404
