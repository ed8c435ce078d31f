"""The doors of the board: the rows of a day, and what has changed since. `docs/dispatch.md` explains both to people."""

import re
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from pydantic_core import from_json

from waybell.accounts import sessions
from waybell.board import acting, finding, proposing, rows
from waybell.board.changes import COLUMNS, Changes, Delta, written
from waybell.board.choices import choices
from waybell.board.lean import Day
from waybell.board.requests import Acts, Proposing
from waybell.db.database import Tx
from waybell.db.failures import FAILURE
from waybell.ground.clock import Moment
from waybell.ground.errors import Invalid, NotFound, Outdated
from waybell.optimizing.actions import OptimizingTools
from waybell.optimizing.planning import Road
from waybell.web.ui.board_feed import BoardFeed
from waybell.web.ui.forms import Asked
from waybell.web.ui.json_doors import JsonRoute, json_answer
from waybell.web.ui.render import go_to
from waybell.web.ui.visit import Dispatcher, Forbidden, NotSignedIn, Viewer, Visit

router = APIRouter(route_class=JsonRoute)

_DAY = re.compile(r"2[01][0-9]{2}-[0-9]{2}-[0-9]{2}", re.ASCII)
_LONGEST_WAIT = 30  # seconds: proxies end a request that takes a minute


def day_of(visit: Visit, text: str) -> Day:
    """Return the day of a text such as 2026-11-30; without one, today in the zone of the account.

    Raise `Invalid` when the text is no day.
    """
    zone = visit.account.zone
    if not text:
        return Day(Moment(visit.database.clock.now(), zone).today, zone)
    try:
        if _DAY.fullmatch(text):
            return Day(date.fromisoformat(text), zone)
    except ValueError:
        pass
    raise Invalid(f"day: {text[:20]} is no day. Write it as 2026-11-30.")


def _asked_day(visit: Viewer, asked: Asked) -> Day:
    return day_of(visit, asked.text("day"))


AskedDay = Annotated[Day, Depends(_asked_day)]


@router.get("/board/day")
async def show_day(visit: Viewer, day: AskedDay) -> Response:
    """Answer with all rows of a day, and with what can be chosen on the board."""
    feed: BoardFeed = visit.request.app.state.board_feed
    delta, changes = await feed.now(visit.account, day, visit.actor.scope)
    return await _full(visit, day, delta, changes)


@router.get("/board/changes")
async def show_changes(visit: Viewer, day: AskedDay, asked: Asked) -> Response:
    """Answer with the rows that have changed since the cursor, as soon as there are some."""
    feed: BoardFeed = visit.request.app.state.board_feed
    wait = asked.text("wait") or "25"
    seconds = min(int(wait), _LONGEST_WAIT) if wait.isascii() and wait.isdigit() and len(wait) <= 3 else _LONGEST_WAIT  # noqa: PLR2004
    delta, changes = await feed.since(visit.account, day, visit.actor.scope, asked.text("after"), seconds)
    await run_in_threadpool(_check_still, visit)
    if delta is None:
        return await _full(visit, day, changes.all(), changes, Full=True)
    return json_answer(written(delta, _head(visit, day, changes)))


async def _full(visit: Visit, day: Day, delta: Delta, changes: Changes, **more: object) -> Response:
    head = {**_head(visit, day, changes), **more, "Zone": visit.account.time_zone, "Columns": COLUMNS}
    head |= await run_in_threadpool(_choices, visit)
    return json_answer(written(delta, head))


def _head(visit: Visit, day: Day, changes: Changes) -> dict[str, object]:
    now = Moment(visit.database.clock.now(), visit.account.zone).local
    return {"Day": day.date, "Now": now, "Cursor": changes.cursor, "Counts": changes.snapshot.counts}


def _choices(visit: Visit) -> dict[str, object]:
    if not visit.may("dispatcher"):
        return {"Drivers": [], "Vehicles": [], "Depots": []}
    with visit.read() as tx:
        return dict(choices(tx, visit.account))


def _check_still(visit: Visit) -> None:
    """Check after a wait that the session exists, and that the user may see what the user saw before it.

    Raise `NotSignedIn` or `Forbidden`. An open board does not keep a session alive.
    """
    try:
        with visit.read() as tx:
            session = sessions.find(tx, visit.token, visit.settings.session_idle)
    except FAILURE:
        return  # the database may be away: it will be back
    if session is None:
        raise NotSignedIn("/board")
    if session.user != visit.user:
        raise Forbidden("An admin has changed what you may do. Load the board again.")


@router.post("/board/act")
def act(visit: Dispatcher, sent: Acts) -> Response:
    """Carry out acts of the board: all of them, or none. The answer has the changed rows, and what undoes the acts."""
    day = day_of(visit, sent.day or "")
    try:
        with visit.change() as tx:
            done = acting.carry_out(tx, visit.actor, day, sent, visit.tools.vault, _road(visit))
            tx.after_commit(visit.request.app.state.board_feed.hint)
            return json_answer(_told(visit, tx, day, done))
    except Outdated as error:
        with visit.read() as tx:  # nothing was changed; the caller sees what is there now
            ids = [one for row in error.facts["Conflicts"] for one in (row.get("Order"), row.get("Route")) if one]
            fresh = rows.some(tx, visit.account, day, ids)
        raise Outdated(str(error), {**error.facts, **_rows(fresh)}) from None


def _told(visit: Visit, tx: Tx, day: Day, done: acting.Done) -> dict[str, object]:
    ids = finding.short_ids(tx, visit.account.id, done.orders, done.routes)
    shown = rows.some(tx, visit.account, day, list(ids.values()))
    orders, routes = ([ids[one] for one in some if one in ids] for some in (done.orders, done.routes))
    gone = {
        "Orders": [one for one in orders if one not in shown.orders],
        "Routes": [one for one in routes if one not in shown.routes],
    }
    warned = [
        {"Kind": one.kind, "Route": ids.get(one.route_id), "Count": one.count, "Text": one.text}
        for one in done.warnings
    ]
    return {
        "Changed": done.changed,
        "Undo": done.undo,
        "Made": [ids[one] for one in done.made],
        "Warnings": warned,
        **_rows(shown),
        "Gone": gone,
    }


def _rows(shown: rows.Snapshot) -> dict[str, object]:
    return {
        kind: [from_json(row) for row in found.values()]
        for kind, found in (("Orders", shown.orders), ("Routes", shown.routes))
    }


def _road(visit: Visit) -> Road:
    tools: OptimizingTools = visit.request.app.state.optimizing
    return tools.road


@router.post("/board/propose")
def propose(visit: Dispatcher, sent: Proposing) -> Response:
    """Answer with a better sequence of a route, beside the present one. Nothing is stored, and nobody is told."""
    return json_answer(proposing.propose(visit.read, visit.actor, sent.route, visit.request.app.state.optimizing))


@router.get("/board/open/{short_id}")
def open_page(visit: Viewer, short_id: str) -> Response:
    """Lead from the short id of a row to the page of its order or route."""
    with visit.read() as tx:
        path = finding.page_of(tx, visit.account.id, short_id)
    if path is None:
        raise NotFound("There is no such order or route in this account.")
    return go_to(path)
