"""Comparing the changes that were made, the events that the server recorded, and the webhooks that arrived. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

# An object as a receiver knows it: ("order", its Number) or ("route", its Code). Both are unique in the demo.
Subject = tuple[str, str]
# An event that a change must cause: its type and its object.
Expected = tuple[str, Subject]


@dataclass(frozen=True, slots=True)
class Fact:
    """An event, read from the body of a webhook."""

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
    return "other", body["Metadata"]["Id"]  # an event that a visitor publishes while the demo keeps serving


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request as the receiver took it. `fact` is None when its signature was wrong."""

    fact: Fact | None
    arrived_at: datetime
    duplicate: bool = False
    note: str = ""  # a word about the object, for the display

    @property
    def verified(self) -> bool:
        return self.fact is not None

    @property
    def latency(self) -> timedelta:
        """The time from the change to the receiver."""
        assert self.fact
        return self.arrived_at - self.fact.happened_at


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of the day. `untold` counts changes without an event, `lost` events that never arrived."""

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
    """Compare the expected events with the feed, and the feed with the arrivals."""
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
    """Return the events without repeats: a repeated id is a duplicate, which "at least once" allows."""
    first: dict[str, Fact] = {}
    for fact in facts:
        first.setdefault(fact.id, fact)
    return list(first.values())


def out_of_order(first: Iterable[Fact]) -> int:
    """Return how many events arrived after a newer one about the same object."""
    newest: dict[Subject, int] = {}
    late = 0
    for fact in first:
        late += fact.version < newest.get(fact.subject, 0)
        newest[fact.subject] = max(fact.version, newest.get(fact.subject, 0))
    return late


def untold(expected: Mapping[Expected, int], feed: Iterable[Fact]) -> int:
    """Return how many confirmed changes left no event. A change may cause more events than expected."""
    published = Counter((fact.type, fact.subject) for fact in feed)
    return (Counter(expected) - published).total()


def lost(known: Collection[str], first: Iterable[Fact]) -> int:
    return len(set(known) - {fact.id for fact in first})
