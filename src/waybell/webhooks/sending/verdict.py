"""From what came of an attempt to what becomes of its message: `retry.decide`, seen in the light of an outage."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, assert_never

from waybell.webhooks.model import Attempt, Claim, MessageState
from waybell.webhooks.sending import outage, retry


@dataclass(frozen=True, slots=True)
class Rules:
    schedule: retry.Schedule
    outage: outage.Limits


class Verdict(NamedTuple):
    state: MessageState
    due_at: datetime | None
    failures: int
    gone: bool = False  # the endpoint wants nothing any more


def judge(claim: Claim, attempt: Attempt, *, parked: bool, rules: Rules, now: datetime, chance: float) -> Verdict:
    """What becomes of the message.

    While the endpoint is parked, the failure costs the message nothing. It is due at once, behind the others: the next
    probe is another message's turn, and when one succeeds before the time of the next, this one need not wait for it.
    """
    decision = retry.decide(attempt, claim.failures, rules.schedule, now, chance)
    match decision:
        case retry.Succeeded():
            return Verdict("succeeded", None, claim.failures)
        case retry.Gone():
            return Verdict("failed", None, claim.failures + 1, gone=True)
        case retry.RetryAt() | retry.Failed() if parked:
            return Verdict("waiting", now, claim.failures)
        case retry.RetryAt(at=at):
            return Verdict("waiting", at, claim.failures + 1)
        case retry.Failed():
            return Verdict("failed", None, claim.failures + 1)
    assert_never(decision)
