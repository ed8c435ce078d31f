"""Orders: the list with its filters and its search, and the page of each with what happened and who was told."""

import html
import re
from datetime import timedelta

import pytest
from sqlalchemy import update

from support.endpoints import an_endpoint, finish_all, rows_of
from support.pages import text_of
from support.pictures import a_picture
from waybell.orders.tables import orders

SCRIPT = "<script>alert('taken over')</script>"
TODAY, TOMORROW = "2026-11-23", "2026-11-24"  # of the tests' clock, in the account's zone


@pytest.fixture
def add(api):
    """Adds an order through the API; answers its TrackId."""

    def add(number, **members):
        order = {"Number": number, "Client": "Blue Harbour Cafe", "Address": f"{number} street", **members}
        answer = api.post("/api/Order", json=order)
        assert answer.status_code == 201, answer.text
        return api.get(f"/api/Order/Number/{number}").json()["TrackId"]

    return add


@pytest.fixture
def add_route(api):
    """Adds a route with orders of these numbers."""

    def add_route(code, *numbers, **members):
        stops = [{"Number": number, "Client": "Cafe", "Address": f"{number} street"} for number in numbers]
        answer = api.post("/api/Route", json={"Code": code, "Orders": stops, **members})
        assert answer.status_code == 201, answer.text

    return add_route


def listed(ui, **query):
    """The numbers that the list shows, in its order."""
    page = ui.get("/orders", params=query)
    assert page.status_code == 200, page.text
    return [
        html.unescape(number)
        for number in re.findall(r'<a class="fw-medium" href="/orders/[^"]+" title="[^"]*">([^<]+)<', page.text)
    ]


# The list


def test_without_orders_the_list_shows_how_the_first_one_is_made(ui):
    text = text_of(ui.get("/orders"))
    assert "No orders yet" in text
    assert "curl https://waybell.example/api/Order" in text


def test_the_list_shows_what_a_dispatcher_looks_for(ui, add, add_route):
    add("SO-1", TimeSlotFrom="09:00", TimeSlotTo="12:00", Date=TOMORROW)
    add_route("R-1", "SO-2", DriverLogin="driver1", DriverName="Driver One")
    text = text_of(ui.get("/orders"))
    assert "SO-1 street 2026-11-24 09:00\N{EN DASH}12:00" in text
    assert "SO-2 street 2026-11-23 R-1 Driver One" in text
    assert "Blue Harbour Cafe SO-1 street 11-24 09:00\N{EN DASH}12:00" in text  # on a phone, in one cell
    assert "2 orders" in text


def test_the_newest_come_first_fifty_on_a_page(ui, api, add):
    many = [{"Number": f"N{number}", "Client": "C", "Address": "A"} for number in range(60)]
    assert api.post("/api/Order/Bulk", json=many).status_code in (200, 201)
    first = ui.get("/orders")
    assert listed(ui) == [f"N{number}" for number in range(59, 9, -1)]
    (older,) = re.findall(r'href="(/orders\?after=[^"]+)"', first.text)
    second = ui.get(html.unescape(older)).text
    assert re.findall(r">(N\d+)</a>", second) == [f"N{number}" for number in range(9, -1, -1)]
    assert 'href="/orders?after=' not in second.partition("<main")[2]


def test_by_day(ui, add):
    for number, date in (("A", TODAY), ("B", TOMORROW), ("C", "2026-12-24")):
        add(number, Date=date)
    assert listed(ui) == ["C", "B", "A"]
    assert listed(ui, date="today") == ["A"]
    assert listed(ui, date="tomorrow") == ["B"]
    assert listed(ui, date="2026-12-24") == ["C"]
    assert listed(ui, date="2026-12-25") == []


def test_today_is_the_day_in_the_zone_of_the_account(ui, add, clock):
    add("A", Date=TOMORROW)
    clock.move_to(clock.now().replace(hour=22, minute=30))  # half past midnight in Tallinn
    assert listed(ui, date="today") == ["A"]


def test_by_state(ui, api, add, add_route):
    add("open")
    add_route("R-1", "planned")
    add_route("R-2", "driving", "done", "refused")
    assert api.put("/api/Route/Start/Code/R-2").status_code in (200, 202)
    assert api.put("/api/Order/Number/done/Complete").status_code in (200, 202)
    assert api.put("/api/Order/Number/refused/Reject").status_code in (200, 202)
    assert listed(ui, state="unscheduled") == ["open"]
    assert listed(ui, state="scheduled") == ["planned"]
    assert listed(ui, state="in-progress") == ["driving"]
    assert listed(ui, state="done") == ["done"]
    assert listed(ui, state="failed") == ["refused"]
    assert listed(ui, state="partially") == []


@pytest.mark.parametrize("typed", ["SO-10", "so-10", "SO-1001", "ERP-5", "erp-5"])
def test_an_order_is_found_by_the_beginning_of_its_number_or_id(ui, add, typed):
    add("SO-1001", Id="erp-5001")
    add("SO-2", Id="erp-9")
    assert listed(ui, q=typed) == ["SO-1001"]


def test_an_order_is_found_by_the_beginning_of_its_track_id(ui, add):
    track_id = add("SO-1")
    add("SO-2")
    # The first twelve digits are the time, which orders of one moment share.
    for typed in (track_id, track_id[:23], track_id[:24].upper()):
        assert listed(ui, q=typed) == ["SO-1"]


def test_of_a_day_it_is_found_by_client_and_address_too(ui, add):
    add("A", Client='"Õnne" Bakery', Address="Telliskivi 60a", Date=TODAY)
    add("B", Client="Cafe", Address="Bakery lane 2", Date=TODAY)
    add("C", Client="Cafe", Address="Elsewhere", Note="Bakery", Date=TODAY)
    add("D", Client="Bakery", Address="Telliskivi", Date=TOMORROW)
    assert listed(ui, date="today", q="bakery") == ["B", "A"]
    assert listed(ui, date="today", q='"Õnne"') == ["A"]
    assert listed(ui, date="today", q="telliskivi") == ["A"]
    assert listed(ui, date="today", q="Client") == []  # the name of a member is no content
    assert listed(ui, date="today", q="b") == ["B", "A"]
    assert listed(ui, q="bakery") == ["D", "B", "A"]


def test_any_order_is_found_by_client_address_and_route(ui, add, add_route):
    add("A", Client='"Õnne" Bakery', Address="Telliskivi 60a", Note="elsewhere", Date=TOMORROW)
    add("B", Client="Cafe", Address="Bakery lane 2")
    add_route("TLN-7", "C", "D")
    add_route("TLN-8", "E", Date="2026-12-24")
    assert listed(ui, q="BAKERY") == ["B", "A"]
    assert listed(ui, q="60a") == ["A"]
    assert listed(ui, q="tln-7") == ["D", "C"]
    assert listed(ui, q="tln-") == ["E", "D", "C"]
    assert listed(ui, q="tln-", date="today") == ["D", "C"]
    assert listed(ui, q="tln-", state="unscheduled") == []
    assert listed(ui, q="bakery", state="unscheduled") == ["B", "A"]
    assert listed(ui, q="elsewhere") == []
    assert listed(ui, q="Client") == []


def test_what_is_named_is_found_however_old_it_is_and_once(ui, add, add_route, monkeypatch):
    monkeypatch.setattr("waybell.orders.listing._MOST_SCANNED", 3)
    add("N1", Client="N one")
    add_route("N-route", "X")
    for number in range(2, 9):
        add(f"M{number}", Client="N more")
    found, path, pages = [], "/orders?q=n", 0
    while path:
        page = ui.get(path).text
        found += re.findall(r'"fw-medium" href="/orders/[^"]+" title="(\w+)"', page)
        further = re.findall(r'href="(/orders\?[^"]*after=[^"]+)">Search further', page)
        path, pages = html.unescape(further[0]) if further else None, pages + 1
    assert found == ["M8", "M7", "M6", "X", "N1", "M5", "M4", "M3", "M2"]
    assert pages >= 3
    monkeypatch.setattr("waybell.web.ui.orders._ON_A_PAGE", 4)  # the last of the named stands on the second page
    found, path = [], "/orders?q=n"
    while path:
        page = ui.get(path).text
        found += re.findall(r'"fw-medium" href="/orders/[^"]+" title="(\w+)"', page)
        further = re.findall(r'class="btn" href="(/orders\?[^"]*after=[^"]+)"', page)
        path = html.unescape(further[0]) if further else None
    assert found == ["M8", "M7", "M6", "X", "N1", "M5", "M4", "M3", "M2"]


@pytest.fixture
def furnished(api, add, add_route, clock):
    """Four orders that differ in each column, an hour apart."""

    def later():
        clock.move_to(clock.now() + timedelta(hours=1))

    add("b", Client="Delta", Address="4 street", Date=TODAY, TimeSlotFrom="08:00", TimeSlotTo="09:00")
    later()
    add("A", Client="alpha", Address="2 street", Date=TOMORROW, TimeSlotFrom="07:00", TimeSlotTo="09:00")
    later()
    stop = {"Number": "d", "Client": "Beta", "Address": "3 street"}
    assert api.post("/api/Route", json={"Code": "R-2", "DriverLogin": "zoe", "Orders": [stop]}).status_code == 201
    later()
    stop = {"Number": "c", "Client": "gamma", "Address": "1 street", "TimeSlotFrom": "06:00", "TimeSlotTo": "07:00"}
    assert api.post("/api/Route", json={"Code": "R-1", "DriverLogin": "ada", "Orders": [stop]}).status_code == 201
    later()
    assert api.put("/api/Route/Start/Code/R-2").status_code in (200, 202)


@pytest.mark.parametrize(
    ("sort", "numbers"),
    [
        ("number", "Abcd"),
        ("status", "Abcd"),
        ("client", "Adbc"),
        ("address", "cAdb"),
        ("date", "cbdA"),
        ("slot", "cbAd"),
        ("route", "cdAb"),
        ("driver", "cdAb"),
        ("changed", "bAcd"),
        ("-number", "dcbA"),
        ("-client", "cbdA"),
        ("-slot", "Abcd"),  # what has none comes last all the same
        ("-route", "dcAb"),
        ("nonsense", "cdAb"),
        ("--number", "cdAb"),
    ],
)
def test_the_list_is_sorted_by_the_url(ui, furnished, sort, numbers):
    assert listed(ui, sort=sort) == list(numbers)
    assert listed(ui, sort=sort, date="today") == [one for one in numbers if one != "A"]
    assert listed(ui, sort=sort, q="street") == list(numbers)


def test_what_is_sorted_turns_its_pages(ui, api, monkeypatch):
    monkeypatch.setattr("waybell.web.ui.orders._ON_A_PAGE", 7)
    many = [{"Number": f"N{number:02}", "Client": f"C{number % 3}", "Address": "A"} for number in range(20)]
    assert api.post("/api/Order/Bulk", json=many).status_code in (200, 201)
    found, path = [], "/orders?sort=-client"
    while path:
        page = ui.get(path).text
        assert 'aria-sort="descending"' in page
        found += re.findall(r">(N\d+)</a>", page)
        more = re.findall(r'class="btn" href="(/orders\?[^"]*after=[^"]+)"', page)
        path = html.unescape(more[0]) if more else None
        assert not path or "sort=-client" in path
    assert found == [f"N{n:02}" for client in (2, 1, 0) for n in range(19, -1, -1) if n % 3 == client]
    newest = re.findall(r'href="(/orders\?after=[^"]+)"', ui.get("/orders").text)[0]
    assert ui.get(html.unescape(newest) + "&sort=client").status_code == 400


def test_the_total_is_of_what_matches(ui, api, add, monkeypatch):
    many = [{"Number": f"N{number}", "Client": "C", "Address": "A", "Date": TODAY} for number in range(60)]
    assert api.post("/api/Order/Bulk", json=many).status_code in (200, 201)
    add("other", Date=TOMORROW)
    assert "61 orders" in text_of(ui.get("/orders"))
    assert "60 orders" in text_of(ui.get("/orders?date=today"))
    assert "1 order " in text_of(ui.get("/orders?q=other"))
    assert "11 orders" in text_of(ui.get("/orders?q=N1"))
    assert "61 orders" in text_of(ui.get("/orders?state=unscheduled&sort=client"))
    monkeypatch.setattr("waybell.orders.listing.COUNTED_AT_MOST", 50)
    assert "50+ orders" in text_of(ui.get("/orders"))


def test_signs_of_patterns_are_only_signs(ui, add):
    add("100%")
    add("100x")
    assert listed(ui, q="100%") == ["100%"]
    assert listed(ui, q="%") == ["100%"]
    assert listed(ui, q="0_") == []
    assert listed(ui, q="_") == []


def test_a_deleted_order_leaves_the_list(ui, api, add):
    add("A")
    api.delete("/api/Order/Number/A")
    assert listed(ui) == []
    assert listed(ui, q="A") == []


def test_what_is_searched_goes_on_over_pages(ui, api, db, monkeypatch):
    monkeypatch.setattr("waybell.orders.listing._MOST_SCANNED", 20)
    monkeypatch.setattr("waybell.orders.listing._NAMED_AT_MOST", 20)
    many = [{"Number": f"N{number}", "Client": "C", "Address": "A", "Date": TODAY} for number in range(60)]
    assert api.post("/api/Order/Bulk", json=many).status_code in (200, 201)
    with db.transaction() as tx:
        tx.execute(update(orders).where(orders.c.number == "N5").values(status_id=3))
    for query in ("state=done", "q=N", "q=C&date=today"):
        found, path, pages = [], f"/orders?{query}", 0
        while path:
            page = ui.get(path).text
            found += re.findall(r">(N\d+)</a>", page)
            further = re.findall(r'href="(/orders\?[^"]*after=[^"]+)"', page)
            path, pages = html.unescape(further[0]) if further else None, pages + 1
        assert found == (["N5"] if query == "state=done" else [f"N{number}" for number in range(59, -1, -1)])
        assert 3 <= pages <= 7


@pytest.mark.parametrize(
    "query",
    [
        "date=%00",
        "date=yesterday",
        "date=9999-99-99",
        "date=2026-W01",
        "state=%00",
        "state=nonsense",
        "q=%00",
        "q='%3B--",
        "q=" + "x" * 3000,
        "q=%F0%9F%92%A5&date=today",
        "q=%22%5C&date=today",
        "after=",
    ],
)
def test_rubbish_in_the_filters_is_no_fault_of_ours(ui, add, query):
    add("A", Date=TODAY)
    assert ui.get(f"/orders?{query}").status_code == 200


@pytest.mark.parametrize("after", ["x", "LTE", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk"])
def test_a_wrong_cursor_is_refused(ui, after):
    assert ui.get(f"/orders?after={after}").status_code == 400


# The page of an order


def test_an_order_shows_what_it_is(ui, add):
    track_id = add(
        "SO-1",
        Id="erp-1",
        Type=1,
        Date=TOMORROW,
        TimeSlotFrom="09:00",
        TimeSlotTo="12:00",
        Note="Ring at the back door",
        Phone="+372 5550 1234",
        GoodsList=[{"OrderLineId": "1", "GoodsName": "Coffee beans", "GoodsUnit": "sack", "Quantity": 1234567.5}],
    )
    text = text_of(ui.get(f"/orders/{track_id}"))
    for said in (
        "Order SO-1",
        "Unscheduled",
        "Collection",
        TOMORROW,
        "Blue Harbour Cafe",
        "SO-1 street",
        "09:00\N{EN DASH}12:00",
    ):
        assert said in text
    for said in ("Ring at the back door", "+372 5550 1234", "Coffee beans 1234567.5 sack", "erp-1", track_id):
        assert said in text


def test_an_order_leads_to_its_route(ui, api, add_route):
    add_route("R-1", "A", "B", DriverLogin="driver1", DriverName="Driver One")
    track_id = api.get("/api/Order/Number/B").json()["TrackId"]
    page = ui.get(f"/orders/{track_id}")
    assert "R-1, stop 2" in text_of(page)
    (route,) = set(re.findall(r'href="(/routes/[^"]+)"', page.text))
    assert "Route R-1" in text_of(ui.get(route))


def test_the_timeline_tells_what_happened_and_who_was_told(ui, api, app, db, account, add, clock):
    endpoint_id = an_endpoint(app, account, url="https://erp.example/hooks/in")
    track_id = add("A")
    finish_all(db, endpoint_id, "succeeded")
    clock.move_to(clock.now() + timedelta(minutes=5))
    assert api.put("/api/Order", json={"Number": "A", "Client": "Cafe", "Address": "New street"}).status_code < 300
    page = ui.get(f"/orders/{track_id}")
    timeline = text_of(page).partition("What happened, and who was told")[2]
    assert re.findall(r"Order\w+|version \d|erp\.example|Succeeded|Waiting", timeline) == [
        *("OrderUpdated", "version 2", "erp.example", "Waiting"),
        *("OrderCreated", "version 1", "erp.example", "Succeeded"),
    ]
    for row in rows_of(db, endpoint_id):
        assert f'href="/settings/web-api/webhooks/{endpoint_id}/messages/{row.id}"' in page.text
        assert f'href="/events/{row.event_id}"' in page.text


def test_what_nobody_was_told_leads_to_the_why(ui, add):
    assert "Nobody was told. Why?" in text_of(ui.get(f"/orders/{add('A')}"))


def test_a_deleted_order_shows_as_deleted_with_its_timeline(ui, api, add):
    track_id = add("A")
    api.delete("/api/Order/Number/A")
    text = text_of(ui.get(f"/orders/{track_id}"))
    assert "Deleted 14:00:00 EET by erp" in text
    assert "OrderDeleted version 2" in text
    assert "OrderCreated version 1" in text


def test_another_account_sees_nothing_of_it(ui, other_ui, add):
    track_id = add("A")
    assert ui.get(f"/orders/{track_id}").status_code == 200
    assert other_ui.get(f"/orders/{track_id}").status_code == 404
    assert listed(other_ui) == []
    assert listed(other_ui, q="A") == []
    assert listed(other_ui, q=track_id) == []


@pytest.mark.parametrize("track_id", ["nothing", "%00", "x" * 500])
def test_what_is_no_order_is_not_found(ui, track_id):
    assert ui.get(f"/orders/{track_id}").status_code == 404


def test_scripts_in_an_order_are_shown_and_not_run(ui, add, db):
    goods = [{"OrderLineId": "1", "GoodsName": SCRIPT, "GoodsUnit": SCRIPT, "Quantity": 1}]
    track_id = add("A", Client=SCRIPT, Address=SCRIPT, Note=SCRIPT, Id=SCRIPT, Phone=SCRIPT, GoodsList=goods)
    with db.transaction() as tx:
        tx.execute(update(orders).values(number=SCRIPT))
    for path in ("/orders", f"/orders/{track_id}", "/events", f"/orders?q={SCRIPT}"):
        page = ui.get(path)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert" in page.text


def test_who_is_not_signed_in_is_led_to_the_sign_in_and_back(stranger, add):
    answer = stranger.get(f"/orders/{add('A')}")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?to=%2Forders%2F")


# The start page


def test_the_start_page_leads_to_the_orders_once_there_is_an_endpoint(ui, app, account):
    assert ui.get("/").headers["location"] == "/welcome"
    an_endpoint(app, account)
    assert ui.get("/").headers["location"] == "/board"


def test_the_page_of_an_order_shows_all_its_pictures(ui, api, add):
    track_id = add("N-1", GoodsList=[{"OrderLineId": "1", "GoodsName": "Cups"}])
    for door in ("Photo", "Signature", "LoadSignature", "Goods/Photo?orderLineId=1"):
        assert api.post(f"/api/Order/Number/N-1/{door}", content=a_picture(20, 20)).status_code == 201
    text = ui.get(f"/orders/{track_id}").text
    sources = [html.unescape(one) for one in re.findall(r'<img src="(/picture/[^"]+)"', text)]
    assert len(sources) == len(set(sources)) == 4
    assert {ui.get(one).headers["content-type"] for one in sources} == {"image/jpeg"}


def test_a_corrected_outcome_stays_on_the_page_with_who_when_and_why(ui, api, add_route):
    add_route("R-1", "N-1")
    assert api.put("/api/Order/Number/N-1/Reject", json={"RejectReasonId": 1}).status_code == 200
    correction = {"Outcome": "completed", "Reason": "<b>It was the neighbour</b>"}
    assert api.put("/api/Order/Number/N-1/Correct", json=correction).status_code == 200
    track_id = api.get("/api/Order/Number/N-1").json()["TrackId"]
    page = ui.get(f"/orders/{track_id}")
    assert re.search(r"It was Not delivered \(Nobody there\) ?\. \w+ corrected it 14:00:00 EET", text_of(page))
    assert "&lt;b&gt;It was the neighbour&lt;/b&gt;" in page.text
    assert "Sent only to endpoints that name this type." in text_of(page)
