"""In a real browser: what each role is offered, and that the server refuses the rest."""

import re

import pytest
from playwright.sync_api import expect

from support.browser import look_at, post

# tests/ui asks on both databases what each role may see and do.
pytestmark = pytest.mark.parametrize("server", ["sqlite"], indirect=True, scope="session")
WEBHOOKS = "/settings/web-api/webhooks"
OWN = {"/sign-out", "/views", *(f"/settings/account/{what}" for what in ("name", "password", "sessions"))}
SENDING = {
    "/welcome/order",
    "/inbox/answer",
    "/inbox/clear",
    "/events/{id}/send",
    "/orders/{id}/delete",
    "/orders/bulk",
    *(f"/routes/{{id}}/{what}" for what in ("optimize", "start", "delete")),
    "/import",
    *(f"/import/{{id}}/{what}" for what in ("reading", "columns", "begin", "undo", "discard")),
    *(f"{WEBHOOKS}/{{id}}/{what}" for what in ("test", "probe", "retry", "messages/{id}/retry")),
    *(f"{WEBHOOKS}/{{id}}/{what}" for what in ("cancel", "messages/{id}/cancel")),
}
SETTING = {
    "/settings/account",
    "/settings/account/alerts",
    "/settings/account/logo",
    "/settings/account/logo/remove",
    "/settings/users",
    *(f"/settings/users/{{id}}/{what}" for what in ("password", "sign-out", "remove")),
    *(f"/settings/web-api/keys{what}" for what in ("", "/{id}", "/{id}/disable", "/{id}/enable", "/{id}/delete")),
    f"{WEBHOOKS}/new",
    *(f"{WEBHOOKS}/{{id}}/{what}" for what in ("settings", "secret", "rotate", "enable", "disable", "delete")),
}
MAY = {"viewer": OWN, "dispatcher": OWN | SENDING, "admin": OWN | SENDING | SETTING}
# Pages that only some may see: nothing leads there whoever may not.
CLOSED = {
    "viewer": {
        *("users", "key", "webhooks-new", "endpoint-retry", "endpoint-cancel", "message-skip"),
        *("import", "import-columns", "import-check", "import-done"),
    },
    "dispatcher": {"users", "key", "webhooks-new"},
}
SECRET = re.compile(r"whs[ek][ck]?_[A-Za-z0-9+/=]{20}")


def kind(action):
    return re.sub(r"[a-z]+_[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "{id}", action)


@pytest.fixture
def people(somebody, furnished):
    return somebody(of=furnished)


@pytest.mark.parametrize("role", ["viewer", "dispatcher"])
def test_a_role_is_offered_what_it_may_do_and_nothing_that_would_refuse_it(role, people, furnished):
    page = people.open(role)
    seen = look_at(page, furnished.pages.values())
    status = dict(zip(furnished.pages, [one.status for one in seen], strict=True))
    assert {name for name, got in status.items() if got == 403} == CLOSED[role]
    assert {kind(form.action) for one in seen for form in one.forms} == MAY[role]
    links = {re.sub(r"/[a-z]+_[0-9a-f]{32}", "/{id}", link): link for one in seen for link in one.links}
    refused = {one.path for one in look_at(page, links.values()) if one.status == 403}
    assert refused == set()
    assert not any(SECRET.search(one.text) for one in seen)


@pytest.mark.parametrize("role", ["viewer", "dispatcher"])
def test_what_a_role_may_not_do_is_refused_when_it_posts_it_anyway(role, people, furnished):
    page = people.open(role)
    seen = look_at(people.open("admin"), furnished.pages.values())
    forms = {kind(form.action): form for one in seen for form in one.forms}
    assert set(forms) == MAY["admin"]
    beyond = {name: form for name, form in forms.items() if name not in MAY[role]}
    assert {name: post(page, form.action, form.body) for name, form in beyond.items()} == dict.fromkeys(beyond, 403)
    page.evaluate(
        "path => { const form = document.body.appendChild(document.createElement('form'));"
        " form.method = 'post'; form.action = path; form.submit() }",
        forms[f"{WEBHOOKS}/{{id}}/secret"].action,
    )
    expect(page.get_by_role("heading", name="Not yours to do")).to_be_visible()
    expect(page.get_by_text(f"This takes the role admin; yours is {role}.")).to_be_visible()
