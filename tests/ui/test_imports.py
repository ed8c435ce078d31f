"""Importing orders by the pages: upload, columns, every row, import, undo."""

import re

import pytest
from fastapi.testclient import TestClient

from support.pages import text_of
from waybell.app import App
from waybell.importing import slices

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
