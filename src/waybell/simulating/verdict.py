"""The verdict on a simulated day: what was done, what webhooks told, and what the board showed. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median, quantiles
from typing import Any

from waybell.simulating.erp import Difference, differences
from waybell.simulating.judge import Fact, lost, out_of_order, untold
from waybell.simulating.ledger import Ledger

_EVENTS_FOR_AN_ORDER = 15  # 30,000 for a day of 2,000 orders
_IN_A_SMALL_DAY = 1500  # of few orders, each has a larger share in the events of routes
_SHOWN = 5  # examples of a fault
_TYPES = 8  # of events


@dataclass(frozen=True, slots=True)
class Told:
    """The report of the receiver: the verified events in the order of their first arrival, and what was wrong."""

    first: Sequence[Fact]
    latencies: Sequence[timedelta]
    duplicates: int
    unverified: int
    orders: Mapping[str, Mapping[str, Any]]  # by Number, as the ERP knows them from webhooks alone
    outcomes: Mapping[str, Sequence[int]]  # by Number: the StatusIds of outcomes, in the order in which they were told
    for_estimates: int  # OrderUpdated events in which nothing but an estimate had changed


@dataclass(frozen=True, slots=True)
class Looks:
    """The looks at the board: how often it was compared with the API, and how it differed."""

    times: int = 0
    differences: Sequence[str] = ()
    absent: str = ""  # why nobody looked


@dataclass(frozen=True, slots=True)
class Check:
    """A line of the verdict. `good` is None for a line that only informs."""

    name: str
    value: str
    detail: str = ""
    good: bool | None = None


@dataclass(frozen=True, slots=True)
class DayVerdict:
    checks: Sequence[Check]
    faults: Sequence[str] = field(default_factory=list)  # examples, for people

    @property
    def passed(self) -> bool:
        return all(check.good is not False for check in self.checks)

    @property
    def sentence(self) -> str:
        wrong = [check.name for check in self.checks if check.good is False]
        return "all that was done was told once, in order, and is shown." if not wrong else f"{'; '.join(wrong)}."


def judge_day(
    ledger: Ledger, feed: Sequence[Fact], told: Told, api: Sequence[Mapping[str, Any]], looks: Looks
) -> DayVerdict:
    """Compare the confirmed acts, the events of the feed, the webhooks, the orders of the API, and the board.

    `feed`, `api` and `told.orders` hold only what belongs to this day.
    """
    known = {fact.id: fact for fact in feed}
    unlike = differences(told.orders, api)
    wrong_outcomes = list(_wrong_outcomes(ledger.reported, told.outcomes))
    wrong_orders = list(_wrong_orders(ledger, api))
    orders = len(ledger.orders)
    most = max(_EVENTS_FOR_AN_ORDER * orders, _IN_A_SMALL_DAY + 10 * orders)
    unexpected = [fact for fact in told.first if known.get(fact.id) != fact]
    untold_count = untold(ledger.expected, feed)
    checks = [
        *_done(ledger),
        _none("Requests that failed", len(ledger.faults), "refused or without an answer"),
        Check("Events", f"{len(feed):,}", f"of at most {most:,}", len(feed) > 0 and len(feed) <= most),
        *_by_type(feed),
        _none("Changes without event", untold_count),
        Check("Received and verified", f"{len(told.first):,}", f"{told.duplicates} repeats"),
        Check("Latency", *_latency(told.latencies)),
        _none("Lost", lost(known, told.first)),
        _none("Out of order", out_of_order(told.first)),
        _none("Not verified", told.unverified),
        _none("Not in the feed", len(unexpected)),
        _none("Events for an estimate alone", told.for_estimates, "OrderUpdated"),
        Check(
            "Outcomes told once",
            f"{len(ledger.reported) - len(wrong_outcomes):,}",
            f"of {len(ledger.reported):,}",
            not wrong_outcomes,
        ),
        Check(
            "Orders as reported",
            f"{len(ledger.orders) - len(wrong_orders):,}",
            f"of {len(ledger.orders):,}, by the API",
            not wrong_orders,
        ),
        _none("ERP differs from API", len(unlike), f"members of {len(api):,} orders, the ERP by webhooks alone"),
        _board(looks),
    ]
    examples = [*ledger.faults[:_SHOWN], *wrong_outcomes[:_SHOWN], *wrong_orders[:_SHOWN], *_by_member(unlike)]
    return DayVerdict(checks, [*examples, *looks.differences[:_SHOWN]])


def _done(ledger: Ledger) -> list[Check]:
    acts = ledger.acts
    changes = sum(count for kind, count in acts.items() if kind != "positions")
    parts = f"{acts['outcome']:,} outcomes, {acts['move']} moves, {acts['cancel']} cancellations"
    lines = [
        Check("Changes made", f"{changes:,}", parts),
        Check("Positions reported", f"{ledger.points:,}", f"in {acts['positions']:,} requests"),
    ]
    if ledger.conflicts:
        lines.append(
            Check("Late reports refused", f"{ledger.conflicts}", "the office had canceled the order meanwhile")
        )
    if ledger.cut or ledger.doubled:
        lines.append(
            Check("Answers cut off", f"{ledger.cut}", f"{ledger.doubled} sent twice, {ledger.replayed} replayed")
        )
    return lines


def _by_type(feed: Sequence[Fact]) -> list[Check]:
    """Return a line for each of the most frequent types of events."""
    return [Check(f"  {name}", f"{count:,}") for name, count in Counter(fact.type for fact in feed).most_common(_TYPES)]


def _none(name: str, count: int, detail: str = "") -> Check:
    return Check(name, f"{count:,}", detail, count == 0)


def _latency(latencies: Sequence[timedelta]) -> tuple[str, str]:
    """Return the median and the slowest hundredth of the times from a change to the receiver."""
    if len(latencies) < 2:  # noqa: PLR2004 - quantiles need two
        return "", ""
    seconds = [latency.total_seconds() for latency in latencies]
    return f"{median(seconds) * 1000:,.0f} ms", f"median; 1 of 100 took {quantiles(seconds, n=100)[98]:.2f} s or longer"


def _board(looks: Looks) -> Check:
    if looks.absent:
        return Check("Board", "-", looks.absent)
    return Check(
        "Board differs from API",
        f"{len(looks.differences):,}",
        f"looked at {looks.times} times",
        not looks.differences,
    )


def _wrong_outcomes(reported: Mapping[str, Sequence[int]], told: Mapping[str, Sequence[int]]) -> Iterable[str]:
    for number in sorted(reported.keys() | told.keys()):
        done, heard = list(reported.get(number, ())), list(told.get(number, ()))
        if done != heard:
            yield f"{number}: the outcomes {done} were reported, and webhooks told {heard}"


def _wrong_orders(ledger: Ledger, api: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    shown = {order["Number"]: order.get("StatusId") for order in api}
    for number in sorted(ledger.orders | shown.keys()):
        if number not in shown:
            yield f"{number} was created, and the API does not show it"
        elif number not in ledger.orders:
            yield f"{number} is shown by the API, and should not exist"
        elif shown[number] != ledger.statuses.get(number):
            yield f"{number} has StatusId {shown[number]} in the API, and should have {ledger.statuses.get(number)}"


def _by_member(unlike: Sequence[Difference]) -> list[str]:
    """Return an example of each member that differs, with the number of orders in which it does."""
    counted: dict[str, list[Difference]] = {}
    for one in unlike:
        counted.setdefault(one.member, []).append(one)
    return [f"{member} differs in {len(found)} orders, such as {found[0]}" for member, found in counted.items()]
