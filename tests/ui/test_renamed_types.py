"""Pages call an event type as the operator does, and find it by that name."""

import pytest
from sqlalchemy import select

from support.documents import an_order
from support.endpoints import an_endpoint, rows_of
from waybell.app import build
from waybell.events.tables import events

WEBHOOKS = "/settings/web-api/webhooks"


@pytest.fixture
def app(app):
    """The same installation, whose operator has renamed a type."""
    renamed = build(app.settings.model_copy(update={"event_names": {"OrderCreated": "JobAdded"}}), app.clock)
    yield renamed
    renamed.close()


@pytest.fixture
def pages(app, api, account):
    """All pages that tell of the event of a new order."""
    endpoint_id = an_endpoint(app, account, event_types=("JobAdded",))
    assert api.post("/api/Order", json=an_order()).status_code == 201
    [message] = rows_of(app.database, endpoint_id)
    with app.database.reading() as tx:
        subject = tx.execute(select(events.c.subject).where(events.c.id == message.event_id)).scalar_one()
    one = f"{WEBHOOKS}/{endpoint_id}"
    return [
        "/events?event=JobAdded",
        f"/events/{message.event_id}",
        f"/orders/{subject.removeprefix('order:')}",
        WEBHOOKS,
        f"{one}?state=waiting&event=JobAdded",
        f"{one}/messages/{message.id}",
        f"{one}/messages/{message.id}/cancel",
        f"{one}/settings",
        f"{one}/test?event=JobAdded",
    ]


def test_each_page_prints_the_name_that_the_operator_chose(ui, pages):
    shown = {path: ui.get(path).text for path in pages}
    assert [path for path, text in shown.items() if "JobAdded" not in text or "OrderCreated" in text] == []
    assert all("N-1" in shown[path] for path in (pages[0], pages[4]))
