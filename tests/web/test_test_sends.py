"""Tests of endpoints that hang: each holds a thread of the server, so they are few and leave some to other accounts."""

import threading

from support.receiver import Answer
from support.waiting import wait_for

SAMPLE = {"EventType": "OrderCreated"}


def test_one_account_whose_receivers_hang_leaves_tests_to_the_others(api, other_api, receiver):
    over = threading.Event()

    def answer(got):
        if got.path == "/hang":
            over.wait(60)
        return Answer()

    receiver.answer = answer
    hanging = api.post("/api/Webhook", json={"Url": receiver.url.replace("/hook", "/hang")}).json()["Id"]
    other = other_api.post("/api/Webhook", json={"Url": receiver.url}).json()["Id"]
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(api.post(f"/api/Webhook/{hanging}/Test", json=SAMPLE)))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    wait_for(lambda: len(receiver.received) == 4 and len(answers) == 2)
    assert [answer.status_code for answer in answers] == [409, 409]
    assert "under way" in answers[0].json()["Detail"]
    assert other_api.post(f"/api/Webhook/{other}/Test", json=SAMPLE).json()["Succeeded"]
    over.set()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200] * 4 + [409] * 2
    assert api.post(f"/api/Webhook/{hanging}/Test", json=SAMPLE).status_code == 200
