"""Exports: what the lists of orders and routes show, as a file."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, Response, StreamingResponse
from starlette.background import BackgroundTask

from waybell.ground.errors import Busy
from waybell.importing import export_process, export_rows
from waybell.importing.exporting import Value, as_text
from waybell.importing.guarding import csv_lines
from waybell.orders import listing
from waybell.web.ui.forms import Asked, Fields
from waybell.web.ui.orders import day_asked
from waybell.web.ui.render import go_to
from waybell.web.ui.visit import Viewer, Visit

router = APIRouter()

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("/orders/export.csv")
def orders_as_csv(visit: Viewer, asked: Asked) -> Response:
    return _csv(_orders(visit, asked), "orders")


@router.get("/orders/export.xlsx")
def orders_as_xlsx(visit: Viewer, asked: Asked) -> Response:
    return _xlsx(_orders(visit, asked), "orders", "/orders")


@router.get("/routes/export.csv")
def routes_as_csv(visit: Viewer, asked: Asked) -> Response:
    return _csv(_routes(visit, asked), "routes")


@router.get("/routes/export.xlsx")
def routes_as_xlsx(visit: Viewer, asked: Asked) -> Response:
    return _xlsx(_routes(visit, asked), "routes", "/routes")


def _orders(visit: Visit, asked: Fields) -> Iterator[list[Value]]:
    with visit.read() as tx:
        day = day_asked(visit, tx, asked)
    state = next((one for one in listing.ORDER_STATES if one == asked.text("state")), None)
    return export_rows.of_search(visit.database, visit.actor, listing.Wanted(day.midnight, state, asked.text("q")))


def _routes(visit: Visit, asked: Fields) -> Iterator[list[Value]]:
    """Return the rows of the chosen day, or of today."""
    with visit.read() as tx:
        day = day_asked(visit, tx, asked)
    date = day.midnight or f"{day.today.isoformat()}T00:00:00"
    return export_rows.of_routes(visit.database, visit.actor, date)


def _csv(rows: Iterator[list[Value]], name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    lines = csv_lines([as_text(value) for value in row] for row in rows)
    return StreamingResponse(lines, headers=headers, media_type="text/csv; charset=utf-8")


def _xlsx(rows: Iterator[list[Value]], name: str, back: str) -> Response:
    folder = tempfile.TemporaryDirectory(prefix="waybell-export-")
    try:
        made = export_process.workbook(rows, Path(folder.name))
    except Busy as error:
        folder.cleanup()
        return go_to(back, str(error), failed=True)
    return FileResponse(made, filename=f"{name}.xlsx", media_type=_XLSX, background=BackgroundTask(folder.cleanup))
