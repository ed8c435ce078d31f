"""Imports as rows and events: what is written, what is taken back, and that nothing is done twice."""

import json
import threading
from pathlib import Path

import pytest

from support import imports
from support.documents import a_route, an_order, get_order, get_route, post_route
from support.files import HEADERS, ORDER, text_file
from waybell.ground.errors import Conflict, Invalid
from waybell.importing import actions, export_process, export_rows, previews, slices, store
from waybell.importing.exporting import as_text
from waybell.importing.guarding import csv_lines
from waybell.importing.parts import unpacked
from waybell.orders import listing

DAY = "2026-11-24"


@pytest.fixture
def events(app):
    from support.told import Events  # noqa: PLC0415

    return Events(app.database)


def numbers(app, actor) -> list[str]:
    with app.database.reading() as tx:
        found = listing.search(tx, actor.account.id, listing.Wanted(), None, 1000)
    return sorted(one.order.number or "" for one in found.rows)


def complete(api, number: str) -> None:
    post_route(api, {"Code": "R9", "Date": DAY})
    assert api.put(f"/api/Route/Code/R9/Order/Number/{number}").status_code < 300
    assert api.put(f"/api/Order/Number/{number}/Complete", json={}).status_code < 300


def file(*numbers: str, **more: str) -> bytes:
    rows = [(number, DAY, "Cafe", "Pikk 1", *more.values()) for number in numbers]
    return text_file([*HEADERS, *more], *rows)


def test_new_orders_are_added_with_their_events(app, actor, events):
    one = imports.done(app, actor, file("A1", "A2"))
    assert (one.state, one.created, one.refused) == ("succeeded", 2, 0)
    events.exactly("OrderCreated", "OrderCreated")


def test_an_order_that_is_there_is_left_or_changed(app, actor, api, events):
    assert api.post("/api/Order", json=an_order("A1", Note="before", Date=DAY)).status_code == 201
    one = imports.done(app, actor, file("A1", "A2", Note="after"))
    assert (one.created, one.skipped, one.updated) == (1, 1, 0)
    assert get_order(api, "A1")["Note"] == "before"
    events.news()
    one = imports.done(app, actor, file("A1", "A2", Note="after"), existing="update")
    assert (one.updated, one.skipped) == (1, 1)  # A2 would stay the same, so nothing is told of it
    events.exactly("OrderUpdated")
    assert get_order(api, "A1")["Note"] == "after"


def test_only_what_is_missing_can_be_refused(app, actor):
    import_id = imports.prepare(app, actor, file("A3"), missing="refuse")
    with pytest.raises(Conflict, match="nothing to import"):
        imports.begin(app, actor, import_id)


def test_custom_fields_that_the_file_lacks_stay(app, actor, api):
    assert (
        api.post(
            "/api/Order", json=an_order("A1", CustomFields=[{"Id": "cf_1", "Value": "1"}, {"Id": "cf_2", "Value": "2"}])
        ).status_code
        == 201
    )
    imports.done(app, actor, text_file(["Number", "CustomFields.cf_2"], ["A1", "3"]), existing="update")
    assert [(one["Id"], one["Value"]) for one in get_order(api, "A1")["CustomFields"]] == [("cf_1", "1"), ("cf_2", "3")]


def test_a_number_with_another_date_is_another_order(app, actor, api):
    assert api.post("/api/Order", json=an_order("A1", Date="2026-11-25")).status_code == 201
    one = imports.done(app, actor, file("A1"), key="Number+Date", existing="update")
    assert (one.created, one.updated) == (1, 0)


def test_a_delivery_and_a_collection_may_share_a_number(app, actor, api):
    rows = [(f"A{at}", DAY, "Cafe", "Pikk 1", kind) for kind in ("delivery", "collection") for at in range(40)]
    one = imports.done(app, actor, text_file([*HEADERS, "Type"], *rows))
    assert (one.created, one.skipped) == (80, 0)
    one = imports.done(app, actor, text_file([*HEADERS, "Type", "Note"], (*rows[-1], "n")), existing="update")
    assert (one.updated, one.refused) == (1, 0)


def test_a_route_without_a_date_is_that_of_the_day_of_the_order(app, actor, api):
    post_route(api, a_route("N-1", Code="R1", Date="2026-11-26"))
    assert api.post("/api/Order", json=an_order("A1", Date="2026-11-26")).status_code == 201
    one = imports.done(app, actor, text_file(["Number", "Route"], ["A1", "R1"]), existing="update")
    assert (one.updated, one.refused) == (1, 0)
    assert len(get_route(api, "R1")["Orders"]) == 2


def test_an_order_with_an_outcome_stays(app, actor, api):
    assert api.post("/api/Order", json=an_order("A1", Date=DAY)).status_code == 201
    complete(api, "A1")
    import_id = imports.prepare(app, actor, file("A1", Note="after"), existing="update")
    assert imports.state(app, actor, import_id).skipped == 1


def test_orders_are_put_on_routes(app, actor, api, events):
    data = text_file(
        [*HEADERS, "Route", "Stop", "Driver login", "Vehicle"],
        *[(f"A{at}", DAY, "Cafe", f"Pikk {at}", "R1", 9 - at, "jaan", "123 ABC") for at in range(3)],
        ("B1", DAY, "Cafe", "Lai 1", "R2", "", "", ""),
    )
    one = imports.done(app, actor, data)
    assert (one.created, one.refused) == (4, 0)
    route = get_route(api, "R1")
    assert [order["Number"] for order in route["Orders"]] == ["A2", "A1", "A0"]
    assert (route["DriverLogin"], route["DriverVehicle"], route["Date"][:10]) == ("jaan", "123 ABC", DAY)
    assert sorted(events.types()) == ["OrderCreated"] * 4 + ["RouteCreated"] * 2 + ["RouteUpdated"] * 2
    undone = imports.undone(app, actor, one.id)
    assert (undone.state, undone.undone, undone.kept) == ("undone", 6, 0)
    assert api.get("/api/Route/Code/R1").status_code == 404
    assert numbers(app, actor) == []


def test_orders_join_a_route_that_is_there_and_leave_it_by_the_undo(app, actor, api):
    post_route(api, a_route("N-1", Code="R1", Date=DAY))
    assert api.post("/api/Order", json=an_order("A1", Date=DAY)).status_code == 201
    one = imports.done(app, actor, file("A1", "A2", Route="R1"), existing="update")
    assert sorted(order["Number"] for order in get_route(api, "R1")["Orders"]) == ["A1", "A2", "N-1"]
    assert imports.undone(app, actor, one.id).kept == 0
    assert [order["Number"] for order in get_route(api, "R1")["Orders"]] == ["N-1"]
    assert get_order(api, "A1")["RouteNumber"] is None


def test_a_closed_route_takes_nothing(app, actor, api):
    post_route(api, a_route("N-1", Code="R1", Date=DAY))
    api.put("/api/Route/Close/Code/R1")
    import_id = imports.prepare(app, actor, file("A1", Route="R1"))
    assert imports.state(app, actor, import_id).refused == 1


def test_an_undo_gives_back_what_was(app, actor, api, events):
    sent = an_order("A1", Note="before", Weight=5, GoodsList=[{"GoodsId": "g", "Quantity": 1}], Date=DAY)
    assert api.post("/api/Order", json=sent).status_code == 201
    before = get_order(api, "A1")
    one = imports.done(app, actor, file("A1", "A2", Note="after", Weight="7", SKU="h"), existing="update")
    assert get_order(api, "A1")["Weight"] == 7
    events.news()
    one = imports.undone(app, actor, one.id)
    assert (one.state, one.kept) == ("undone", 0)
    now = get_order(api, "A1")
    assert {name for name in now if now[name] != before[name]} <= {"ChangeDate", "TrackLink", "ReportUrl"}
    assert sorted(events.types()) == ["OrderDeleted", "OrderUpdated"]


def test_an_undo_leaves_what_somebody_changed_and_what_is_on_its_way(app, actor, api):
    one = imports.done(app, actor, file("A1", "A2", "A3", "A4"))
    api.put("/api/Order", json={"Number": "A1", "Note": "by hand"})
    post_route(api, {"Code": "R1", "Date": DAY})
    assert api.put("/api/Route/Code/R1/Order/Number/A2").status_code < 300
    api.put("/api/Route/Start/Code/R1")
    api.delete("/api/Order/Number/A3")
    one = imports.undone(app, actor, one.id)
    assert (one.state, one.undone, one.kept) == ("undone", 4, 2)
    with app.database.reading() as tx:
        words = [change.kept for change in store.kept(tx, one.id, 10)]
    assert words == ["Order A1 was changed since.", "Order A2 is on route R1, which has started."]
    assert numbers(app, actor) == ["A1", "A2"]


def test_an_estimate_is_no_change(app, actor, api):
    imports.done(app, actor, text_file([*HEADERS, "Lat", "Lon", "Route"], (*ORDER, "59.4", "24.7", "R1")))
    with app.database.reading() as tx:
        [one] = actions.list_newest(tx, actor)
    api.put("/api/Route/Optimize/Code/R1")
    assert imports.undone(app, actor, one.id).kept == 0


def test_an_undo_is_possible_for_a_day(app, actor, clock):
    from datetime import timedelta  # noqa: PLC0415

    one = imports.done(app, actor, file("A1"))
    clock.move_to(clock.now() + timedelta(hours=24, seconds=1))
    with pytest.raises(Conflict, match="24 hours"):
        imports.undone(app, actor, one.id)


def test_all_or_nothing_takes_everything_back(app, actor, api):
    data = file(*[f"A{at:03}" for at in range(120)])
    import_id = imports.prepare(app, actor, data, existing="update", key="Number")
    imports.begin(app, actor, import_id, all_or_nothing=True)
    assert slices.run_once(app.database, 1000)
    # Between the check and the writing an order becomes unusable, which the second part meets.
    with app.database.transaction() as tx:
        body = store.part(tx, import_id, 1)
        part = unpacked(body)
        part[3].request["DepotId"] = "D" * 60
        from waybell.importing.parts import packed  # noqa: PLC0415

        store.change_part(tx, import_id, 1, packed(part), 0)
    one = imports.finish(app, actor, import_id)
    assert one.state == "undone"
    assert numbers(app, actor) == []


def test_a_fault_of_ours_holds_up_neither_this_import_nor_others(app, actor):
    import_id = imports.prepare(app, actor, file(*[f"A{at:03}" for at in range(60)]))
    imports.begin(app, actor, import_id)
    with app.database.transaction() as tx:
        from waybell.importing.parts import packed  # noqa: PLC0415

        part = unpacked(store.part(tx, import_id, 0))
        part[0].request["Weight"] = {"no": "number"}
        store.change_part(tx, import_id, 0, packed(part), 0)
    one = imports.finish(app, actor, import_id)
    assert (one.state, one.created, one.refused) == ("succeeded", 10, 50)


def test_two_people_who_begin_the_same_file_at_once_import_it_once(app, actor):
    ids = [imports.prepare(app, actor, file(*[f"A{at}" for at in range(60)]), key="") for _ in range(2)]
    refused = []

    def begin(import_id: str) -> None:
        try:
            imports.begin(app, actor, import_id)
        except Conflict as error:
            refused.append(str(error))

    threads = [threading.Thread(target=begin, args=(one,)) for one in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert "imported before" in refused[0]
    imports.finish(app, actor, ids[0])
    assert len(numbers(app, actor)) == 60


def test_two_files_with_one_key_make_each_order_once(app, actor):
    first, second = (imports.prepare(app, actor, file(*[f"A{at}" for at in range(60)], Note=note)) for note in "ab")
    for import_id in (first, second):
        imports.begin(app, actor, import_id)
    threads = [threading.Thread(target=imports.finish, args=(app, actor, first)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    imports.finish(app, actor, second)
    assert len(numbers(app, actor)) == len(set(numbers(app, actor))) == 60


def test_a_cut_slice_leaves_nothing_and_is_done_again(app, actor, monkeypatch):
    import_id = imports.prepare(app, actor, file(*[f"A{at:03}" for at in range(120)]))
    imports.begin(app, actor, import_id)
    slices.run_once(app.database, 1000)

    class Killed(BaseException):
        """What no handler of errors catches, as a kill."""

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as cut:
        cut.setattr(app.database, "_before_commit", killed)
        with pytest.raises(Killed):
            slices.run_once(app.database, 1000)
    assert len(numbers(app, actor)) == 50
    one = imports.finish(app, actor, import_id)
    assert (one.created, len(set(numbers(app, actor)))) == (120, 120)


def test_a_stopped_import_keeps_what_it_has_done_and_can_be_undone(app, actor):
    import_id = imports.prepare(app, actor, file(*[f"A{at:03}" for at in range(120)]))
    imports.begin(app, actor, import_id)
    slices.run_once(app.database, 1000)
    with app.database.transaction() as tx:
        actions.cancel(tx, actor, import_id)
    assert imports.finish(app, actor, import_id).state == "canceled"
    assert len(numbers(app, actor)) == 50
    one = imports.undone(app, actor, import_id)
    assert (one.undone, one.kept, numbers(app, actor)) == (50, 0, [])


def exported(app, actor, kind: str, folder: Path) -> bytes:
    rows = export_rows.of_search(app.database, actor, listing.Wanted())
    if kind == "csv":
        return "".join(csv_lines([as_text(value) for value in row] for row in rows)).encode()
    (folder / "rows").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    export_process.write(str(folder / "rows"))
    return (folder / "rows.xlsx").read_bytes()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_export_that_is_imported_changes_nothing(app, actor, api, events, kind, tmp_path):
    api.post("/api/CustomField", json={"Id": "cf_1", "Label": "Field", "Kind": "text"})
    api.post(
        "/api/Order", json=an_order("A1", Date=DAY, Phone="+372 5555", Note="=1+1", Weight=1.234, COD=12.5, Type=1)
    )
    goods = [{"GoodsId": "g", "GoodsName": "-x", "Quantity": 1.5}, {"OrderLineId": "2", "GoodsName": "@y", "Cost": 3}]
    pickup = {"Client": "'=Shop", "Address": "Lai 1", "TimeSlotFrom": "07:00"}
    custom = [{"Id": "cf_1", "Value": "v"}, {"Id": "cf_2", "Value": "w"}]
    slot = {"TimeSlotFrom": "08:00", "TimeSlotTo": "12:30", "Date": DAY}
    assert (
        api.post(
            "/api/Order", json=an_order("A2", GoodsList=goods, PickupOrder=pickup, CustomFields=custom, **slot)
        ).status_code
        == 201
    )
    night = {"StartTimePlan": "22:00", "Date": DAY, "DriverLogin": "jaan"}
    post_route(api, a_route("N-1", "N-2", Code="R1", **night))
    api.put("/api/Order", json={"Number": "N-1", "TimeSlotFrom": "02:00", "TimeSlotTo": "03:00"})
    complete(api, "A1")
    before = [get_order(api, number) for number in ("A1", "A2", "N-1", "N-2")]
    events.news()
    data = exported(app, actor, kind, tmp_path)
    assert (b"'=1+1" in data) == (kind == "csv")
    import_id = imports.prepare(app, actor, data)
    planned = imports.state(app, actor, import_id)
    assert (planned.created, planned.updated, planned.skipped, planned.refused) == (0, 3, 1, 0), problems(app, planned)
    imports.begin(app, actor, import_id)
    one = imports.finish(app, actor, import_id)
    assert (one.created, one.updated, one.skipped, one.refused) == (0, 0, 4, 0)
    events.exactly()
    assert [get_order(api, number) for number in ("A1", "A2", "N-1", "N-2")] == before


def problems(app, one) -> str:
    with app.database.reading() as tx:
        orders = previews.page_of(tx, one, "", "").orders
    return json.dumps([problem.words for order in orders for problem in order.problems])


def test_somebody_of_a_shipper_imports_for_that_shipper_alone(app, account):
    from waybell.accounts.grants import Grant  # noqa: PLC0415
    from waybell.accounts.model import Actor  # noqa: PLC0415

    theirs = Actor(account, "theirs", Grant(shippers=("S1", "S3")), "usr_1")  # a single one would be filled in
    data = file("A1", "A2")
    import_id = imports.prepare(app, theirs, data)
    assert imports.state(app, theirs, import_id).refused == 2
    one = imports.done(app, theirs, data, fixed={"ShipperId": "S1"})
    assert (one.created, one.refused) == (2, 0)
    with app.database.reading() as tx:
        assert actions.list_newest(tx, Actor(account, "boss"))[0].id == one.id
        other = Actor(account, "other", Grant(shippers=("S2",)), "usr_2")
        assert actions.list_newest(tx, other) == []


@pytest.mark.parametrize(
    "wishes",
    [
        {"fields": ["Number"]},
        {"fields": ["Number", "Number", "Client", "Address"]},
        {"fields": ["Nonsense", "", "", ""]},
        {"fields": ["", "", "", ""], "key": ""},
        {"key": "Phase"},
        {"existing": "delete"},
        {"fixed": {"Nonsense": "1"}},
        {"fixed": {"Weight": "heavy"}},
        {"key": "Id"},
        {"repeated": "x"},
        {"repeated": "orders"},
        {"decimal": "%"},
    ],
)
def test_what_a_form_must_not_say_is_refused(app, actor, wishes):
    with pytest.raises(Invalid):
        imports.prepare(app, actor, file("A1"), **wishes)
