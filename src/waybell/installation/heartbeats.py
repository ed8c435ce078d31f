"""Heartbeats: a process that makes progress writes the time into the database, where other processes see it."""

import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from waybell.db.database import Tx
from waybell.db.inserting import insert_into
from waybell.installation.tables import heartbeats

DISPATCHER = "dispatcher"
BEAT_EVERY = timedelta(seconds=5)
# Six missed heartbeats, because a dispatcher may be in a large transaction or waiting for the write lock.
STALE_AFTER = timedelta(seconds=30)
_KEPT = timedelta(minutes=15)  # long enough for an alert about a dead process; then its row is deleted


@dataclass(frozen=True, slots=True)
class Beat:
    process: str
    at: datetime
    in_flight: int = 0
    shards: int = 0


def this_process() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def beat(tx: Tx, name: str, in_flight: int = 0, shards: int = 0) -> None:
    """Record that this process of the kind `name` made progress just now.

    The call is cheap; repeat it every `BEAT_EVERY`.
    """
    now = {"at": tx.now, "in_flight": in_flight, "shards": shards, "stopped": False}
    insert = insert_into(heartbeats, on_postgres=tx.on_postgres)
    statement = insert.values(name=name, process=this_process(), **now)
    tx.execute(statement.on_conflict_do_update(index_elements=["name", "process"], set_=now))
    tx.execute(delete(heartbeats).where(heartbeats.c.name == name, heartbeats.c.at < tx.now - _KEPT))


def stop(tx: Tx, name: str) -> None:
    """Record that this process stops on request, so that the missing heartbeats raise no alert."""
    ours = update(heartbeats).where(heartbeats.c.name == name, heartbeats.c.process == this_process())
    tx.execute(ours.values(stopped=True))


def last_beat(tx: Tx, name: str) -> Beat | None:
    """Return the newest heartbeat of this kind of process, including stopped ones."""
    row = tx.execute(_beats.where(heartbeats.c.name == name).order_by(heartbeats.c.at.desc()).limit(1)).one_or_none()
    return Beat(*row) if row else None


def beats(tx: Tx, name: str) -> list[Beat]:
    """Return the last heartbeat of each process of this kind that has not stopped; older ones are deleted by `beat`."""
    query = _beats.where(heartbeats.c.name == name, heartbeats.c.stopped.is_(False))
    return [Beat(*row) for row in tx.execute(query.order_by(heartbeats.c.process))]


def is_fresh(last: Beat | None, now: datetime) -> bool:
    return last is not None and now - last.at <= STALE_AFTER


_beats = select(heartbeats.c.process, heartbeats.c.at, heartbeats.c.in_flight, heartbeats.c.shards)
