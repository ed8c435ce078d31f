"""Finding the day of a time that a caller sends without one, and moving time slots to another day. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from waybell.ground.clock import Moment, wall_text
from waybell.ground.errors import Invalid
from waybell.wire.model import is_time_of_day, local_time

_DAY = timedelta(days=1)
_DRIVEN = timedelta(hours=12)  # the assumed duration of a route that has no planned end
# A route that sets out in the evening continues after midnight. So a time of day that lies this long before the start
# belongs to the following night. For reported facts, nothing happens so long before a start; a time slot may well be
# one that the route misses, so its limit is larger.
_FACT_IS_NO_EARLIER, _SLOT_IS_NO_EARLIER = timedelta(hours=12), timedelta(hours=16)
# the limit for a fact whose time of day has already passed on the next day too
_PAST_IS_NO_EARLIER = timedelta(hours=4)

Slot = tuple[str | None, str | None]  # from and to, as wall-clock text


@dataclass(frozen=True, slots=True)
class Span:
    """The day of an order or route, with the planned start, the end, and the actual start of the route if known."""

    day: date
    starts: datetime | None = None
    ends: datetime | None = None
    began: datetime | None = None

    @property
    def sets_out(self) -> datetime | None:
        """The start of the route, if it is on the route's day."""
        return self.starts if self.starts and self.starts.date() == self.day else None

    def has(self, slot: Slot) -> bool:
        """Return whether the slot begins while the route is driven, or on its day if its start is not known.

        A slot without a beginning counts by its end.
        """
        if slot == (None, None):
            return False
        at = datetime.fromisoformat(slot[0] or slot[1] or "")
        if self.sets_out is None:
            return at.date() == self.day
        return self.sets_out <= at < max(self.sets_out + _DRIVEN, self.ends or self.sets_out)


def span(
    day: str,
    start_time_plan: str | None = None,
    finish_time_plan: str | None = None,
    start_date: str | None = None,
    close_date: str | None = None,
) -> Span:
    """Return the span of a route with these members; a late start or end prolongs it."""
    starts, *ends = (
        datetime.fromisoformat(text) if text else None
        for text in (start_time_plan or start_date, finish_time_plan, start_date, close_date)
    )
    began = datetime.fromisoformat(start_date) if start_date else None
    return Span(day_of(day), starts, max((end for end in ends if end), default=None), began)


def day_of(text: str) -> date:
    """Return the day of a wall-clock text."""
    return date.fromisoformat(text[:10])


def days_between(before: str, after: str) -> int:
    """Return the number of days from the first wall-clock text to the second."""
    return (day_of(after) - day_of(before)).days


def moved(text: str | None, days: int) -> str | None:
    """Return the wall-clock text so many days later."""
    return text and wall_text(datetime.fromisoformat(text) + timedelta(days=days))


def fact_time(sent: str, span: Span, moment: Moment) -> str:
    """Return the time of an event on a route; a time without a day is put on the route's day or the night after.

    On a route of several days it is put on the day on which it lies between start and end, and of several such days on
    the one nearest to now. Raise `ValueError` when the text is not a time.
    """
    on_its_day = local_time(sent, moment.zone, span.day)
    if not is_time_of_day(sent):
        return wall_text(on_its_day)
    first = span.day
    last = max([first, *(known.date() for known in (span.starts, span.ends) if known)])
    now = datetime.fromisoformat(moment.local)
    if last == first:
        later = on_its_day + _DAY
        no_earlier = _PAST_IS_NO_EARLIER if later <= now else _FACT_IS_NO_EARLIER
        return wall_text(later if _is_before(on_its_day, span, no_earlier) else on_its_day)
    near = [now.date() + timedelta(days=days) for days in (-1, 0, 1)]
    days = {first, first + _DAY, last - _DAY, last, *(day for day in near if first <= day <= last)}
    times = [datetime.combine(day, on_its_day.time()) for day in sorted(days)]
    begun = [one for one in times if not _is_before(one, span, _PAST_IS_NO_EARLIER)]
    if begun and begun[0] <= now:
        times = begun
    return wall_text(min(times, key=lambda one: (_outside(one, span, now), abs(one - now))))


def _is_before(read: datetime, span: Span, by: timedelta) -> bool:
    """Return whether a time lies at least so long before its route sets out."""
    return span.sets_out is not None and read <= span.sets_out - by


def _outside(read: datetime, span: Span, now: datetime) -> timedelta:
    """Return how far a time lies before the start or after the end. A route may have begun days after its plan."""
    starts = span.starts
    if starts and span.began and starts.date() < span.began.date() and span.began <= now:
        starts = span.began
    before = starts - read if starts else timedelta()
    after = read - span.ends if span.ends else timedelta()
    return max(before, after, timedelta())


def slot(kept: Slot, sent: Slot, due: Span, zone: ZoneInfo) -> Slot:
    """Return the time slot with the sent ends; an end that was not sent is kept.

    A time of day is put on the due day; one that replaces a single end is put on the day of the slot. An end given as a
    time of day before the beginning is put on the next day, and so is a slot of times of day that lies long before its
    route sets out. Raise `Invalid` when the end still lies before the beginning.
    """
    if sent == (None, None):
        return kept
    opens, closes = (datetime.fromisoformat(text) if text else None for text in kept)
    was_short = bool(opens and closes and closes - opens < _DAY)
    hours = all(is_time_of_day(text) for text in sent if text)
    if sent[0]:
        alone = sent[1] is None and opens is not None
        opens = local_time(sent[0], zone, opens.date() if alone and opens else due.day)
    if sent[1]:
        closes = local_time(sent[1], zone, opens.date() if opens else due.day)
    if opens and closes and closes < opens:
        # the day of an end that came with a day of its own
        known_day = not sent[1] and not kept[0] and closes.date() != due.day
        may_move = is_time_of_day(sent[1] or sent[0] or "") and not known_day
        closes = opens if _put_back(*sent) else _after(opens, closes, may_move=may_move)
    elif opens and closes and sent[1] is None and hours and was_short and closes - opens >= _DAY:
        closes -= _DAY
    if hours and sent[1] and (sent[0] or not opens) and closes and _is_before(closes, due, _SLOT_IS_NO_EARLIER):
        opens, closes = opens and opens + _DAY, closes + _DAY
    return wall_text(opens) if opens else None, wall_text(closes) if closes else None


def _put_back(opens: str | None, closes: str | None) -> bool:
    """Return whether the end, sent with a zone like the beginning, looks earlier only because clocks are put back."""
    if not (opens and closes) or is_time_of_day(opens) or is_time_of_day(closes):
        return False
    begins, ends = datetime.fromisoformat(opens.strip()), datetime.fromisoformat(closes.strip())
    return bool(begins.tzinfo and ends.tzinfo) and begins <= ends


def _after(opens: datetime, closes: datetime, *, may_move: bool) -> datetime:
    """Return the first occurrence of this time of day after the beginning.

    Raise `Invalid` when the end may not be moved.
    """
    if not may_move:
        raise Invalid(
            f"TimeSlotTo: {wall_text(closes)} lies before TimeSlotFrom, {wall_text(opens)}. Send both with their days, "
            "or the TimeSlotTo as HH:mm, which is of the next day where it lies before TimeSlotFrom."
        )
    closes = datetime.combine(opens.date(), closes.time())
    return closes if closes >= opens else closes + _DAY
