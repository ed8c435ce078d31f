"""A receiver is down for three hours while ten thousand events happen: what is promised of an outage, all at once."""

import html
import threading
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from support.pages import signed_in
from support.receiver import Answer
from support.waiting import wait_for
from waybell.accounts import actions as accounts
from waybell.accounts.passwords import hashed
from waybell.ground.clock import utc_text
from waybell.webhooks.endpoints.tables import endpoints
from waybell.webhooks.messages.tables import messages

EVENTS, SUBJECTS, BATCH = 10_000, 1_000, 80
DOWN_FOR = timedelta(hours=3)
CONCURRENCY = 16


class Gate:
    """Holds the receiver's answers back, so that what is under way at once can be counted; opened for good at last."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._open = False
        self._let_through = 0
        self.held = 0

    def pass_through(self) -> None:
        with self._changed:
            self.held += 1
            place = self._let_through + self.held
            self._changed.wait_for(lambda: self._open or place <= self._let_through, 60)

    def let_through(self) -> int:
        """All that are held; how many they were."""
        with self._changed:
            count, self.held = self.held, 0
            self._let_through += count
            self._changed.notify_all()
            return count

    def open(self) -> None:
        with self._changed:
            self._open = True
            self._changed.notify_all()


@pytest.fixture
def page(app, web, account):
    """The text of a page, as a dispatcher of the account sees it."""
    with app.database.transaction() as tx:
        user_id = accounts.create_user(
            tx, account, email="d@example.com", name="D", role="dispatcher", password=hashed("correct horse battery")
        )
    client = signed_in(app, web, user_id)
    return lambda path: html.unescape(client.get(path).text)


@pytest.fixture
def standing(app):
    """How the only endpoint stands."""

    def standing():
        with app.database.reading() as tx:
            return tx.execute(select(endpoints)).one()

    return standing


@pytest.fixture
def three_hours_down(app, api, clock, receiver, endpoint, publish, settle, standing):
    """Ten thousand events, and the dispatcher does what is due at each moment; answers when it was tried."""
    tried_at: list[datetime] = []

    def is_down(_got) -> Answer:
        tried_at.append(clock.now())
        return Answer(502)

    receiver.answer = is_down
    endpoint_id = endpoint(receiver.url, concurrency=CONCURRENCY)
    began = clock.now()
    published = 0
    while clock.now() < began + DOWN_FOR:
        if published < EVENTS and clock.now() >= began + DOWN_FOR * published / EVENTS:
            publish(*[f"order:{number % SUBJECTS}" for number in range(published, published + BATCH)])
            published += BATCH
        settle()
        next_event = began + DOWN_FOR * published / EVENTS
        next_at = min(next_event, standing().probe_at or next_event)
        clock.move_to(max(clock.now() + timedelta(seconds=1), next_at))
        if published == EVENTS // 2:
            assert api.get(f"/api/Webhook/{endpoint_id}").json()["Waiting"] == EVENTS // 2
    assert standing().parked_at - began < timedelta(minutes=1)
    return tried_at


def test_three_hours_down_cost_no_retry(app, three_hours_down, standing):
    with app.database.reading() as tx:
        kept = tx.execute(select(messages.c.state, messages.c.failures)).all()
    assert Counter(map(tuple, kept)) == {("waiting", 0): EVENTS}
    # It was probed ever less often.
    parked_at = standing().parked_at
    probed = [at for at in three_hours_down if at > parked_at]
    pauses = [later - earlier for earlier, later in pairwise([parked_at, *probed])]
    usual = app.settings.probe_pauses
    assert len(pauses) > len(usual)
    wanted = [*usual, *[usual[-1]] * len(pauses)]
    # The clock of the test moves by a second at the least.
    assert all(timedelta() <= pause - due <= timedelta(seconds=1) for pause, due in zip(pauses, wanted, strict=False))


def test_page_and_api_say_since_when_why_how_many_wait_and_until_when(api, three_hours_down, standing, page):
    row = standing()
    said = api.get(f"/api/Webhook/{row.id}").json()
    assert said["ParkedAt"] == utc_text(row.parked_at)
    assert said["ParkedReason"] == "http_status 502"
    assert said["NextProbeAt"] == utc_text(row.probe_at)
    assert said["Waiting"] == EVENTS
    text = page(f"/settings/web-api/webhooks/{row.id}")
    assert "Parked since" in text
    assert "the receiver is down (it answers 502)" in text
    assert "10,000+" in text
    for moment in (row.parked_at, row.probe_at):
        assert f'datetime="{moment:%Y-%m-%dT%H:%M:%S}' in text


def test_it_ends_in_order_and_slowly_at_first(api, clock, receiver, three_hours_down, standing, dispatcher, page):
    gate = Gate()
    back_from = len(receiver.received)

    def is_back(_got) -> Answer:
        gate.pass_through()
        return Answer(204)

    def all_is_held() -> bool:
        dispatcher.step(0.01)
        return 0 < gate.held == dispatcher.in_flight and dispatcher.idle_seconds() > 0

    receiver.answer = is_back
    clock.move_to(standing().probe_at)
    dispatcher.scan()
    rounds = []
    with capture_logs() as lines:
        for _ in range(7):
            wait_for(all_is_held)
            rounds.append(gate.let_through())
        gate.open()
        wait_for(lambda: dispatcher.step(0.01) or dispatcher.settled(), 120)
    # One at first, and with each round of successes at most twice as many.
    assert (rounds[0], rounds[-1], max(rounds)) == (1, CONCURRENCY, CONCURRENCY)
    assert all(later <= 2 * earlier for earlier, later in pairwise(rounds))
    assert [line["endpoint"] for line in lines if line["event"] == "endpoint.resumed"] == [standing().id]
    assert_all_in_order(receiver.received[back_from:])
    said = api.get(f"/api/Webhook/{standing().id}").json()
    assert (said["ParkedAt"], said["ParkedReason"], said["NextProbeAt"], said["Waiting"]) == (None, None, None, 0)
    assert "Parked since" not in page(f"/settings/web-api/webhooks/{standing().id}")


def assert_all_in_order(received):
    """All of it has arrived, once, and of each order as it happened."""
    assert len(received) == len({got.event_id for got in received}) == EVENTS
    versions = defaultdict(list)
    for got in received:
        versions[got.document["Data"]["Number"]].append(got.document["Metadata"]["Version"])
    assert len(versions) == SUBJECTS
    assert all(found == list(range(1, EVENTS // SUBJECTS + 1)) for found in versions.values())
