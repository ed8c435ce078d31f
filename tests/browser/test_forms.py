"""In a real browser: what is wrong is said at its field, and nothing that was typed is lost."""

import re

import pytest
from playwright.sync_api import expect

from browser.conftest import PASSWORD

WEBHOOKS = "/settings/web-api/webhooks"


# What a form keeps is a matter of the browser; tests/ui posts every form on both databases.
pytestmark = pytest.mark.parametrize("server", ["sqlite"], indirect=True, scope="session")


@pytest.fixture
def page(me):
    return me.open("admin", None)


def expect_wrong(field, told):
    """Also for who only hears the page."""
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile(told))


def test_adding_an_endpoint(page, server):
    page.goto(f"{server.url}{WEBHOOKS}/new")
    page.get_by_label("URL").fill("https://192.168.1.1/hook")
    page.get_by_label("Description").fill("the warehouse")
    page.get_by_role("button", name="Check and continue").click()
    expect_wrong(page.get_by_label("URL"), "not a public address")
    expect(page.get_by_label("URL")).to_have_value("https://192.168.1.1/hook")
    expect(page.get_by_label("Description")).to_have_value("the warehouse")


def test_the_settings_of_an_endpoint(page, add_endpoint):
    page.goto(f"{add_endpoint('http://127.0.0.1:9/hook')}/settings")
    page.get_by_label("Description").fill("the warehouse")
    page.get_by_label("Name of header 1").fill("X-Token")
    page.get_by_label("Value of header 1").fill("abc")
    page.get_by_label("Messages a second, at most").fill("many")
    page.get_by_role("button", name="Save").click()
    expect_wrong(page.get_by_label("Messages a second, at most"), "Write a number of messages a second")
    for label, typed in [
        ("Messages a second, at most", "many"),
        ("Description", "the warehouse"),
        ("Name of header 1", "X-Token"),
        ("Value of header 1", "abc"),
    ]:
        expect(page.get_by_label(label)).to_have_value(typed)


def test_adding_a_user(page, server):
    page.goto(f"{server.url}/settings/users")
    taken = page.get_by_role("cell", name=re.compile(r"^\S+@\S+$")).inner_text()
    page.get_by_role("textbox", name="Name").fill("Mari Maasikas")
    page.get_by_role("textbox", name="E-mail").fill(taken)
    page.get_by_label("viewer looks").check()
    page.get_by_role("button", name="Add user").click()
    expect_wrong(page.get_by_role("textbox", name="E-mail"), "exists already")
    expect(page.get_by_role("textbox", name="E-mail")).to_have_value(taken)
    expect(page.get_by_role("textbox", name="Name")).to_have_value("Mari Maasikas")
    expect(page.get_by_label("viewer looks")).to_be_checked()


def test_making_and_renaming_a_key(page, server):
    page.goto(f"{server.url}/settings/web-api")
    page.get_by_role("textbox", name="Name").fill("   ")  # the browser takes blanks for a name
    page.get_by_role("button", name="Make a key").click()
    expect_wrong(page.get_by_role("textbox", name="Name"), ".")
    page.get_by_role("link", name="Edit tests").click()
    page.get_by_role("textbox", name="Name").fill("   ")
    page.get_by_role("button", name="Save").click()
    expect_wrong(page.get_by_role("textbox", name="Name"), ".")


def test_back_after_adding_shows_what_was_chosen_and_asks_nothing(page, server):
    page.goto(f"{server.url}{WEBHOOKS}/new")
    page.get_by_label("URL").fill("http://127.0.0.1:9/hook")
    page.get_by_label("Description").fill("the warehouse")
    page.get_by_role("button", name="Check and continue").click()
    page.get_by_label("OrderCreated").check()
    page.get_by_role("button", name="Add endpoint").click()
    expect(page.get_by_text("The endpoint is added")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("OrderCreated")).to_be_checked()
    expect(page.get_by_label("Only these")).to_be_checked()
    expect(page.get_by_label("RouteCreated")).not_to_be_checked()
    page.go_back()
    expect(page.get_by_label("URL")).to_have_value("http://127.0.0.1:9/hook")
    expect(page.get_by_label("Description")).to_have_value("the warehouse")


def test_a_session_that_ended_comes_back_to_the_form_with_its_input(page, server, add_endpoint):
    page.goto(f"{server.url}/settings/account")
    email = page.get_by_text(re.compile(r"^\S+@example.com, admin$")).inner_text().partition(",")[0]
    path = f"{add_endpoint('http://127.0.0.1:9/hook')}/settings"
    page.goto(path)
    page.get_by_label("Description").fill("typed before the session ended")
    page.get_by_label("Name of header 2").fill("X-Token")
    page.get_by_label("Value of header 2").fill("abc")
    page.get_by_label("In order").uncheck()
    page.context.clear_cookies()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your session has ended")).to_be_visible()
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Description")).to_have_value("typed before the session ended")
    expect(page.get_by_label("Name of header 2")).to_have_value("X-Token")
    expect(page.get_by_label("Value of header 2")).to_have_value("abc")
    expect(page.get_by_label("In order")).not_to_be_checked()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The settings are saved")).to_be_visible()


@pytest.mark.parametrize("button", ["Rotate", "Delete this endpoint"])
def test_dialogs_stand_in_the_middle(page, add_endpoint, button):
    page.goto(f"{add_endpoint('http://127.0.0.1:9/hook')}/settings")
    page.get_by_role("button", name=button).click()
    box, window = page.get_by_role("dialog").bounding_box(), page.viewport_size
    assert abs(box["x"] * 2 + box["width"] - window["width"]) <= 20
    assert abs(box["y"] * 2 + box["height"] - window["height"]) <= 20
