"""Events: the list with what came of each, and the page that says who got it and why somebody did not."""

import html
import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from support.endpoints import an_endpoint, finish, finish_all, publish, rows_of
from support.pages import text_of
from support.receiver import Answer
from support.waiting import wait_for
from waybell.accounts.model import Actor
from waybell.app import build_dispatcher
from waybell.events.tables import events
from waybell.installation import heartbeats
from waybell.webhooks.endpoints import actions, operational_events, parking
from waybell.webhooks.endpoints.tables import endpoints
from waybell.webhooks.messages.tables import messages

SCRIPT = "<script>alert('taken over')</script>"
WEBHOOKS = "/settings/web-api/webhooks"


def event_ids(db):
    """Oldest first."""
    with db.reading() as tx:
        return list(tx.execute(select(events.c.id).order_by(events.c.seq)).scalars())


def newest_event(db):
    return event_ids(db)[-1]


def why(ui, event_id):
    """What the page says of the endpoints."""
    return text_of(ui.get(f"/events/{event_id}")).partition("Who got it, and if not, why")[2]


def set_endpoint(db, endpoint_id, **values):
    with db.transaction() as tx:
        tx.execute(update(endpoints).where(endpoints.c.id == endpoint_id).values(**values))


def set_message(db, message_id, **values):
    with db.transaction() as tx:
        tx.execute(update(messages).where(messages.c.id == message_id).values(**values))


def settle(app):
    """Let a dispatcher send all that is due at this moment of the clock."""
    dispatcher = build_dispatcher(app)
    try:
        dispatcher.scan()

        def nothing_left():
            dispatcher.step(0.01)
            return dispatcher.settled()

        wait_for(nothing_left)
    finally:
        dispatcher.close()


# The list


def test_before_anything_happened_the_list_shows_how_to_make_something_happen(ui):
    text = text_of(ui.get("/events"))
    assert "Nothing has happened yet" in text
    assert "curl https://waybell.example/api/Order" in text


def test_each_event_shows_its_object_and_what_came_of_it(ui, api, app, db, account):
    endpoint_id = an_endpoint(app, account)
    an_endpoint(app, account, url="https://other.example/hook")
    assert api.post("/api/Order", json={"Number": "SO-1", "Client": "C", "Address": "Here 1"}).status_code == 201
    track_id = api.get("/api/Order/Number/SO-1").json()["TrackId"]
    finish_all(db, endpoint_id, "succeeded")
    page = ui.get("/events")
    text = text_of(page)
    assert "OrderCreated SO-1 1" in text
    assert "1 succeeded" in text
    assert "1 waiting" in text
    assert f'href="/orders/{track_id}"' in page.text
    assert f'href="/events/{newest_event(db)}"' in page.text


def test_the_newest_come_first_fifty_on_a_page(ui, db, account):
    publish(db, account, *[f"thing:{number}" for number in range(60)])
    first = ui.get("/events").text
    assert [int(number) for number in re.findall(r"thing:(\d+)</td>", first)] == list(range(59, 9, -1))
    (older,) = re.findall(r'href="(/events\?after=[^"]+)"', first)
    assert re.findall(r"thing:(\d+)</td>", ui.get(html.unescape(older)).text) == [str(n) for n in range(9, -1, -1)]


def test_samples_are_not_listed(ui, app, db, account, receiver):
    endpoint_id = an_endpoint(app, account, url=receiver.url)
    assert ui.post(f"{WEBHOOKS}/{endpoint_id}/test", data={"EventType": "OrderCreated"}).status_code in (200, 303)
    assert len(event_ids(db)) == 1
    assert "Nothing has happened yet" in ui.get("/events").text


def test_they_are_found_by_type_and_by_object(ui, api, db, account):
    orders = [{"Number": "A", "Client": "C", "Address": "X"}]
    assert api.post("/api/Route", json={"Code": "R-7", "Orders": orders}).status_code == 201
    publish(db, account, "invoice:9", event_type="RouteClosed")
    assert listed(ui, event="RouteClosed") == ["RouteClosed"]
    assert listed(ui, object="A") == ["OrderCreated"]
    assert listed(ui, object="R-7") == ["RouteReady", "RouteCreated"]
    assert listed(ui, object="invoice:9") == ["RouteClosed"]
    assert listed(ui, object="A", event="OrderCreated") == ["OrderCreated"]
    assert listed(ui, object="A", event="RouteClosed") == []
    assert listed(ui, object="nothing like it") == []


def listed(ui, **query):
    page = ui.get("/events", params=query)
    assert page.status_code == 200
    return re.findall(r'<td class="[^"]+"><a href="/events/evt_\w+">(\w+)</a></td>', page.text)


@pytest.fixture
def furnished(app, db, account, clock):
    """Five events, an hour apart: failed, succeeded, waiting at one endpoint; told to another only; told to nobody."""
    first = an_endpoint(app, account, event_types=("OrderUpdated",))
    second = an_endpoint(app, account, url="https://other.example/hook", event_types=("RouteClosed",))
    for subject, event_type in (
        ("order:failed", "OrderUpdated"),
        ("order:succeeded", "OrderUpdated"),
        ("order:waiting", "OrderUpdated"),
        ("route:other", "RouteClosed"),
        ("order:nobody", "OrderDeleted"),
    ):
        publish(db, account, subject, event_type=event_type)
        clock.move_to(clock.now() + timedelta(hours=1))
    with db.transaction() as tx:
        for row in rows_of(db, first):
            if row.subject != "order:waiting":
                finish(tx, row.id, row.subject.partition(":")[2])
    return first, second


def subjects(ui, **query):
    page = ui.get("/events", params={name: value for name, value in query.items() if value})
    assert page.status_code == 200
    return re.findall(r"(?:order|route):(\w+)</td>", page.text)


@pytest.mark.parametrize("few", [1000, 0])
def test_they_are_found_by_outcome_and_endpoint(ui, app, db, account, furnished, monkeypatch, few):
    monkeypatch.setattr("waybell.webhooks.history.event_outcomes._FEW", few)
    first, second = furnished
    for outcome in ("failed", "succeeded", "waiting"):
        at_any = ["other", "waiting"] if outcome == "waiting" else [outcome]
        assert subjects(ui, outcome=outcome) == at_any
        assert subjects(ui, outcome=outcome, endpoint=first) == [outcome]
        assert subjects(ui, outcome=outcome, endpoint=second) == (["other"] if outcome == "waiting" else [])
        assert subjects(ui, outcome=outcome, event="RouteClosed") == (["other"] if outcome == "waiting" else [])
        assert subjects(ui, outcome=outcome, object="order:failed") == (["failed"] if outcome == "failed" else [])
    assert subjects(ui, outcome="nobody") == ["nobody"]
    assert subjects(ui, outcome="canceled") == []
    assert subjects(ui, endpoint=first) == ["waiting", "succeeded", "failed"]
    assert subjects(ui, endpoint=second) == ["other"]
    assert subjects(ui, endpoint=second, outcome="nobody") == ["nobody", "waiting", "succeeded", "failed"]
    assert subjects(ui, endpoint="ep_none") == []


def test_they_are_found_by_time(ui, account, clock, furnished):
    everything = ["nobody", "other", "waiting", "succeeded", "failed"]

    def at(hours):
        return f"{clock.now().astimezone(account.zone) - timedelta(hours=hours):%Y-%m-%dT%H:%M}"

    assert subjects(ui, period="24h") == everything
    assert subjects(ui, period="1h") == ["nobody"]
    assert subjects(ui, since=at(3)) == everything[:3]
    assert subjects(ui, until=at(3)) == everything[2:]
    assert subjects(ui, since=at(4.5), until=at(1.5)) == everything[1:4]
    assert subjects(ui, since=at(4.5), until=at(1.5), outcome="waiting") == ["other", "waiting"]
    assert subjects(ui, since=at(4.5), outcome="failed") == []
    assert subjects(ui, since=at(0)) == []
    assert subjects(ui, until=at(-1)) == everything


def test_another_account_s_endpoint_finds_nothing(ui, other_ui, furnished):
    assert subjects(other_ui, endpoint=furnished[0]) == []
    assert subjects(other_ui, outcome="failed") == []


def test_a_rare_outcome_is_searched_for_step_by_step(ui, db, account, furnished, monkeypatch):
    monkeypatch.setattr("waybell.events.listing._MOST_SCANNED", 2)
    found, path = [], "/events?outcome=succeeded"
    while path:
        page = ui.get(path).text
        found += re.findall(r"order:(\w+)</td>", page)
        further = re.findall(r'href="(/events\?[^"]*after=[^"]+)">Search further', page)
        path = html.unescape(further[0]) if further else ""
        assert not path or "outcome=succeeded" in path
    assert found == ["succeeded"]


def test_events_of_one_object_go_on_over_pages(ui, db, account):
    publish(db, account, *["thing:1", "thing:2"] * 60)
    first = ui.get("/events", params={"object": "thing:1"})
    assert first.text.count("thing:1</td>") == 50
    assert "thing:2</td>" not in first.text
    (older,) = re.findall(r'href="(/events\?[^"]*after=[^"]+)"', first.text)
    second = ui.get(html.unescape(older)).text
    assert second.count("thing:1</td>") == 10
    assert "thing:2</td>" not in second


@pytest.mark.parametrize(
    "query",
    [
        "event=%00",
        "object=%00",
        "object='--",
        "event=%F0%9F%92%A5",
        "object=" + "x" * 3000,
        "after=",
        "page=x",
        "object=%25",
        "outcome=nonsense&endpoint=%00&period=3y&since=x&until=9999-12-31T23:59",
        "outcome=failed&endpoint=" + "x" * 3000,
        "since=0001-01-01T00:00&until=0001-01-01T00:00&outcome=nobody",
    ],
)
def test_rubbish_in_the_filters_is_no_fault_of_ours(ui, db, account, query):
    publish(db, account, "thing:1")
    assert ui.get(f"/events?{query}").status_code == 200


@pytest.mark.parametrize("after", ["x", "AAAA", "%00", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTl8MQ", "LTF8LTE"])
def test_a_wrong_cursor_is_refused(ui, after):
    assert ui.get(f"/events?after={after}").status_code in (200, 400)


# Why


def test_it_was_received_and_each_attempt_is_linked(ui, app, db, account, receiver):
    receiver.answer = lambda _: Answer(503 if len(receiver.received) < 2 else 204)
    endpoint_id = an_endpoint(app, account, url=receiver.url)
    publish(db, account, "order:1")
    settle(app)
    (row,) = rows_of(db, endpoint_id)
    assert "503" in why(ui, newest_event(db))
    page = ui.get(f"/events/{newest_event(db)}").text
    assert f'href="{WEBHOOKS}/{endpoint_id}/messages/{row.id}?attempt=1#attempt-1"' in page


def test_a_received_event_says_so(ui, app, db, account, receiver):
    an_endpoint(app, account, url=receiver.url)
    publish(db, account, "order:1")
    settle(app)
    text = why(ui, newest_event(db))
    assert "Yes, at the first attempt" in text
    assert "Attempt 1 204" in text


def test_it_waits_behind_an_earlier_message_of_the_same_object_which_is_explained_too(ui, app, db, account, clock):
    endpoint_id = an_endpoint(app, account)
    publish(db, account, "order:1")
    publish(db, account, "order:1")
    first, second = event_ids(db)
    head, _ = rows_of(db, endpoint_id)
    set_message(
        db,
        head.id,
        due_at=clock.now() + timedelta(minutes=5),
        failures=2,
        attempt=2,
        error="http_status",
        status=500,
    )
    page = ui.get(f"/events/{second}")
    assert "an earlier message about the same object comes first" in text_of(page)
    assert f'href="/events/{first}"' in page.text
    assert "Not yet: the last attempt failed (it answers 500), retry 2 of 5 is sent" in text_of(page)


def test_it_waits_for_an_endpoint_that_is_parked(ui, app, db, account, clock):
    endpoint_id = an_endpoint(app, account)
    publish(db, account, "order:1")
    later = clock.now() + timedelta(minutes=1)
    set_endpoint(db, endpoint_id, parked_at=clock.now(), parked_reason="refused", probe_at=later)
    text = why(ui, newest_event(db))
    assert "the receiver is down (nobody listens there)" in text
    assert "The next probe goes out 14:01:00 EET" in text
    assert "Down since 14:00:00 EET" in text


def test_it_waits_for_an_endpoint_that_is_disabled(ui, app, db, account, tools):
    endpoint_id = an_endpoint(app, account)
    publish(db, account, "order:1")
    with db.transaction() as tx:
        actions.disable(tx, tools, Actor(account, "tests"), endpoint_id)
    assert "Not yet: the endpoint is disabled" in why(ui, newest_event(db))


def test_without_a_dispatcher_it_says_how_to_start_one(ui, app, db, account, clock):
    an_endpoint(app, account)
    publish(db, account, "order:1")
    assert "no dispatcher is running. Start one with: waybell serve" in why(ui, newest_event(db))
    with db.transaction() as tx:
        heartbeats.beat(tx, heartbeats.DISPATCHER)
    assert "no dispatcher is running" not in why(ui, newest_event(db))
    clock.move_to(clock.now() + timedelta(minutes=5))
    assert "no dispatcher is running" in why(ui, newest_event(db))


def test_a_deleted_endpoint_is_told_of_while_it_has_a_message(ui, app, db, account, tools):
    endpoint_id = an_endpoint(app, account, description="The warehouse")
    without = an_endpoint(app, account, description="Nobody's", event_types=("RouteClosed",))
    publish(db, account, "order:1")
    with db.transaction() as tx:
        for one in (endpoint_id, without):
            actions.remove(tx, tools, Actor(account, "tests"), one)
    page = ui.get(f"/events/{newest_event(db)}")
    assert "The warehouse (deleted)" in text_of(page)
    assert "the endpoint was deleted before it was sent" in text_of(page)
    assert f'href="{WEBHOOKS}/{endpoint_id}"' not in page.text  # which would lead nowhere
    assert "/retry" not in page.text
    assert "Nobody's" not in page.text


def test_an_endpoint_that_does_not_ask_is_told_of(ui, app, db, account):
    an_endpoint(app, account, event_types=("RouteClosed",))
    publish(db, account, "order:1")
    assert "the endpoint does not ask for this event type" in why(ui, newest_event(db))


def test_an_endpoint_that_was_added_later_is_told_of(ui, app, db, account, clock):
    publish(db, account, "order:1")
    clock.move_to(clock.now() + timedelta(hours=1))
    an_endpoint(app, account)
    assert "the endpoint was added later, 15:00:00 EET" in why(ui, newest_event(db))


def test_an_endpoint_that_was_disabled_then_is_told_of_though_it_is_enabled_now(ui, app, db, account, tools, clock):
    endpoint_id, actor = an_endpoint(app, account), Actor(account, "tests")
    for act in (actions.disable, None, actions.enable):
        clock.move_to(clock.now() + timedelta(hours=1))
        if act is None:
            publish(db, account, "order:1")
            continue
        with db.transaction() as tx:
            act(tx, tools, actor, endpoint_id)
    assert "the endpoint was disabled when it happened" in why(ui, newest_event(db))


def test_an_endpoint_that_was_disabled_by_us_is_told_of_too(ui, app, db, account, tools, clock):
    endpoint_id, actor = an_endpoint(app, account), Actor(account, "tests")
    with db.transaction() as tx:
        actions.enable(tx, tools, actor, endpoint_id)
    clock.move_to(clock.now() + timedelta(hours=1))
    with db.transaction() as tx:
        parking.disable(tx, endpoint_id, "gone")
        operational_events.record_disabled(tx, account.id, endpoint_id, "gone")
    clock.move_to(clock.now() + timedelta(hours=1))
    publish(db, account, "order:1")
    event_id = newest_event(db)
    assert "the endpoint was disabled when it happened" in why(ui, event_id)
    clock.move_to(clock.now() + timedelta(hours=1))
    with db.transaction() as tx:
        actions.enable(tx, tools, actor, endpoint_id)
    assert "the endpoint was disabled when it happened" in why(ui, event_id)


def test_a_test_of_one_endpoint_is_none_of_another(ui, app, db, account, receiver):
    tested = an_endpoint(app, account, url=receiver.url)
    an_endpoint(app, account)
    ui.post(f"{WEBHOOKS}/{tested}/test", data={"EventType": "OrderCreated"})
    page = ui.get(f"/events/{newest_event(db)}")
    assert "it was a test, made for another endpoint" in text_of(page)
    assert "Yes, at the first attempt" in text_of(page)
    assert "Send it there" not in page.text


def test_without_endpoints_the_page_offers_to_add_one(ui, db, account):
    publish(db, account, "order:1")
    assert "This account has no endpoint yet" in ui.get(f"/events/{newest_event(db)}").text


# Sending it


def test_a_missed_event_is_sent_there_and_only_once(ui, app, db, account):
    publish(db, account, "order:1")
    endpoint_id = an_endpoint(app, account)
    event_id = newest_event(db)
    assert "Send it there" in ui.get(f"/events/{event_id}").text
    for _ in range(2):  # a double click
        answer = ui.post(f"/events/{event_id}/send", data={"EndpointId": endpoint_id})
        assert (answer.status_code, answer.headers["location"]) == (303, f"/events/{event_id}")
    (row,) = rows_of(db, endpoint_id)
    assert (row.event_id, row.state, row.manual) == (event_id, "waiting", True)
    assert "Send it there" not in ui.get(f"/events/{event_id}").text


def test_what_is_sent_there_arrives(ui, app, db, account, receiver):
    publish(db, account, "order:1")
    endpoint_id = an_endpoint(app, account, url=receiver.url)
    ui.post(f"/events/{newest_event(db)}/send", data={"EndpointId": endpoint_id})
    settle(app)
    assert [one.event_id for one in receiver.received] == [newest_event(db)]
    assert "Yes, at the first attempt" in why(ui, newest_event(db))


def test_to_a_disabled_endpoint_nothing_is_sent(ui, app, db, account, tools):
    endpoint_id = an_endpoint(app, account)
    with db.transaction() as tx:
        actions.disable(tx, tools, Actor(account, "tests"), endpoint_id)
    publish(db, account, "order:1")
    page = f"/events/{newest_event(db)}"
    assert "Send it there" not in ui.get(page).text
    ui.post(f"{page}/send", data={"EndpointId": endpoint_id})
    assert "disabled" in ui.get(page).text
    assert rows_of(db, endpoint_id) == []


def test_a_failed_message_is_sent_again_from_here(ui, app, db, account):
    endpoint_id = an_endpoint(app, account)
    publish(db, account, "order:1")
    (row,) = rows_of(db, endpoint_id)
    with db.transaction() as tx:
        finish(tx, row.id)
    event_id = newest_event(db)
    assert "No: the last of 6 attempts failed (it does not answer in time), and it was given up" in why(ui, event_id)
    retry = f"{WEBHOOKS}/{endpoint_id}/messages/{row.id}/retry"
    assert f'action="{retry}"' in ui.get(f"/events/{event_id}").text
    answer = ui.post(retry, data={"to": f"/events/{event_id}"})
    assert answer.headers["location"] == f"/events/{event_id}"
    assert rows_of(db, endpoint_id)[0].state == "waiting"


def test_a_viewer_reads_why_and_sends_nothing(ui_as, app, db, account):
    publish(db, account, "order:1")
    endpoint_id = an_endpoint(app, account)
    page, viewer = f"/events/{newest_event(db)}", ui_as("viewer")
    assert "Send it there" not in viewer.get(page).text
    assert viewer.post(f"{page}/send", data={"EndpointId": endpoint_id}).status_code == 403
    assert rows_of(db, endpoint_id) == []
    assert "Send it there" in ui_as("dispatcher").get(page).text


# Who sees what


def test_another_account_sees_nothing_of_it(other_ui, ui, app, db, account):
    endpoint_id = an_endpoint(app, account)
    publish(db, account, "order:1")
    page = f"/events/{newest_event(db)}"
    assert other_ui.get(page).status_code == 404
    assert other_ui.post(f"{page}/send", data={"EndpointId": endpoint_id}).status_code == 404
    assert "Nothing has happened yet" in other_ui.get("/events").text
    assert "Nothing matches" in other_ui.get("/events?object=order:1").text


def test_an_event_of_ours_is_not_sent_to_an_endpoint_of_others(other_ui, app, db, account, visitor):
    theirs = an_endpoint(app, account)
    publish(db, other_account(db), "order:1")
    answer = other_ui.post(f"/events/{newest_event(db)}/send", data={"EndpointId": theirs})
    assert answer.status_code == 404
    assert rows_of(db, theirs) == []


def other_account(db):
    from waybell.accounts import actions as accounts  # noqa: PLC0415

    with db.reading() as tx:
        return next(one for one in accounts.list_accounts(tx) if one.name == "Elsewhere Ltd")


@pytest.mark.parametrize("event_id", ["evt_nothing", "%00", "x" * 500])
def test_what_is_no_event_is_not_found(ui, event_id):
    assert ui.get(f"/events/{event_id}").status_code == 404


def test_scripts_in_custom_events_are_shown_and_not_run(ui, api, app, account, db):
    an_endpoint(app, account, description=SCRIPT)
    api.post("/api/EventType", json={"Name": "invoice.paid", "Meaning": SCRIPT})
    sent = {"Event": "invoice.paid", "Subject": SCRIPT, "Data": {"Text": SCRIPT, SCRIPT: "</code></pre>"}}
    assert api.post("/api/Event", json=sent).status_code == 201
    for path in ("/events", f"/events/{newest_event(db)}", "/events?event=invoice.paid"):
        page = ui.get(path)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert" in page.text
    shown = html.unescape(ui.get(f"/events/{newest_event(db)}").text)
    assert f'"Text": "{SCRIPT}"' in shown
