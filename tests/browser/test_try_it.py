"""In a real browser: requests are sent from the API reference, with a key that nothing but the page remembers."""

import json
import os
import re
import subprocess

import pytest
from playwright.sync_api import expect

from support.browser import axe_violations

# The page and its requests know no database.
pytestmark = pytest.mark.parametrize("server", ["sqlite"], indirect=True, scope="session")
PHONE = {"color_scheme": "dark", "viewport": {"width": 390, "height": 844}}
WIDE = {"color_scheme": "light", "viewport": {"width": 1360, "height": 850}}


@pytest.fixture
def page(me):
    return me.open("viewer", None)


@pytest.fixture
def try_it(server):
    """Opens the form of an operation, with a key in it; without one with that of the form before."""

    def open_form(page, noun, operation_id, key=None):
        if f"/api/docs/{noun}" not in page.url:
            page.goto(f"{server.url}/api/docs/{noun}")
        page.locator(f"#{operation_id}").get_by_text("Try it").click()
        form = page.get_by_role("form", name=f"Try {operation_id}", exact=True)
        if key:
            form.get_by_label("API key").fill(key)
        return form

    return open_form


def send(form):
    form.get_by_role("button", name="Send").click()
    return form.get_by_role("status")


def body_of(form):
    return form.get_by_label("Body of the answer")


def test_a_key_is_tried(page, me, try_it):
    form = try_it(page, "Test", "Test", me.key)
    expect(send(form)).to_contain_text("200 OK")
    expect(body_of(form)).to_have_text('"ok"')
    form.get_by_text("Headers of the answer", exact=True).click()
    expect(form.get_by_label("Headers of the answer")).to_contain_text("x-rate-limit-remaining")


def test_an_order_is_added_from_its_example_and_read_again(page, me, try_it):
    form = try_it(page, "Order", "AddOrder", me.key)
    example = json.loads(form.get_by_label("Body", exact=True).input_value())
    expect(send(form)).to_contain_text("201 Created")
    assert json.loads(body_of(form).inner_text())["Status"] == 201
    form.get_by_text("Headers of the answer", exact=True).click()
    expect(form.get_by_label("Headers of the answer")).to_contain_text(f"location: /Order/Number/{example['Number']}")

    other = try_it(page, "Order", "GetOrderByNumber")
    expect(other.get_by_label("API key")).to_have_value(me.key)
    other.get_by_label("number").fill(example["Number"])
    expect(send(other)).to_contain_text("200 OK")
    assert json.loads(body_of(other).inner_text())["Client"] == example["Client"]


def test_what_is_wrong_with_a_request_is_shown(page, me, try_it):
    form = try_it(page, "Order", "AddOrder", "wb_wrong")
    expect(send(form)).to_contain_text("401 Unauthorized")
    assert "API key" in json.loads(body_of(form).inner_text())["Detail"]
    form.get_by_label("API key").fill(me.key)
    form.get_by_label("Body", exact=True).fill('{"Client": ""}')
    expect(send(form)).to_contain_text("400 Bad Request")
    expect(body_of(form)).to_contain_text("Address")


def test_in_xml(page, me, try_it):
    form = try_it(page, "Order", "AddOrder", me.key)
    form.get_by_label("Language of body and answer").select_option("XML")
    expect(form.get_by_label("Body", exact=True)).to_have_value(re.compile("^<NewOrder>"))
    expect(send(form)).to_contain_text("201 Created")
    expect(body_of(form)).to_contain_text("<ApiResponse>\n  <Status>201</Status>")


def test_a_document_is_saved(page, me, try_it):
    expect(send(try_it(page, "Order", "AddOrder", me.key))).to_contain_text("201 Created")
    form = try_it(page, "Order", "GetOrderPodByNumber")
    form.get_by_label("number").fill("SO-1001")
    expect(send(form)).to_contain_text("200 OK")
    with page.expect_download() as saving:
        form.get_by_role("link", name="Save the body").click()
    assert saving.value.suggested_filename == "pdf.pdf"
    assert saving.value.path().read_bytes().startswith(b"%PDF")


def test_the_command_does_the_same(page, me, try_it):
    form = try_it(page, "Order", "AddOrder", me.key)
    form.get_by_label("updateAddressGps").select_option("true")
    order = {"Number": "it's 1/2", "Client": "Cafe $HOME", "Address": "Kalasadama 4"}
    form.get_by_label("Body", exact=True).fill(json.dumps(order))
    command = form.get_by_label("The same with curl").inner_text()
    assert me.key not in command
    assert "?updateAddressGps=true'" in command
    shell = ["sh", "-c", command]
    told = subprocess.run(shell, env={**os.environ, "KEY": me.key}, check=True, capture_output=True, timeout=120)
    assert b"201 Created" in told.stdout

    form = try_it(page, "Order", "GetOrderByNumber")
    form.get_by_label("number").fill(order["Number"])
    expect(send(form)).to_contain_text("200 OK")
    assert json.loads(body_of(form).inner_text())["Client"] == order["Client"]


def test_the_key_is_nowhere_but_in_the_page(page, me, try_it, server):
    form = try_it(page, "Test", "Test", me.key)
    expect(send(form)).to_contain_text("200 OK")
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])")
    assert me.key not in kept + json.dumps(page.context.cookies())
    page.reload()
    page.locator("#Test").get_by_text("Try it").click()
    expect(page.get_by_label("API key")).to_have_value("")


def test_without_a_mouse(page, me, server):
    page.goto(f"{server.url}/api/docs/Test")
    page.locator("#Test summary").last.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type(me.key)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("200 OK")


@pytest.mark.parametrize("look", [WIDE, PHONE], ids=["wide", "phone"])
def test_it_is_accessible_and_fits_its_screen(me, try_it, look):
    page = me.open("viewer", None, **look)
    form = try_it(page, "Driver", "AddDriver", me.key)
    expect(send(form)).to_contain_text("201 Created")
    form.get_by_text("Headers of the answer", exact=True).click()
    assert axe_violations(page) == []
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth + 1")
