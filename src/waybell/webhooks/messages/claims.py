"""Claims: a dispatcher takes due messages under a lease, and a lease that runs out makes them due again."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, Text, any_, bindparam, func, select, update

from waybell.db.database import Tx
from waybell.db.prepared import Prepared, each_row, each_text, stored
from waybell.webhooks.messages.conditions import SENDING, WAITING
from waybell.webhooks.messages.tables import messages
from waybell.webhooks.model import AttemptKind, Claim

_ALWAYS = 2**62  # microseconds: later than anything is due


def _due_messages(endpoint: Any, most: Any) -> Select[Any]:
    """Select up to `most` messages of one endpoint that may be claimed, the longest due first."""
    due = messages.alias("due")
    return (
        select(due.c.id)
        .where(due.c.endpoint_id == endpoint, due.c.due_at <= bindparam("by"), due.c.finished_at.is_(None))
        .where(due.c.state == WAITING)
        .order_by(due.c.due_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    )


def _prepare_claim(chosen: Select[Any], *, on_postgres: bool) -> Prepared:
    # The CTE is materialized, so that PostgreSQL cannot run it twice and claim more than it should.
    ids = select(chosen.cte("chosen").prefix_with("MATERIALIZED").c.id)
    # The planner assumes that an array is short, and looks up each id. Without the array it overestimates the number of
    # rows and reads the whole table, which takes a quarter of a second for each 300,000 messages.
    among = any_(func.array(ids.scalar_subquery())) if on_postgres else None
    return Prepared(
        update(messages)
        .where(messages.c.id.in_(ids) if among is None else messages.c.id == among)
        .values(state="sending", attempt=messages.c.attempt + 1, lease_until=bindparam("lease"))
        .returning(
            messages.c.id,
            messages.c.account_id,
            messages.c.endpoint_id,
            messages.c.event_id,
            messages.c.lane,
            messages.c.attempt,
            messages.c.failures,
            messages.c.manual,
            messages.c.created_at,
            messages.c.due_at,
        )
    )


# One statement claims for many endpoints: on PostgreSQL each statement is a round trip to the server, and on SQLite it
# costs as much as claiming three messages. On SQLite a limit cannot depend on a row, so one statement claims for all
# endpoints with the same share.
_each = each_text("endpoints")
_claim_alike = _prepare_claim(
    select(messages.c.id).select_from(
        _each.join(messages, messages.c.id.in_(_due_messages(_each.c.value, bindparam("most")).correlate(_each)))
    ),
    on_postgres=False,
)

_share = each_row({"endpoint": Text(), "most": Integer()})
_claim_of_all = _prepare_claim(
    select(_due_messages(_share.c.endpoint, _share.c.most).lateral("taken").c.id).select_from(_share), on_postgres=True
)


def claim(tx: Tx, shares: Mapping[str, int], lease_until: datetime) -> list[Claim]:
    """Claim due messages until `lease_until`: up to its share for each endpoint, the longest due first."""
    rows = _take(tx, shares, stored(tx.now), lease_until)
    return [_as_claim(row, "manual" if row.manual and not row.failures else "automatic") for row in rows]


def claim_probes(tx: Tx, endpoint_ids: Iterable[str], lease_until: datetime) -> list[Claim]:
    """Claim the head that is due first at each of these parked endpoints, even if it is not due yet."""
    rows = _take(tx, dict.fromkeys(endpoint_ids, 1), _ALWAYS, lease_until)
    return [_as_claim(row, "probe") for row in rows]


def _take(tx: Tx, shares: Mapping[str, int], by: int, lease_until: datetime) -> Sequence[Any]:
    if not shares:  # most turns probe nothing, and a statement is a round trip to the server
        return ()
    times = {"by": by, "lease": stored(lease_until)}
    if tx.on_postgres:
        return _claim_of_all.run(tx, times | {"endpoint": list(shares), "most": list(shares.values())})
    alike: dict[int, list[str]] = defaultdict(list)
    for endpoint_id, most in shares.items():
        alike[most].append(endpoint_id)
    return [
        row
        for most, endpoint_ids in alike.items()
        for row in _claim_alike.run(tx, times | {"endpoints": json.dumps(endpoint_ids), "most": most})
    ]


def _as_claim(row: Any, kind: AttemptKind) -> Claim:
    # A message that waited behind another was promoted later than it was made.
    unhindered = kind == "automatic" and row.attempt == 1 and row.due_at == row.created_at
    return Claim(
        row.id,
        row.account_id,
        row.endpoint_id,
        row.event_id,
        row.lane,
        row.attempt,
        row.failures,
        kind,
        row.created_at if unhindered else None,
    )


def shorten_claims(tx: Tx, longest: timedelta) -> None:
    """Let no claim last longer than `longest` from now: a claim that does was made by a clock that is ahead."""
    until = tx.now + longest
    some = _claimed(messages.c.lease_until > until)
    tx.execute(update(messages).where(messages.c.id.in_(some)).values(lease_until=until))


def release_expired(tx: Tx) -> int:
    """Make the messages due whose lease has run out; return how many there were."""
    return _release(tx, messages.c.lease_until <= tx.now)


def release_all(tx: Tx) -> int:
    """Release all claims, also unexpired ones. Call this only where no other dispatcher can be running."""
    return _release(tx, messages.c.lease_until.is_not(None))


def _release(tx: Tx, which: ColumnElement[bool]) -> int:
    statement = update(messages).where(messages.c.id.in_(_claimed(which)), messages.c.state == SENDING)
    return tx.execute(statement.values(state="waiting", due_at=tx.now, lease_until=None)).rowcount


def _claimed(which: ColumnElement[bool]) -> Select[Any]:
    """Select claimed messages. Locked rows are skipped: waiting for one while holding others could deadlock."""
    return select(messages.c.id).where(messages.c.state == SENDING, which).with_for_update(skip_locked=True)
