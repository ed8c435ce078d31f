"""Imports and undos under way are carried out in slices, each in one transaction.

The transaction that writes orders also notes how far the import has come. So a process that is killed leaves a whole
number of slices, and any process goes on from there: nothing is lost, and nothing is done twice.
"""

from typing import Any

import structlog

from waybell.accounts.actions import get_account
from waybell.accounts.model import Actor
from waybell.db.advisory_locks import take_lock
from waybell.db.database import Database, Tx
from waybell.db.failures import AWAY
from waybell.importing import store
from waybell.importing.assembling import FileOrder
from waybell.importing.parts import packed, unpacked
from waybell.importing.records import Import
from waybell.importing.undoing import take_back
from waybell.importing.writing import Writer, counted
from waybell.wire import sizes

log = structlog.get_logger()

_UNDONE_AT_ONCE = 50
_OUR_FAULT = "Something went wrong on our side; the log of the server says what."


def run_once(database: Database, max_lines: int) -> bool:
    """Carry out one slice of one import; return whether there may be more to do at once."""
    with database.reading() as tx:
        found = store.next_active(tx)
    if found is None:
        return False
    try:
        with database.transaction(scope=found.limits, by=found.who) as tx:
            return _slice(tx, found, max_lines)
    except AWAY:  # the database is away, or two transactions met: the slice is repeated
        raise
    except Exception:
        log.exception("import.slice_failed", id=found.id, position=found.position, undone=found.undone)
        with database.transaction() as tx:
            _pass_over(tx, found)
    return True


def _slice(tx: Tx, found: Import, max_lines: int) -> bool:
    # Two imports of an account take turns, so that the second one sees the orders of the first.
    take_lock(tx, "import", found.account_id)
    taken = store.take(tx, found.id)
    if taken is None:
        return False
    actor = Actor(get_account(tx, taken.account_id), taken.who, id=taken.user_id)
    with sizes.limiting_lines(max_lines):  # the limits of routes go by it
        if taken.state == "undoing":
            _undo_some(tx, actor, taken)
        else:
            _write_part(tx, actor, taken, max_lines)
    return True


def _pass_over(tx: Tx, failed: Import) -> None:
    """Go on behind a slice that fails by a fault of ours, which would otherwise hold up this import and all others."""
    one = store.take(tx, failed.id)
    if one is None or (one.state, one.position, one.undone) != (failed.state, failed.position, failed.undone):
        return
    if one.state == "undoing":
        left = store.count_changes(tx, one.id) - one.undone
        changes = store.newest_changes(tx, one.id, left, _UNDONE_AT_ONCE)
        for change in changes:
            store.note_kept(tx, one.id, change.number, _OUR_FAULT)
        store.change(tx, one.id, undone=one.undone + len(changes), kept=one.kept + len(changes))
        return
    part = unpacked(store.part(tx, one.id, one.position) or packed([]))
    planned = counted(part)
    for order in part:
        if order.act != "refuse":
            order.act = "refuse"
            order.add(order.rows[0], "", "error", _OUR_FAULT)
    _note_part(tx, one, part, planned)


def _write_part(tx: Tx, actor: Actor, one: Import, max_lines: int) -> None:
    body = store.part(tx, one.id, one.position)
    if body is None:  # all parts are written
        store.change(tx, one.id, state="succeeded", finished_at=tx.now)
        return
    part = unpacked(body)
    planned = counted(part)
    writer = Writer(tx, actor, one.id, store.count_changes(tx, one.id), max_lines)
    assert one.columns
    writer.write(one.columns, part)
    store.add_changes(tx, writer.changes)
    _note_part(tx, one, part, planned)


def _note_part(tx: Tx, one: Import, part: list[FileOrder], planned: dict[str, int]) -> None:
    done = counted(part)
    store.change_part(tx, one.id, one.position, packed(part), done["refused"])
    # The counts begin as those of the preview, and become what was done.
    progress: dict[str, Any] = {name: getattr(one, name) + done[name] - planned[name] for name in done}
    progress["position"] = one.position + 1
    if one.all_or_nothing and done["refused"]:
        wrong = next(order for order in part if order.act == "refuse")
        words = next(problem.words for problem in wrong.problems if problem.level == "error")
        progress |= {"state": "undoing", "finished_at": tx.now, "why": words}
    elif one.position + 1 == one.parts:
        progress |= {"state": "succeeded", "finished_at": tx.now}
    store.change(tx, one.id, **progress)


def _undo_some(tx: Tx, actor: Actor, one: Import) -> None:
    left = store.count_changes(tx, one.id) - one.undone
    changes = store.newest_changes(tx, one.id, left, _UNDONE_AT_ONCE)
    if changes:
        kept = take_back(tx, actor, changes)
        store.change(tx, one.id, undone=one.undone + len(changes), kept=one.kept + kept)
    if len(changes) < _UNDONE_AT_ONCE:
        store.change(tx, one.id, state="undone", undone_at=tx.now)
