"""The verdict on a message after an attempt: the decision of `retry.decide`, changed while its endpoint is parked."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from waybell.webhooks.model import Attempt, Claim, Verdict
from waybell.webhooks.sending import outage, retry


@dataclass(frozen=True, slots=True)
class Rules:
    schedule: retry.Schedule
    outage: outage.Limits


def judge(claim: Claim, attempt: Attempt, *, parked: bool, rules: Rules, now: datetime, chance: float) -> Verdict:
    """Return the verdict on the message of this claim.

    While the endpoint is parked, a failure does not count for the message. It is due at once, behind the other
    messages, so the next probe sends another message, and a probe that succeeds lets this message go without a
    further pause.
    """
    decision = retry.decide(attempt, claim.failures, rules.schedule, now, chance)
    match decision:
        case retry.Succeeded():
            return Verdict("succeeded", None, claim.failures)
        case retry.Gone():
            return Verdict("failed", None, claim.failures + 1, gone=True)
        case retry.RetryAt(asked_to_wait=asked) | retry.Failed(asked_to_wait=asked) if parked:
            return Verdict("waiting", now, claim.failures, asked_to_wait=asked)
        case retry.RetryAt(at=at, asked_to_wait=asked):
            return Verdict("waiting", at, claim.failures + 1, asked_to_wait=asked)
        case retry.Failed(asked_to_wait=asked):
            return Verdict("failed", None, claim.failures + 1, asked_to_wait=asked)
    assert_never(decision)
