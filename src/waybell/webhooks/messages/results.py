"""Record results: after an attempt a message succeeds, waits for its next retry, or is given up."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Integer, Text, Update, null, update

from waybell.db.database import Tx
from waybell.db.prepared import each, stored
from waybell.webhooks.messages.conditions import SENDING
from waybell.webhooks.messages.tables import messages
from waybell.webhooks.model import Attempt, Claim, Verdict


def record_row(claim: Claim, attempt: Attempt, verdict: Verdict, now: datetime) -> dict[str, Any]:
    """Return the parameters with which `record` changes the state of a message."""
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


@each(
    {
        "message": Text(),
        "claim": Integer(),
        "new_state": Text(),
        "new_due_at": BigInteger(),
        "new_failures": Integer(),
        "new_finished_at": BigInteger(),
        "new_error": Text(),
        "new_status": Integer(),
    }
)
def _record(result: Any) -> Update:
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


def record(tx: Tx, results: Sequence[dict[str, Any]]) -> None:
    """Change the states of claimed messages, each only if its claim still stands; the rows come from `record_row`.

    The caller has locked the messages.
    """
    _record.run(tx, results)
