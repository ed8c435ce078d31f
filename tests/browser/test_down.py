"""In a real browser: the banner of an endpoint that is down comes and goes by itself."""

from datetime import timedelta

from playwright.sync_api import expect

from waybell.webhooks.endpoints import parking


def test_the_banner_comes_and_goes_by_itself(me, server, receiver, add_endpoint):
    path = add_endpoint(receiver.url)
    endpoint_id, db = path.rpartition("/")[2], server.app.database
    following, still = me.open("viewer", "/events"), me.open("admin", None)
    expect(following.locator("#down")).to_have_text("")
    with db.transaction() as tx:
        parking.park(tx, {endpoint_id: "http_status 503"}, tx.now + timedelta(hours=1))
    expect(following.locator("#down")).to_contain_text("it answers 503")
    still.goto(f"{server.url}/settings/account")
    still.get_by_label("Your name").fill("Typed, and not to be lost")
    expect(still.locator("#down")).to_contain_text("is down since")
    still.goto(path)
    expect(still.locator("#down")).to_have_text("")  # its own page says it itself
    still.goto(f"{server.url}/settings/account")
    still.get_by_label("Your name").fill("Typed, and not to be lost")
    with db.transaction() as tx:
        parking.resume(tx, endpoint_id)
    for page in (following, still):
        expect(page.locator("#down")).to_have_text("")
    expect(still.get_by_label("Your name")).to_have_value("Typed, and not to be lost")
