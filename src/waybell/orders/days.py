"""On which day a time of day lies that a caller sends without one, and how time slots move to another day. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from waybell.ground.clock import Moment, wall_text
from waybell.ground.errors import Invalid
from waybell.wire.model import is_time_of_day, local_time

_DAY = timedelta(days=1)
_DRIVEN = timedelta(hours=12)  # how long a route takes as long as nobody has planned it
# A route that sets out in the evening goes on after midnight: hours so long before its start are of the night after.
# Nothing is reported for so long before a start; a time slot in the morning may well be one that the route misses.
_FACT_IS_NO_EARLIER, _SLOT_IS_NO_EARLIER = timedelta(hours=12), timedelta(hours=16)
_PAST_IS_NO_EARLIER = timedelta(hours=4)  # the same of a time that has come once more since, on the next day

Slot = tuple[str | None, str | None]  # from and to, as wall-clock text


@dataclass(frozen=True, slots=True)
class Span:
    """The day of an order or a route and, as far as they are known, when the route sets out, ends, and really began."""

    day: date
    starts: datetime | None = None
    ends: datetime | None = None
    began: datetime | None = None

    @property
    def sets_out(self) -> datetime | None:
        """Return when the route sets out, if that is on its day."""
        return self.starts if self.starts and self.starts.date() == self.day else None

    def has(self, slot: Slot) -> bool:
        """Return whether the slot begins, or without a beginning ends, while the route is driven or else on its day."""
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
    """Return the span of a route with these members; a route that began or ended later than planned goes on longer."""
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
    """Return by how many days the second wall-clock text lies after the first."""
    return (day_of(after) - day_of(before)).days


def moved(text: str | None, days: int) -> str | None:
    """Return the wall-clock text so many days later."""
    return text and wall_text(datetime.fromisoformat(text) + timedelta(days=days))


def fact_time(sent: str, span: Span, moment: Moment) -> str:
    """Return when something happened on a route; a time of day lies on its day, or on the next if it sets out too late.

    Of a route that takes several days it is the day that puts the time between start and end, else the one nearest to
    now. Raises `ValueError` for what is no time.
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
    """Return whether a time lies so long before its route sets out, or longer."""
    return span.sets_out is not None and read <= span.sets_out - by


def _outside(read: datetime, span: Span, now: datetime) -> timedelta:
    """Return by how much a time lies before the start or after the end; a route may have begun days after its plan."""
    starts = span.starts
    if starts and span.began and starts.date() < span.began.date() and span.began <= now:
        starts = span.began
    before = starts - read if starts else timedelta()
    after = read - span.ends if span.ends else timedelta()
    return max(before, after, timedelta())


def slot(kept: Slot, sent: Slot, due: Span, zone: ZoneInfo) -> Slot:
    """Return the time slot with the ends that are sent, the other one as it was kept.

    A time of day lies on the day that is due, and one that replaces an end alone lies where the slot was. An end that
    is a time of day and lies before the beginning is of the next day; so is a slot of hours that would be long before
    its route sets out. Raises `Invalid` when the end lies before the beginning all the same.
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
        known_day = not sent[1] and not kept[0] and closes.date() != due.day  # of an end that came with another day
        may_move = is_time_of_day(sent[1] or sent[0] or "") and not known_day
        closes = opens if _put_back(*sent) else _after(opens, closes, may_move=may_move)
    elif opens and closes and sent[1] is None and hours and was_short and closes - opens >= _DAY:
        closes -= _DAY
    if hours and sent[1] and (sent[0] or not opens) and closes and _is_before(closes, due, _SLOT_IS_NO_EARLIER):
        opens, closes = opens and opens + _DAY, closes + _DAY
    return wall_text(opens) if opens else None, wall_text(closes) if closes else None


def _put_back(opens: str | None, closes: str | None) -> bool:
    """Return whether only clocks that are put back between them make the end look earlier: both come with a zone."""
    if not (opens and closes) or is_time_of_day(opens) or is_time_of_day(closes):
        return False
    begins, ends = datetime.fromisoformat(opens.strip()), datetime.fromisoformat(closes.strip())
    return bool(begins.tzinfo and ends.tzinfo) and begins <= ends


def _after(opens: datetime, closes: datetime, *, may_move: bool) -> datetime:
    """Return the first such time of day after the beginning."""
    if not may_move:
        raise Invalid(
            f"TimeSlotTo: {wall_text(closes)} lies before TimeSlotFrom, {wall_text(opens)}. Send both with their days, "
            "or the TimeSlotTo as HH:mm, which is of the next day where it lies before TimeSlotFrom."
        )
    closes = datetime.combine(opens.date(), closes.time())
    return closes if closes >= opens else closes + _DAY
