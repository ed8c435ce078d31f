"""Manage Webhooks: the list, and adding an endpoint in two steps."""

import hashlib
import re

import pytest

WEBHOOKS = "/settings/web-api/webhooks"


def send(ui, data):
    """Send a step and return the page that it leads to, which Back can show again."""
    answer = ui.post(f"{WEBHOOKS}/new", data=data)
    assert answer.status_code == 303, answer.text
    page = ui.get(answer.headers["location"])
    assert page.status_code == 200, page.text
    return page


def add(ui, url="https://example.com/hook", **members):
    """Both steps, as the forms send them; answers the id."""
    first = send(ui, {"Url": url})
    token = re.search(r'name="form" value="([^"]+)"', first.text)[1]
    sent = {"step": "types", "form": token, "Url": url, "Which": "all", **members}
    done = ui.post(f"{WEBHOOKS}/new", data=sent)
    assert done.status_code == 303, done.text
    return re.search(r"ep_\w+", done.headers["location"])[0]


def test_without_endpoints_the_list_says_what_one_is_and_shows_a_sample(ui):
    text = ui.get(WEBHOOKS).text
    assert "No endpoint yet" in text
    assert "OrderCreated" in text
    assert "/inbox/start" in text


def test_an_endpoint_is_added_in_two_steps_and_listed(ui):
    endpoint_id = add(ui, Description="The warehouse")
    text = ui.get(WEBHOOKS).text
    assert f"{WEBHOOKS}/{endpoint_id}" in text
    assert "The warehouse" in text
    assert "example.com" in text


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "say where"),
        ("not a url", "blanks"),
        ("ftp://example.com/x", "must begin with"),
        ("http://10.0.0.1/x", "not a public address"),
        ("https://user:pw@example.com/", "user or password"),
    ],
)
def test_a_url_that_cannot_be_is_refused_at_once_with_the_reason_and_kept(ui, url, reason):
    answer = send(ui, {"Url": url, "Description": "Kept as typed"})
    assert reason in answer.text.lower()
    assert 'aria-invalid="true"' in answer.text
    assert "Kept as typed" in answer.text


def test_the_second_step_checks_the_url_again(ui):
    answer = send(ui, {"step": "types", "Url": "https://10.0.0.1/", "Which": "all"})
    assert "not a public address" in answer.text


def test_choosing_no_event_type_is_said_and_choosing_some_is_kept(ui, api_of):
    sent = {"step": "types", "Url": "https://example.com/", "Which": "some"}
    assert "choose at least one" in send(ui, sent).text.lower()
    endpoint_id = add(ui, Which="some", EventTypes=["OrderCreated", "RouteClosed"])
    assert api_of(endpoint_id)["EventTypes"] == ["OrderCreated", "RouteClosed"]


def test_a_double_click_adds_one(ui):
    sent = {"step": "types", "form": "the-same", "Url": "https://example.com/", "Which": "all"}
    places = {ui.post(f"{WEBHOOKS}/new", data=sent).headers["location"] for _ in range(2)}
    assert len(places) == 1
    assert len(set(re.findall(r"ep_\w{32}", ui.get(WEBHOOKS).text))) == 1


def test_viewers_and_dispatchers_see_the_list_but_cannot_add(ui, ui_as):
    add(ui)
    for role in ("viewer", "dispatcher"):
        client = ui_as(role)
        assert client.get(WEBHOOKS).status_code == 200
        assert f"{WEBHOOKS}/new" not in client.get(WEBHOOKS).text
        assert client.get(f"{WEBHOOKS}/new").status_code == 403
        assert client.post(f"{WEBHOOKS}/new", data={"Url": "https://example.com/"}).status_code == 403


def test_another_account_sees_nothing(ui, other_ui):
    endpoint_id = add(ui)
    assert endpoint_id not in other_ui.get(WEBHOOKS).text
    for path in ("", "/settings", "/test", "/verify", "/retry"):
        assert other_ui.get(f"{WEBHOOKS}/{endpoint_id}{path}").status_code == 404
    for act in ("enable", "disable", "probe", "secret", "rotate", "delete", "test", "settings", "retry"):
        sent = {"OverlapHours": "0", "EventType": "OrderCreated", "What": "missed", "Url": "https://a.example/"}
        answer = other_ui.post(f"{WEBHOOKS}/{endpoint_id}/{act}", data=sent | {"Concurrency": "1", "Which": "all"})
        assert answer.status_code == 404, act


def test_a_script_in_a_description_is_text(ui):
    endpoint_id = add(ui, Description="<script>alert(1)</script>")
    for path in (WEBHOOKS, f"{WEBHOOKS}/{endpoint_id}", f"{WEBHOOKS}/{endpoint_id}/settings"):
        text = ui.get(path).text
        assert "<script>alert(1)" not in text
        assert "&lt;script&gt;alert(1)" in text


def test_back_leads_to_the_first_step_with_all_that_was_said(ui):
    chosen = {"Which": "some", "EventTypes": ["OrderCreated", "RouteClosed"], "form": "one-and-the-same"}
    sent = {"step": "types", "Url": "https://example.com/hook", "Description": "The warehouse"} | chosen
    back = send(ui, sent | {"back": "yes"})
    assert "Check and continue" in back.text
    for kept in ("https://example.com/hook", "The warehouse"):
        assert f'value="{kept}"' in back.text
    # What the first step's form would send, hidden fields included.
    again = send(ui, {"Url": "https://example.com/hook"} | chosen).text
    assert re.findall(r'name="EventTypes" value="(\w+)"[^>]* checked', again) == chosen["EventTypes"]
    assert re.search(r'value="some"[^>]* checked', again)


def test_a_description_that_is_too_long_is_said_and_kept(ui):
    sent = {"step": "types", "Url": "https://example.com/", "Which": "all", "Description": "x" * 501}
    answer = send(ui, sent)
    assert "At most 500 characters" in answer.text
    assert "x" * 501 in answer.text


@pytest.mark.parametrize("path", ["", "/settings", "/test", "/verify", "/retry"])
def test_an_id_that_no_database_takes_is_nothing_here(ui, path):
    assert ui.get(f"{WEBHOOKS}/ep_%00x{path}").status_code == 404


@pytest.mark.parametrize("act", ["enable", "disable", "probe", "secret", "rotate", "delete", "test", "retry"])
def test_nothing_is_done_to_an_id_that_no_database_takes(ui, act):
    sent = {"OverlapHours": "0", "EventType": "OrderCreated", "What": "missed"}
    assert ui.post(f"{WEBHOOKS}/ep_%00x/{act}", data=sent).status_code == 404


def test_the_url_of_a_step_shows_nothing_that_was_typed(ui):
    """The URL of a receiver is often a secret, and URLs stand in histories and in the logs of proxies."""
    place = ui.post(f"{WEBHOOKS}/new", data={"Url": "https://example.com/t0ken"}).headers["location"]
    assert "t0ken" not in place
    for damaged in (place[:-4], f"{WEBHOOKS}/new?draft=x", f"{WEBHOOKS}/new?draft=%00%ff"):
        page = ui.get(damaged)
        assert page.status_code == 200
        assert "Check and continue" in page.text


def test_more_than_a_url_can_carry_is_kept_too(ui):
    names = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(200)]
    sent = {"step": "types", "Url": "https://10.0.0.1/", "Which": "some", "EventTypes": names}
    answer = ui.post(f"{WEBHOOKS}/new", data=sent)
    assert answer.status_code == 200
    assert "not a public address" in answer.text
    assert all(name in answer.text for name in names)
