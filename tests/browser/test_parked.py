"""In a real browser: an endpoint whose receiver is down, and how it comes back."""

import re

from playwright.sync_api import expect

from support.endpoints import publish, rows_of
from support.receiver import Answer, Receiver, closed_port

ORDERS = [f"order:{number}" for number in range(12)]
FOR_AN_HOUR = (("Retry-After", "3600"),)


def state(page):
    return page.get_by_label("How this endpoint stands").locator(".state")


def waiting(page):
    return page.locator(".figures div", has_text="Waiting now").locator("strong")


def test_a_parked_endpoint_says_when_it_is_probed_and_a_probe_by_hand_lets_all_flow(me, server, receiver, add_endpoint):
    receiver.answer = Answer(503)
    path = add_endpoint(receiver.url)
    page = me.open("dispatcher", path)
    publish(server.app.database, me.account, *ORDERS)
    expect(state(page)).to_have_text("Parked")
    explained = page.locator(".alert", has_text=re.compile(r"Parked since .*: the receiver is down \(it answers 503\)"))
    expect(explained).to_contain_text("Messages wait and lose no retries")
    receiver.answer = Answer(503, FOR_AN_HOUR)  # that is what the next probe is told
    expect(explained).to_contain_text(re.compile("the next in (59 min|1 h)"))
    expect(waiting(page)).to_have_text("12")
    receiver.answer = Answer(204)
    page.get_by_role("button", name="Probe now").click()
    expect(page.get_by_text("What waits is tried now.")).to_be_visible()
    expect(state(page)).to_have_text("Enabled")
    expect(explained).to_be_hidden()
    expect(waiting(page)).to_have_text("0")
    rows = rows_of(server.app.database, path.rpartition("/")[2])
    assert [(row.state, row.failures) for row in rows] == [("succeeded", 0)] * 12


def test_when_the_receiver_is_there_again_the_queue_flows_without_anybody(me, server, add_endpoint):
    port = closed_port()
    page = me.open("viewer", add_endpoint(f"http://127.0.0.1:{port}/hook"))
    publish(server.app.database, me.account, *ORDERS)
    expect(page.get_by_text(re.compile(r"the receiver is down \(nobody listens there\)"))).to_be_visible()
    expect(page.get_by_role("button", name="Probe now")).to_have_count(0)
    receiver = Receiver(port=port)
    try:
        expect(state(page)).to_have_text("Enabled")
        expect(waiting(page)).to_have_text("0")
        assert len({got.event_id for got in receiver.received}) == 12
    finally:
        receiver.close()
