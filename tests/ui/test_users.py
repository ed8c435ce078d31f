"""Settings, Users: who may sign in, and as what."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from waybell.accounts import actions, audit, people
from waybell.accounts.model import Actor
from waybell.accounts.passwords import hashed
from waybell.ground.errors import Conflict

PAGE = "/settings/users"
DANA = {"Name": "Dana", "Email": "Dana@Example.com", "Role": "dispatcher"}


def add(client, form: str = "", **changes):
    form = form or re.search(r'name="form" value="([^"]+)"', client.get(PAGE).text)[1]
    return client.post(PAGE, data={**DANA, "form": form, **changes})


def shown_password(text: str) -> str:
    return re.search(r"<code>([\w-]{16})</code>", text)[1]


def users(app, account) -> dict[str, str]:
    """The role of each, by e-mail."""
    with app.database.reading() as tx:
        return {user.email: user.role for user in actions.list_users(tx, account)}


def id_of(app, email: str) -> str:
    with app.database.reading() as tx:
        return actions.user_of_email(tx, email)


def last_act(app, account) -> str:
    with app.database.reading() as tx:
        return audit.entries(tx, account)[0].act


def enter(client, password: str, email: str = "dana@example.com"):
    return client.post("/sign-in", data={"Email": email, "Password": password})


def test_a_user_is_added_with_a_password_that_is_shown_once(ui, stranger, app, account):
    added = add(ui)
    assert added.status_code == 200
    password = shown_password(added.text)
    assert password not in ui.get(PAGE).text
    assert users(app, account)["dana@example.com"] == "dispatcher"
    assert last_act(app, account) == "added the user dana@example.com as dispatcher"
    assert "never" in ui.get(PAGE).text
    assert enter(stranger, password).status_code == 303
    assert "never" not in ui.get(PAGE).text
    assert stranger.post("/sign-out").status_code == 303
    assert "never" not in ui.get(PAGE).text  # who signs out was here all the same


def test_a_double_click_adds_one_user_and_is_no_error(ui, app, account):
    assert add(ui, "the same form").status_code == 200
    assert add(ui, "the same form").status_code == 303
    assert "added by the first click" in ui.get(PAGE).text
    assert len(users(app, account)) == 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"Name": ""}, "Write 1 to 100 characters."),
        ({"Name": "two\nlines"}, "Write 1 to 100 characters."),
        ({"Email": "dana"}, "The address must hold an @."),
        ({"Email": "a@" + "b" * 300}, "The address must hold an @."),
        ({"Role": "owner"}, "Choose one of admin, dispatcher, viewer"),
        ({"Role": ""}, "Choose one of admin, dispatcher, viewer"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_what_was_typed_stays(ui, app, account, changes, said):
    refused = add(ui, **changes)
    assert refused.status_code == 400
    assert said in refused.text
    if "Email" not in changes:
        assert 'value="Dana@Example.com"' in refused.text
    assert len(users(app, account)) == 1


def test_an_address_signs_in_to_one_account_only(ui, other_ui):
    add(ui)
    refused = add(other_ui)
    assert refused.status_code == 400
    assert "exists already" in refused.text


def test_two_who_add_the_same_address_at_one_moment_make_one_user(ui, app, account):
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda form: add(ui, form).status_code, ["one form", "another form"]))
    assert sorted(answers) == [200, 400]
    assert len(users(app, account)) == 2


def test_a_role_counts_from_the_next_page_on(ui, ui_as, app, account):
    dispatcher = ui_as("dispatcher")
    user_id = id_of(app, f"dispatcher-{account.id}@example.com")
    assert dispatcher.get(PAGE).status_code == 403
    assert ui.post(f"{PAGE}/{user_id}/role", data={"Role": "admin"}).status_code == 303
    assert dispatcher.get(PAGE).status_code == 200
    assert last_act(app, account) == f"made dispatcher-{account.id}@example.com admin"
    assert ui.post(f"{PAGE}/{user_id}/role", data={"Role": "viewer"}).status_code == 303
    assert dispatcher.get(PAGE).status_code == 403
    assert ui.post(f"{PAGE}/{user_id}/role", data={"Role": "owner"}).status_code == 400
    assert users(app, account)[f"dispatcher-{account.id}@example.com"] == "viewer"


def test_a_user_is_limited_by_a_form_that_keeps_what_it_does_not_ask_for(ui, ui_as, app, account):
    carrier = ui_as("viewer")
    user_id = id_of(app, f"viewer-{account.id}@example.com")
    lists = {"Teams": "", "Depots": "", "Shippers": " S-1 \n\nS-2\nS-1", "Carriers": "C-1"}
    assert carrier.get("/events").status_code == 200
    assert ui.post(f"{PAGE}/{user_id}/role", data={"Role": "carrier", **lists}).status_code == 303
    assert carrier.get("/events").status_code == 403
    entry = f"made viewer-{account.id}@example.com carrier"
    assert last_act(app, account) == entry
    assert "shippers S-1, S-2; carriers C-1" in ui.get(PAGE).text
    form = ui.get(f"{PAGE}/{user_id}").text
    assert ">S-1\nS-2</textarea>" in form
    assert ui.post(f"{PAGE}/{user_id}/role", data={"Role": "viewer"}).status_code == 303
    assert "shippers S-1, S-2; carriers C-1" in ui.get(PAGE).text
    everything = dict.fromkeys(lists, "")
    assert ui.post(f"{PAGE}/{user_id}/role", data={"Role": "viewer", **everything}).status_code == 303
    assert carrier.get("/events").status_code == 200


@pytest.mark.parametrize(
    ("role", "lists", "said"),
    [
        ("admin", {"Teams": "T-1"}, "cannot be limited"),
        ("carrier", {"Teams": "T-1"}, "Name the CarrierCode"),
        ("shipper-manager", {"Teams": "T-1"}, "Name the ShipperId"),
        ("viewer", {"Depots": "x" * 51}, "at most 50 characters"),
        ("viewer", {"Teams": "\n".join(map(str, range(501)))}, "At most 500"),
    ],
)
def test_a_scope_must_suit_the_role(ui, ui_as, app, account, role, lists, said):
    ui_as("viewer")
    user_id = id_of(app, f"viewer-{account.id}@example.com")
    refused = ui.post(f"{PAGE}/{user_id}/role", data={"Role": role, **lists})
    assert refused.status_code == 400
    assert said in refused.text
    assert users(app, account)[f"viewer-{account.id}@example.com"] == "viewer"


def test_a_new_password_is_shown_once_and_ends_the_sessions(ui, ui_as, stranger, app, account):
    viewer = ui_as("viewer")
    email = f"viewer-{account.id}@example.com"
    assert viewer.get("/inbox").status_code == 200
    answer = ui.post(f"{PAGE}/{id_of(app, email)}/password")
    password = shown_password(answer.text)
    assert viewer.get("/inbox").status_code == 303
    assert password not in ui.get(PAGE).text
    assert enter(stranger, "correct horse battery", email).status_code == 401
    assert enter(stranger, password, email).status_code == 303
    assert last_act(app, account) == f"gave {email} a new password"


def test_an_admin_signs_a_user_out_everywhere(ui, ui_as, app, account, stranger):
    viewer, again = ui_as("viewer"), ui_as("viewer")
    email = f"viewer-{account.id}@example.com"
    assert ui.post(f"{PAGE}/{id_of(app, email)}/sign-out").status_code == 303
    assert [one.get("/inbox").status_code for one in (viewer, again, ui)] == [303, 303, 200]
    assert last_act(app, account) == f"signed {email} out everywhere"
    assert enter(stranger, "correct horse battery", email).status_code == 303


def test_who_is_removed_is_signed_out_and_cannot_come_back(ui, ui_as, stranger, app, account):
    viewer = ui_as("viewer")
    email = f"viewer-{account.id}@example.com"
    user_id = id_of(app, email)
    assert ui.post(f"{PAGE}/{user_id}/remove").status_code == 303
    assert viewer.get("/inbox").status_code == 303
    assert enter(stranger, "correct horse battery", email).status_code == 401
    assert last_act(app, account) == f"removed the user {email}"
    assert ui.post(f"{PAGE}/{user_id}/remove").status_code == 404


def test_nobody_removes_or_demotes_themselves(ui, app, account):
    add(ui, Role="admin")
    own = id_of(app, f"admin-{account.id}@example.com")
    for act in ("remove", "role", "password", "sign-out"):
        answer = ui.post(f"{PAGE}/{own}/{act}", data={"Role": "viewer"})
        assert answer.status_code == 303
    assert users(app, account)[f"admin-{account.id}@example.com"] == "admin"
    assert ui.get(PAGE).status_code == 200
    assert f"{PAGE}/{own}/" not in ui.get(PAGE).text


def test_the_last_admin_stays_whoever_tries(app, account):
    actor = Actor(account, "tests")
    kept = hashed("long enough")
    with app.database.transaction() as tx:
        first = people.add(tx, actor, email="first@example.com", name="First", role="admin", password=kept)
        second = people.add(tx, actor, email="second@example.com", name="Second", role="admin", password=kept)
        people.change_role(tx, actor, first, "viewer")
    for attempt in (
        lambda tx: people.change_role(tx, actor, second, "dispatcher"),
        lambda tx: people.remove(tx, actor, second),
    ):
        with pytest.raises(Conflict, match="only admin"), app.database.transaction() as tx:
            attempt(tx)
    assert users(app, account)["second@example.com"] == "admin"


@pytest.mark.parametrize("role", ["viewer", "dispatcher"])
def test_only_admins_come_here(ui, ui_as, app, account, role):
    other = ui_as(role)
    admin = id_of(app, f"admin-{account.id}@example.com")
    assert other.get(PAGE).status_code == 403
    assert 'href="/settings/users"' not in other.get("/inbox").text
    for path in ("", *(f"/{admin}/{act}" for act in ("role", "password", "sign-out", "remove"))):
        assert other.post(PAGE + path, data=DANA).status_code == 403
    assert users(app, account)[f"admin-{account.id}@example.com"] == "admin"


@pytest.mark.parametrize("act", ["role", "password", "sign-out", "remove"])
def test_a_user_of_another_account_and_nobody_at_all_is_a_404(ui, other_ui, app, account, act):
    add(ui)
    dana = id_of(app, "dana@example.com")
    assert "dana@example.com" not in other_ui.get(PAGE).text
    assert other_ui.post(f"{PAGE}/{dana}/{act}", data={"Role": "viewer"}).status_code == 404
    for nobody in ("usr_0", "%00", "%ff"):
        assert ui.post(f"{PAGE}/{nobody}/{act}", data={"Role": "viewer"}).status_code == 404
    assert users(app, account)["dana@example.com"] == "dispatcher"


def test_a_script_in_a_name_is_shown_and_not_run(ui):
    added = add(ui, Name="<script>alert(1)</script>")
    for text in (added.text, ui.get(PAGE).text):
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)" in text
