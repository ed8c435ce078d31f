"""What an endpoint may be sent at once and in a second, and how soon."""

import threading
from datetime import timedelta

from support.dispatching import running
from support.receiver import Answer
from support.waiting import wait_for
from waybell.webhooks.endpoints import store as endpoint_store


def test_no_more_than_its_concurrency_goes_to_an_endpoint_at_once(receiver, endpoint, publish, settle):
    at_once, most, lock = 0, 0, threading.Lock()
    arrived = threading.Barrier(3, timeout=60)

    def answer(_got):
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        arrived.wait()  # so that all that may come at once are there
        with lock:
            at_once -= 1
        return Answer()

    endpoint(receiver.url, concurrency=3)
    publish(*[f"order:{number}" for number in range(3)])
    settle()  # it has answered: before, it gets one at a time
    receiver.answer = answer
    publish(*[f"order:{number}" for number in range(12)])
    settle()
    assert (len(receiver.received), most) == (15, 3)


def test_no_more_than_its_rate_goes_to_an_endpoint_in_a_second(clock, receiver, endpoint, publish, settle):
    endpoint(receiver.url, rate_limit=2.0)
    publish(*[f"order:{number}" for number in range(10)])
    settle()
    counts = [len(receiver.received)]
    for _ in range(8):
        clock.move_to(clock.now() + timedelta(milliseconds=500))
        settle()
        counts.append(len(receiver.received))
    assert counts == list(range(1, 10))


def test_an_endpoint_that_hangs_holds_up_no_other(receiver, hang, endpoint, publish, dispatcher):
    hang("/hang")
    endpoint(receiver.url.replace("/hook", "/hang"))
    endpoint(receiver.url)
    publish(*[f"order:{number}" for number in range(50)])
    dispatcher.scan()

    def others() -> bool:
        dispatcher.step(0.01)
        return sum(got.path == "/hook" for got in receiver.received) == 50

    wait_for(others)
    assert sum(got.path == "/hang" for got in receiver.received) == 1  # it got its first window and no more


def test_many_endpoints_that_hang_leave_slots_to_the_others(receiver, hang, endpoint, publish, dispatcher_with):
    hang("/hang")
    for _ in range(8):
        endpoint(receiver.url.replace("/hook", "/hang"))
    endpoint(receiver.url)
    publish(*[f"order:{number}" for number in range(30)])
    dispatcher = dispatcher_with(max_in_flight=16)
    dispatcher.scan()
    wait_for(lambda: dispatcher.step(0.01) or sum(got.path == "/hook" for got in receiver.received) == 30)


def test_a_turn_asks_as_many_endpoints_as_it_takes_to_fill_it(receiver, hang, endpoint, publish, dispatcher_with):
    hang()
    for number in range(40):
        endpoint(f"{receiver.url}/{number}")
    publish("order:1")  # one message for each: less than an endpoint's share
    dispatcher = dispatcher_with(batch=8)
    dispatcher.scan()
    dispatcher.step(0)
    assert 6 < dispatcher.in_flight <= 8
    wait_for(lambda: dispatcher.step(0.01) or len(receiver.received) == 40)
    assert len({got.path for got in receiver.received}) == 40


def test_a_commit_wakes_the_dispatcher(receiver, endpoint, publish, dispatcher_with):
    dispatcher = dispatcher_with(poll_interval="1h")  # without hints this one would look once an hour
    with running(dispatcher):
        endpoint(receiver.url)
        for count in range(1, 6):
            publish(f"order:{count}")
            receiver.wait_for(count)


def test_an_endpoint_of_both_schemes_gets_a_signature_by_each(app, receiver, endpoint, publish, settle):
    endpoint_id = endpoint(receiver.url, schemes=("v1", "v1a"))
    publish("order:1")
    settle()
    [got] = receiver.received
    kinds = [signature.partition(",")[0] for signature in got.headers["webhook-signature"].split(" ")]
    assert sorted(kinds) == ["v1", "v1a"]
    with app.database.reading() as tx:
        secrets = endpoint_store.load_endpoints(tx, app.vault, [endpoint_id])[endpoint_id].secrets
    assert {secret.scheme for secret in secrets} == {"v1", "v1a"}
