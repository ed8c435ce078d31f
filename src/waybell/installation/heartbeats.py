"""Life signs: a process that makes progress says so in the database, where others can see it."""

import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from waybell.db.database import Tx
from waybell.db.inserting import insert_into
from waybell.installation.tables import heartbeats

DISPATCHER = "dispatcher"
BEAT_EVERY = timedelta(seconds=5)
# A dispatcher may be in the middle of a large transaction, or waiting for the write lock: six beats are missed before
# anybody worries.
STALE_AFTER = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Beat:
    process: str
    at: datetime


def beat(tx: Tx, name: str) -> None:
    """Note that a process of this kind made progress just now. Cheap; call it every `BEAT_EVERY`."""
    values = {"process": f"{socket.gethostname()}:{os.getpid()}", "at": tx.now}
    if tx.execute(update(heartbeats).where(heartbeats.c.name == name).values(values)).rowcount:
        return
    # Two processes may begin at the same moment: whoever comes second has nothing to add.
    insert = insert_into(heartbeats, on_postgres=tx.on_postgres)
    tx.execute(insert.values(name=name, **values).on_conflict_do_nothing())


def last_beat(tx: Tx, name: str) -> Beat | None:
    row = tx.execute(select(heartbeats.c.process, heartbeats.c.at).where(heartbeats.c.name == name)).one_or_none()
    return Beat(row.process, row.at) if row else None


def is_fresh(last: Beat | None, now: datetime) -> bool:
    return last is not None and now - last.at <= STALE_AFTER
