"""What the demo promised itself, what happened, what arrived: compared, without clock, network or database."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

# An object as a receiver knows it: ("order", its Number) or ("route", its Code). Both are unique in the demo.
Subject = tuple[str, str]
# What a change must cause: an event of this type about this object.
Expected = tuple[str, Subject]


@dataclass(frozen=True, slots=True)
class Fact:
    """An event, as its body tells it."""

    id: str
    type: str
    subject: Subject
    version: int
    happened_at: datetime

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> "Fact":
        metadata = body["Metadata"]
        return cls(
            metadata["Id"],
            metadata["Event"],
            _subject(body),
            metadata["Version"],
            datetime.fromisoformat(metadata["Date"]),
        )


def _subject(body: Mapping[str, Any]) -> Subject:
    data = body["Data"] if isinstance(body["Data"], dict) else {}
    for kind, name in (("Order", "Number"), ("Route", "Code")):
        if body["Metadata"]["Event"].startswith(kind) and name in data:
            return kind.lower(), data[name]
    return "other", body["Metadata"]["Id"]  # what a visitor publishes while the demo keeps serving


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request as the receiver took it. `fact` is None when nothing in it could be trusted."""

    fact: Fact | None
    arrived_at: datetime
    duplicate: bool = False
    note: str = ""  # a word about the object, to look at

    @property
    def verified(self) -> bool:
        return self.fact is not None

    @property
    def latency(self) -> timedelta:
        """From the change to the receiver."""
        assert self.fact
        return self.arrived_at - self.fact.happened_at


@dataclass(frozen=True, slots=True)
class Verdict:
    """The account of the day. `untold` changes caused no event, `lost` events never arrived."""

    events: int
    received: int
    verified: int
    duplicates: int
    out_of_order: int
    untold: int
    lost: int
    unverified: int
    unexpected: int

    @property
    def passed(self) -> bool:
        faults = self.out_of_order + self.untold + self.lost + self.unverified + self.unexpected
        return self.events > 0 and faults == 0


def judge(expected: Mapping[Expected, int], feed: Sequence[Fact], arrivals: Sequence[Arrival]) -> Verdict:
    """Compare what the changes must have caused with what the feed tells, and that with what arrived."""
    trusted = [arrival.fact for arrival in arrivals if arrival.fact]
    first = first_arrivals(trusted)
    known = {fact.id: fact for fact in feed}
    return Verdict(
        events=len(feed),
        received=len(arrivals),
        verified=len(first),
        duplicates=len(trusted) - len(first),
        out_of_order=out_of_order(first),
        untold=untold(expected, feed),
        lost=lost(known, first),
        unverified=len(arrivals) - len(trusted),
        unexpected=sum(known.get(fact.id) != fact for fact in first),
    )


def first_arrivals(facts: Iterable[Fact]) -> list[Fact]:
    """The facts without repeats: a repeated id is a duplicate, which "at least once" allows, and no disorder."""
    first: dict[str, Fact] = {}
    for fact in facts:
        first.setdefault(fact.id, fact)
    return list(first.values())


def out_of_order(first: Iterable[Fact]) -> int:
    """How many arrived although a newer one about the same object had been there before."""
    newest: dict[Subject, int] = {}
    late = 0
    for fact in first:
        late += fact.version < newest.get(fact.subject, 0)
        newest[fact.subject] = max(fact.version, newest.get(fact.subject, 0))
    return late


def untold(expected: Mapping[Expected, int], feed: Iterable[Fact]) -> int:
    """How many changes that the API confirmed left no event. One change may cause more events than are expected."""
    told = Counter((fact.type, fact.subject) for fact in feed)
    return (Counter(expected) - told).total()


def lost(known: Collection[str], first: Iterable[Fact]) -> int:
    return len(set(known) - {fact.id for fact in first})
