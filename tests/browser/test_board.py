"""In a real browser: a day on the board, by mouse and by keyboard, with others at work, and without a network."""

import re
from contextlib import contextmanager, suppress

import pytest
from playwright.sync_api import Error, Page, expect

from support.browser import axe_violations
from waybell.ground.clock import Moment
from waybell.simulating.client import Client

LOOKS = {
    "light, wide": {"color_scheme": "light", "viewport": {"width": 1440, "height": 900}},
    "dark, phone": {"color_scheme": "dark", "viewport": {"width": 390, "height": 844}},
}
STREETS = ("Telliskivi", "Kalaranna", "Narva mnt", "Sõpruse pst")

# How the board behaves does not depend on the database: tests/ui asks its doors on both.
pytestmark = pytest.mark.parametrize("server", ["sqlite"], indirect=True, scope="session")


@pytest.fixture
def today(server, me):
    return Moment(server.app.database.clock.now(), me.account.zone).today.isoformat()


@pytest.fixture
def api(server, me):
    with Client(server.url, me.key) as client:
        yield client


def an_order(number, today, **members):
    order = {"Number": f"N{number}", "Date": today, "Client": f"Bakery {number}", "Weight": 12, "ServiceTime": 6}
    order |= {"Address": f"{STREETS[number % 4]} {number}, Tallinn", "TimeSlotFrom": "08:00", "TimeSlotTo": "20:00"}
    order |= {"AddressLat": 59.40 + number % 7 / 100, "AddressLon": 24.60 + number % 11 / 40}
    return order | members


@pytest.fixture
def day(api, today):
    """Three routes with four stops each, and six orders without a route."""
    for at in range(4):
        api.call("POST", "/api/Driver", {"Username": f"d{at}", "Name": f"Driver {at}", "Password": "wheel and way 7"})
    for at in range(3):
        stops = [an_order(10 * (at + 1) + one, today) for one in range(4)]
        route = {
            "Code": f"R{at + 1}",
            "Date": today,
            "DriverLogin": f"d{at}",
            "StartTimePlan": "08:00",
            "Orders": stops,
        }
        api.call("POST", "/api/Route", route)
    for number in range(6):
        api.call("POST", "/api/Order", an_order(50 + number, today))
    return today


def open_board(me, role="dispatcher", query="", **options) -> Page:
    page = me.open(role, **({"viewport": {"width": 1440, "height": 900}} | options))
    page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/", 3)[2] + "/board" + query)
    expect(page.locator(".live-state.is-live")).to_be_visible()
    return page


def in_pool(page):
    return page.locator("wb-pool .row-order:not(.shadow-row) .number")


def stops_of(api, code):
    found = api.call("GET", f"/api/Route/Code/{code}")["Orders"]
    return [order["Number"] for order in sorted(found, key=lambda order: order["SeqNumber"])]


def test_a_change_from_elsewhere_is_seen_and_takes_nothing_from_the_hand(api, me, day):
    page = open_board(me)
    expect(in_pool(page)).to_have_count(6)
    expect(page.locator("[data-part=sum]")).to_have_text("12 on routes + 6 unassigned = 18 of the day")
    page.locator(".row-order", has_text="N53").click()
    page.get_by_label("Search").fill("bakery")
    expect(page).to_have_url(re.compile("q=bakery"))
    # The pointer is over the list: the new row waits, so that nothing moves under it.
    page.locator(".row-order", has_text="N53").hover()
    api.call("POST", "/api/Order", an_order(48, day, TimeSlotFrom="06:00"))
    expect(page.locator("[data-part=sum]")).to_have_text("12 on routes + 7 unassigned = 19 of the day")
    expect(page.locator("wb-pool .pill")).to_be_visible()
    expect(in_pool(page)).to_have_count(6)
    page.locator(".board-clock").hover()
    expect(in_pool(page)).to_have_count(7)
    expect(page.locator(".row-order.is-selected .number")).to_have_text(["N53"])
    expect(page.get_by_label("Search")).to_have_value("bakery")


def test_without_a_network_the_board_says_so_within_five_seconds_and_comes_back(api, me, day):
    page = open_board(me)
    with Cut(page).held():
        page.wait_for_event("request", lambda request: "/board/changes" in request.url)  # the first without an answer
        page.evaluate(_MEASURE)
        expect(page.locator("[data-part=stale]")).to_be_visible()
        assert page.evaluate("window.after") < 5000  # milliseconds
        page.keyboard.press("p")
        page.keyboard.press("a")
        expect(page.locator("dialog[open]")).to_have_count(0)
        told(page, "acts are off")
        api.call("POST", "/api/Order", an_order(49, day))
    expect(page.locator("[data-part=stale]")).to_be_hidden()
    expect(in_pool(page)).to_have_count(7)


# How long it takes until the banner appears, in the browser's own time.
_MEASURE = """() => {
  const banner = document.querySelector("[data-part=stale]");
  const begun = performance.now();
  new MutationObserver(() => { window.after ??= performance.now() - begun }).observe(banner, {attributes: true});
}"""


class Cut:
    """The network between the board and the server: requests get no answer while they are held."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.waiting: list = []

    @contextmanager
    def held(self, paths="**/board/**"):
        self.page.route(paths, lambda route: self.waiting.append(route))  # noqa: PLW0108 - it is looked into
        yield
        self.page.unroute(paths)
        for route in self.waiting:
            with suppress(Error):  # the board has given it up itself
                route.abort()


def drag(page, source, target, *, across=0.5):
    """Drag one element to a place of another one, as a hand does."""
    box = page.locator(source).first.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 3, box["y"] + box["height"] / 2)
    page.mouse.down()
    to = page.locator(target).first.bounding_box()
    page.mouse.move(to["x"] + to["width"] * across, to["y"] + to["height"] / 2, steps=6)
    expect(page.locator(".drop-line:visible, .drop-box:visible").first).to_be_visible()
    page.mouse.up()


def told(page, text):
    expect(page.locator(".board-toast", has_text=text)).to_be_visible()


def lane(code):
    return f".lane-head:has(.number:text-is('{code}'))"


def choose(page, code, entry):
    """Choose from the menu of a route."""
    page.locator(lane(code)).locator("[data-menu]").click()
    page.get_by_role("menuitem", name=entry).click()


def status_of(api, code):
    return api.call("GET", f"/api/Route/Code/{code}")["Status"]


def test_a_day_by_mouse(api, me, day):  # noqa: PLR0915 - a day is long
    page = open_board(me)

    # One onto a name goes to its best position, several onto the axis into the sequence, and back to the pool.
    drag(page, ".row-order:has-text('N50')", lane("R1"))
    told(page, "1 order put on R1")
    assert "N50" in stops_of(api, "R1")
    page.locator(".row-order", has_text="N51").click()
    page.locator(".row-order", has_text="N53").click(modifiers=["Shift"])
    expect(page.locator("[data-part=bulk-count]")).to_have_text("3 selected")
    drag(page, ".row-order:has-text('N52')", f"{lane('R2')} + .lane-track", across=0.02)
    told(page, "3 orders put on R2")
    assert set(stops_of(api, "R2")) >= {"N51", "N52", "N53"}
    expect(page.locator("[data-part=sum]")).to_have_text("16 on routes + 2 unassigned = 18 of the day")
    page.get_by_role("button", name="Columns", exact=True).click()
    drag(page, ".card-order:has-text('N50')", "wb-pool .pool-list")
    told(page, "1 order taken off its route")
    expect(in_pool(page)).to_have_count(3)
    before = stops_of(api, "R3")
    drag(page, f".card-order:has-text('{before[3]}')", f".card-order:has-text('{before[0]}')")
    told(page, f"{before[3]} moved")
    assert stops_of(api, "R3") != before

    # What was done is undone and done again.
    page.get_by_role("button", name="Undo").last.click()
    told(page, f"Undone: {before[3]} moved")
    assert stops_of(api, "R3") == before
    page.locator("[data-redo]").click()
    told(page, "Done again")
    assert stops_of(api, "R3") != before

    # A better sequence is proposed, compared, and applied.
    page.get_by_role("button", name="Lanes", exact=True).click()
    choose(page, "R2", "Optimise")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("row", name="Distance")).to_be_visible()
    apply = dialog.get_by_role("button", name="Apply")
    if apply.is_enabled():
        apply.click()
        told(page, "The new sequence of R2 applied")
    else:
        dialog.get_by_role("button", name="Discard").click()

    # A locked route keeps what it has; then it starts, is given away, and is closed.
    choose(page, "R3", "Lock")
    told(page, "R3 locked")
    drag(page, ".row-order:has-text('N54')", lane("R3"))
    told(page, "Route R3 is locked")
    assert "N54" not in stops_of(api, "R3")
    choose(page, "R1", "Start")
    told(page, "R1 started")
    choose(page, "R1", "Give to another driver")
    page.locator("dialog").get_by_role("combobox").fill("Driver 3")
    page.keyboard.press("Enter")
    told(page, "R1 given to Driver 3")
    for number in stops_of(api, "R1"):
        api.call("PUT", f"/api/Order/Number/{number}/Complete", {})
    expect(page.locator('[data-tile="done"] strong')).to_have_text("4")
    choose(page, "R1", "Close")
    told(page, "R1 closed")
    assert status_of(api, "R1") == "Closed"


def test_a_day_by_keyboard_alone(api, me, day):  # noqa: PLR0915
    page = open_board(me)
    press = page.keyboard.press

    # Two of the pool to a route by its driver's name, and the next one to a new route of a driver who is free.
    for key in ("p", "x", "Shift+ArrowDown", "a"):
        press(key)
    page.keyboard.type("driver 2")
    press("Enter")
    told(page, "2 orders put on R3")
    press("a")
    page.keyboard.type("driver 3")
    press("Enter")
    told(page, "1 order put on Driver 3")
    expect(in_pool(page)).to_have_count(3)

    # Along the lanes: a stop later, to the neighbour, off the route, and back.
    press("v")
    press("Home")
    for _ in range(5):
        press("ArrowUp")
    while page.locator(".lane-head.is-active .number").inner_text() != "R1":
        press("ArrowDown")
    press("ArrowRight")
    expect(page.locator(".stop.is-active")).to_have_count(1)
    before = stops_of(api, "R1")
    press("]")
    told(page, f"{before[0]} moved")
    assert stops_of(api, "R1")[:2] == [before[1], before[0]]
    press("Alt+ArrowDown")
    told(page, "1 order put on R2")
    assert before[0] in stops_of(api, "R2")
    press("Delete")
    told(page, "1 order taken off its route")
    press("u")
    told(page, "Undone: 1 order taken off")
    press("u")
    told(page, "Undone: 1 order put on R2")
    assert before[0] in stops_of(api, "R1")
    press("U")
    told(page, "Done again: 1 order put on R2")

    # Lock, the menu, the details, the other views and the help.
    press("l")
    told(page, "R2 locked")
    press("l")
    told(page, "R2 unlocked")
    press("Enter")
    expect(page.locator("wb-drawer .facts").first).to_be_visible()
    press("Escape")
    expect(page.locator("wb-drawer")).to_be_hidden()
    press("r")
    page.keyboard.type("s")
    press("Enter")
    told(page, "R2 started")
    for key, element in (
        ("b", "wb-columns"),
        ("t", "wb-table"),
        ("m", "[data-part=map]"),
        ("b", "wb-columns"),
        ("b", "wb-lanes"),
    ):
        press(key)
        expect(page.locator(element)).to_be_visible()
    press("/")
    page.keyboard.type("R3")
    press("Enter")
    expect(page.locator(".lane")).to_have_count(1)
    press("?")
    expect(page.get_by_role("dialog")).to_contain_text("assign to a route or driver")


def test_the_one_who_was_slower_is_told_whose_move_won_and_nothing_is_done(api, me, day):
    page = open_board(me)

    def be_quicker(route):
        api.call("PUT", "/api/Route/Code/R1/Order/Number/N50", {})
        route.continue_()

    page.route("**/board/act", be_quicker)
    drag(page, ".row-order:has-text('N50')", lane("R2"))
    told(page, "Nothing was done, somebody else was quicker")
    told(page, "tests")  # the name of the key
    assert "N50" in stops_of(api, "R1")
    assert "N50" not in stops_of(api, "R2")


def test_an_act_whose_answer_is_lost_is_done_once(api, me, day):
    page = open_board(me)
    lost = []

    def lose(route):
        if not lost:
            lost.append(route.request.headers["idempotency-key"])
            route.fetch()  # the server has done it, and the browser does not learn it
            route.abort()
        else:
            lost.append(route.request.headers["idempotency-key"])
            route.continue_()

    page.route("**/board/act", lose)
    drag(page, ".row-order:has-text('N50')", lane("R1"))
    told(page, "1 order put on R1")
    assert lost[0] == lost[1]
    assert stops_of(api, "R1").count("N50") == 1


def test_the_worst_exception_comes_first_and_leads_to_its_order_and_its_act(api, me, server, day):
    """The first order of R1 was to be done by one minute past midnight; another one has no coordinates."""
    late = {"TimeSlotFrom": "00:00", "TimeSlotTo": "00:01"}
    api.call("PUT", "/api/Order", an_order(10, day, **late))
    api.call("POST", "/api/Order", an_order(57, day, AddressLat=None, AddressLon=None))
    server.app.watch.sweep(server.app.database)
    page = open_board(me)
    chips = page.locator("wb-exceptions .chip")
    of_place = chips.filter(has_text="The address has no position")
    expect(of_place).to_have_count(1)
    severities = chips.evaluate_all("all => all.map(one => one.className.match(/severity-(.)/)[1])")
    assert severities == sorted(severities, reverse=True)
    assert list(axe_violations(page)) == []
    of_place.locator(".chip-main").click()
    expect(page.locator(".row-order.is-active .number")).to_have_text("N57")
    of_place.locator(".chip-act").click()
    expect(page.locator("wb-drawer")).to_contain_text("N57")

    place = {"AddressLat": 59.4, "AddressLon": 24.7}
    api.call("PUT", "/api/Order", an_order(57, day, **place))
    server.app.watch.sweep(server.app.database)
    expect(of_place).to_have_count(0)


def test_the_board_is_readable_by_everybody_in_every_view(me, day):
    found = []
    for look, options in LOOKS.items():
        page = open_board(me, **options)
        for view in ("lanes", "columns", "table", "pool", "map"):
            page.goto(page.url.split("?")[0] + f"?view={view}")
            expect(page.locator(".live-state.is-live")).to_be_visible()
            found += [f"{view} ({look}): {violation}" for violation in axe_violations(page)]
            if page.evaluate("document.documentElement.scrollWidth > innerWidth + 1"):
                found.append(f"{view} ({look}): wider than the screen")
    assert found == []


def test_a_day_without_orders_says_how_to_begin(me):
    page = open_board(me, query="?day=2031-01-01")
    expect(page.get_by_text("Nothing to deliver on this day yet")).to_be_visible()
    expect(page.get_by_role("link", name="Import a file")).to_be_visible()
