"""In a real browser: the page of keys follows their use, and a key is deleted there."""

import urllib.request

from playwright.sync_api import expect

from waybell.accounts import keys

PAGE = "/settings/web-api"


def test_the_use_of_a_key_shows_by_itself_and_a_deleted_key_is_gone(me, server):
    with server.app.database.transaction() as tx:
        key, text = keys.create(tx, me.actor, "The ERP")
    page = me.open("admin", PAGE)
    row = page.locator("#api-keys tr", has_text="The ERP")
    expect(row).to_contain_text("never")
    call = urllib.request.Request(f"{server.url}/api/Test", headers={"X-API-KEY": text})
    with urllib.request.urlopen(call) as answer:
        assert answer.status == 200
    expect(row).to_contain_text("ago")
    row.get_by_role("link", name="Edit").click()
    page.get_by_role("button", name="Delete this key").click()
    dialog = page.get_by_role("dialog", name="Delete the key The ERP?")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Delete this key").click()
    dialog.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("The key The ERP is deleted")).to_be_visible()
    expect(page.locator("#api-keys")).not_to_contain_text(key.hint)
