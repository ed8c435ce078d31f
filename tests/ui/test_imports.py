"""Importing orders by the pages: upload, columns, every row, import, undo."""

import html
import re

import pytest
from fastapi.testclient import TestClient

from support.pages import signed_in, text_of
from waybell.accounts import actions as accounts
from waybell.accounts import people
from waybell.accounts.model import Actor
from waybell.accounts.passwords import hashed
from waybell.app import App
from waybell.ground.scope import Scope
from waybell.importing import slices, store
from waybell.importing.reading import Reading, Task, looked

FILE = (
    "Auftrags-Nr.;Lieferdatum;Kunde;Stra\u00dfe;PLZ;Ort;Gewicht (kg);Von;Bis\r\n"
    "A1;24.11.2026;B\u00e4ckerei M\u00fcller;Hauptstr. 1;10115;Berlin;12,5;08:00;12:00\r\n"
    "A2;24.11.2026;Caf\u00e9 Zwei;Weg 2;20095;Hamburg;viel;08:00;\r\n"
    "A3;24.11.2026;Kiosk;Platz 3;50667;K\u00f6ln;3;12:00;11:00\r\n"
    "A4;24.11.2026;;Platz 3;50667;K\u00f6ln;3;;\r\n"
).encode("cp1252")


@pytest.fixture(params=["sqlite"])
def database_url(database_url: str) -> str:
    return database_url


def uploaded(ui: TestClient, data: bytes, name: str = "orders.csv") -> str:
    answer = ui.post("/import", files={"File": (name, data)})
    assert answer.status_code == 303, text_of(answer)
    return answer.headers["location"]


def fields(ui: TestClient, path: str, **changed: str | list[str]) -> dict:
    """The form of the columns as the page offers it."""
    page = ui.get(f"{path}/columns").text
    form: dict = {"Field": [], "Key": "", "Existing": "", "Missing": "", "Repeated": ""}
    for select in re.findall(r'<select[^>]*name="Field">(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', select)
        form["Field"].append(chosen[1] if chosen else "")
    for name in ("Key", "Existing", "Missing", "Repeated"):
        form[name] = re.search(rf'name="{name}" value="([^"]*)" checked', page)[1]
    return form | changed


def checked(ui: TestClient, path: str, **changed: str | list[str]) -> str:
    answer = ui.post(f"{path}/columns", data=fields(ui, path, **changed))
    assert answer.status_code == 303, text_of(answer) if answer.status_code == 200 else answer.text
    return text_of(ui.get(path))


def carry_out(app: App) -> None:
    while slices.run_once(app.database, 1000):
        pass


def test_a_file_becomes_orders(app: App, ui: TestClient, api: TestClient):
    path = uploaded(ui, FILE)
    assert "Windows-1252" in text_of(ui.get(path))
    shown = checked(ui, path)
    assert "Row 3, column G (Gewicht (kg)): must be a number with a decimal comma, and not \u201cviel\u201d" in shown
    assert "Row 4, column I (Bis): is before the beginning, so 2026-11-25 is meant" in shown
    assert "Row 5: Client: is required" in shown
    assert ui.post(f"{path}/begin", data={"How": "good"}).status_code == 303
    carry_out(app)
    shown = text_of(ui.get(path))
    order = api.get("/api/Order/Number/A1").json()
    assert (order["Client"], order["Address"], order["Weight"]) == (
        "B\u00e4ckerei M\u00fcller", "Hauptstr. 1, 10115, Berlin", 12.5,
    )  # fmt: skip
    assert order["TimeSlotTo"] == "2026-11-24T12:00:00"
    assert api.get("/api/Order/Number/A2").status_code == 404
    errors = ui.get(f"{path}/errors.csv").content.decode("utf-8-sig")
    assert errors.splitlines()[0].endswith(";Row;Why")
    assert "A2;24.11.2026;Caf\u00e9 Zwei;Weg 2;20095;Hamburg;viel;08:00;;3;" in errors
    ui.post(f"{path}/undo")
    carry_out(app)
    assert "2 changes were taken back" in text_of(ui.get(path))
    assert api.get("/api/Order/Number/A1").status_code == 410


def test_what_the_lists_show_is_exported(ui: TestClient, api: TestClient, ui_as):
    for number, day in (("A1", "2026-11-24"), ("A2", "2026-11-25")):
        api.post("/api/Order", json={"Number": number, "Client": "=Cafe", "Address": "Pikk 1", "Date": day})
    api.post(
        "/api/Route",
        json={"Code": "R1", "Date": "2026-11-24", "Orders": [{"Number": "B1", "Client": "C", "Address": "D"}]},
    )
    page = ui.get("/orders?date=2026-11-24&q=a").text
    for kind in ("csv", "xlsx"):
        path = html.unescape(re.search(rf'href="(/orders/export.{kind}[^"]*)"', page)[1])
        answer = ui_as("viewer").get(path)
        rows = uploaded_rows(answer.content)
        assert [row["Number"] for row in rows] == ["A1"]
        assert rows[0]["Client"] == ("'=Cafe" if kind == "csv" else "=Cafe")
        routes = uploaded_rows(ui.get(f"/routes/export.{kind}?date=2026-11-24").content)
        assert [(row["Number"], row["Route.Code"], row["Route.Stop"]) for row in routes] == [("B1", "R1", "1")]


def uploaded_rows(data: bytes) -> list[dict[str, str]]:
    look = looked(Task(data, Reading()))
    return [dict(zip(look.headers, row, strict=False)) for row in look.sample]


def test_a_template_can_be_imported(app: App, ui: TestClient):
    for kind in ("csv", "xlsx"):
        path = uploaded(ui, ui.get(f"/import/template.{kind}").content, f"orders.{kind}")
        assert "2 Orders" in checked(ui, path).replace("Orders 2", "2 Orders")
        with app.database.reading() as tx:
            [one, *_] = store.newest(tx, app_account(app), None, 1)
        assert (one.created, one.refused, one.warned) == (2, 0, 0)


def app_account(app: App) -> str:
    with app.database.reading() as tx:
        return accounts.list_accounts(tx)[0].id


def test_a_viewer_imports_nothing(ui_as):
    viewer = ui_as("viewer")
    assert viewer.get("/import").status_code == 403
    assert viewer.post("/import", files={"File": ("a.csv", FILE)}).status_code == 403
    assert "/import" not in viewer.get("/orders").text


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n", b" \n"])
def test_a_file_that_is_no_table_is_refused_in_words(ui: TestClient, data: bytes):
    answer = ui.post("/import", files={"File": ("orders.xlsx", data)})
    assert answer.status_code == 400
    assert 'class="alert alert-danger"' in answer.text


def test_a_file_over_the_limit_is_refused(ui: TestClient, app: App):
    answer = ui.post("/import", files={"File": ("orders.csv", b"x" * (app.settings.max_import_bytes + 1))})
    assert answer.status_code == 413


def test_the_mapping_is_remembered_and_the_question_is_answered(app: App, ui: TestClient):
    data = b"No,Day,Who,Where\nA1,04/12/2026,Cafe,Pikk 1\n"
    path = uploaded(ui, data)
    shown = checked(ui, path, Field=["Number", "Date", "Client", "Address"])
    assert "The file does not say how these are meant" in shown
    assert ui.post(f"{path}/begin", data={"How": "good"}).status_code == 303
    assert "Answer the question first" in text_of(ui.get(path))
    ui.post(f"{path}/answer", data={"DayOrder": "mdy"})
    assert "2026-04-12" in text_of(ui.get(path))
    again = uploaded(ui, data.replace(b"A1", b"A2"))
    assert fields(ui, again)["Field"] == ["Number", "Date", "Client", "Address"]


def test_the_same_file_asks_before_it_is_imported_again(app: App, ui: TestClient):
    for again in ({}, {"Again": "yes"}):
        path = uploaded(ui, FILE)
        shown = checked(ui, path, Key="")
        assert ("This very file was imported" in shown) == bool(again)
        if again:
            assert ui.post(f"{path}/begin", data={"How": "good"}).status_code == 303
            assert "imported before" in text_of(ui.get(path))
        ui.post(f"{path}/begin", data={"How": "good", **again})
        carry_out(app)
        assert "Imported: 2 new" in text_of(ui.get(path))


HOSTILE = (
    {},
    {"Field": ["x"] * 9},
    {"Field": ["Number"] * 2000},
    {"Field": ["Number"], "Key": "'; drop table"},
    {"Field": ["CustomFields." + "x" * 5000] + [""] * 8, "Key": ""},
    {"Encoding": "rot13", "Delimiter": "\0", "HeaderRow": "-1e9", "Sheet": "../../etc"},
)


def test_hostile_forms_are_refused_and_change_nothing(ui: TestClient):
    path = uploaded(ui, FILE)
    for form in HOSTILE:
        for to in ("columns", "begin", "undo", "cancel"):
            answer = ui.post(f"{path}/{to}", data=form)
            assert answer.status_code in (303, 400), (to, answer.status_code)
    assert ui.post(f"{path}/reading", data=HOSTILE[-1]).status_code == 303
    assert "What are the columns?" in text_of(ui.get(path))


def test_what_was_done_is_on_record(app: App, ui: TestClient):
    path = uploaded(ui, FILE)
    checked(ui, path)
    ui.post(f"{path}/begin", data={"How": "good"})
    carry_out(app)
    ui.post(f"{path}/undo")
    shown = text_of(ui.get("/settings/audit"))
    assert "began an import" in shown
    assert "undid an import" in shown


def test_a_shipper_imports_into_the_own_scope(app: App, web, ui: TestClient, api: TestClient, account, visitor):
    """Orders without a shipper become the own ones, those of others are refused, and nothing of others is changed."""
    api.post("/api/Order", json={"Number": "B3", "Client": "Cafe", "Address": "Weg 2", "ShipperId": "S-2"})
    with app.database.transaction() as tx:
        user_id = accounts.create_user(
            tx,
            account,
            email="s@example.com",
            name="S",
            role="shipper-manager",
            password=hashed("correct horse battery"),
            scope=Scope(shippers=("S-1",)),
        )
    manager = signed_in(app, web, user_id)
    file = b"Number,Client,Address,ShipperId\nB1,Cafe,Weg 2,\nB2,Cafe,Weg 2,S-2\nB3,Kiosk,Weg 3,\n"
    path = uploaded(manager, file)
    shown = checked(manager, path, Key="Number", Existing="update", Missing="create")
    assert "ShipperId: you may write what is of the shipper S-1 only" in shown
    assert manager.post(f"{path}/begin", data={"How": "good"}).status_code == 303
    carry_out(app)
    assert api.get("/api/Order/Number/B1").json()["ShipperId"] == "S-1"
    assert api.get("/api/Order/Number/B2").status_code == 404
    others, own = (one["Client"] for one in reversed(api.get("/api/Order/Number/B3/List").json()))
    assert (others, own) == ("Cafe", "Kiosk")  # that of the other shipper is not there for this one
    assert ui.get(path).status_code == 200
    with app.database.transaction() as tx:
        people.change_role(tx, Actor(account, "tests"), user_id, "shipper-manager", Scope(shippers=("S-9",)))
    assert manager.get(path).status_code == 404
    assert manager.post(f"{path}/undo").status_code == 404
