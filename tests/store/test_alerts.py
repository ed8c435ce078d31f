"""The alert URL of an account: told of endpoints that are down, also when there is only one; and who is down."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from conftest import NOON
from support.endpoints import an_endpoint, publish, rows_of, tools_of
from waybell.accounts import actions as accounts
from waybell.accounts.model import Actor
from waybell.ground.errors import Invalid, NotFound
from waybell.upkeep import webhooks
from waybell.webhooks.endpoints import actions, alerts, down_endpoints, parking, store
from waybell.webhooks.endpoints.operational_events import record_disabled
from waybell.webhooks.endpoints.tables import endpoints

URL = "https://alerts.example/hook"


@pytest.fixture
def actor(account):
    return Actor(account, "Anna")


@pytest.fixture
def set_url(app, db, actor):
    def set_url(url=URL) -> str:
        with db.transaction() as tx:
            return alerts.set_url(tx, tools_of(app), actor, url)

    return set_url


def park(db, endpoint_id, reason="timeout") -> None:
    with db.transaction() as tx:
        parking.park(tx, {endpoint_id: reason}, tx.now + timedelta(minutes=1))


def told(db, endpoint_id) -> list[str]:
    return sorted(row.event_type for row in rows_of(db, endpoint_id))


def test_a_lone_endpoint_that_stays_down_is_told_of_at_the_alert_url(app, db, account, clock, set_url):
    lone, alert = an_endpoint(app, account), set_url()
    park(db, lone)
    for share in (0.6, 0.95, 1.1):
        clock.move_to(NOON + app.settings.disable_after * share)
        with db.transaction() as tx:
            webhooks.warn_of_long_parked(tx, app.settings)
            webhooks.disable_long_parked(tx, app.settings)
    assert told(db, alert) == ["EndpointDisabled", "EndpointDown", "EndpointDown"]
    assert told(db, lone) == []


def test_it_gets_nothing_else(app, db, account, set_url):
    alert = set_url()
    publish(db, account, "order:1")
    assert told(db, alert) == []


def test_an_alert_url_that_is_down_itself_is_told_to_the_others_and_not_to_itself(app, db, account, set_url):
    other, alert = an_endpoint(app, account), set_url()
    with db.transaction() as tx:
        record_disabled(tx, account.id, alert, "gone")
    assert told(db, other) == ["EndpointDisabled"]
    assert told(db, alert) == []


def test_it_is_one_endpoint_however_often_it_is_set(app, db, account, actor, set_url):
    first = set_url()
    with db.transaction() as tx:
        parking.disable(tx, first, "gone")
    assert set_url("https://other.example/") == first
    with db.reading() as tx:
        row = store.find_alert_url(tx, account.id)
    assert (row.url, row.state, [name.own for name in row.event_types]) == (
        "https://other.example/",
        "enabled",
        ["EndpointDown", "EndpointDisabled"],
    )
    with db.transaction() as tx:
        alerts.remove(tx, tools_of(app), actor)
    with db.transaction() as tx, pytest.raises(NotFound):
        alerts.remove(tx, tools_of(app), actor)
    assert set_url() != first


def test_the_url_of_an_endpoint_is_no_alert_url(app, db, account, set_url):
    an_endpoint(app, account, url=URL)
    for spelt in (f" {URL}", URL.replace("https", "HTTPS"), URL + "?"):
        with pytest.raises(Invalid, match="another one"):
            set_url(spelt)
    with pytest.raises(Invalid, match="Url"):
        set_url("https://10.0.0.1/")


def test_the_alert_url_is_no_url_of_an_endpoint(app, db, account, actor, set_url):
    alert, other = set_url(), an_endpoint(app, account, url="https://other.example/")

    def change(endpoint_id: str, **wanted) -> None:
        with db.transaction() as tx:
            actions.change(tx, tools_of(app), actor, endpoint_id, wanted)

    for act in (
        lambda: an_endpoint(app, account, url=URL),
        lambda: change(other, url=URL),
        lambda: change(alert, url="https://other.example/"),
    ):
        with pytest.raises(Invalid, match="another one"):
            act()
    change(alert, url=f"{URL}?", description="Pager")


def test_its_event_types_stay(app, db, account, actor, set_url):
    alert = set_url()
    with db.transaction() as tx, pytest.raises(Invalid, match="operational"):
        actions.change(tx, tools_of(app), actor, alert, {"event_types": ()})
    with db.transaction() as tx:
        actions.change(tx, tools_of(app), actor, alert, {"description": "Pager"})


def test_who_is_down_is_known_until_it_is_back(app, db, account, actor):
    _healthy, parked, gone, off, deleted = [an_endpoint(app, account, description=str(n)) for n in range(5)]
    with db.transaction() as tx:
        foreign = accounts.create_account(tx, "Elsewhere Ltd")
    park(db, an_endpoint(app, foreign))
    with db.transaction() as tx:
        parking.disable(tx, gone, "gone")
        parking.disable(tx, deleted, "parked too long")
        actions.remove(tx, tools_of(app), actor, deleted)
        actions.disable(tx, tools_of(app), actor, off)
    park(db, parked, "http_status 503")

    def known() -> list[tuple]:
        with db.reading() as tx:
            return [
                (one.name, one.parked_reason, one.disabled_reason) for one in down_endpoints.list_down(tx, account.id)
            ]

    assert known() == [("1", "http_status 503", None), ("2", None, "gone")]
    with db.transaction() as tx:
        parking.resume(tx, parked)
        actions.disable(tx, tools_of(app), actor, gone)  # left as it is: nobody is reminded of it
        assert tx.execute(select(endpoints.c.disabled_reason).where(endpoints.c.id == gone)).scalar() == "by hand"
    assert known() == []


def test_who_is_down_is_found_in_an_index_of_only_those(app, db, account):
    """Each page asks it: it must not read all endpoints of the account."""
    statement = """SELECT id FROM endpoints WHERE account_id = 'acc_1'
        AND (parked_at IS NOT NULL OR disabled_reason IN ('gone', 'parked too long')) AND state <> 'deleted'
        ORDER BY id LIMIT 20"""
    with db.transaction() as tx:
        if tx.on_postgres:
            tx.execute(text("SET LOCAL enable_seqscan = off"))
        plan = str(tx.execute(text(f"EXPLAIN {'' if tx.on_postgres else 'QUERY PLAN '}{statement}")).all())
    assert "endpoints_down" in plan
