"""What becomes of a new estimate: whether orders show it, and whether it is told. Pure.

Times are seconds since 1970.
"""

from dataclasses import dataclass

from waybell.orders.eta_notes import Cause

MOVES = 2 * 60  # an order shows a new estimate when it has moved so far
TOLD = 5 * 60  # an event tells it when it has moved so far since it was told; and one in so long
_BEHIND, _CAUGHT_UP = 15 * 60, 10 * 60  # behind the plan, for a route to be delayed, and to be no longer
_PROGRESS, _POSITION = 60, 5 * 60  # seconds between two events of the progress of a route, and for its position alone
_ON_THE_WAY = 500  # metres; a vehicle that moved less has not come on
_STILL = 4  # while nothing happens, an estimate is told again when it has moved by this part of the time


def is_shown(shown: int, now: int, closes: int | None) -> bool:
    """Return whether an order is to show a new estimate: when it moved by two minutes, or became too late."""
    return abs(now - shown) >= MOVES or (lateness(now, closes) > 0 and lateness(shown, closes) == 0)


def is_told(told: int | None, now: int, closes: int | None, *, since: int | None, cause: Cause, idle: int) -> bool:
    """Return whether an event is to tell an estimate.

    It is told when it moved by five minutes since it was told, or crossed the end of the time slot, and the last event
    is five minutes old. `since` is how long ago that was, negative when the clock was set back. `idle` is for how long
    nothing has happened: a driver who stands still all night must not cause an event every five minutes.
    """
    if since is not None and 0 <= since < TOLD:
        return False
    if told is None:
        return lateness(now, closes) > 0
    far = max(TOLD, idle // _STILL) if cause == "Time" else TOLD
    return abs(now - told) >= far or (lateness(now, closes) > 0) != (lateness(told, closes) > 0)


def is_progress(*, done: bool, since: int, metres: float) -> bool:
    """Return whether an event is to tell how far a route has come.

    `done` says whether another number of stops is done than was told `since` seconds ago, `metres` how far its vehicle
    is from where it was then. A clock that was set back makes `since` negative, and holds nothing back.
    """
    if 0 <= since < _PROGRESS:
        return False
    return done or (metres >= _ON_THE_WAY and not 0 <= since < _POSITION)


def lateness(estimate: int, closes: int | None) -> int:
    """Return by how many seconds an estimate lies after the end of the time slot."""
    return 0 if closes is None else max(0, estimate - closes)


@dataclass(frozen=True, slots=True)
class Delay:
    """The delay of a route: orders that will be too late, and seconds behind its plan at the next stop."""

    late: int
    behind: int

    def goes_on(self, *, was_delayed: bool) -> bool:
        """Return whether the route is delayed; it takes some time gained for a delay to end."""
        return self.late > 0 or self.behind >= (_CAUGHT_UP if was_delayed else _BEHIND)
