"""In a real browser: the admin of another account sees nothing of the first one, and can do nothing to it."""

import re

import pytest

from support.browser import look_at, post

# What stands where there is nothing yet, by the name of the page.
EMPTY = {
    "orders": "No orders yet",
    "routes": "No routes",
    "events": "Nothing has happened yet",
    "webhooks": "No endpoint yet",
    "inbox": "A receiver without a server",
}
PUBLIC = {"track", "track-waiting"}  # whoever has the link sees these, signed in or not
ID = re.compile(r"[a-z]{2,3}_(?!019c2f0e8a7b7c4d9e8f0a1b2c3d4e5f)[0-9a-f]{32}")  # that one is of the samples

# tests/safety/test_apart.py walks through all pages of another account on both databases.
pytestmark = pytest.mark.parametrize("server", ["sqlite"], indirect=True, scope="session")


def test_pages_with_ids_of_the_first_account_are_not_there_and_lists_are_empty(somebody, furnished):
    first = somebody(of=furnished)
    theirs = {one.path: one for one in look_at(first.open("admin"), furnished.pages.values())}
    other = somebody("Elsewhere Ltd")
    seen = dict(zip(furnished.pages, look_at(other.open("admin"), furnished.pages.values()), strict=True))
    of_an_object = re.compile(
        r"^(/orders/|/routes/|/events/|/inbox/|/settings/web-api/webhooks/ep_|/settings/web-api/keys/key_)"
    )
    statuses = {name: one.status for name, one in seen.items() if of_an_object.match(one.path)}
    assert len(statuses) > 10
    assert statuses == dict.fromkeys(statuses, 404)
    known = {one for page in theirs.values() for one in ID.findall(page.text)}
    assert len(known) > 50
    for name, one in seen.items():
        if name in EMPTY:
            assert EMPTY[name] in one.text, name
        if name not in statuses and name not in PUBLIC:
            asked = set(ID.findall(one.path))  # links of a filtered page carry its filter
            assert (known - asked).isdisjoint(ID.findall(one.text)), name
            for word in ("The warehouse", "Tallinn Kitchen Supplies", "TLN-CENTRE", "taken over"):
                assert word not in one.text, (name, word)


def test_nothing_of_the_first_account_is_changed_by_posting_its_ids(somebody, furnished):
    first = somebody(of=furnished)
    first.open("viewer", None)  # so that there is somebody to manage
    every = [form for one in look_at(first.open("admin"), furnished.pages.values()) for form in one.forms]
    # A selection of nothing is refused before anything is looked up.
    forms = {form.action: form for form in every if ID.search(form.action) and "What=selected" not in form.body}
    page = somebody("Elsewhere Ltd").open("admin")
    assert {action: post(page, action, form.body) for action, form in forms.items()} == dict.fromkeys(forms, 404)
    assert {re.sub(ID, "", action).rpartition("/")[2] for action in forms} >= {"delete", "rotate", "secret", "remove"}
