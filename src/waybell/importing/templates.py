"""A file with the usual columns and an example, from which somebody can begin. Pure but for the date."""

import io
from datetime import datetime, timedelta

import xlsxwriter

from waybell.accounts.model import Actor
from waybell.importing.guarding import csv_lines

_HEADERS = (
    "Number",
    "Date",
    "Client",
    "Address",
    "Time from",
    "Time to",
    "Contact",
    "Phone",
    "Note",
    "Weight",
    "COD",
    "Goods code",
    "Goods",
    "Quantity",
    "Route",
    "Stop",
)
_EXAMPLES = (
    ("EXAMPLE-1", "{day}", "Bakery Kalamaja", "Telliskivi 60a, 10412 Tallinn", "08:00", "12:00", "Mari", "+3725550101",
     "Ring the bell", "12.5", "0", "BREAD", "Rye bread", "20", "", ""),
    ("EXAMPLE-1", "{day}", "Bakery Kalamaja", "Telliskivi 60a, 10412 Tallinn", "08:00", "12:00", "Mari", "+3725550101",
     "Ring the bell", "12.5", "0", "ROLL", "Rolls", "50", "", ""),
    ("EXAMPLE-2", "{day}", "Cafe Noblessner", "Peetri 12, 10415 Tallinn", "10:00", "14:00", "", "", "", "4", "35.90",
     "", "", "", "", ""),
)  # fmt: skip
_WIDTH = 18


def template(kind: str, actor: Actor, now: datetime) -> bytes:
    """Return the template as a file of this kind. All cells are texts, so that no spreadsheet changes what is typed."""
    day = (now.astimezone(actor.account.zone) + timedelta(days=1)).date().isoformat()
    rows = [_HEADERS, *(tuple(cell.format(day=day) for cell in row) for row in _EXAMPLES)]
    if kind == "csv":
        return "".join(csv_lines(rows)).encode()
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Orders")
        text, bold = book.add_format({"num_format": "@"}), book.add_format({"bold": True, "num_format": "@"})
        sheet.set_column(0, len(_HEADERS) - 1, _WIDTH, text)
        sheet.freeze_panes(1, 0)
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                sheet.write_string(number, column, cell, bold if number == 0 else text)
    return made.getvalue()
