"""Reading events in order, to catch up: a reader that follows the cursor gets every event exactly once.

On SQLite there is one writer at a time, so the row number is the order. On PostgreSQL transactions commit in another
order than they number their rows, so a row with a lower number may appear after a reader has passed it. Therefore the
position of an event is (`horizon`, `seq`), where `horizon` is the number of the transaction that wrote it, and the feed
ends before the oldest transaction that still runs. No event can then appear before the end of what was read.

Events of a subject must also keep their order when a transaction that began earlier touches the subject later. Such a
transaction takes over the higher horizon of the subject's last event. This is safe, because the feed ends before it as
long as it runs. The price is that a long transaction anywhere on the PostgreSQL server holds back the feed, though
never the webhooks, until it ends.

A restored database continues after all positions that it gave out before, see `installation/epoch.py`.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json
from sqlalchemy import BigInteger, Text, cast, func, select, tuple_

from waybell.db.database import Tx
from waybell.events.catalogue import EventType
from waybell.events.subjects import is_a
from waybell.events.tables import events
from waybell.ground import cursors
from waybell.ground.event_names import EventName
from waybell.installation import epoch

_EARLIER = re.compile(r"(-?\d{1,20})\.(-?\d{1,20})", re.ASCII)  # the form of cursors before they had a checksum
_BEGINNING = -1  # both numbers of the place before the first event


@dataclass(frozen=True, slots=True)
class Page:
    bodies: list[bytes]
    cursor: str  # where to continue; the same cursor again when there is nothing new


def read(
    tx: Tx,
    account_id: str,
    after: str | None,
    limit: int,
    types: Sequence[EventName] = (),
    catalogue: Sequence[EventType] = (),
) -> Page:
    """Return up to `limit` events of the account after the cursor, oldest first; None begins at the oldest event kept.

    Without `types` the events of opt-in types are left out: a reader asks for them by name, and so it goes on to get
    what it got before when a new version brings more of them.

    Events outside the transaction's scope are left out, so a page may be short or empty although its cursor moves on.
    """
    horizon, seq = _decode(after) if after else (_BEGINNING, _BEGINNING)
    query = (
        select(*(events.c[name] for name in ("horizon", "seq", "body", "type", "subject", "version", "opt_in")))
        .where(events.c.account_id == account_id, events.c.test.is_(False))
        .where(tuple_(events.c.horizon, events.c.seq) > (horizon, seq))
        .order_by(events.c.horizon, events.c.seq)
        .limit(limit)
    )
    query = query.where(events.c.type.in_([name.own for name in types]) if types else events.c.opt_in.is_(False))
    if tx.on_postgres:
        oldest_running = cast(cast(func.pg_snapshot_xmin(func.pg_current_snapshot()), Text), BigInteger)
        query = query.where(events.c.horizon < epoch.current() * epoch.PLACES + oldest_running)
    rows = tx.execute(query).all()
    if rows:
        horizon, seq = rows[-1].horizon, rows[-1].seq
    deletions = {one.name for one in catalogue if one.is_deletion}
    seen = rows if tx.scope.is_all else [row for row in rows if _in_scope(tx, account_id, row, deletions)]
    return Page([row.body for row in seen], _encode(horizon, seq))


def _in_scope(tx: Tx, account_id: str, row: Any, deletions: Collection[str]) -> bool:
    """Return whether the event's document is inside the scope.

    The event of a deletion carries no document, so the event before it decides. An opt-in event about a route does not
    say whose its orders are, so no caller with a limited scope gets it.
    """
    about_route = is_a("route", row.subject)
    if row.opt_in and about_route:
        return False
    data = from_json(row.body)["Data"]
    if row.type in deletions:
        same = (events.c.account_id == account_id, events.c.subject == row.subject, events.c.version < row.version)
        query = (
            select(events.c.body).where(*same, events.c.opt_in.is_(False)).order_by(events.c.version.desc()).limit(1)
        )
        before: bytes | None = tx.execute(query).scalar()
        data = from_json(before)["Data"] if before else {}
    return tx.scope.covers(data, route=about_route)


def _encode(horizon: int, seq: int) -> str:
    return cursors.encode("feed", horizon, seq)


def _decode(cursor: str) -> tuple[int, int]:
    """Read a cursor, also in its earlier form, because readers may keep a cursor for any time."""
    earlier = _EARLIER.fullmatch(cursors.unpack(cursor))
    horizon, seq = earlier.groups() if earlier else cursors.decode("feed", cursor, 2)
    return cursors.number(horizon, _BEGINNING), cursors.number(seq, _BEGINNING)
