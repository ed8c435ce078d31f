"""The audit trail, and that rubbish in a URL is no fault of ours."""

import pytest
from starlette.testclient import TestClient

from support.pages import signed_in
from ui.test_endpoints import add
from waybell.accounts import actions as accounts
from waybell.accounts import audit, keys, people
from waybell.accounts.model import Account, Actor
from waybell.accounts.passwords import hashed

KEPT = hashed("correct horse battery")


@pytest.fixture
def elsewhere(app) -> Account:
    with app.database.transaction() as tx:
        return accounts.create_account(tx, "Elsewhere Ltd")


def test_what_was_done_is_listed_newest_first_and_nobody_else_sees_it(ui, other_ui):
    add(ui)
    assert "added the endpoint" in ui.get("/settings/audit").text
    assert "Nothing on record yet" in other_ui.get("/settings/audit").text


def test_a_nul_in_a_cursor_or_a_topic_is_no_fault_of_ours(ui):
    assert ui.get("/settings/audit?after=%00").status_code == 200
    assert ui.get("/live/endpoint/%00").status_code == 404
    assert ui.get("/live/no-such-kind").status_code == 404


def test_three_actors_of_one_name_are_told_apart(app, account, ui, web):
    """Names need not be unique, and anybody can take that of the terminal."""
    with app.database.transaction() as tx:
        terminal = people.in_terminal(account)
        mallory = people.add(tx, terminal, email="mallory@x.com", name="Anna", role="admin", password=KEPT)
        eve = people.add(tx, terminal, email="eve@x.com", name=terminal.name, role="admin", password=KEPT)
        key, text = keys.create(tx, terminal, "Anna")
        anna = accounts.list_users(tx, account)[0]
    ui.post("/settings/account/name", data={"Name": "Anna"})
    add(ui)
    add(signed_in(app, web, mallory))
    add(signed_in(app, web, eve))
    TestClient(web, headers={"X-API-KEY": text}).post("/api/Webhook", json={"Url": "https://e.example/"})
    with app.database.reading() as tx:
        by_key, by_eve, by_mallory, by_anna, _, made, *_ = entries = audit.entries(tx, account)
    assert [(entry.who, entry.actor_id, entry.which) for entry in (by_key, by_eve, by_mallory, by_anna, made)] == [
        ("Anna", key.id, f"key {key.hint}…"),
        (terminal.name, eve, "user eve@x.com"),
        ("Anna", mallory, "user mallory@x.com"),
        ("Anna", anna.id, f"user {anna.email}"),
        (terminal.name, "terminal", "a command"),
    ]
    page = ui.get("/settings/audit").text
    assert all(f"({entry.which})" in page for entry in entries)
    assert f"(key {key.hint}…)" in ui.get(f"/settings/web-api/webhooks/{by_key.about}/settings").text


def test_the_name_that_a_new_user_is_given_is_on_record(app, account):
    with app.database.transaction() as tx:
        people.add(
            tx,
            people.in_terminal(account),
            email="mallory@x.com",
            name=" Anna ",
            role="admin",
            password=KEPT,
        )
        [entry] = audit.entries(tx, account)
    assert (entry.act, entry.detail) == ("added the user mallory@x.com as admin", "named Anna")


def test_who_is_gone_is_known_by_the_id(app, account, ui):
    with app.database.transaction() as tx:
        actor = people.in_terminal(account)
        user_id = people.add(tx, actor, email="gone@x.com", name="Gone", role="admin", password=KEPT)
        key, _ = keys.create(tx, actor, "gone")
        for actor_id in (user_id, key.id):
            audit.record(tx, Actor(account, "Gone", id=actor_id), "was here", account.id)
        people.remove(tx, actor, user_id)
        keys.remove(tx, actor, key.id)
        deleted, removed, *entries = audit.entries(tx, account)
    found = [entry.which for entry in entries if entry.act == "was here"]
    assert removed.detail == f"named Gone, {user_id}"  # who it was: the others are known by the id alone
    assert deleted.detail == f"{key.hint}, {key.id}"
    assert found == [f"a key that is gone, {key.id}", f"a user who is gone, {user_id}"]
    assert f"(a key that is gone, {key.id})" in ui.get("/settings/audit").text


def test_an_actor_of_another_account_is_not_looked_up(app, account, elsewhere):
    with app.database.transaction() as tx:
        user_id = people.add(
            tx,
            people.in_terminal(elsewhere),
            email="else@x.com",
            name="Else",
            role="admin",
            password=KEPT,
        )
        audit.record(tx, Actor(account, "Else", id=user_id), "was here", account.id)
        [entry] = audit.entries(tx, account)
    assert entry.which == f"a user who is gone, {user_id}"


def test_entries_of_before_say_no_more_than_they_know(app, account, ui):
    with app.database.transaction() as tx:
        audit.record(tx, Actor(account, "Old"), "was here", account.id)
        [entry] = audit.entries(tx, account)
    assert entry.which == ""
    assert "<td>Old</td>" in ui.get("/settings/audit").text
