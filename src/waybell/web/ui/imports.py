"""The pages of imports: upload a file, say what its columns are, look at every row, import, follow it, undo it."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response, StreamingResponse
from starlette.datastructures import UploadFile

from waybell.ground.errors import Busy, Conflict, Invalid
from waybell.importing import actions, previews, templates
from waybell.importing.actions import Wishes
from waybell.importing.delimited import DELIMITERS, ENCODINGS
from waybell.importing.fields import CUSTOM, FIELDS, GROUPS, KEYS
from waybell.importing.limits import MAX_ROWS
from waybell.importing.reading import Reading
from waybell.importing.records import Import
from waybell.web.ui.forms import Asked, Fields, Sent
from waybell.web.ui.render import go_to, page
from waybell.web.ui.visit import OrderEntry, Visit

router = APIRouter()

_FIXED_ROWS = 4
_KEY_WORDS = {
    "Number": "its Number",
    "Id": "your own Id",
    "Number+Date": "its Number and Date together",
    "TrackId": "its TrackId, as an export has it",
}
_MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


async def _sent_upload(request: Request) -> tuple[str, bytes]:
    async with request.form(max_files=1, max_fields=2) as form:
        file = next((value for value in form.values() if isinstance(value, UploadFile)), None)
        return (file.filename or "", await file.read()) if file else ("", b"")


# The name and the bytes of the file of a form.
SentUpload = Annotated[tuple[str, bytes], Depends(_sent_upload)]


@router.get("/import")
def show(visit: OrderEntry) -> Response:
    return _start(visit)


def _start(visit: Visit, fault: str = "") -> Response:
    with visit.read() as tx:
        facts: dict[str, Any] = {"past": actions.list_newest(tx, visit.actor)}
    facts |= {"fault": fault, "most_rows": MAX_ROWS, "most_bytes": visit.settings.max_import_bytes}
    return page(visit, "imports/start.html", 400 if fault else 200, nav="import", live="imports", **facts)


@router.post("/import")
def upload(visit: OrderEntry, sent: SentUpload) -> Response:
    name, data = sent
    if not data:
        return _start(visit, "Choose a file with something in it.")
    try:
        import_id = actions.receive(visit.database, visit.actor, name, data)
    except (Busy, Invalid) as error:
        return _start(visit, str(error))
    return go_to(f"/import/{import_id}")


@router.get("/import/template.csv")
def template_as_csv(visit: OrderEntry) -> Response:
    return _template(visit, "csv")


@router.get("/import/template.xlsx")
def template_as_xlsx(visit: OrderEntry) -> Response:
    return _template(visit, "xlsx")


def _template(visit: Visit, kind: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="orders.{kind}"'}
    body = templates.template(kind, visit.actor, visit.database.clock.now())
    return Response(body, headers=headers, media_type=_MEDIA[kind])


@router.get("/import/{import_id}")
def one(visit: OrderEntry, asked: Asked, import_id: str) -> Response:
    with visit.read() as tx:
        found = actions.find(tx, visit.actor, import_id)
    if found.state == "uploaded":
        return _columns_page(visit, found)
    return _preview(visit, asked, found)


@router.get("/import/{import_id}/columns")
def columns(visit: OrderEntry, import_id: str) -> Response:
    with visit.read() as tx:
        found = actions.find(tx, visit.actor, import_id)
    if found.state not in ("uploaded", "checked"):
        return go_to(f"/import/{import_id}", actions.ENDED, failed=True)
    return _columns_page(visit, found)


def _columns_page(visit: Visit, found: Import, fault: str = "", typed: Wishes | None = None) -> Response:
    with visit.read() as tx:
        wishes = typed or actions.wishes_of(tx, found)
        other = actions.same_file(tx, visit.actor, found)
        own = actions.custom_fields(tx, visit.actor)
    look = found.look
    custom = dict.fromkeys([*own, *_custom_ids(wishes, look)])
    facts: dict[str, Any] = {
        "one": found,
        "look": look,
        "wishes": wishes,
        "fault": fault,
        "same": other,
        "by_group": {group: [field for field in FIELDS.values() if field.group == group] for group in GROUPS},
        "custom": [f"{CUSTOM}{name}" for name in custom],
        "keys": {name: _KEY_WORDS[name] for name in KEYS},
        "encodings": ENCODINGS,
        "delimiters": DELIMITERS,
        "fixed": [*wishes.fixed.items(), *[("", "")] * _FIXED_ROWS][:_FIXED_ROWS],
    }
    return page(visit, "imports/columns.html", 400 if fault else 200, nav="import", **facts)


def _custom_ids(wishes: Wishes, look: Mapping[str, Any]) -> list[str]:
    named = [*wishes.fields, *wishes.fixed, *look["guesses"]]
    return [name.removeprefix(CUSTOM) for name in named if name.startswith(CUSTOM)]


@router.post("/import/{import_id}/reading")
def read_again(visit: OrderEntry, sent: Sent, import_id: str) -> Response:
    row = sent.text("HeaderRow")
    reading = Reading(
        sent.text("Encoding"),
        _delimiter(sent),
        sent.text("Sheet"),
        int(row) if row.isdigit() and len(row) < 7 else -1,  # noqa: PLR2004
    )
    try:
        actions.look_again(visit.database, visit.actor, import_id, reading)
    except (Busy, Conflict, Invalid) as error:
        return go_to(f"/import/{import_id}", str(error), failed=True)
    return go_to(f"/import/{import_id}")


def _delimiter(sent: Fields) -> str:
    """Return the chosen delimiter, which is sent by its name: a tab alone would be taken for nothing."""
    return next((sign for sign, name in DELIMITERS.items() if name == sent.text("Delimiter")), "")


def _wishes(sent: Fields) -> Wishes:
    names, values = sent.rows("FixedField"), sent.rows("FixedValue")
    return Wishes(
        sent.rows("Field"),
        {name: value for name, value in zip(names, values, strict=False) if name and value},
        sent.text("Key"),
        sent.text("Existing") or "skip",
        sent.text("Missing") or "create",
        sent.text("Repeated") or "refuse",
        sent.text("Decimal"),
        sent.text("DayOrder"),
    )


@router.post("/import/{import_id}/columns")
def settle(visit: OrderEntry, sent: Sent, import_id: str) -> Response:
    wishes = _wishes(sent)
    try:
        actions.check(visit.database, visit.actor, import_id, wishes, visit.settings.max_goods_lines)
    except (Busy, Invalid) as error:
        with visit.read() as tx:
            found = actions.find(tx, visit.actor, import_id)
        usable = wishes if len(wishes.fields) == len(found.look["headers"]) else None
        return _columns_page(visit, found, str(error), usable)
    except Conflict as error:
        return go_to(f"/import/{import_id}", str(error), failed=True)
    return go_to(f"/import/{import_id}")


@router.post("/import/{import_id}/answer")
def answer(visit: OrderEntry, sent: Sent, import_id: str) -> Response:
    """Take the answer to what can be read two ways, and check the file anew."""
    with visit.read() as tx:
        found = actions.find(tx, visit.actor, import_id)
        before = actions.wishes_of(tx, found)
    answers = {
        "decimal": sent.text("Decimal") or before.decimal,
        "day_order": sent.text("DayOrder") or before.day_order,
    }
    try:
        wishes = Wishes(**{**asdict(before), **answers})
        actions.check(visit.database, visit.actor, import_id, wishes, visit.settings.max_goods_lines)
    except (Busy, Conflict, Invalid) as error:
        return go_to(f"/import/{import_id}", str(error), failed=True)
    return go_to(f"/import/{import_id}")


def _preview(visit: Visit, asked: Asked, found: Import) -> Response:
    only = asked.text("only") if asked.text("only") in previews.FILTERS else ""
    with visit.read() as tx:
        shown = previews.page_of(tx, found, only, asked.text("after"))
        facts: dict[str, Any] = {
            "one": found,
            "shown": shown,
            "only": only,
            "same": actions.same_file(tx, visit.actor, found) if found.state == "checked" else None,
            "kept": previews.kept(tx, found),
            "may_undo": found.may_be_undone(tx.now),
            "most_kept": previews.MOST_KEPT,
        }
    return page(visit, "imports/preview.html", nav="import", live=f"import/{found.id}", **facts)


@router.post("/import/{import_id}/begin")
def begin(visit: OrderEntry, sent: Sent, import_id: str) -> Response:
    try:
        with visit.change() as tx:
            actions.begin(
                tx, visit.actor, import_id, all_or_nothing=sent.text("How") == "all", again=sent.flag("Again")
            )
    except Conflict as error:
        return go_to(f"/import/{import_id}", str(error), failed=True)
    return go_to(f"/import/{import_id}")


@router.post("/import/{import_id}/cancel")
def cancel(visit: OrderEntry, import_id: str) -> Response:
    with visit.change() as tx:
        actions.cancel(tx, visit.actor, import_id)
    return go_to(f"/import/{import_id}", "The import has stopped. What was imported stays, and can be undone.")


@router.post("/import/{import_id}/undo")
def undo(visit: OrderEntry, import_id: str) -> Response:
    try:
        with visit.change() as tx:
            actions.undo(tx, visit.actor, import_id)
    except Conflict as error:
        return go_to(f"/import/{import_id}", str(error), failed=True)
    return go_to(f"/import/{import_id}")


@router.post("/import/{import_id}/discard")
def discard(visit: OrderEntry, import_id: str) -> Response:
    try:
        with visit.change() as tx:
            actions.discard(tx, visit.actor, import_id)
    except Conflict as error:
        return go_to(f"/import/{import_id}", str(error), failed=True)
    return go_to("/import", "The file is removed. Nothing was imported.")


@router.get("/import/{import_id}/errors.csv")
def errors(visit: OrderEntry, import_id: str) -> Response:
    """Answer the rows that were not imported, as they came, with the reason in a further column."""
    with visit.read() as tx:
        found = actions.find(tx, visit.actor, import_id)
    name = found.file_name.rpartition(".")[0] or found.file_name
    plain = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_ ") else "_" for sign in name)
    headers = {"Content-Disposition": f'attachment; filename="{plain}-not-imported.csv"'}
    rows = previews.error_file(visit.database, found)
    return StreamingResponse(rows, headers=headers, media_type=_MEDIA["csv"])
