"""How an endpoint treats the slots that it is given: what may be expected of the next one.

An attempt holds a slot of the dispatcher until it ends: for milliseconds where the receiver answers, for the whole
timeout where it hangs.
"""

from enum import IntEnum

from waybell.webhooks.model import Attempt, ErrorWord

QUICK_SECONDS = 1
_QUICK_US = QUICK_SECONDS * 1_000_000


class Conduct(IntEnum):
    QUICK = 0  # it answers within a second
    UNSURE = 1  # nothing is known of it yet, or it takes its time, or it has not been heard of for a second
    FAILING = 2  # its last attempt failed


def conduct_after(before: Conduct, attempt: Attempt) -> Conduct:
    """Return what the endpoint's conduct is after this attempt.

    An answer that came soon but is an error changes nothing: it says that something is wrong with a message or with
    the receiver, but it has hardly held the slot.
    """
    is_quick = attempt.timing.total_us <= _QUICK_US
    if attempt.succeeded:
        return Conduct.QUICK if is_quick else Conduct.UNSURE
    if is_quick and attempt.error is ErrorWord.HTTP_STATUS:
        return before
    return Conduct.FAILING
