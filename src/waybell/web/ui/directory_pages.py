"""The pages of the directory: the list of each register, and the form of an entry."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from waybell.ground.errors import Conflict, Forbidden, Invalid, NotAllowedNow, NotFound
from waybell.web.ui.directory_registers import REGISTERS, Register
from waybell.web.ui.forms import Asked, Fields, Sent, check_unchanged, faults, stamp
from waybell.web.ui.render import go_to, page
from waybell.web.ui.visit import Dispatcher, Viewer, Visit

router = APIRouter()

_REFUSALS = (Invalid, NotAllowedNow, Conflict, Forbidden)


def _register(word: str) -> Register:
    if word not in REGISTERS:
        raise NotFound("There is no such list.")
    return REGISTERS[word]


def path_of(register: Register, act: str = "", **query: str) -> str:
    """Return the path of a list, or of an act on it. Keys stand in the query, because they may hold any character."""
    return f"/directory/{register.word}{act and f'/{act}'}" + (f"?{urlencode(query)}" if query else "")


@router.get("/directory")
def show_first(_visit: Viewer) -> Response:
    return go_to(path_of(next(iter(REGISTERS.values()))))


@router.get("/directory/{word}")
def show(visit: Viewer, which: Annotated[Register, Depends(_register)], asked: Asked) -> Response:
    with visit.read() as tx:
        rows, further = which.rows(tx, visit, asked.text("after"))
        labels = {one.name: one.label for one in which.inputs(tx, visit, new=False)}
    columns = [labels.get(name, name) for name in which.columns]
    facts: dict[str, Any] = {"which": which, "registers": REGISTERS.values(), "rows": rows, "further": further}
    return page(visit, "directory.html", nav="directory", columns=columns, path_of=path_of, **facts)


@router.get("/directory/{word}/new")
def show_new(visit: Dispatcher, which: Annotated[Register, Depends(_register)]) -> Response:
    return _form(visit, which, Fields([("Active", "yes")]))


@router.post("/directory/{word}/new")
def add(visit: Dispatcher, which: Annotated[Register, Depends(_register)], sent: Sent) -> Response:
    try:
        which.add(visit, sent)
    except _REFUSALS as error:
        return _form(visit, which, sent, wrong=faults(error))
    return go_to(path_of(which), f"The {which.one} was added.")


@router.get("/directory/{word}/edit")
def show_edit(visit: Dispatcher, which: Annotated[Register, Depends(_register)], asked: Asked) -> Response:
    with visit.read() as tx:
        stored = which.shown(tx, visit, asked.text("key"))
    return _form(visit, which, stored, asked.text("key"))


@router.post("/directory/{word}/edit")
def change(visit: Dispatcher, which: Annotated[Register, Depends(_register)], asked: Asked, sent: Sent) -> Response:
    key, password = asked.text("key"), None
    try:
        if sent.text("Password"):  # hashing takes a while, so it comes before the transaction
            password = visit.costly.hash_password(sent.text("Password"))
        with visit.change() as tx:
            stored = which.shown(tx, visit, key)
            check_unchanged(sent, stored)
            which.change(tx, visit, key, sent, stored, password)
    except _REFUSALS as error:
        return _form(visit, which, sent, key, faults(error))
    return go_to(path_of(which), f"The {which.one} was changed.")


@router.post("/directory/{word}/delete")
def delete(visit: Dispatcher, which: Annotated[Register, Depends(_register)], asked: Asked) -> Response:
    key = asked.text("key")
    try:
        with visit.change() as tx:
            which.delete(tx, visit, key)
    except _REFUSALS as error:
        return go_to(path_of(which, "edit", key=key), str(error), failed=True)
    return go_to(path_of(which), f"The {which.one} was deleted.")


def _form(
    visit: Visit, which: Register, now: Fields, key: str = "", wrong: Mapping[str, str] | None = None
) -> Response:
    """Return the form of a new entry, or of the entry with this key."""
    with visit.read() as tx:
        inputs = which.inputs(tx, visit, new=not key)
        seen = stamp(which.shown(tx, visit, key)) if key else ""
    facts: dict[str, Any] = {"which": which, "inputs": inputs, "key": key, "seen": seen, "sent": now}
    return page(
        visit,
        "directory_entry.html",
        400 if wrong else 200,
        nav="directory",
        faults=wrong or {},
        path_of=path_of,
        **facts,
    )
