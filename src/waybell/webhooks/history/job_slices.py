"""Carry out one slice of a job, and return how far the job has come; the caller stores that."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, literal, select, tuple_

from waybell.db.chunks import chunks
from waybell.db.database import Tx
from waybell.db.schema import Instant, instant, microseconds
from waybell.events.model import StoredEvent
from waybell.events.tables import events
from waybell.ground import cursors
from waybell.webhooks.endpoints.store import target
from waybell.webhooks.history import resend, selection
from waybell.webhooks.jobs.records import StoredJob
from waybell.webhooks.messages import conditions
from waybell.webhooks.messages.canceling import cancel
from waybell.webhooks.messages.conditions import Part
from waybell.webhooks.messages.tables import messages
from waybell.webhooks.model import MessageState

_WINDOW = 10_000  # events scanned in one slice; the endpoint may have got most of them
_MOST_SCANNED = 2_000  # messages scanned in one slice, while other writers wait
_FAILED_STATE: tuple[MessageState, ...] = ("failed",)
_WAITING_STATE: tuple[MessageState, ...] = ("waiting",)


@dataclass(frozen=True, slots=True)
class Step:
    done: int
    retried: int
    position: str | None
    last: bool
    waits: bool = False  # whether the job must wait for attempts that are under way


def _step_failed(tx: Tx, job: StoredJob, batch: int) -> Step:
    query = select(messages.c.id).where(selection.failed(job.endpoint_id, *_between(job), job.narrowed))
    if job.position:
        query = query.where(messages.c.id > job.position)
    ids = list(tx.execute(query.order_by(messages.c.id).limit(batch)).scalars())
    retried = resend.send_again(tx, job.endpoint_id, ids, states=_FAILED_STATE) if ids else 0
    return Step(len(ids), retried, ids[-1] if ids else job.position, len(ids) < batch)


def _step_selected(tx: Tx, job: StoredJob, batch: int) -> Step:
    ids = job.message_ids[job.done : job.done + batch]
    retried = resend.send_again(tx, job.endpoint_id, ids)
    return Step(len(ids), retried, None, job.done + len(ids) >= len(job.message_ids))


def _step_missed(tx: Tx, job: StoredJob, batch: int) -> Step:
    start, end = map(int, cursors.unpack(job.position or "").split("|"))
    stop = min(start + max(_WINDOW, batch), end)
    columns = (events.c.seq, events.c.id, events.c.type, events.c.subject, events.c.version, events.c.created_at)
    query = selection.missed(tx, job, start, stop, *columns, messages.c.id.label("message_id"))
    rows = tx.execute(query.order_by(events.c.seq).limit(batch)).all()
    made = [row.message_id for row in rows if row.message_id]
    never_made = [
        StoredEvent(row.id, job.account_id, row.type, row.subject, row.version, row.created_at, b"")
        for row in rows
        if not row.message_id
    ]
    retried = resend.send_again(tx, job.endpoint_id, made, never_made, states=selection.MISSED_STATES) if rows else 0
    following = rows[-1].seq + 1 if len(rows) == batch else stop
    return Step(len(rows), retried, cursors.pack(f"{following}|{end}"), following >= end)


def _step_postponed(tx: Tx, job: StoredJob, batch: int) -> Step:
    """Send now the messages that wait for a retry, the latest due first, so that a new failure is not met again."""
    window = _window(job, "heads", json.loads(job.position) if job.position else None)
    rows = tx.execute(window.where(messages.c.due_at > tx.now).limit(_MOST_SCANNED)).all()
    chosen, met = _chosen(rows, batch)
    ids = [row.id for row in chosen if row.state == "waiting"]
    retried = resend.send_again(tx, job.endpoint_id, ids, states=_WAITING_STATE) if ids else 0
    position = json.dumps(_place("heads", rows[met - 1])) if rows else job.position
    return Step(len(chosen), retried, position, met == len(rows) < _MOST_SCANNED)


def _step_cancel_waiting(tx: Tx, job: StoredJob, batch: int) -> Step:
    """Cancel waiting messages: first those behind others, then the heads.

    In this order no message is promoted only to be canceled. A message that is being sent is met again in another pass,
    once its attempt has failed. The job is over when a whole pass has met no message.
    """
    begun: tuple[Part, Any, int, int] = ("behind", None, 0, 0)
    part, place, moved, left = json.loads(job.position) if job.position else begun
    rows = tx.execute(_window(job, part, place).limit(_MOST_SCANNED)).all()
    chosen, met = _chosen(rows, batch)
    to = target(tx, job.endpoint_id)
    canceled = cancel(tx, to, [row.id for row in chosen]) if chosen else 0
    moved, left = moved + canceled, left + len(chosen) - canceled
    if met < len(rows) or len(rows) == _MOST_SCANNED:
        position = json.dumps([part, _place(part, rows[met - 1]), moved, left])
    elif part == "behind":
        position = json.dumps(["heads", None, moved, left])
    else:
        return Step(canceled, canceled, None, last=moved == left == 0, waits=left > moved == 0)
    return Step(canceled, canceled, position, last=False)


def _step_cancel_selected(tx: Tx, job: StoredJob, batch: int) -> Step:
    """Cancel the selected messages in the same order. Wait for messages that are being sent."""
    left = [
        row
        for some in chunks(job.message_ids)
        for row in tx.execute(
            select(messages.c.id, messages.c.due_at).where(messages.c.id.in_(some), messages.c.finished_at.is_(None))
        )
    ]
    left.sort(key=lambda row: row.due_at is not None)
    ids = [row.id for row in left[:batch]]
    canceled = cancel(tx, target(tx, job.endpoint_id), ids) if ids else 0
    if not left:
        return Step(job.total - job.done, 0, None, last=True)
    return Step(canceled, canceled, None, last=False, waits=canceled == 0)


STEPS = {
    ("retry", "failed"): _step_failed,
    ("retry", "selected"): _step_selected,
    ("retry", "missed"): _step_missed,
    ("retry", "waiting"): _step_postponed,
    ("cancel", "selected"): _step_cancel_selected,
    ("cancel", "waiting"): _step_cancel_waiting,
}


def _between(job: StoredJob) -> tuple[datetime, datetime]:
    """Return the beginning and the end of the time that the job covers; a job over a selection has none."""
    assert job.since
    assert job.until
    return job.since, job.until


def _window(job: StoredJob, part: Part, place: Any) -> Select[Any]:
    """Select the unfinished messages of this part after `place`; the column `wanted` says whether the job selects one.

    Other messages are read too, so that the limit on rows bounds a slice even where the job selects none of a million.
    """
    wanted = selection.waiting(*_between(job), job.narrowed).label("wanted")
    columns = (messages.c.id, messages.c.state, messages.c.lane, messages.c.version, messages.c.due_at, wanted)
    query = select(*columns).where(messages.c.endpoint_id == job.endpoint_id, conditions.PARTS[part])
    if part == "behind":
        order = (messages.c.lane, messages.c.version)
        query = query.order_by(*order)
        # The first condition follows from the second, but only it makes both databases use the index.
        return query if place is None else query.where(order[0] >= place[0], tuple_(*order) > tuple_(*place))
    order = (messages.c.due_at, messages.c.id)
    query = query.order_by(*[column.desc() for column in order])
    if place is None:
        return query
    due_at = instant(place[0])
    return query.where(order[0] <= due_at, tuple_(*order) < tuple_(literal(due_at, Instant), place[1]))


def _place(part: Part, row: Row[Any]) -> list[Any]:
    """Return the place of a row in the order of its part, in a form that JSON can hold."""
    return [row.lane, row.version] if part == "behind" else [microseconds(row.due_at), row.id]


def _chosen(rows: Sequence[Row[Any]], batch: int) -> tuple[list[Row[Any]], int]:
    """Return the first `batch` rows that the job selects, and how many rows were scanned for them."""
    chosen = []
    for met, row in enumerate(rows, 1):
        if row.wanted:
            chosen.append(row)
            if len(chosen) == batch:
                return chosen, met
    return chosen, len(rows)
