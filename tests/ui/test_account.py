"""Settings, Account: its name and time zone, and what everybody may change of themselves."""

from zoneinfo import ZoneInfo

import pytest
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from waybell.accounts import actions, audit
from waybell.web.ui import guesses

PAGE = "/settings/account"
PASSWORD = "correct horse battery"
ROLES = ["admin", "dispatcher", "viewer"]


def known(app, account):
    with app.database.reading() as tx:
        return actions.get_account(tx, account.id)


def last_act(app, account) -> str:
    with app.database.reading() as tx:
        return audit.entries(tx, account)[0].act


def enter(client, account, password: str, role: str = "viewer") -> int:
    sent = {"Email": f"{role}-{account.id}@example.com", "Password": password}
    return client.post("/sign-in", data=sent).status_code


def test_an_admin_changes_name_and_time_zone_and_times_follow(ui, app, account):
    text = ui.get(PAGE).text
    assert "<option selected>Europe/Tallinn</option>" in text
    assert "<option>Pacific/Auckland</option>" in text
    sent = {"Name": " Southwind ", "TimeZone": "Pacific/Auckland"}
    assert ui.post(PAGE, data=sent).status_code == 303
    assert (known(app, account).name, known(app, account).time_zone) == ("Southwind", "Pacific/Auckland")
    assert "NZDT" in ui.get("/settings/audit").text
    assert last_act(app, account) == "changed the account"


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"Name": "", "TimeZone": "UTC"}, "Write 1 to 100 characters."),
        ({"Name": "\x07", "TimeZone": "UTC"}, "Write 1 to 100 characters."),
        ({"Name": "Kept as typed", "TimeZone": "Mars/Olympus"}, "Choose one of the list"),
        ({"Name": "Kept as typed", "TimeZone": "../../etc/passwd"}, "Choose one of the list"),
        ({"Name": "Kept as typed"}, "Choose one of the list"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_what_was_typed_stays(ui, app, account, sent, said):
    refused = ui.post(PAGE, data=sent)
    assert refused.status_code == 400
    assert said in refused.text
    assert f'name="Name" value="{sent["Name"]}"' in refused.text
    assert known(app, account) == account


def test_every_zone_that_is_offered_is_one(ui):
    zones = actions.time_zones()
    assert len(zones) > 400
    assert not {"localtime", "Factory", "posixrules"} & set(zones)
    for zone in zones:
        assert ZoneInfo(zone).key == zone


@pytest.mark.parametrize("role", ["viewer", "dispatcher"])
def test_others_see_the_account_and_cannot_change_it(ui_as, app, account, role):
    other = ui_as(role)
    assert "Admins can change it." in other.get(PAGE).text
    assert other.post(PAGE, data={"Name": "Mine", "TimeZone": "UTC"}).status_code == 403
    assert known(app, account) == account


@pytest.mark.parametrize("role", ROLES)
def test_everybody_changes_their_own_name(ui_as, app, account, role):
    visitor = ui_as(role)
    assert visitor.post(f"{PAGE}/name", data={"Name": "<b>Dana</b>"}).status_code == 303
    text = visitor.get("/inbox").text
    assert "&lt;b&gt;Dana&lt;/b&gt;" in text
    assert last_act(app, account) == "changed the own name"
    refused = visitor.post(f"{PAGE}/name", data={"Name": "x" * 101})
    assert refused.status_code == 400
    assert "x" * 101 in refused.text


@pytest.mark.parametrize("role", ROLES)
def test_a_new_password_ends_the_sessions_elsewhere_and_not_here(ui_as, stranger, app, account, role):
    here, elsewhere = ui_as(role), ui_as(role)
    sent = {"OldPassword": PASSWORD, "Password": "a longer one than before"}
    assert here.post(f"{PAGE}/password", data=sent).status_code == 303
    assert here.get("/inbox").status_code == 200
    assert elsewhere.get("/inbox").status_code == 303
    assert enter(stranger, account, PASSWORD, role) == 401
    assert enter(stranger, account, "a longer one than before", role) == 303
    assert last_act(app, account) == "changed the own password"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("wrong", "long enough it is", "This is not your password."),
        ("", "long enough it is", "This is not your password."),
        (PASSWORD, "short", "It needs at least 10 characters."),
        (PASSWORD, "", "It needs at least 10 characters."),
    ],
)
def test_a_password_takes_the_old_one_and_is_long_enough(ui_as, stranger, account, old, new, said):
    here, elsewhere = ui_as("viewer"), ui_as("viewer")
    refused = here.post(f"{PAGE}/password", data={"OldPassword": old, "Password": new})
    assert refused.status_code == 400
    assert said in refused.text
    for typed in filter(None, (old, new)):
        assert f'value="{typed}"' not in refused.text  # passwords are not sent back
    assert elsewhere.get("/inbox").status_code == 200
    assert enter(stranger, account, PASSWORD) == 303


def test_the_old_password_is_not_guessed_at_leisure(ui_as, monkeypatch):
    monkeypatch.setattr(guesses, "_wrong", SlidingWindowCounterRateLimiter(MemoryStorage()))
    here = ui_as("viewer")
    sent = {"OldPassword": "wrong", "Password": "a longer one than before"}
    for _ in range(10):
        assert "not your password" in here.post(f"{PAGE}/password", data=sent).text
    refused = here.post(f"{PAGE}/password", data=sent | {"OldPassword": PASSWORD})
    assert refused.status_code == 400
    assert "five minutes" in refused.text


def test_signing_out_elsewhere_keeps_this_session(ui_as, account):
    here, elsewhere, somebody = ui_as("viewer"), ui_as("viewer"), ui_as("dispatcher")
    assert here.post(f"{PAGE}/sessions").status_code == 303
    assert here.get("/inbox").status_code == 200
    assert elsewhere.get("/inbox").status_code == 303
    assert somebody.get("/inbox").status_code == 200


def test_the_account_of_others_stays_as_it_is(ui, other_ui, app, account):
    assert other_ui.post(PAGE, data={"Name": "Theirs", "TimeZone": "UTC"}).status_code == 303
    assert known(app, account) == account
    assert account.name not in other_ui.get(PAGE).text


def test_who_is_not_signed_in_sees_nothing(stranger):
    for path in ("", "/name", "/password", "/sessions"):
        assert stranger.post(PAGE + path).headers["location"] == "/sign-in"
