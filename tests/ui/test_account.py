"""Settings, Account: its name and time zone, and what everybody may change of themselves."""

import re
from zoneinfo import ZoneInfo

import pytest
from PIL import Image

from support.pictures import a_picture, opened, saved
from waybell.accounts import actions, audit

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


def test_the_old_password_is_not_guessed_at_leisure(ui_as):
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


# The logo


def upload(client, content: bytes, name: str = "logo.png"):
    return client.post(f"{PAGE}/logo", files={"Logo": (name, content, "image/png")})


def shown_logo(client):
    found = re.search(r'<img src="(/picture/[^"]+)"', client.get(PAGE).text)
    return opened(client.get(found[1].replace("&amp;", "&")).content) if found else None


def test_an_admin_uploads_a_logo_replaces_it_and_takes_it_away(ui, app, account):
    assert shown_logo(ui) is None
    assert upload(ui, a_picture(300, 100, form="PNG")).status_code == 303
    assert (shown_logo(ui).format, shown_logo(ui).size) == ("PNG", (300, 100))
    assert last_act(app, account) == "changed the logo"
    assert upload(ui, a_picture(3000, 500), "logo.jpg").status_code == 303
    assert shown_logo(ui).size == (600, 100)
    assert ui.post(f"{PAGE}/logo/remove").status_code == 303
    assert shown_logo(ui) is None
    assert last_act(app, account) == "removed the logo"


def test_what_is_clear_in_a_logo_stays_clear(ui):
    upload(ui, saved(Image.new("RGBA", (20, 10), (0, 0, 0, 0))))
    assert shown_logo(ui).getpixel((5, 5))[3] == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Choose a file first."),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "This is no picture"),
        (a_picture()[:300], "This is no picture"),
    ],
)
def test_what_is_no_logo_is_said_at_its_field(ui, content, said):
    refused = upload(ui, content)
    assert refused.status_code == 400
    assert said in refused.text
    assert shown_logo(ui) is None


def test_a_logo_is_within_bounds_and_a_form_with_one_file(ui):
    assert upload(ui, b"\xff" * 1_500_000).status_code == 413
    assert ui.post(f"{PAGE}/logo", data={"Logo": "text"}).status_code == 400
    two = [("Logo", ("a.png", a_picture(), "image/png")), ("Logo", ("b.png", a_picture(), "image/png"))]
    assert ui.post(f"{PAGE}/logo", files=two).status_code == 400
    assert ui.post(f"{PAGE}/logo", content=b"\0" * 100).status_code == 400


@pytest.mark.parametrize("role", ["viewer", "dispatcher"])
def test_only_admins_change_the_logo(ui, ui_as, role):
    upload(ui, a_picture(300, 100))
    other = ui_as(role)
    assert shown_logo(other).size == (300, 100)
    assert upload(other, a_picture(50, 50)).status_code == 403
    assert other.post(f"{PAGE}/logo/remove").status_code == 403
    assert shown_logo(ui).size == (300, 100)


def test_each_account_has_a_logo_of_its_own(ui, other_ui):
    upload(ui, a_picture(300, 100))
    assert shown_logo(other_ui) is None
    upload(other_ui, a_picture(100, 100))
    assert other_ui.post(f"{PAGE}/logo/remove").status_code == 303
    assert shown_logo(ui).size == (300, 100)
