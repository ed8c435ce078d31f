"""The rows of `attempts`, which record each POST."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from waybell.db.database import Tx
from waybell.db.prepared import insert_each, stored
from waybell.webhooks.messages.tables import attempts
from waybell.webhooks.model import Answered, Attempt, AttemptKind, PastAttempt

_insert_attempt = insert_each(attempts, attempts.c.keys(), or_leave=True)


def attempt_row(
    message_id: str, number: int, account_id: str, endpoint_id: str, kind: AttemptKind, attempt: Attempt
) -> dict[str, Any]:
    """Return the row of `attempts` for an attempt."""
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


def insert_attempts(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """Store these attempts; the rows come from `attempt_row`.

    An attempt that is stored already is left as it is: the commit may have succeeded although its answer was lost.
    """
    _insert_attempt.run(tx, rows)


def last_attempts(tx: Tx, endpoint_id: str, most: int) -> list[PastAttempt]:
    """Return the last `most` attempts at this endpoint, newest first, without tests."""
    query = (
        select(attempts.c.message_id, attempts.c.kind, attempts.c.error, attempts.c.status)
        .where(attempts.c.endpoint_id == endpoint_id, attempts.c.kind != "test")
        .order_by(attempts.c.started_at.desc())
        .limit(most)
    )
    return [PastAttempt(*row) for row in tx.execute(query)]
