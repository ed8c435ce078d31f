"""Settings, Web API: keys are made, shown once, changed, switched off and on."""

import re
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from waybell.accounts import audit
from waybell.accounts.keys import list_keys

PAGE = "/settings/web-api"


def make(client: TestClient, name: str = "The ERP", form: str | None = None, **more):
    form = form or re.search(r'name="form" value="([^"]+)"', client.get(PAGE).text)[1]
    return client.post(f"{PAGE}/keys", data={"Name": name, "form": form} | more)


def key_in(text: str) -> str:
    return re.search(r"<code>(wb_[\w-]{43})</code>", text)[1]


def keys(app, account):
    with app.database.reading() as tx:
        return list_keys(tx, account)


def acts(app, account) -> list[tuple[str, str]]:
    with app.database.reading() as tx:
        return [(entry.who, entry.act) for entry in audit.entries(tx, account)]


def call(web, key: str) -> int:
    return TestClient(web).get("/api/Webhook", headers={"X-API-KEY": key}).status_code


def test_the_page_shows_the_base_url_and_leads_to_the_webhooks(ui):
    text = ui.get(PAGE).text
    assert "https://waybell.example/api" in text
    assert "curl https://waybell.example/api/Order" in text
    assert 'href="/settings/web-api/webhooks"' in text
    assert "No key yet" in text


def test_a_key_is_shown_once_with_a_request_that_works_and_opens_the_api(ui, web, app, account):
    made = make(ui)
    assert made.status_code == 200
    key = key_in(made.text)
    assert f"X-API-KEY: {key}" in made.text.replace("&#39;", "'")
    assert call(web, key) == 200
    again = ui.get(PAGE).text
    assert key not in again
    assert key[:7] in again
    assert acts(app, account) == [("Admin", "made the key The ERP")]


def test_the_first_request_of_the_page_makes_an_order(ui, web):
    text = make(ui).text.replace("&#39;", "'").replace("&#34;", '"').replace("&#x27;", "'")
    body = re.search(r"-d '(\{.+?\})'", text)[1]
    headers = {"X-API-KEY": key_in(text), "Content-Type": "application/json"}
    answer = TestClient(web).post("/api/Order", content=body, headers=headers)
    assert answer.status_code in {200, 201}, answer.text


def test_a_double_click_makes_one_key_and_is_no_error(ui, app, account):
    assert make(ui, form="the same form").status_code == 200
    second = make(ui, form="the same form")
    assert (second.status_code, second.headers["location"]) == (303, PAGE)
    after = ui.get(PAGE).text
    assert "made by the first click" in after
    assert "alert-danger" not in after
    assert len(keys(app, account)) == 1


def test_a_disabled_key_gets_401_until_it_is_enabled_again(ui, web, app, account):
    key = key_in(make(ui).text)
    key_id = keys(app, account)[0].id
    assert ui.post(f"{PAGE}/keys/{key_id}/disable").status_code == 303
    assert call(web, key) == 401
    assert "state-secondary" in ui.get(PAGE).text
    assert ui.post(f"{PAGE}/keys/{key_id}/disable").status_code == 303  # a second click changes nothing
    assert ui.post(f"{PAGE}/keys/{key_id}/enable").status_code == 303
    assert call(web, key) == 200
    assert [act for _, act in acts(app, account)] == [
        "enabled the key The ERP",
        "disabled the key The ERP",
        "made the key The ERP",
    ]


def test_a_deleted_key_is_refused_and_gone_and_on_record(ui, web, app, account):
    key = key_in(make(ui).text)
    other = key_in(make(ui, "Another").text)
    path = f"{PAGE}/keys/{keys(app, account)[0].id}"
    assert f'action="{path}/delete"' in ui.get(path).text
    assert ui.post(f"{path}/delete").headers["location"] == PAGE
    assert (call(web, key), call(web, other)) == (401, 200)
    assert "The key The ERP is deleted" in ui.get(PAGE).text
    assert "The ERP" not in ui.get(PAGE).text
    assert [one.name for one in keys(app, account)] == ["Another"]
    assert acts(app, account)[0] == ("Admin", "deleted the key The ERP")
    assert ui.post(f"{path}/delete").status_code == 404


def test_a_key_says_when_it_was_used_last(ui, web):
    key = key_in(make(ui).text)
    assert "never" in ui.get(PAGE).text
    call(web, key)
    assert "data-ago" in ui.get(PAGE).text


def test_a_key_gets_another_name(ui, app, account):
    make(ui)
    key_id = keys(app, account)[0].id
    assert ui.post(f"{PAGE}/keys/{key_id}", data={"Name": " The warehouse "}).status_code == 303
    assert keys(app, account)[0].name == "The warehouse"
    assert acts(app, account)[0] == ("Admin", "renamed the key The ERP")


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "two\nlines", "\x07"])
def test_a_name_that_cannot_be_is_refused_at_the_field_and_kept(ui, app, account, name):
    refused = make(ui, name)
    assert refused.status_code == 400
    assert "Write 1 to 100 characters." in refused.text
    assert keys(app, account) == []
    make(ui)
    key_id = keys(app, account)[0].id
    refused = ui.post(f"{PAGE}/keys/{key_id}", data={"Name": name})
    assert refused.status_code == 400
    assert "Write 1 to 100 characters." in refused.text
    if len(name) == 101:
        assert name in refused.text
    assert keys(app, account)[0].name == "The ERP"


def test_a_script_in_a_name_is_shown_and_not_run(ui):
    name = '"><script>alert(1)</script>'
    made = make(ui, name)
    assert made.status_code == 200
    for text in (made.text, ui.get(PAGE).text, ui.get("/settings/audit").text):
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)" in text


@pytest.mark.parametrize("role", ["viewer", "dispatcher"])
def test_who_is_no_admin_sees_the_keys_and_changes_none(ui, ui_as, app, account, role):
    make(ui)
    key_id = keys(app, account)[0].id
    other = ui_as(role)
    text = other.get(PAGE).text
    assert "The ERP" in text
    assert "Make a key" not in text
    assert "Disable" not in text
    assert "Edit" not in text
    assert other.get(f"{PAGE}/keys/{key_id}").status_code == 403
    for path in ("keys", *(f"keys/{key_id}{act}" for act in ("/disable", "/enable", "/delete", ""))):
        assert other.post(f"{PAGE}/{path}", data={"Name": "Mine"}).status_code == 403
    assert [(key.name, key.enabled) for key in keys(app, account)] == [("The ERP", True)]


@pytest.mark.parametrize("act", ["/disable", "/enable", "/delete", ""])
def test_a_key_of_another_account_and_none_at_all_is_a_404(ui, other_ui, app, account, act):
    make(ui)
    key_id = keys(app, account)[0].id
    assert "The ERP" not in other_ui.get(PAGE).text
    assert other_ui.post(f"{PAGE}/keys/{key_id}{act}", data={"Name": "Mine"}).status_code == 404
    for nobody in ("key_0", "%00", "%ff"):
        assert ui.post(f"{PAGE}/keys/{nobody}{act}", data={"Name": "Mine"}).status_code == 404
    assert [(key.name, key.enabled) for key in keys(app, account)] == [("The ERP", True)]


RESTRICTED: dict[str, Any] = {
    "Access": "restricted",
    "Methods": ["GET", "PUT"],
    "Kinds": ["Orders", "Keys"],
    "Shippers": "S1\r\n S2 ,S1",
    "Depots": "",
    "Networks": "10.0.0.0/8\r\n203.0.113.7",
    "PerSecond": "5",
    "ExpiresAt": "2027-01-31T18:00",
}


def test_a_key_is_made_with_restrictions_and_edited_as_it_is(ui, app, account):
    assert make(ui, **RESTRICTED).status_code == 200
    [key] = keys(app, account)
    assert (key.grant.methods, key.grant.kinds) == (("GET", "PUT"), ("Orders", "Keys"))
    assert (key.grant.shippers, key.grant.depots) == (("S1", "S2"), ())
    assert [str(one) for one in key.grant.networks] == ["10.0.0.0/8", "203.0.113.7/32"]
    assert (key.grant.rates.per_second, key.grant.rates.per_minute) == (5, None)
    assert f"{key.grant.expires_at:%Y-%m-%d %H:%M}" == "2027-01-31 16:00"  # Tallinn is two hours ahead
    text = ui.get(f"{PAGE}/keys/{key.id}").text
    assert "S1\nS2</textarea>" in text
    assert 'value="2027-01-31T18:00"' in text
    assert re.findall(r'name="Kinds" value="(\w+)"[^>]* checked', text) == ["Orders", "Keys"]
    assert "GET, PUT; Orders, Keys; shippers S1, S2" in ui.get(PAGE).text


def test_saving_what_is_shown_changes_nothing(ui, app, account):
    make(ui, **RESTRICTED)
    [key] = keys(app, account)
    before = acts(app, account)
    fields = RESTRICTED | {"Name": "The ERP", "Shippers": "S1\nS2"}
    assert ui.post(f"{PAGE}/keys/{key.id}", data=fields).status_code == 303
    assert keys(app, account) == [key]
    assert acts(app, account) == before


def test_a_full_key_loses_its_restrictions_and_that_is_on_record(ui, app, account):
    make(ui, **RESTRICTED)
    [key] = keys(app, account)
    assert ui.post(f"{PAGE}/keys/{key.id}", data={"Name": "The ERP", "Access": "full"}).status_code == 303
    assert not keys(app, account)[0].grant.is_restricted
    assert acts(app, account)[0] == ("Admin", "changed what the key The ERP may do")


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("Methods", [], "Choose at least one method."),
        ("Kinds", [], "Choose at least one kind."),
        ("Kinds", ["Webhooks"], "A key of some shippers or depots has none."),
        ("Kinds", ["Everything"], "is none. Choose of"),
        ("Shippers", "x" * 51, "at most 50 characters"),
        ("Networks", "10.0.0.1/8", "is no address and no range"),
        ("Networks", "everywhere", "is no address and no range"),
        ("PerSecond", "0", "Must be from 1"),
        ("PerMinute", "many", "Write a whole number."),
        ("ExpiresAt", "2026-11-23T10:00", "This moment has passed."),
        ("ExpiresAt", "tomorrow", "Write a date and a time."),
        ("ExpiresAt", "9999-12-31T23:59", "Must lie before the year"),
        ("ExpiresAt", "0001-01-01T00:00", "This moment has passed."),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_all_is_kept(ui, app, account, field, value, fault):
    refused = make(ui, "The one", **(RESTRICTED | {field: value}))
    assert refused.status_code == 400
    said = re.search(rf'id="fault-{field}">([^<]+)<', refused.text)
    assert said
    assert fault in said[1]
    assert 'value="The one"' in refused.text
    assert "203.0.113.7" in refused.text or field == "Networks"
    assert keys(app, account) == []


def test_the_page_tells_the_use_of_this_minute(ui, web, app):
    key = key_in(make(ui, PerMinute="50").text)
    assert "0 of 50" in ui.get(PAGE).text
    for _ in range(3):
        call(web, key)
    assert "3 of 50" in ui.get(PAGE).text


def test_the_page_follows_its_keys_and_hears_of_each_use_and_of_the_end_of_a_minute(ui, web, app, account, clock):
    """By asking as the stream does."""
    key = key_in(make(ui).text)
    assert 'hx-sse:connect="/live/keys"' in ui.get(PAGE).text
    assert 'hx-select="#api-keys"' in ui.get(PAGE).text
    live = web.state.live

    def seen():
        return live._fingerprint(("keys", account.id, ""))

    first = seen()
    assert seen() == first
    call(web, key)
    once = seen()
    call(web, key)
    twice = seen()
    clock.move_to(clock.now() + timedelta(minutes=1))
    later = seen()
    ui.post(f"{PAGE}/keys/{keys(app, account)[0].id}/delete")
    assert first != once != twice != later != seen()
    assert seen() == live._fingerprint(("keys", "acc_other", ""))
