"""The attempts of an endpoint and the page of a message: what is found, how it is told, and that nothing in it runs."""

import html
import json
import re
import shlex
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from support.endpoints import an_endpoint, finish_all, publish, rows_of, tools_of
from support.receiver import Answer
from waybell.accounts.model import Actor
from waybell.orders import actions as orders
from waybell.orders.requests import NewOrder
from waybell.web.ui import attempts as page
from waybell.webhooks.endpoints import actions
from waybell.webhooks.endpoints.parking import park
from waybell.webhooks.endpoints.tables import endpoints
from waybell.webhooks.history import attempt_search, jobs, test_send
from waybell.webhooks.messages.attempts import attempt_row, insert_attempts
from waybell.webhooks.messages.tables import messages
from waybell.webhooks.model import Answered, Attempt, Cut, ErrorWord, Timing, Unreachable
from waybell.webhooks.sending.sender import Sender

WEBHOOKS = "/settings/web-api/webhooks"
SCRIPT = "<script>document.title = 'taken over'</script>"
OK = Answered(200, b"HTTP/1.1 200 OK\r\n\r\n", b"fine")
DOWN = Answered(503, b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\n\r\n", b"down")
HEADERS = ("webhook-id: evt_1", "webhook-signature: v1,abc=", "X-Token: ***")


@pytest.fixture
def endpoint_id(app, account):
    return an_endpoint(app, account)


@pytest.fixture
def path(endpoint_id):
    return f"{WEBHOOKS}/{endpoint_id}"


@pytest.fixture
def tried(db, account, clock, endpoint_id):
    """Makes a message about a subject with these attempts, a minute after the ones before. Answers its id."""

    def make(subject, *outcomes, event_type="OrderUpdated", state="failed"):
        publish(db, account, subject, event_type=event_type)
        message = max((row for row in rows_of(db, endpoint_id) if row.subject == subject), key=lambda row: row.version)
        clock.move_to(clock.now() + timedelta(minutes=1))
        with db.transaction() as tx:
            insert_attempts(
                tx,
                [
                    attempt_row(message.id, number, account.id, endpoint_id, "automatic", an_attempt(clock, outcome))
                    for number, outcome in enumerate(outcomes, start=1)
                ],
            )
            last = an_attempt(clock, outcomes[-1])
            done = {"state": state, "due_at": None, "finished_at": tx.now, "error": last.error, "status": last.status}
            tx.execute(
                update(messages)
                .where(messages.c.id == message.id)
                .values(**done, attempt=len(outcomes), failures=len(outcomes))
            )
        return message.id

    return make


def an_attempt(clock, outcome):
    return Attempt(clock.now(), HEADERS, outcome, Timing(1000, 2000, 3000, 4000, 15_000_000))


def listed(text):
    """The messages that a page of attempts lists, each row's id and number."""
    return re.findall(r'<tr id="(msg_\w+)-(\d+)"', text)


def plain(text):
    """What is to be read on the page, without tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())


def test_the_attempts_are_listed_newest_first_with_what_they_are_about(ui, app, account, path, tried):
    with app.database.transaction() as tx:
        wanted = NewOrder.model_validate({"Number": "A-1001", "Client": "Ann", "Address": "Kai 1"})
        track_id = orders.add(tx, Actor(account, "tests"), wanted).track_id
    first, second = tried(f"order:{track_id}", DOWN, OK, state="succeeded"), tried("order:unknown", DOWN)
    text = ui.get(path).text
    assert listed(text)[:2] == [(second, "1"), (first, "2")]
    assert f'<a href="/orders/{track_id}">A-1001</a>' in text
    assert f'href="{path}/messages/{first}?attempt=2#attempt-2"' in text
    assert "15.0 s" in text


def test_what_succeeded_and_what_failed_can_be_listed_alone(ui, path, tried):
    good, bad = tried("order:1", OK, state="succeeded"), tried("order:2", DOWN)
    for query in ("state=succeeded", "outcome=succeeded"):
        assert listed(ui.get(f"{path}?{query}").text) == [(good, "1")]
    assert listed(ui.get(f"{path}?outcome=failed").text) == [(bad, "1")]
    assert len(listed(ui.get(path).text)) == 2


def failed(text):
    """The messages that a page of failed messages lists."""
    return re.findall(r'<tr id="(msg_\w+)"', text)


def test_failed_lists_messages_with_their_state_and_is_empty_when_all_were_resent(ui, db, account, path, tried):
    tried("order:1", DOWN, OK, state="succeeded")
    bad, worse = tried("order:2", DOWN), tried("order:3", DOWN, Unreachable(ErrorWord.TIMEOUT, ""), DOWN)
    publish(db, account, "order:4")
    page = ui.get(f"{path}?state=failed")
    assert failed(page.text) == [worse, bad]
    assert re.search(r"Failed \S+ EET 503 OrderUpdated OrderUpdated order:3 3 ", plain(page.text))
    assert f'href="{path}/messages/{worse}?attempt=3#attempt-3"' in page.text
    assert "Failed messages 2 " in plain(ui.get(path).text)
    assert ui.post(f"{path}/messages/{bad}/retry").status_code == 303
    assert failed(ui.get(f"{path}?state=failed").text) == [worse]
    ui.post(f"{path}/retry", data={"What": "selected", "MessageIds": [worse]})
    while jobs.run_once(db, print):
        pass
    assert "No failed message" in ui.get(f"{path}?state=failed").text
    assert "Failed messages Waiting messages 3" in plain(ui.get(path).text)


def test_failed_also_lists_what_is_retried_by_itself(ui, db, clock, account, endpoint_id, path, tried):
    given_up = tried("order:1", DOWN)
    publish(db, account, "order:2", "order:3")
    later = {"due_at": clock.now() + timedelta(minutes=5), "failures": 2, "attempt": 2, "error": "timeout"}
    with db.transaction() as tx:
        tx.execute(update(messages).where(messages.c.subject == "order:2").values(**later))
    (retried,) = [row.id for row in rows_of(db, endpoint_id) if row.subject == "order:2"]
    page = ui.get(f"{path}?state=failed")
    assert failed(page.text) == [retried, given_up]
    assert "Waiting retry 2 of 5 in 5 min Timed out OrderUpdated" in plain(page.text)
    assert failed(ui.get(f"{path}?state=failed&outcome=5xx").text) == [given_up]
    assert failed(ui.get(f"{path}?state=failed&until=2000-01-01T00:00").text) == []
    ui.post(f"{path}/messages/{retried}/retry")
    assert failed(ui.get(f"{path}?state=failed").text) == [given_up]


@pytest.mark.parametrize(
    ("query", "subjects"),
    [
        ("event=RouteClosed", ["route:1"]),
        ("object=order:2", ["order:2"]),
        ("object=order:none", []),
        ("outcome=5xx", ["order:2", "route:1"]),
        ("outcome=timeout", ["order:3"]),
        ("outcome=dns", []),
        ("period=1h", ["order:3", "order:2"]),
        ("since=2000-01-01T00:00&until=2000-01-02T00:00", []),
    ],
)
def test_the_failed_messages_are_filtered_by_the_url(ui, db, clock, endpoint_id, path, tried, query, subjects):
    tried("route:1", DOWN, event_type="RouteClosed")
    clock.move_to(clock.now() + timedelta(hours=2))
    tried("order:2", DOWN)
    tried("order:3", Unreachable(ErrorWord.TIMEOUT, "Operation timed out"))
    named = {row.id: row.subject for row in rows_of(db, endpoint_id)}
    assert [named[one] for one in failed(ui.get(f"{path}?state=failed&{query}").text)] == subjects


def test_many_failed_messages_turn_their_pages_and_a_rare_one_is_searched_for(ui, monkeypatch, path, tried):
    monkeypatch.setattr(page, "_ON_A_PAGE", 3)
    monkeypatch.setattr(attempt_search, "MOST_SCANNED", 4)
    rare = tried("route:1", DOWN, event_type="RouteClosed")
    made = [rare, *[tried(f"order:{number}", DOWN) for number in range(7)]]
    for query, wanted in (("", made[::-1]), ("&event=RouteClosed", [rare])):
        found, to = [], f"{path}?state=failed{query}"
        while to:
            text = ui.get(to).text
            found += failed(text)
            older = re.search(r'href="([^"]*after=[^"]*)"', text)
            to = html.unescape(older[1]) if older else ""
        assert found == wanted


@pytest.mark.parametrize(
    ("query", "subjects"),
    [
        ("event=RouteClosed", ["route:1"]),
        ("object=order:1", ["order:1"]),
        ("object=order:none", []),
        ("outcome=5xx", ["order:2"]),
        ("outcome=timeout", ["order:3"]),
        ("outcome=5xx&state=succeeded", []),
        ("period=1h", ["order:3", "order:2"]),
        ("since=2000-01-01T00:00&until=2000-01-02T00:00", []),
        ("since=2000-01-01T00:00", ["order:3", "order:2", "order:1", "route:1"]),
        ("since=rubbish&period=3y&outcome=9xx&state=odd", ["order:3", "order:2", "order:1", "route:1"]),
    ],
)
def test_the_filters_stand_in_the_url(ui, db, clock, endpoint_id, path, tried, query, subjects):
    tried("route:1", OK, event_type="RouteClosed", state="succeeded")
    tried("order:1", OK, state="succeeded")
    clock.move_to(clock.now() + timedelta(hours=2))
    tried("order:2", DOWN)
    tried("order:3", Unreachable(ErrorWord.TIMEOUT, "Operation timed out"))
    named = {row.id: row.subject for row in rows_of(db, endpoint_id)}
    assert [named[message_id] for message_id, _ in listed(ui.get(f"{path}?{query}").text)] == subjects


@pytest.mark.parametrize(("query", "found"), [("outcome=4xx", 1), ("outcome=connection", 1), ("state=succeeded", 0)])
def test_a_cut_answer_is_listed_with_its_status_and_its_error(ui, path, tried, query, found):
    tried("order:1", Answered(410, b"HTTP/1.1 410 Gone\r\n\r\n", b"", Cut(ErrorWord.CONNECTION, "45 bytes missing")))
    page = ui.get(f"{path}?{query}").text
    assert len(listed(page)) == found
    assert page.count('status-error">410, broke off</span>') == found


def test_times_of_a_filter_are_those_of_the_account(ui, clock, account, path, tried):
    tried("order:1", OK, state="succeeded")
    local = clock.now().astimezone(account.zone)
    before, after = (f"{local + timedelta(minutes=minutes):%Y-%m-%dT%H:%M}" for minutes in (-1, 2))
    assert len(listed(ui.get(f"{path}?since={before}&until={after}").text)) == 1
    assert listed(ui.get(f"{path}?since={after}").text) == []


def test_a_long_list_turns_its_pages_and_keeps_the_filter(ui, monkeypatch, path, tried):
    monkeypatch.setattr(page, "_ON_A_PAGE", 3)
    made = [tried(f"order:{number}", DOWN) for number in range(7)]
    found, to = [], f"{path}?outcome=failed"
    while to:
        text = ui.get(to).text
        found += [message_id for message_id, _ in listed(text)]
        older = re.search(r'href="([^"]*after=[^"]*)"', text)
        to = html.unescape(older[1]) if older else ""
        assert not to or "outcome=failed" in to
    assert found == made[::-1]


def test_a_rare_match_is_searched_for_step_by_step(ui, monkeypatch, path, tried):
    monkeypatch.setattr(attempt_search, "MOST_SCANNED", 3)
    rare = tried("route:1", OK, event_type="RouteClosed", state="succeeded")
    for number in range(4):
        tried(f"order:{number}", OK, state="succeeded")
    text = ui.get(f"{path}?event=RouteClosed").text
    assert listed(text) == []
    assert "Searched back to" in text
    further = re.search(r'href="([^"]*after=[^"]*)">Search further', text)
    assert listed(ui.get(html.unescape(further[1])).text) == [(rare, "1")]


def test_an_empty_list_says_what_to_do(ui, path, tried):
    assert f'href="{path}/test">Send a test' in ui.get(path).text
    tried("order:1", OK, state="succeeded")
    assert "No failed message" in ui.get(f"{path}?state=failed").text
    assert "Clear the filter" in ui.get(f"{path}?event=OrderDeleted").text


def test_the_live_list_stands_still_while_it_is_read(ui, monkeypatch, path, tried):
    """The hook is tested in a browser; here, that older pages begin with it on."""
    monkeypatch.setattr(page, "_ON_A_PAGE", 1)
    tried("order:1", DOWN)
    tried("order:2", DOWN)
    first = ui.get(path).text
    assert 'data-stops=".row-check:checked, #paused:checked"' in first
    assert 'id="paused">' in first
    older = html.unescape(re.search(r'href="([^"]*after=[^"]*)"', first)[1])
    assert 'id="paused" checked>' in ui.get(older).text


@pytest.mark.parametrize(
    "query",
    [
        "event=%00&object=%00&since=%00",
        "after=AAAA",
        "after=%00",
        "object=%ED%A0%80",
        f"object={'x' * 5000}",
        "since=0001-01-01T00:00&until=9999-12-31T23:59",
        "since=9999-12-31T23:59&after=MXwyfDM",
    ],
)
def test_rubbish_in_the_url_is_no_fault_of_ours(ui, path, query):
    for to in (path, f"{path}/retry", f"{path}?state=waiting"):
        assert ui.get(to + ("&" if "?" in to else "?") + query).status_code in (200, 400)
    assert ui.get(f"{path}/retry?What=missed&{query}").status_code in (200, 400)


def test_what_waits_says_for_what(ui, db, clock, app, account, endpoint_id, path):
    publish(db, account, "order:1", "order:1", "order:1", "order:2")
    with db.transaction() as tx:
        later = update(messages).where(messages.c.subject == "order:2")
        tx.execute(later.values(due_at=clock.now() + timedelta(minutes=5), failures=2, error="timeout"))
    text = plain(ui.get(f"{path}?state=waiting").text)
    assert re.search(r"order:1 OrderUpdated its turn: due now 2 ", text)
    assert "retry 2 of 5 in 5 min , after Timed out" in text
    with db.transaction() as tx:
        park(tx, {endpoint_id: "timeout"}, clock.now() + timedelta(minutes=3))
    text = plain(ui.get(f"{path}?state=waiting").text)
    assert text.count("the receiver, which is down , next probe in 3 min") == 2
    with db.transaction() as tx:
        actions.disable(tx, tools_of(app), Actor(account, "tests"), endpoint_id)
    assert "the endpoint is disabled" in ui.get(f"{path}?state=waiting").text
    finish_all(db, endpoint_id, "succeeded")
    assert "Nothing waits" in ui.get(f"{path}?state=waiting").text


def test_only_who_may_send_again_sees_how(ui_as, path, tried):
    message_id = tried("order:1", DOWN)
    for role, may in (("viewer", False), ("dispatcher", True)):
        client = ui_as(role)
        assert ('name="MessageIds"' in client.get(path).text) is may
        assert (f"{path}/retry?" in client.get(path).text) is may
        assert (f"{message_id}/retry" in client.get(f"{path}/messages/{message_id}").text) is may


def test_another_account_sees_nothing_of_it(other_ui, app, path, tried):
    message_id = tried("order:1", DOWN)
    for to in ("", "?state=waiting", "/retry", f"/messages/{message_id}"):
        assert other_ui.get(path + to).status_code == 404
    assert other_ui.post(f"{path}/retry", data={"What": "failed"}).status_code == 404
    assert other_ui.post(f"{path}/messages/{message_id}/retry").status_code == 404


def test_a_message_is_found_under_its_own_endpoint_only(ui, app, account, tried):
    message_id, other = tried("order:1", DOWN), an_endpoint(app, account)
    for to in (f"{WEBHOOKS}/{other}/messages/{message_id}", f"{WEBHOOKS}/ep_%00/messages/{message_id}"):
        assert ui.get(to).status_code == 404
        assert ui.post(f"{to}/retry").status_code == 404


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (OK, "Taken: answered 200"),
        (DOWN, "Answered 503 Service Unavailable"),
        (Answered(301, b"", b""), "Answered 301: a redirect, which is not followed"),
        (Answered(799, b"", b""), "Answered 799"),
        (Unreachable(ErrorWord.TIMEOUT, "Resolving timed out"), "Timed out after 15 s looking up its name"),
        (Unreachable(ErrorWord.DNS, "Could not resolve host: x"), "The name x was not found (DNS)"),
        (Unreachable(ErrorWord.TLS, "certificate has expired"), "Its certificate has expired"),
        (Unreachable(ErrorWord.FORBIDDEN_ADDRESS, "10.0.0.5 is not public"), "Blocked: 10.0.0.5 is not public"),
        (Unreachable(ErrorWord.INTERNAL, ""), "It could not be sent"),
        (
            Answered(410, b"", b"", Cut(ErrorWord.CONNECTION, "end of response with 45 bytes missing")),
            "Answered 410, but its answer broke off half-way",
        ),
    ],
)
def test_the_page_of_a_message_says_in_words_what_came_of_each_attempt(ui, path, tried, outcome, words):
    message_id = tried("order:1", outcome)
    text = ui.get(f"{path}/messages/{message_id}").text
    assert f">{words}</span>" in html.unescape(text)
    assert "Wait 4.0 ms" in plain(text)
    if getattr(outcome, "detail", "") and outcome.error != ErrorWord.FORBIDDEN_ADDRESS:
        assert f"What the network library said {outcome.detail}" in plain(text)


def test_the_bar_of_a_timeout_shows_what_it_waited_for(ui, db, account, clock, endpoint_id, path, tried):
    waited = "Operation timed out after 15000 milliseconds with 0 bytes received"
    text = plain(ui.get(f"{path}/messages/{tried('order:1', Unreachable(ErrorWord.TIMEOUT, waited))}").text)
    assert "DNS 1.0 ms Connect 2.0 ms TLS 3.0 ms Wait 15.0 s Transfer 0.0 ms" in text


def test_a_message_shows_its_last_attempt_open_and_the_others_closed(ui, path, tried):
    text = ui.get(f"{path}/messages/{tried('order:1', DOWN, DOWN, OK, state='succeeded')}").text
    assert re.findall(r'id="attempt-(\d)"( open)?', text) == [("3", " open"), ("2", ""), ("1", "")]
    assert "The receiver has taken it." in text


def test_open_leads_to_the_attempt_that_was_clicked(ui, path, tried):
    message_id = tried("order:1", *[DOWN] * 59, OK, state="succeeded")
    opens = re.findall(rf'href="({path}/messages/{message_id}\?attempt=58#attempt-58)"', ui.get(path).text)
    assert len(opens) == 2
    for number in ("58", "3"):  # the newest fifty are shown, and the one that is asked for
        text = ui.get(f"{path}/messages/{message_id}?attempt={number}").text
        assert re.findall(r'id="attempt-(\d+)" open', text) == [number]
        assert f'href="{path}/messages/{message_id}?attempt={number}#attempt-{number}"' in text
    for rubbish in ("", "0", "61", "x", "-1", "9" * 40, "%00", "٣"):
        text = ui.get(f"{path}/messages/{message_id}?attempt={rubbish}").text
        assert re.findall(r'id="attempt-(\d+)" open', text) == ["60"]


def test_of_very_many_attempts_the_newest_are_shown(ui, path, tried):
    text = ui.get(f"{path}/messages/{tried('order:1', *[DOWN] * 60)}").text
    assert re.findall(r'id="attempt-(\d+)"', text) == [str(number) for number in range(60, 10, -1)]
    assert "The newest 50 are shown." in text


def test_scripts_in_what_a_receiver_answers_are_shown_and_never_run(ui, path, tried):
    headers = f"HTTP/1.1 500 {SCRIPT}\r\nX-Evil: {SCRIPT}\r\n\r\n".encode()
    message_id = tried("order:1", Answered(500, headers, SCRIPT.encode()))
    json_body = tried("order:2", Answered(500, headers, json.dumps({"note": SCRIPT}).encode()))
    for one in (message_id, json_body):
        answer = ui.get(f"{path}/messages/{one}")
        assert SCRIPT not in answer.text
        assert html.escape(SCRIPT, quote=False) in answer.text.replace("&#39;", "'")
        assert "script-src 'self'" in answer.headers["content-security-policy"]


def test_scripts_in_subjects_and_filters_are_shown_and_never_run(ui, path, tried):
    message_id = tried(SCRIPT, DOWN)
    for to in (path, f"{path}/messages/{message_id}", f"{path}?object={SCRIPT}", f"{path}/retry?object={SCRIPT}"):
        answer = ui.get(to)
        assert answer.status_code == 200
        assert SCRIPT not in answer.text


def test_what_is_no_text_is_shown_as_well_as_it_can(ui, path, tried):
    message_id = tried("order:1", Answered(500, b"\xff\xfe: \x80\r\n", bytes(range(256)) * 64))
    text = ui.get(f"{path}/messages/{message_id}").text
    assert "\N{REPLACEMENT CHARACTER}" in text
    assert "Its first 16 KB; no more is kept." in text


def test_the_command_for_curl_sends_the_same_and_tells_no_secret(ui, db, endpoint_id, app, account, path, tried):
    with db.transaction() as tx:
        change = {"url": "https://e.example/hook?a=1&b='2'", "headers": {"X-Token": "hush-hush"}}
        actions.change(tx, tools_of(app), Actor(account, "tests"), endpoint_id, change)
    publish(db, account, "order:1")
    message_id = tried("order:1", DOWN)
    text = ui.get(f"{path}/messages/{message_id}").text
    command = html.unescape(re.search(r"<code>(curl .*?)</code>", text, re.DOTALL)[1])
    words = shlex.split(command.replace("\\\n", ""))
    with db.reading() as tx:
        url = tx.execute(select(endpoints.c.url).where(endpoints.c.id == endpoint_id)).scalar_one()
    assert words[:4] == ["curl", "-X", "POST", url]
    assert words[4:-2] == [word for header in HEADERS for word in ("-H", header)]
    assert words[-2] == "--data-binary"
    assert json.loads(words[-1])["Data"] == {"Number": "17"}
    assert "hush-hush" not in text
    assert "whsec_" not in text


def test_a_message_says_what_it_waits_for(ui, db, clock, account, endpoint_id, path):
    publish(db, account, "order:1", "order:1")
    head, behind = rows_of(db, endpoint_id)
    assert "as soon as the endpoint has a slot free" in ui.get(f"{path}/messages/{head.id}").text
    assert "an earlier message about the same object" in ui.get(f"{path}/messages/{behind.id}").text
    with db.transaction() as tx:
        later = {"due_at": clock.now() + timedelta(minutes=5), "failures": 2, "attempt": 2}
        tx.execute(update(messages).where(messages.c.id == head.id).values(**later))
    assert "retry 2 of 5" in ui.get(f"{path}/messages/{head.id}").text
    with db.transaction() as tx:
        park(tx, {endpoint_id: "http_status 500"}, clock.now() + timedelta(minutes=3))
    assert "The receiver is down (it answers 500)" in ui.get(f"{path}/messages/{head.id}").text
    assert f'href="/events/{head.event_id}">' in ui.get(f"{path}/messages/{head.id}").text


def a_test(app, account, endpoint_id):
    sender = Sender(app.settings)
    db = app.database
    return test_send.send_test(db, db.transaction, tools_of(app), sender, account.id, endpoint_id, "OrderCreated")


def test_a_test_is_listed_and_told_as_one(ui, app, db, account, receiver):
    endpoint_id = an_endpoint(app, account, url=receiver.url)
    row = a_test(app, account, endpoint_id)
    text = ui.get(f"{WEBHOOKS}/{endpoint_id}").text
    assert listed(text) == [(row.message_id, "1")]
    assert "a sample" in text
    assert 'name="MessageIds"' not in text
    assert "/retry" not in ui.get(f"{WEBHOOKS}/{endpoint_id}/messages/{row.message_id}").text


def test_a_test_counts_nowhere(ui, app, db, account, receiver):
    receiver.answer = lambda _: Answer(500)
    endpoint_id = an_endpoint(app, account, url=receiver.url)
    a_test(app, account, endpoint_id)
    text = plain(ui.get(f"{WEBHOOKS}/{endpoint_id}").text)
    assert "Success, 24 h \N{EN DASH} Succeeded 0 Failed attempts 0" in text
    assert standing(ui, endpoint_id) == ("green", "Enabled")
    assert "Failed messages Waiting messages" in text
    assert "No failed message" in ui.get(f"{WEBHOOKS}/{endpoint_id}?state=failed").text
    assert "never" in plain(ui.get(WEBHOOKS).text)


def standing(ui, endpoint_id):
    """The colour and the word of an endpoint's state on its page, which are those of the list."""
    shown = re.compile(r'<span class="state state-(\w+)">([^<]+)</span>')
    (of_page,) = shown.findall(ui.get(f"{WEBHOOKS}/{endpoint_id}").text.partition('id="standing"')[2])[:1]
    (of_list,) = shown.findall(ui.get(WEBHOOKS).text)
    assert of_page == of_list
    return of_page


@pytest.mark.parametrize(
    ("outcomes", "shown"),
    [
        ([OK], ("green", "Enabled")),
        ([DOWN], ("red", "Failing")),
        ([OK, DOWN, DOWN], ("green", "Enabled")),
        ([OK, *[DOWN] * 5], ("red", "Failing")),
        ([*[DOWN] * 9, OK], ("green", "Enabled")),
    ],
)
def test_an_endpoint_that_only_fails_is_not_green(ui, endpoint_id, tried, outcomes, shown):
    assert standing(ui, endpoint_id) == ("green", "Enabled")
    for number, outcome in enumerate(outcomes):
        tried(f"order:{number}", outcome)
    assert standing(ui, endpoint_id) == shown


def test_tests_do_not_hide_that_an_endpoint_only_fails(ui, app, db, account, receiver, clock):
    endpoint_id = an_endpoint(app, account, url=receiver.url)
    publish(db, account, "order:1")
    (message,) = rows_of(db, endpoint_id)
    with db.transaction() as tx:
        insert_attempts(tx, [attempt_row(message.id, 1, account.id, endpoint_id, "automatic", an_attempt(clock, DOWN))])
    clock.move_to(clock.now() + timedelta(minutes=1))
    a_test(app, account, endpoint_id)
    assert standing(ui, endpoint_id) == ("red", "Failing")
