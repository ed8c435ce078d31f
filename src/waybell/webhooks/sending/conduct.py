"""The conduct of an endpoint: how long its next attempt is expected to hold a slot.

An attempt holds a slot of the dispatcher until it ends: milliseconds when the receiver answers, the whole timeout
when it hangs.
"""

from enum import IntEnum

from waybell.webhooks.model import Attempt, ErrorWord

QUICK_SECONDS = 1
_QUICK_US = QUICK_SECONDS * 1_000_000


class Conduct(IntEnum):
    QUICK = 0  # the endpoint answers within a second
    UNSURE = 1  # unknown so far, or slower than a second, or silent for a second
    FAILING = 2  # the last attempt failed


def conduct_after(before: Conduct, attempt: Attempt) -> Conduct:
    """Return the conduct of the endpoint after this attempt.

    A quick answer with an error changes nothing: the message or the receiver may be at fault, but the attempt has
    hardly held its slot.
    """
    is_quick = attempt.timing.total_us <= _QUICK_US
    if attempt.succeeded:
        return Conduct.QUICK if is_quick else Conduct.UNSURE
    if is_quick and attempt.error is ErrorWord.HTTP_STATUS:
        return before
    return Conduct.FAILING
