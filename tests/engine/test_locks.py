"""Publishers and the dispatcher lock the same rows at the same time: they may wait, but never in a circle."""

import threading

from sqlalchemy import select

from waybell.webhooks.tables import messages


def test_publishers_of_the_same_subjects_and_the_dispatcher_get_along(app, receiver, endpoint, publish, settle):
    endpoint(receiver.url)
    endpoint(receiver.url)
    subjects = [f"order:{number}" for number in range(20)]
    failed: list[Exception] = []

    def publish_many(order: int) -> None:
        try:
            for _ in range(15):
                publish(*subjects[::order])
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            failed.append(error)

    publish(*subjects)
    publishers = [threading.Thread(target=publish_many, args=(order,)) for order in (1, -1)]
    for one in publishers:
        one.start()
    while any(one.is_alive() for one in publishers):
        settle()
    settle()
    assert failed == []
    with app.database.reading() as tx:
        rows = tx.execute(select(messages.c.state, messages.c.attempt)).all()
    assert len(rows) == 2 * 20 * 31
    assert {tuple(row) for row in rows} == {("succeeded", 1)}
    for path_subject in subjects:
        versions = [
            got.document["Metadata"]["Version"]
            for got in receiver.received
            if got.document["Data"]["Number"] == path_subject
        ]
        assert sorted(versions) == sorted([*range(1, 32)] * 2)
