"""Metrics of the queue: how many messages wait to be sent, and for how long."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, literal_column, or_, select, text

from waybell.db.database import Tx
from waybell.webhooks.endpoints.tables import endpoints
from waybell.webhooks.jobs.tables import retry_jobs
from waybell.webhooks.messages.tables import attempts, messages

# These conditions are spelled as in the partial indexes, so that the databases choose those.
_HEAD = messages.c.due_at.is_not(None) & messages.c.finished_at.is_(None)
_BEHIND = messages.c.due_at.is_(None) & messages.c.finished_at.is_(None)
_WAITING = messages.c.state == literal_column("'waiting'")
_SENDING = messages.c.state == literal_column("'sending'")
_SURELY = 2  # attempts that the rate limit must allow before the lack of any is remarkable


def depth(tx: Tx) -> dict[str, int]:
    """Count unfinished messages by what they wait for. This reads partial indexes as a whole, but few rows."""
    due, all_heads = _by_time(tx, _HEAD)
    due_now_sent, sent = _by_time(tx, _SENDING)  # messages being sent are heads too; a probe goes out before it is due
    return {
        "due": due - due_now_sent,
        "later": all_heads - due - (sent - due_now_sent),
        "behind": int(tx.execute(select(func.count()).select_from(messages).where(_BEHIND)).scalar_one()),
        "sending": sent,
    }


def _by_time(tx: Tx, which: ColumnElement[bool]) -> tuple[int, int]:
    """Return how many of these messages are due, and how many there are."""
    due = func.count(case((messages.c.due_at <= tx.now, 1)))
    row = tx.execute(select(due, func.count()).select_from(messages).where(which)).one()
    return row[0], row[1]


def oldest_due_seconds(tx: Tx) -> float:
    """Return for how long the oldest message has been due at endpoints that take messages now; 0 when none is due."""
    # One index look-up for each endpoint: far fewer than there are messages.
    heads = _flowing(tx, _first_due().label("first")).subquery()
    oldest = tx.execute(select(func.min(heads.c.first))).scalar_one()
    return max(0.0, (tx.now - oldest).total_seconds()) if oldest else 0.0


@dataclass(frozen=True, slots=True)
class Late:
    endpoint_id: str
    account_id: str
    url: str
    seconds: float  # for how long its oldest message has been due


def latest(tx: Tx, patience: timedelta, limit: int) -> list[Late]:
    """Return the endpoints of all accounts whose oldest message has been due for longest, at least for `patience`."""
    heads = _flowing(tx, endpoints.c.id, endpoints.c.account_id, endpoints.c.url, _first_due().label("first"))
    late = heads.subquery().c
    query = select(late.id, late.account_id, late.url, late.first).where(late.first <= tx.now - patience)
    return [
        Late(row.id, row.account_id, row.url, (tx.now - row.first).total_seconds())
        for row in tx.execute(query.order_by(late.first).limit(limit))
    ]


def stuck(tx: Tx, patience: timedelta) -> int:
    """Count the endpoints that have had a message due for longer than `patience` without an attempt since.

    An endpoint counts only if messages may go there now, and its rate limit would have allowed an attempt.
    """
    before = tx.now - patience
    tried = select(attempts.c.message_id).where(
        attempts.c.endpoint_id == endpoints.c.id, attempts.c.started_at > before
    )
    often = or_(endpoints.c.rate_limit.is_(None), endpoints.c.rate_limit * patience.total_seconds() > _SURELY)
    waiting = _flowing(tx, endpoints.c.id).where(often, _first_due() < before, ~tried.exists()).subquery()
    return int(tx.execute(select(func.count()).select_from(waiting)).scalar_one())


def _first_due() -> ColumnElement[int]:
    return (
        select(func.min(messages.c.due_at))
        .where(messages.c.endpoint_id == endpoints.c.id, _HEAD, _WAITING)
        .scalar_subquery()
    )


def _flowing(tx: Tx, *columns: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    """Select from the endpoints that take messages now: enabled, not parked and not paused."""
    query = select(*columns).select_from(endpoints)
    unpaused = or_(endpoints.c.paused_until.is_(None), endpoints.c.paused_until <= tx.now)
    return query.where(endpoints.c.state == "enabled", endpoints.c.parked_at.is_(None), unpaused)


def endpoints_by_state(tx: Tx) -> dict[str, int]:
    """Count the endpoints of all accounts that are enabled, parked, paused and disabled."""
    state = case(
        (endpoints.c.state == "disabled", "disabled"),
        (endpoints.c.parked_at.is_not(None), "parked"),
        (endpoints.c.paused_until > tx.now, "paused"),
        else_="enabled",
    )
    query = select(state, func.count()).where(endpoints.c.state != "deleted").group_by(state)
    return dict.fromkeys(("enabled", "parked", "paused", "disabled"), 0) | dict(tx.execute(query).all())


def running_jobs(tx: Tx) -> int:
    """Count the running jobs."""
    running = retry_jobs.c.state == literal_column("'running'")
    return int(tx.execute(select(func.count()).select_from(retry_jobs).where(running)).scalar_one())


def database_bytes(tx: Tx) -> int:
    """Return the size of the database in bytes."""
    if tx.on_postgres:
        return int(tx.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
    return int(
        tx.execute(text("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")).scalar_one()
    )
