"""Comparing what is found now with what was open before: what begins, stays, gets worse, or ends. Pure.

What moves with each estimate or position ends only when it was not found for a minute, so that the list does not
flicker. The three kinds of lateness are one ladder: an order is on one rung, goes up at once, and down after a minute.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from waybell.exceptions.model import Found

SETTLES = 60  # seconds for which something is not found before it has ended
LADDER: tuple[str, ...] = ("at-risk", "late", "very-late")
_MOVES: frozenset[str] = frozenset({*LADDER, "no-position", "standing-still", "clock-off"})


@dataclass(frozen=True, slots=True)
class Open:
    """An exception that is open; `gone_at` is since when it has not been found, in seconds since 1970."""

    id: int
    kind: str
    subject: str
    route_id: str | None
    facts: Mapping[str, Any]
    gone_at: int | None = None


@dataclass(slots=True)
class Changes:
    opened: list[Found] = field(default_factory=list)
    kept: list[tuple[int, Found]] = field(default_factory=list)  # with other facts, or found again
    gone: list[int] = field(default_factory=list)  # not found for the first time
    cleared: list[int] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.opened or self.kept or self.gone or self.cleared)


def compare(known: Sequence[Open], found: Sequence[Found], now: int) -> Changes:
    """Return what has changed. `known` are open, at most one for each kind and subject."""
    changes = Changes()
    new: dict[tuple[str, str], Found] = {(one.kind, one.subject): one for one in found}
    rung = {one.subject: LADDER.index(one.kind) for one in found if one.kind in LADDER}
    for one in sorted(known, key=lambda one: one.id):
        again = new.pop((one.kind, one.subject), None)
        if again is not None:
            if one.gone_at is not None or (one.route_id, one.facts) != (again.route_id, again.facts):
                changes.kept.append((one.id, again))
        elif one.kind not in _MOVES or _has_settled(one, now) or _goes_up(one, rung):
            changes.cleared.append(one.id)
        else:
            if one.gone_at is None:
                changes.gone.append(one.id)
            if one.kind in LADDER and one.subject in rung:
                new.pop((LADDER[rung[one.subject]], one.subject), None)  # it goes down when the higher rung has settled
    changes.opened = sorted(new.values(), key=lambda one: (one.subject, one.kind))
    return changes


def _has_settled(one: Open, now: int) -> bool:
    return one.gone_at is not None and not 0 <= now - one.gone_at < SETTLES


def _goes_up(one: Open, rung: Mapping[str, int]) -> bool:
    return one.kind in LADDER and rung.get(one.subject, -1) > LADDER.index(one.kind)
