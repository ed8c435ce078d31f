"""The settings of an endpoint: secrets, sending, switching off, deleting."""

import html
import re
from datetime import timedelta

import pytest
from sqlalchemy import update
from standardwebhooks import Webhook
from structlog.testing import capture_logs

from support.endpoints import OF_ANOTHER_KEY, publish, reseal
from ui.test_endpoints import WEBHOOKS, add
from waybell.ground.clock import utc_text
from waybell.webhooks.endpoints import parking
from waybell.webhooks.endpoints.tables import endpoints


@pytest.fixture
def path(ui) -> str:
    return f"{WEBHOOKS}/{add(ui)}"


def form_of(ui, path) -> dict:
    """What the browser would send if nothing were changed."""
    return {"Url": "https://example.com/hook", "Which": "all", "Ordered": "yes", "Concurrency": "16", "Schemes": ["v1"]}


def secrets_on(text) -> list[str]:
    return list(dict.fromkeys(re.findall(r"whsec_[A-Za-z0-9+/=]{20,}", html.unescape(text))))


def test_the_secret_is_masked_until_it_is_revealed_and_that_is_on_record(ui, path):
    assert secrets_on(ui.get(f"{path}/settings").text) == []
    shown = ui.post(f"{path}/secret")
    assert len(secrets_on(shown.text)) == 1
    assert shown.headers["cache-control"] == "no-store"
    assert "revealed the secrets" in ui.get(f"{path}/settings").text
    assert "revealed the secrets" in ui.get("/settings/audit").text


def test_after_a_rotation_both_secrets_are_in_force_and_both_sign(ui, path, receiver, api_of):
    changed = form_of(ui, path) | {"Url": receiver.url}
    assert ui.post(f"{path}/settings", data=changed).status_code == 303
    old = secrets_on(ui.post(f"{path}/secret").text)
    rotated = ui.post(f"{path}/rotate", data={"OverlapHours": "24"})
    assert "stops <strong>in a day" in rotated.text
    both = secrets_on(rotated.text)
    assert len(both) == 2
    assert old[0] in both
    assert "What came of it" in ui.post(f"{path}/test", data={"EventType": "OrderCreated"}).text
    [request] = receiver.received
    headers = {name.lower(): value for name, value in request.headers.items()}
    assert len(headers["webhook-signature"].split(" ")) == 2
    for secret in both:
        from datetime import UTC, datetime  # noqa: PLC0415

        at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
        made = Webhook(secret).sign(headers["webhook-id"], at, request.body.decode())
        assert made in headers["webhook-signature"].split(" ")


def test_a_rotation_at_once_leaves_one_secret(ui, path):
    old = secrets_on(ui.post(f"{path}/secret").text)
    now = secrets_on(ui.post(f"{path}/rotate", data={"OverlapHours": "0"}).text)
    assert len(now) == 1
    assert now != old
    assert ui.post(f"{path}/rotate", data={"OverlapHours": "nonsense"}).status_code == 400


@pytest.mark.parametrize("role", ["viewer", "dispatcher"])
def test_only_admins_see_secrets_and_change_settings(ui, ui_as, path, role):
    client = ui_as(role)
    page = client.get(f"{path}/settings")
    assert page.status_code == 200
    assert "Reveal" not in page.text
    for act in ("secret", "rotate", "settings", "delete", "enable", "disable"):
        assert client.post(f"{path}/{act}", data=form_of(ui, path)).status_code == 403, act


def test_settings_are_saved_and_headers_keep_their_values(ui, path, api_of):
    first = form_of(ui, path) | {"HeaderName": ["X-Token", ""], "HeaderValue": ["s3cret", ""], "RateLimit": "2.5"}
    assert ui.post(f"{path}/settings", data=first).status_code == 303
    again = ui.get(f"{path}/settings").text
    assert "X-Token" in again
    assert "s3cret" not in again
    kept = form_of(ui, path) | {"HeaderName": ["X-Token"], "HeaderValue": [""], "Schemes": ["v1", "v1a"], "Ordered": ""}
    assert ui.post(f"{path}/settings", data=kept).status_code == 303
    document = api_of(path.rpartition("/")[2])
    assert (document["Headers"], document["Schemes"], document["Ordered"]) == ({"X-Token": None}, ["v1", "v1a"], False)
    assert document["RateLimit"] is None


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"Url": "https://127.0.0.1.nip.io:0/"}, "port"),
        ({"Concurrency": "many"}, "whole number"),
        ({"Concurrency": "0"}, "from 1"),
        ({"RateLimit": "-1"}, "number of messages"),
        ({"Schemes": []}, "must list"),
        ({"HeaderName": ["webhook-id"], "HeaderValue": ["x"]}, "set by Waybell"),
        ({"HeaderName": ["X-A", "x-a"], "HeaderValue": ["1", "2"]}, "twice"),
        ({"HexHeader": "no blanks"}, "header name"),
        ({"Which": "some"}, "at least one"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(ui, path, wrong, said):
    sent = form_of(ui, path) | {"Description": "Kept as typed"} | wrong
    answer = ui.post(f"{path}/settings", data=sent)
    assert answer.status_code == 400
    assert said in html.unescape(answer.text).lower() or said in html.unescape(answer.text)
    assert "Kept as typed" in answer.text


def test_disabling_and_enabling(ui, path, api_of):
    endpoint_id = path.rpartition("/")[2]
    assert ui.post(f"{path}/disable").status_code == 303
    assert "Disabled by hand" in ui.get(path).text
    assert ui.post(f"{path}/enable").status_code == 303
    assert api_of(endpoint_id)["State"] == "enabled"


def test_a_parked_endpoint_says_why_and_can_be_probed_by_a_dispatcher(app, clock, ui, ui_as, path, api_of):
    endpoint_id = path.rpartition("/")[2]
    with app.database.transaction() as tx:
        later = {"parked_at": tx.now, "parked_reason": "http_status 503", "probe_at": tx.now.replace(hour=23)}
        tx.execute(update(endpoints).where(endpoints.c.id == endpoint_id).values(**later))
    text = ui_as("dispatcher").get(path).text
    assert "the receiver is down (it answers 503)" in text
    assert "Probe now" in text
    assert ui_as("viewer").post(f"{path}/probe").status_code == 403
    assert ui_as("dispatcher").post(f"{path}/probe").status_code == 303
    assert api_of(endpoint_id)["NextProbeAt"].startswith(clock.now().strftime("%Y-%m-%dT%H:%M"))


def test_probing_what_is_not_parked_is_a_notice_and_no_error(ui, path):
    answer = ui.post(f"{path}/probe")
    assert answer.status_code == 303
    assert "neither parked nor paused" in ui.get(path).text


def test_a_paused_endpoint_says_until_when_and_that_can_be_overruled(app, clock, ui, path, api_of):
    endpoint_id = path.rpartition("/")[2]
    with app.database.transaction() as tx:
        parking.pause(tx, endpoint_id, tx.now + timedelta(hours=1))
    text = ui.get(path).text
    assert "the receiver asked for it (Retry-After)" in text
    assert api_of(endpoint_id)["PausedUntil"] == utc_text(clock.now() + timedelta(hours=1))
    assert ui.post(f"{path}/probe").status_code == 303
    assert api_of(endpoint_id)["PausedUntil"] is None
    assert "Retry-After" not in ui.get(path).text


def test_deleting_takes_the_host_typed(ui, path):
    assert ui.post(f"{path}/delete", data={"Host": "other.example"}).headers["location"] == f"{path}/settings"
    assert ui.get(path).status_code == 200
    assert ui.post(f"{path}/delete", data={"Host": "example.com"}).headers["location"] == WEBHOOKS
    assert ui.get(path).status_code == 404


def test_a_test_to_nobody_shows_the_exchange_in_words(ui, path):
    from support.receiver import closed_port  # noqa: PLC0415

    changed = form_of(ui, path) | {"Url": f"http://127.0.0.1:{closed_port()}/"}
    ui.post(f"{path}/settings", data=changed)
    text = ui.post(f"{path}/test", data={"EventType": "RouteClosed"}).text
    assert "Nobody listens at" in text
    assert "webhook-signature" in text
    assert ui.post(f"{path}/test", data={"EventType": "NoSuchType"}).status_code == 303


def test_a_secret_that_no_key_opens_is_said_with_what_to_do(app, ui, path):
    reseal(app, path.rpartition("/")[2], OF_ANOTHER_KEY)
    with capture_logs() as lines:
        shown, tested = ui.post(f"{path}/secret"), ui.post(f"{path}/test", data={"EventType": "RouteClosed"})
    assert [line["event"] for line in lines].count("page.failed") == 2
    assert (shown.status_code, tested.status_code) == (500, 500)
    assert "WAYBELL_SECRET_KEY" in shown.text
    assert "nothing was sent" in tested.text
    assert ui.get(f"{path}/settings").status_code == 200  # where a new one can be made


def test_a_rotation_that_is_sent_twice_makes_one_secret(ui, path):
    sent = {"OverlapHours": "24", "form": "the-same"}
    first, second = (secrets_on(ui.post(f"{path}/rotate", data=sent).text) for _ in range(2))
    assert len(first) == 2
    assert first == second


def test_a_sixth_secret_is_refused_in_words(ui, path):
    for _ in range(4):
        assert ui.post(f"{path}/rotate", data={"OverlapHours": "168"}).status_code == 200
    assert ui.post(f"{path}/rotate", data={"OverlapHours": "168"}).status_code == 303
    assert "in force already" in ui.get(f"{path}/settings").text


def test_enabling_leads_to_what_was_missed_since_it_was_disabled(ui, path, app, account, clock):
    publish(app.database, account, "before")  # when nothing was missed
    clock.move_to(clock.now() + timedelta(hours=1))
    ui.post(f"{path}/disable")
    clock.move_to(clock.now() + timedelta(minutes=1))
    ui.post(f"{path}/settings", data=form_of(ui, path))  # a change does not hide since when
    clock.move_to(clock.now() + timedelta(hours=1))
    publish(app.database, account, "meanwhile", "meanwhile too")
    to = ui.post(f"{path}/enable").headers["location"]
    assert to.startswith(f"{path}/retry?What=missed&since=2026-11-23T15%3A00")  # in the account's zone
    assert "Resend 2" in ui.get(to).text


def test_enabling_one_that_is_enabled_leads_back(ui, path):
    assert ui.post(f"{path}/enable").headers["location"] == path


def test_the_host_to_type_is_a_pattern_that_browsers_take(ui, path):
    ui.post(f"{path}/settings", data=form_of(ui, path) | {"Url": "https://a-b.example.com:8443/hook"})
    assert r'pattern="a-b\.example\.com:8443"' in ui.get(f"{path}/settings").text


def test_a_type_that_left_the_catalogue_stays_until_somebody_takes_it_out(ui, path, app, api_of):
    endpoint_id = path.rpartition("/")[2]
    with app.database.transaction() as tx:
        tx.execute(update(endpoints).where(endpoints.c.id == endpoint_id).values(event_types=["OldType"]))
    assert 'value="OldType"' in ui.get(f"{path}/settings").text
    kept = form_of(ui, path) | {"Which": "some", "EventTypes": ["OldType", "OrderCreated"]}
    assert ui.post(f"{path}/settings", data=kept).status_code == 303
    assert api_of(endpoint_id)["EventTypes"] == ["OldType", "OrderCreated"]


def test_the_sample_shown_is_that_of_the_chosen_type(ui, path):
    text = ui.get(f"{path}/test?event=RouteClosed").text
    assert "What is sent: RouteClosed" in text
    assert '<input type="hidden" name="EventType" value="RouteClosed">' in text
    assert ui.get(f"{path}/test?event=Nonsense%00").status_code == 200


@pytest.mark.parametrize("shown_at", ["secret", "rotate"])
def test_a_page_that_showed_secrets_is_fetched_anew_without_them(ui, path, shown_at):
    assert ui.get(f"{path}/{shown_at}").headers["location"] == f"{path}/settings"
