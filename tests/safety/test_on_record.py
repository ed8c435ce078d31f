"""The audit trail: every change of an endpoint, a key, a secret or a user, by whichever door, is on record.

The operations and forms are asked of the application itself: a new one fails here until somebody says whether it is
such a change.
"""

import re

import pytest

from safety.conftest import MARK, URL
from support.walks import operations, page_routes, path_of
from waybell.accounts import audit

# By the API: what is sent, and what goes on record.
OPERATIONS = {
    "POST /api/Webhook": ({"Url": "https://new.example/"}, "added the endpoint"),
    "PUT /api/Webhook/{endpointId}": ({"Description": "new"}, "changed the endpoint"),
    "PUT /api/Webhook/{endpointId}/Disable": (None, "disabled the endpoint"),
    "PUT /api/Webhook/{endpointId}/Enable": (None, "enabled the endpoint"),
    "GET /api/Webhook/{endpointId}/Secret": (None, "revealed the secrets of the endpoint"),
    "POST /api/Webhook/{endpointId}/Secret": ({"OverlapHours": 1}, "rotated the secrets of the endpoint"),
    "PUT /api/Webhook/AlertUrl": ({"Url": "https://alerts.example/"}, "set the alert URL"),
    "DELETE /api/Webhook/AlertUrl": (None, "removed the alert URL"),
    "POST /api/Key": ({"Name": "new"}, "made the key new"),
    "PUT /api/Key/{keyId}": ({"Name": "newer"}, f"renamed the key {MARK} key"),
    "PUT /api/Key/{keyId}/Disable": (None, "disabled the key newer"),
    "PUT /api/Key/{keyId}/Enable": (None, "enabled the key newer"),
    "DELETE /api/Key/{keyId}": (None, "deleted the key newer"),
    "DELETE /api/Webhook/{endpointId}": (None, "deleted the endpoint"),
}
# They send or cancel what there is, and change nothing of the endpoint. What is canceled: tests/store/test_cancel.py.
ONLY_SEND = re.compile(r"/(Test|(Retry|Cancel)(/\{jobId\})?)$")

_ENDPOINT = "/settings/web-api/webhooks/{endpoint_id}"
_FORM = {"Url": "https://newer.example/", "Concurrency": "3", "Schemes": "v1", "Which": "all", "Host": "newer.example"}
FORMS = {
    "/settings/web-api/webhooks/new": ({**_FORM, "step": "types", "form": "1"}, "added the endpoint"),
    f"{_ENDPOINT}/settings": (_FORM, "changed the endpoint"),
    f"{_ENDPOINT}/secret": ({}, "revealed the secrets of the endpoint"),
    f"{_ENDPOINT}/rotate": ({"OverlapHours": "24", "form": "2"}, "rotated the secrets of the endpoint"),
    f"{_ENDPOINT}/disable": ({}, "disabled the endpoint"),
    f"{_ENDPOINT}/enable": ({}, "enabled the endpoint"),
    "/settings/web-api/keys": ({"Name": "new", "Access": "full", "form": "3"}, "made the key new"),
    "/settings/web-api/keys/{key_id}": ({"Name": "newer", "Access": "full"}, f"renamed the key {MARK} key"),
    "/settings/web-api/keys/{key_id}/disable": ({}, "disabled the key newer"),
    "/settings/web-api/keys/{key_id}/enable": ({}, "enabled the key newer"),
    "/settings/web-api/keys/{key_id}/delete": ({}, "deleted the key newer"),
    "/settings/users": (
        {"Name": "New", "Email": "new@example.com", "Role": "viewer", "form": "4"},
        "added the user new@example.com as viewer",
    ),
    "/settings/users/{user_id}/role": ({"Role": "dispatcher"}, "made zyx@example.com dispatcher"),
    "/settings/users/{user_id}/password": ({}, "gave zyx@example.com a new password"),
    "/settings/users/{user_id}/sign-out": ({}, "signed zyx@example.com out everywhere"),
    "/settings/users/{user_id}/remove": ({}, "removed the user zyx@example.com"),
    "/settings/account": ({"Name": "New", "TimeZone": "UTC"}, "changed the account"),
    "/settings/account/alerts": ({"Url": "https://alerts.example/"}, "set the alert URL"),
    "/settings/account/name": ({"Name": "New"}, "changed the own name"),
    "/settings/account/password": (
        {"OldPassword": "correct horse battery", "Password": "another horse battery"},
        "changed the own password",
    ),
    "/settings/account/sessions": ({}, "signed admin@"),
    f"{_ENDPOINT}/delete": (_FORM, "deleted the endpoint"),
}
# Not on record here: they send, show, clear or try, or are recorded where they have something to do.
OTHER_FORMS = {
    f"{_ENDPOINT}/test",
    f"{_ENDPOINT}/probe",
    f"{_ENDPOINT}/retry",
    f"{_ENDPOINT}/retry/{{job_id}}/cancel",
    f"{_ENDPOINT}/cancel",
    f"{_ENDPOINT}/messages/{{message_id}}/cancel",
    f"{_ENDPOINT}/messages/{{message_id}}/retry",
    "/events/{event_id}/send",
    "/welcome/order",
    "/inbox/start",
    "/inbox/answer",
    "/inbox/clear",
    "/routes/{route_id}/optimize",
    # Orders and routes hold on record who changed their plan last: tests/ui/test_board_acts.py.
    "/board/act",
    "/board/propose",
    # They do what the API's operations on orders, routes and the directory do, which events tell: tests/ui/*_entry.py.
    "/orders/new",
    "/orders/bulk",
    "/orders/{track_id}/edit",
    "/orders/{track_id}/delete",
    "/routes/new",
    "/routes/{route_id}/edit",
    "/routes/{route_id}/delete",
    "/routes/{route_id}/ready",
    "/routes/{route_id}/start",
    "/routes/{route_id}/close",
    "/directory/{word}/new",
    "/directory/{word}/edit",
    "/directory/{word}/delete",
    "/views",
    "/views/delete",
    # What imports and undos put on record: tests/ui/test_imports.py.
    "/import",
    "/import/{import_id}/reading",
    "/import/{import_id}/columns",
    "/import/{import_id}/answer",
    "/import/{import_id}/begin",
    "/import/{import_id}/cancel",
    "/import/{import_id}/undo",
    "/import/{import_id}/discard",
    "/track",
    "/sign-in",
    "/sign-in/link",
    "/sign-out",
    "/settings/account/logo",
    "/settings/account/logo/remove",
}


@pytest.fixture
def newest(app, account):
    """What went on record last: its id and what was done."""

    def newest() -> tuple[str, str]:
        with app.database.reading() as tx:
            entry = audit.entries(tx, account)[0]
        return entry.id, entry.act

    return newest


def test_every_operation_is_known(api):
    found = {
        f"{method} {path}"
        for method, path, *_ in operations(api)
        if re.match(r"/api/(Webhook|Key)\b", path) and not ONLY_SEND.search(path)
        if method != "GET" or path.endswith("/Secret")
    }
    assert found == set(OPERATIONS), "say in OPERATIONS of tests/safety/test_on_record.py what is on record"


def test_every_form_is_known():
    posted = {path for method, path in page_routes() if method == "POST"}
    assert posted == set(FORMS) | OTHER_FORMS, "say in FORMS of tests/safety/test_on_record.py what is on record"


def test_what_the_api_changes_is_on_record(api, furnished, newest):
    for operation, (body, act) in OPERATIONS.items():
        before, _ = newest()
        method, _, path = operation.partition(" ")
        answer = api.request(method, path.format_map(furnished.ids), json=body)
        assert answer.status_code < 300, (operation, answer.text)
        after, done = newest()
        assert after != before, operation
        assert done == act


def test_what_the_pages_change_is_on_record(visitor, account, furnished, newest):
    admin = visitor(account)
    for path, (form, act) in FORMS.items():
        before, _ = newest()
        answer = admin.post(path_of(path, furnished.ids), data=form)
        assert answer.status_code in (200, 303), (path, answer.status_code, answer.text)
        after, done = newest()
        assert after != before, path
        assert done.startswith(act), path


def test_who_did_it_is_told(visitor, account, furnished, api, app):
    visitor(account).post(path_of(f"{_ENDPOINT}/disable", furnished.ids))
    api.put(f"/api/Webhook/{furnished.ids['endpointId']}/Enable")
    with app.database.reading() as tx:
        enabled, disabled = audit.entries(tx, account, furnished.ids["endpointId"], limit=2)
    assert (disabled.who, enabled.who) == ("Admin", "almighty")
    assert URL not in enabled.detail
