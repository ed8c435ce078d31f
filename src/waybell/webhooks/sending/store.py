"""Messages on the sending path: which are due, who has them, and what came of them.

Statements that move a message name the state and the claim they move it from; whoever comes late matches no row.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Integer,
    Select,
    Text,
    Update,
    any_,
    bindparam,
    case,
    column,
    func,
    literal_column,
    null,
    select,
    text,
    true,
    update,
)

from waybell.db.chunks import chunks
from waybell.db.database import Tx
from waybell.db.prepared import Among, Each, Prepared, each_row, each_text, insert_each, stored
from waybell.db.schema import Instant
from waybell.events.tables import events
from waybell.webhooks.model import Answered, Attempt, AttemptKind, Claim, Content
from waybell.webhooks.sending import outage
from waybell.webhooks.sending.verdict import Verdict
from waybell.webhooks.tables import attempts, messages

# States stand in statements as literals: partial indexes are chosen by text.
WAITING, SENDING, FAILED = (literal_column(f"'{state}'", Text) for state in ("waiting", "sending", "failed"))
_STREAK = 200  # attempts
_ALWAYS = 2**62  # microseconds: later than anything is due


def next_due(tx: Tx) -> dict[str, datetime]:
    """For each endpoint that has a message to send, now or later: when the first of them is due.

    Jumps along the index from endpoint to endpoint instead of reading the messages between them.
    """
    statement = text("""
        WITH RECURSIVE heads(endpoint_id) AS (
            SELECT min(endpoint_id) FROM messages WHERE due_at IS NOT NULL AND finished_at IS NULL
            UNION ALL
            SELECT (SELECT min(endpoint_id) FROM messages
                     WHERE due_at IS NOT NULL AND finished_at IS NULL
                       AND endpoint_id > heads.endpoint_id)
              FROM heads WHERE heads.endpoint_id IS NOT NULL
        )
        SELECT heads.endpoint_id, (SELECT min(due_at) FROM messages
                                    WHERE due_at IS NOT NULL AND finished_at IS NULL AND state = 'waiting'
                                      AND messages.endpoint_id = heads.endpoint_id) AS due_at
          FROM heads WHERE heads.endpoint_id IS NOT NULL
    """).columns(column("endpoint_id", Text), column("due_at", Instant))
    return {row.endpoint_id: row.due_at for row in tx.execute(statement) if row.due_at is not None}


def _claiming(endpoint: Any, most: Any) -> Select[Any]:
    """The messages to claim of one endpoint: the longest due first."""
    due = messages.alias("due")
    return (
        select(due.c.id)
        .where(due.c.endpoint_id == endpoint, due.c.due_at <= bindparam("by"), due.c.finished_at.is_(None))
        .where(due.c.state == WAITING)
        .order_by(due.c.due_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    )


def _claim(chosen: Select[Any], *, on_postgres: bool) -> Prepared:
    # Materialized, so that PostgreSQL cannot run it twice and claim more than it should.
    ids = select(chosen.cte("chosen").prefix_with("MATERIALIZED").c.id)
    # Of an array the planner thinks that it is short, and looks each up. How many rows come out of the limits it cannot
    # know, and guesses so high that it would read the whole table: a quarter of a second for each 300,000 messages.
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


# All endpoints in one statement: on PostgreSQL each is a message to the server, on SQLite each costs the driver as much
# as claiming three. A limit there cannot come from the row beside it, so those with the same share go together.
_each = each_text("endpoints")
_claim_alike = _claim(
    select(messages.c.id).select_from(
        _each.join(messages, messages.c.id.in_(_claiming(_each.c.value, bindparam("most")).correlate(_each)))
    ),
    on_postgres=False,
)

_share = each_row({"endpoint": Text(), "most": Integer()})
_claim_of_all = _claim(
    select(_claiming(_share.c.endpoint, _share.c.most).lateral("taken").c.id).select_from(_share), on_postgres=True
)


def claim(tx: Tx, shares: Mapping[str, int], lease_until: datetime) -> list[Claim]:
    """Take due messages and hold them until `lease_until`: of each endpoint up to its share, the longest due first."""
    rows = _take(tx, shares, stored(tx.now), lease_until)
    return [_as_claim(row, "manual" if row.manual and not row.failures else "automatic") for row in rows]


def claim_probes(tx: Tx, endpoint_ids: Iterable[str], lease_until: datetime) -> list[Claim]:
    """Take the first message of each of these parked endpoints, whether it is due or not."""
    rows = _take(tx, dict.fromkeys(endpoint_ids, 1), _ALWAYS, lease_until)
    return [_as_claim(row, "probe") for row in rows]


def _take(tx: Tx, shares: Mapping[str, int], by: int, lease_until: datetime) -> Sequence[Any]:
    if not shares:  # nobody probes in most turns: a statement for nobody would cost a message to the server
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
    unhindered = (
        kind == "automatic" and row.attempt == 1 and row.due_at == row.created_at
    )  # whoever waited got a later one
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


_content = select(events.c.id, events.c.body, events.c.trace)
_contents_alike = Among(_content, events.c.id)
_id = each_row({"id": Text()})
# One by one with a limit, so that PostgreSQL looks for each in the partition of its day, and joins with no whole one.
_found = _content.where(events.c.id == _id.c.id).limit(literal_column("1")).lateral("found")
_contents_by_day = Prepared(select(_found).select_from(_id))


def contents(tx: Tx, event_ids: Sequence[str]) -> dict[str, Content]:
    if not event_ids:
        return {}
    rows = _contents_by_day.run(tx, {"id": list(event_ids)}) if tx.on_postgres else _contents_alike.run(tx, event_ids)
    return {row.id: Content(row.body, row.trace) for row in rows}


def _recording(result: Any, _on_postgres: bool) -> Update:  # noqa: FBT001 - as Each calls it
    return (
        update(messages)
        .where(messages.c.id == result.message, messages.c.state == SENDING, messages.c.attempt == result.claim)
        .values(
            state=result.new_state,
            due_at=result.new_due_at,
            failures=result.new_failures,
            finished_at=result.new_finished_at,
            error=result.new_error,
            status=result.new_status,
            lease_until=null(),
        )
    )


_record = Each(
    {
        "message": Text(),
        "claim": Integer(),
        "new_state": Text(),
        "new_due_at": BigInteger(),
        "new_failures": Integer(),
        "new_finished_at": BigInteger(),
        "new_error": Text(),
        "new_status": Integer(),
    },
    _recording,
)


def record_row(claim: Claim, attempt: Attempt, verdict: Verdict, now: datetime) -> dict[str, Any]:
    """The parameters with which `record` moves a message on."""
    return {
        "message": claim.message_id,
        "claim": claim.attempt,
        "new_state": verdict.state,
        "new_due_at": stored(verdict.due_at),
        "new_failures": verdict.failures,
        "new_finished_at": stored(now) if verdict.due_at is None else None,
        "new_error": attempt.error,
        "new_status": attempt.status,
    }


# From here on the transaction waits for nobody longer than this: meanwhile nothing of what is under way can move, and
# an answer that came in time would be taken for a timeout. Set in the statement, as each is a message to the server.
_patience = select(func.set_config("lock_timeout", "1s", true()).label("set")).cte("patience")
_lock_one = Prepared(
    select(messages.c.id)
    .select_from(_patience.prefix_with("MATERIALIZED").join(messages, true()))
    .where(messages.c.id == bindparam("message"))
    .with_for_update(of=messages)
)
_lock_free = Prepared(
    select(messages.c.id)
    .where(messages.c.id == any_(bindparam("ids", type_=ARRAY(Text))))
    .with_for_update(skip_locked=True)
)


def lock(tx: Tx, message_ids: Sequence[str]) -> set[str]:
    """The messages of these that nobody else changes, or reads to rely on, before our commit: at least the first.

    Only the first is waited for, while we hold nothing. A publisher holds heads and may ask for one more that was
    promoted meanwhile: whoever holds that and waits for one of the others would wait in a circle with it. Raises
    `OperationalError` when somebody holds it for longer than a second; later waits of the transaction end so too.
    """
    if not tx.on_postgres:  # writers take turns
        return set(message_ids)
    _lock_one.run(tx, {"message": message_ids[0]})
    free = _lock_free.run(tx, {"ids": list(message_ids[1:])}) if len(message_ids) > 1 else []
    return {message_ids[0], *(row.id for row in free)}


def held_by_others(tx: Tx, message_ids: Sequence[str]) -> set[str]:
    """Those of these messages that somebody else holds; nobody takes the others before our commit. Waits for none."""
    if not tx.on_postgres:
        return set()
    free = {row.id for row in _lock_free.run(tx, {"ids": list(message_ids)})}
    there: set[str] = set()
    for some in chunks(message_ids):
        there.update(tx.execute(select(messages.c.id).where(messages.c.id.in_(some))).scalars())
    return there - free


def record(tx: Tx, results: Sequence[dict[str, Any]]) -> None:
    """Move claimed messages on, each only if the claim still stands; the rows come from `record_row`.

    The caller holds their locks.
    """
    _record.run(tx, results)


_insert_attempt = insert_each(attempts, attempts.c.keys(), or_leave=True)


def insert_attempts(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """Keep these attempts; the rows come from `attempt_row`.

    Those kept already stay as they are: a commit may have been lost on the way back to us.
    """
    _insert_attempt.run(tx, rows)


def _promoting(lane: Any, _on_postgres: bool) -> Update:  # noqa: FBT001 - as Each calls it
    behind, head = messages.alias("behind"), messages.alias("head")
    of_lane = select(behind.c.id).where(
        behind.c.endpoint_id == lane.endpoint,
        behind.c.lane == lane.about,
        behind.c.due_at.is_(None),
        behind.c.finished_at.is_(None),
    )
    first = of_lane.order_by(behind.c.version).limit(literal_column("1")).scalar_subquery()
    # Its limit keeps PostgreSQL from joining: it would read the whole table for the heads of a few lanes.
    headed = select(head.c.id).where(
        head.c.endpoint_id == lane.endpoint, head.c.lane == lane.about, head.c.due_at.is_not(None)
    )
    unheaded = headed.limit(literal_column("1")).scalar_subquery().is_(None)
    return update(messages).where(messages.c.id == first, unheaded).values(due_at=lane.now)


_promote = Each({"endpoint": Text(), "about": Text(), "now": BigInteger()}, _promoting)


def promote(tx: Tx, lanes: Iterable[tuple[str, str]]) -> None:
    """Let the next message of each lane (endpoint, subject) be sent, if the lane has no head any more."""
    now = stored(tx.now)
    _promote.run(tx, [{"endpoint": endpoint_id, "about": subject, "now": now} for endpoint_id, subject in lanes])


def attempt_row(
    message_id: str, number: int, account_id: str, endpoint_id: str, kind: AttemptKind, attempt: Attempt
) -> dict[str, Any]:
    """The row of `attempts` that keeps an attempt."""
    outcome, timing = attempt.outcome, attempt.timing
    return {
        "message_id": message_id,
        "number": number,
        "account_id": account_id,
        "endpoint_id": endpoint_id,
        "kind": kind,
        "started_at": stored(attempt.started_at),
        "error": attempt.error,
        "status": attempt.status,
        "request_headers": "\n".join(attempt.request_headers),
        "response_headers": outcome.headers if isinstance(outcome, Answered) else None,
        "response_body": outcome.body if isinstance(outcome, Answered) else None,
        "dns_us": timing.dns_us,
        "connect_us": timing.connect_us,
        "tls_us": timing.tls_us,
        "wait_us": timing.wait_us,
        "total_us": timing.total_us,
        "detail": attempt.detail,
    }


def _giving_back(row: Any, _on_postgres: bool) -> Update:  # noqa: FBT001 - as Each calls it
    left = case((messages.c.failures > row.lost, messages.c.failures - row.lost), else_=literal_column("0"))
    return (
        update(messages)
        .where(messages.c.id == row.message, messages.c.state == WAITING, messages.c.due_at.is_not(None))
        .values(failures=left, due_at=row.now)
    )


_give_back = Each({"message": Text(), "lost": Integer(), "now": BigInteger()}, _giving_back)


def give_back(tx: Tx, failures: Mapping[str, int]) -> None:
    """Take back the failures that an outage has cost these messages, and let them be first when it is over."""
    now = stored(tx.now)
    _give_back.run(tx, [{"message": message_id, "lost": count, "now": now} for message_id, count in failures.items()])


_put_off = Among(
    select(messages.c.endpoint_id)
    .where(messages.c.due_at > bindparam("by"), messages.c.finished_at.is_(None))
    .where(messages.c.state == WAITING, messages.c.failures > literal_column("0"))
    .distinct(),
    messages.c.endpoint_id,
)


def put_off(tx: Tx, endpoint_ids: Sequence[str]) -> list[str]:
    """Return those of these endpoints for which a message waits because it has failed."""
    return [row.endpoint_id for row in _put_off.run(tx, endpoint_ids, by=stored(tx.now))]


def failures_since_success(tx: Tx, endpoint_id: str) -> outage.Streak:
    """Return what has failed there since the last success, as the attempts say; of many failures the last ones."""
    latest = (
        select(attempts.c.message_id, attempts.c.kind, attempts.c.error, attempts.c.status)
        .where(attempts.c.endpoint_id == endpoint_id, attempts.c.kind != "test")
        .order_by(attempts.c.started_at.desc())
        .limit(_STREAK)
    )
    streak = outage.Streak()
    for row in tx.execute(latest):
        if row.error is None:
            break
        if row.kind != "probe":  # those have cost nothing
            against = outage.speaks_against_endpoint(row.error, row.status)
            streak.failed(row.message_id, against_endpoint=against)
    return streak
